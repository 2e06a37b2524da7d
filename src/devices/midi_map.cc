#include "devices/midi_map.h"

#include <fmt/format.h>

#include <array>

#include "control/set_controls.h"
#include "core/error.h"
#include "core/folders.h"
#include "core/limits.h"
#include "core/parameter.h"
#include "core/text.h"
#include "core/toml_reader.h"
#include "effects/effects.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostEntries = 4096;  // controls, and notes
constexpr size_t kLongestText = 1024;  // bytes
constexpr size_t kLongestFileName = 100;
constexpr double kMostOfAny = 1e6;     // no parameter goes further
constexpr double kLongestSmooth = 60;  // seconds

std::string short_text(const TomlReader& reader, std::string_view key,
                       const std::optional<std::string>& fallback) {
  std::string s = reader.text(key, fallback);
  if (s.size() > kLongestText) reader.fail(*reader.find(key), fmt::format("'{}' is too long", key));
  return s;
}

// The key of each source, in order.
constexpr std::array<const char*, 3> kNumberKeys = {"number", "nrpn", "rpn"};

void read_number(const TomlReader& reader, const TomlNode& node, MidiBinding& b) {
  const TomlNode* found = nullptr;
  for (size_t i = 0; i < kNumberKeys.size(); ++i) {
    const TomlNode* given = reader.find(kNumberKeys[i]);
    if (!given) continue;
    if (!has_number(b.kind)) reader.fail(*given, "this kind of control has no number");
    if (found) reader.fail(*given, "a control has one of number, nrpn and rpn");
    found = given;
    b.source = static_cast<MidiSource>(i);
  }
  if (!has_number(b.kind)) return;
  const bool plain = b.source == MidiSource::kControlChange;
  if (plain && b.kind == MidiControlKind::kIncrement)
    reader.fail(node, "data increments need the number of an nrpn or rpn");
  const bool halves = b.kind == MidiControlKind::kFine || b.kind == MidiControlKind::kFineLsbFirst;
  b.number = static_cast<int>(reader.whole(kNumberKeys[static_cast<size_t>(b.source)], 0,
                                           !plain   ? kLastMidiNumber
                                           : halves ? 31
                                                    : 127));
}

void read_range(const TomlReader& reader, const TomlNode& node, MidiBinding& b) {
  if (reader.find("low")) b.range.low = reader.number("low", -kMostOfAny, kMostOfAny);
  if (reader.find("high")) b.range.high = reader.number("high", -kMostOfAny, kMostOfAny);
  if (const TomlNode* curve = reader.find("curve"))
    b.range.curve = static_cast<Curve>(reader.word_at(*curve, curve_words()));
  if (reader.find("smooth")) b.smooth = reader.number("smooth", 0, kLongestSmooth);
  if (b.range.curve == Curve::kLog && (b.range.low.value_or(1) <= 0 || b.range.high.value_or(1) <= 0))
    reader.fail(node, "the curve log needs low and high above 0");
}

MidiBinding read_binding(const TomlNode& node, const std::string& file) {
  const TomlReader reader(
      node, file,
      {"parameter", "level", "kind", "channel", "number", "nrpn", "rpn", "low", "high", "curve", "smooth"});
  MidiBinding b;
  b.parameter = short_text(reader, "parameter", {});
  b.kind = reader.word<MidiControlKind>("kind", midi_control_words(), MidiControlKind::kControl);
  b.channel = static_cast<int>(reader.whole("channel", 1, 16)) - 1;
  read_number(reader, node, b);
  const Parameter& p = reader.at(*reader.find("parameter"),
                                 [&]() -> const Parameter& { return parameter_of_any_effect(b.parameter); });
  if (p.kind == ParameterKind::kText)
    reader.fail(*reader.find("parameter"), fmt::format("'{}' takes text: a control cannot set it", p.name));
  if (const TomlNode* level = reader.find("level")) {
    if (!p.per_level) reader.fail(*level, fmt::format("'{}' is not per level", p.name));
    b.level = static_cast<int>(reader.whole("level", 0, kMostListValues - 1));
  }
  read_range(reader, node, b);
  return b;
}

MidiNote read_note(const TomlNode& node, const std::string& file) {
  const TomlReader reader(node, file, {"channel", "note", "action", "preset", "light"});
  MidiNote n;
  n.channel = static_cast<int>(reader.whole("channel", 1, 16)) - 1;
  n.note = static_cast<int>(reader.whole("note", 0, 127));
  if (reader.find("light")) n.light = static_cast<int>(reader.whole("light", 1, 127));
  const TomlNode* action = reader.find("action");
  const TomlNode* preset = reader.find("preset");
  if ((action == nullptr) == (preset == nullptr))
    reader.fail(node, "a note has either an action or a preset");
  if (action) {
    n.action = static_cast<MidiAction>(reader.word_at(*action, midi_action_words()));
  } else if (preset->kind == TomlNode::Kind::kWhole) {
    n.preset_number = static_cast<int>(reader.whole_at(*preset, 1, kMostPresets));
  } else {
    n.preset = short_text(reader, "preset", {});
    if (n.preset.empty()) reader.fail(*preset, "the preset's name is empty");
  }
  return n;
}

}  // namespace

const Parameter& parameter_of_any_effect(const std::string& address) {
  if (const std::string own = set_control_of(address); !own.empty())
    return set_controls()[set_controls().index(own)];
  const std::string name = address.substr(address.rfind('.') + 1);
  std::vector<std::string> names;
  for (const EffectKind& e : effects()) {
    const ParameterTable& table = e.parameters();
    if (table.has(name)) return table[table.index(name)];
    const auto more = table.names();
    names.insert(names.end(), more.begin(), more.end());
  }
  throw Error(fmt::format("there is no parameter '{}'{}", name, did_you_mean(name, names)));
}

bool has_number(MidiControlKind kind) {
  return kind != MidiControlKind::kPitchBend && kind != MidiControlKind::kAftertouch;
}

const std::vector<std::string>& midi_control_words() {
  static const std::vector<std::string> words = {"control",    "fine",       "fine-lsb-first",
                                                 "relative",   "offset",     "increment",
                                                 "pitch-bend", "aftertouch", "auto"};
  return words;
}

const std::vector<std::string>& midi_action_words() {
  static const std::vector<std::string> words = {
      "noise",       "weights",     "next",         "previous",     "randomize",        "record",
      "snapshot",    "undo",        "redo",         "blackout",     "freeze",           "panic",
      "tap",         "downbeat",    "cue",          "setlist-next", "setlist-previous", "input-pause",
      "input-start", "input-in",    "input-out",    "input-whole",  "input-b-pause",    "input-b-start",
      "input-b-in",  "input-b-out", "input-b-whole"};
  return words;
}

MidiMap parse_midi_map(std::string_view text, const std::string& file_name) {
  const TomlNode root = parse_toml(text, file_name);
  const TomlReader reader(root, file_name, {"device", "feedback", "control", "note"});
  MidiMap map;
  map.device = short_text(reader, "device", "");
  map.feedback = reader.flag("feedback", false);
  const auto controls = reader.tables("control");
  const auto notes = reader.tables("note");
  if (controls.size() > kMostEntries || notes.size() > kMostEntries)
    reader.fail(root, fmt::format("more than {} controls or notes", kMostEntries));
  for (const TomlNode* node : controls) map.bindings.push_back(read_binding(*node, file_name));
  for (const TomlNode* node : notes) map.notes.push_back(read_note(*node, file_name));
  return map;
}

std::string format_midi_map(const MidiMap& map) {
  std::string s = fmt::format("device = {}\n", quote_toml(map.device));
  if (map.feedback) s += "feedback = true\n";
  for (const MidiBinding& b : map.bindings) {
    s += fmt::format("\n[[control]]\nparameter = {}\n", quote_toml(b.parameter));
    if (b.level >= 0) s += fmt::format("level = {}\n", b.level);
    s += fmt::format("kind = \"{}\"\nchannel = {}\n", midi_control_words()[static_cast<size_t>(b.kind)],
                     b.channel + 1);
    if (has_number(b.kind))
      s += fmt::format("{} = {}\n", kNumberKeys[static_cast<size_t>(b.source)], b.number);
    if (b.range.low) s += fmt::format("low = {}\n", *b.range.low);
    if (b.range.high) s += fmt::format("high = {}\n", *b.range.high);
    if (b.range.curve)
      s += fmt::format("curve = \"{}\"\n", curve_words()[static_cast<size_t>(*b.range.curve)]);
    if (b.smooth > 0) s += fmt::format("smooth = {}\n", b.smooth);
  }
  for (const MidiNote& n : map.notes) {
    s += fmt::format("\n[[note]]\nchannel = {}\nnote = {}\n", n.channel + 1, n.note);
    if (n.action) {
      s += fmt::format("action = \"{}\"\n", midi_action_words()[static_cast<size_t>(*n.action)]);
    } else if (n.preset_number > 0) {
      s += fmt::format("preset = {}\n", n.preset_number);
    } else {
      s += fmt::format("preset = {}\n", quote_toml(n.preset));
    }
    if (n.light != MidiNote().light) s += fmt::format("light = {}\n", n.light);
  }
  return s;
}

std::string midi_device_name(const std::string& port_name) {
  std::string name = port_name;
  // ALSA's client and port numbers, " 20:0"
  const size_t space = name.find_last_of(' ');
  if (space != std::string::npos) {
    const std::string numbers = name.substr(space + 1);
    if (numbers.find(':') != std::string::npos &&
        numbers.find_first_not_of("0123456789:") == std::string::npos)
      name.resize(space);
  }
  // the client's name is usually repeated in the port's
  const size_t colon = name.find(':');
  if (colon != std::string::npos && colon > 0) {
    const std::string client = name.substr(0, colon), port = name.substr(colon + 1);
    if (port.starts_with(client)) name = port;
  }
  name = printable(name);
  return name.empty() ? "MIDI" : name;
}

fs::path midi_map_folder() {
  const fs::path config = config_folder();
  return config.empty() ? fs::path() : config / "midi";
}

fs::path midi_map_file(const fs::path& folder, const std::string& device) {
  std::string name;
  for (const char c : device.substr(0, kLongestFileName)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == ' ' || c == '-' || c == '_' || (c == '.' && !name.empty());
    name += plain ? c : '_';
  }
  while (name.ends_with(' ') || name.ends_with('.')) name.back() = '_';
  return folder / ((name.empty() ? "_" : name) + ".toml");
}

}  // namespace reverie
