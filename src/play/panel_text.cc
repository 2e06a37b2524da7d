#include "play/panel_text.h"

#include <fmt/format.h>

#include <filesystem>

namespace reverie {

std::string control_text(const MidiBinding& b) {
  std::string s;
  if (b.kind == MidiControlKind::kPitchBend || b.kind == MidiControlKind::kAftertouch) {
    s = midi_control_words()[static_cast<size_t>(b.kind)];
  } else {
    constexpr std::array<const char*, 3> kSources = {"control", "NRPN", "RPN"};
    s = fmt::format("{} {}", kSources.at(static_cast<size_t>(b.source)), b.number);
  }
  s += fmt::format(" on channel {}", b.channel + 1);
  if (b.level >= 0) s += fmt::format(", level {}", b.level);
  if (b.range.low || b.range.high) {
    const auto end = [](const std::optional<double>& v) {
      return v ? fmt::format("{:.4g}", *v) : std::string("…");
    };
    s += fmt::format(", {} to {}", end(b.range.low), end(b.range.high));
  }
  if (b.range.curve) s += ", " + curve_words()[static_cast<size_t>(*b.range.curve)];
  if (b.smooth > 0) s += fmt::format(", smooth {:.3g} s", b.smooth);
  if (b.kind == MidiControlKind::kAuto) s += " (not known yet: turn it, and back)";
  return s;
}

std::string note_text(const MidiNote& n) {
  const std::string does = n.action              ? midi_action_words()[static_cast<size_t>(*n.action)]
                           : n.preset_number > 0 ? fmt::format("preset {}", n.preset_number)
                                                 : "preset " + n.preset;
  return fmt::format("note {} on channel {}: {}", n.note, n.channel + 1, does);
}

std::string recording_text(const Recorder::State& r) {
  if (!r.failure.empty()) return fmt::format("{}: {}", r.name, r.failure);
  return fmt::format("{}: {} frames, {} left out", r.name, r.frames, r.left_out);
}

std::vector<Recorder::State> worth_telling(const std::vector<Recorder::State>& all) {
  std::vector<Recorder::State> told;
  for (const Recorder::State& r : all) {
    if (!r.failure.empty()) {
      told.push_back(r);
    } else if (!r.whole_set && !r.over) {
      std::erase_if(
          told, [](const Recorder::State& before) { return !before.failure.empty() && !before.whole_set; });
      told.push_back(r);
    }
  }
  return told;
}

std::string short_spec(const std::string& spec) {
  if (spec.find("://") != std::string::npos || spec.find('/') == std::string::npos) return spec;
  const std::filesystem::path path(spec);
  const std::string folder = path.parent_path().filename().string();
  return folder.empty() ? path.filename().string() : folder + "/" + path.filename().string();
}

std::string controls_of(MidiPorts* midi, const std::string& address) {
  std::string all;
  for (const MidiMap& map : midi ? midi->maps() : std::vector<MidiMap>()) {
    for (const MidiBinding& b : map.bindings) {
      if (b.parameter == address) all += fmt::format("\n{}: {}", map.device, control_text(b));
    }
  }
  return all;
}

}  // namespace reverie
