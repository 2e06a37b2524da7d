#include "play/panels.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "play/widgets.h"

namespace reverie {
namespace {

constexpr float kPanelWidth = 430;
constexpr float kLabelWidth = 120;
constexpr double kCamerasEvery = 5;  // seconds
template <size_t N>
void copy_text(std::array<char, N>& to, const std::string& from) {
  const size_t n = std::min(from.size(), N - 1);
  std::memcpy(to.data(), from.data(), n);
  to[n] = '\0';
}

bool moved(const Preset& preset, const std::string& name) {
  const auto is = [&](const auto& m) { return m.parameter == name; };
  return std::any_of(preset.lfos.begin(), preset.lfos.end(), is) ||
         std::any_of(preset.followers.begin(), preset.followers.end(), is) ||
         std::any_of(preset.keyframes.begin(), preset.keyframes.end(), is);
}

// The open part, if it has weights; else the first that has.
std::string with_weights(const Chain& chain, const std::string& open) {
  const Part* part = chain.find(open);
  return part && part->preset.values.table().find(ParameterRole::kWeights) ? open : "";
}

std::string words(const Recorder::State& r) {
  if (!r.failure.empty()) return fmt::format("{}: {}", r.name, r.failure);
  return fmt::format("{}: {} frames, {} left out", r.name, r.frames, r.left_out);
}

}  // namespace

void Panels::set(const std::string& name, const std::string& value) {
  show_.try_to([&] { show_.desk().set(part_ + "." + name, value); });
}

void Panels::look_at(const std::string& part) {
  part_ = part;
  preset_ = chain_.part(part).preset;
  played_ = shown_ ? shown_->values_of(part) : nullptr;
}

// As a map of a controller keeps it: with a part only where there are several.
std::string Panels::address(const Parameter& p) const {
  return chain_.parts.size() == 1 ? p.name : part_ + "." + p.name;
}

void Panels::draw(WindowWishes& wishes, bool whole) {
  escape_ = std::exchange(wishes.escape, false);
  chain_ = show_.desk().chain();
  status_ = show_.set().status();
  shown_ = show_.set().newest(-1);
  if (!chain_.find(open_part_)) open_part_ = chain_.parts.front().name;
  wishes.part = open_part_;
  look_at(open_part_);
  if (wishes.help) draw_help(wishes);
  ask_for_weights(wishes);
  if (!wishes.panels && !whole) return;

  const ImVec2 size = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({0, 0}, whole ? ImGuiCond_Always : ImGuiCond_FirstUseEver);
  ImGui::SetNextWindowSize({whole ? size.x : std::min(kPanelWidth, size.x), size.y},
                           whole ? ImGuiCond_Always : ImGuiCond_FirstUseEver);
  ImGui::SetNextWindowSizeConstraints({0, 0}, size);  // its end stays reachable when the window shrinks
  ImGui::SetNextWindowBgAlpha(whole ? 1.0F : 0.82F);
  const ImGuiWindowFlags flags =
      whole ? ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove : ImGuiWindowFlags_NoCollapse;
  if (ImGui::Begin("Reverie", nullptr, flags)) {
    draw_status();
    draw_presets();
    draw_parts();
    if (filter_.front() != '\0') {
      draw_found();
    } else {
      draw_tabs();
    }
  }
  ImGui::End();
}

void Panels::draw_tabs() {
  if (!ImGui::BeginTabBar("groups")) return;
  const auto tab = [](const char* name, const auto& draw) {
    if (!ImGui::BeginTabItem(name)) return;
    ImGui::BeginChild("rows");
    draw();
    ImGui::EndChild();
    ImGui::EndTabItem();
  };
  std::vector<std::string> groups;
  for (const Parameter& p : preset_.values.table().all()) {
    if (std::find(groups.begin(), groups.end(), p.group) == groups.end()) groups.push_back(p.group);
  }
  for (const std::string& group : groups) {
    tab(group.c_str(), [&] { draw_parameters([&](const Parameter& p) { return p.group == group; }); });
  }
  tab("in & out", [&] {
    draw_input();
    draw_recording();
    draw_tempo();
  });
  ImGui::EndTabBar();
}

// What was looked for, of all parts and groups.
void Panels::draw_found() {
  const auto found = [&](const Parameter& p) { return p.name.find(filter_.data()) != std::string::npos; };
  ImGui::BeginChild("rows");
  for (const Part& part : chain_.parts) {
    look_at(part.name);
    const auto& all = preset_.values.table().all();
    if (std::none_of(all.begin(), all.end(), found)) continue;
    if (chain_.parts.size() > 1) ImGui::TextColored(kDim, "%s", part.name.c_str());
    ImGui::PushID(part.name.c_str());
    draw_parameters(found);
    ImGui::PopID();
  }
  look_at(open_part_);
  ImGui::EndChild();
}

void Panels::draw_status() {
  ImGui::Text("%.0f fps   %.1f ms (99%%: %.1f)   %lld dropped", status_.fps, status_.median_ms,
              status_.p99_ms, static_cast<long long>(status_.skipped));
  tooltip(
      "frames in the last second; work per frame, median and 99th percentile of the last 300; dropped "
      "frames");
  for (const Recorder::State& r : status_.recordings) {
    const bool failed = !r.failure.empty();
    if (!failed && (r.whole_set || r.over)) continue;
    ImGui::SameLine();
    ImGui::TextColored(kRed, "%s", failed ? "rec failed" : fmt::format("rec {}", r.frames).c_str());
    tooltip(words(r));
  }
  const LiveInput::State& in = status_.input;
  if (in.spec.empty() && in.trouble.empty()) {
    ImGui::TextColored(kDim, "no input");
  } else if (!in.trouble.empty()) {
    ImGui::TextColored(kRed, "%s%s%s", in.spec.c_str(), in.spec.empty() ? "" : ": ", in.trouble.c_str());
  } else {
    ImGui::TextColored(kDim, "%s, %.0f fps", in.spec.c_str(), in.fps);
  }
  const std::string message = show_.message();
  ImGui::TextColored(kWarm, "%s", message.empty() ? " " : message.c_str());
}

void Panels::draw_presets() {
  Desk& desk = show_.desk();
  if (ImGui::ArrowButton("before", ImGuiDir_Left)) show_.try_to([&] { desk.step(-1); });
  ImGui::SameLine();
  ImGui::SetNextItemWidth(170);
  const std::string title = chain_.name() + (desk.changed() ? " *" : "");
  if (ImGui::BeginCombo("##preset", title.c_str(), ImGuiComboFlags_HeightLarge)) {
    if (ImGui::IsWindowAppearing()) desk.list_again();
    int number = 0;
    for (const PresetEntry& e : desk.presets()) {
      ++number;
      const std::string label = fmt::format("{:2} {}", number, e.name);
      if (ImGui::Selectable(label.c_str(), e.name == chain_.name()))
        show_.try_to([&] { desk.load(e.path.string()); });
      tooltip(e.about);
    }
    ImGui::EndCombo();
  }
  ImGui::SameLine();
  if (ImGui::ArrowButton("next", ImGuiDir_Right)) show_.try_to([&] { desk.step(1); });
  ImGui::SameLine();
  ImGui::SetNextItemWidth(90);
  double fade = desk.fade();
  const double least = 0;
  const double most = 20;
  if (ImGui::SliderScalar("##fade", ImGuiDataType_Double, &fade, &least, &most, "fade %.1f s"))
    desk.set_fade(fade);
  tooltip("duration of the fade to another preset, in seconds");
  ImGui::SameLine();
  if (ImGui::Button("save")) {
    copy_text(name_, chain_.name());
    ImGui::OpenPopup("save");
  }
  if (ImGui::BeginPopup("save")) {
    ImGui::InputText("name", name_.data(), name_.size());
    if (ImGui::Button("save as")) {
      show_.try_to([&] { show_.say("saved " + desk.save(name_.data()).string()); });
      ImGui::CloseCurrentPopup();
    }
    ImGui::SameLine();
    if (ImGui::Button("rename")) {
      show_.try_to([&] { desk.rename(name_.data()); });
      ImGui::CloseCurrentPopup();
    }
    if (escape_) ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
  }
  if (ImGui::Button("undo")) desk.undo();
  ImGui::SameLine();
  if (ImGui::Button("redo")) desk.redo();
  ImGui::SameLine();
  if (ImGui::Button("randomize")) show_.try_to([&] { desk.randomize(stray_); });
  tooltip("every parameter that is not locked takes its value from some preset, varied a little");
  ImGui::SameLine();
  ImGui::SetNextItemWidth(60);
  ImGui::SliderFloat("##stray", &stray_, 0, 1, "by %.2f");
  ImGui::SameLine();
  if (ImGui::Button("noise")) show_.try_to([&] { desk.new_noise(); });
  ImGui::SameLine();
  if (ImGui::Button("weights")) show_.try_to([&] { desk.new_weights(); });
  ImGui::SetNextItemWidth(-1);
  ImGui::InputTextWithHint("##filter", "find a parameter", filter_.data(), filter_.size());
}

void Panels::draw_parameters(const std::function<bool(const Parameter&)>& wanted) {
  for (const Parameter& p : preset_.values.table().all()) {
    if (!wanted(p)) continue;
    ImGui::PushID(p.name.c_str());
    draw_parameter(p);
    ImGui::PopID();
  }
}

void Panels::draw_parameter(const Parameter& p) {
  const std::string full = part_ + "." + p.name;
  bool locked = show_.desk().locked(full);
  if (!p.structural && p.kind != ParameterKind::kText) {
    if (ImGui::Checkbox("##lock", &locked)) show_.desk().lock(full, locked);
    tooltip("locked: randomize does not change it");
  } else {
    ImGui::Dummy({ImGui::GetFrameHeight(), 0});
  }
  ImGui::SameLine();
  const float left = ImGui::GetCursorPosX();
  ImGui::TextColored(moved(preset_, p.name) ? kWarm : ImGui::GetStyleColorVec4(ImGuiCol_Text), "%s",
                     p.name.c_str());
  tooltip(p.name + ": " + p.help + "\n" + describe_range(p) + "\nright-click: reset, modulate, learn");
  if (ImGui::BeginPopupContextItem("menu")) {
    draw_menu(p);
    if (escape_) ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
  }
  ImGui::SameLine(left + kLabelWidth);
  if (p.kind != ParameterKind::kNumber && p.kind != ParameterKind::kInteger) return draw_word(p);

  const int levels = preset_.values.levels();
  const bool list = preset_.values.list(p.name).size() > 1;
  const bool split =
      p.per_level && levels > 1 && (split_.contains(p.name) || (list && !joined_.contains(p.name)));
  const float button = p.per_level ? ImGui::GetFrameHeight() + 4 : 0;
  const float space = ImGui::GetContentRegionAvail().x - button - 8;
  if (!split) {
    draw_number(p, -1, space);
  } else {
    for (int l = 0; l < levels; ++l) {
      if (l > 0) ImGui::SameLine(0, 2);
      draw_number(p, l, (space - 2.0F * static_cast<float>(levels - 1)) / static_cast<float>(levels));
    }
  }
  if (!p.per_level) return;
  ImGui::SameLine();
  if (ImGui::SmallButton(split ? "=" : "|")) {
    (split ? joined_ : split_).insert(p.name);
    (split ? split_ : joined_).erase(p.name);
  }
  tooltip(split ? "one value for all levels" : "one value per level");
}

void Panels::draw_number(const Parameter& p, int level, float width) {
  const std::string name = level < 0 ? p.name : fmt::format("{}.{}", p.name, level);
  double value = preset_.values.number(p.name, std::max(level, 0));
  ImGui::PushID(level);
  ImGui::SetNextItemWidth(width);
  const bool wide = p.high - p.low > kWideRange && p.kind == ParameterKind::kNumber;
  const ImGuiSliderFlags flags =
      ImGuiSliderFlags_AlwaysClamp | (wide ? ImGuiSliderFlags_Logarithmic : ImGuiSliderFlags_None);
  const char* format = p.kind == ParameterKind::kInteger ? "%.0f" : "%.3g";
  if (ImGui::SliderScalar("##value", ImGuiDataType_Double, &value, &p.low, &p.high, format, flags))
    set(name,
        p.kind == ParameterKind::kInteger ? fmt::format("{:.0f}", value) : fmt::format("{:.6g}", value));
  if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left))
    show_.try_to([&] { show_.desk().reset(part_ + "." + p.name); });
  if (played_ && moved(preset_, p.name) && played_->table().has(p.name)) {
    // the current modulated value
    const ImVec2 a = ImGui::GetItemRectMin();
    const ImVec2 b = ImGui::GetItemRectMax();
    const double now = played_->number(p.name, std::max(level, 0));
    ImGui::GetWindowDrawList()->AddText({b.x - 46, a.y + 2}, ImGui::GetColorU32(kWarm),
                                        fmt::format("{:.3g}", now).c_str());
  }
  ImGui::PopID();
}

void Panels::draw_word(const Parameter& p) {
  if (p.kind == ParameterKind::kFlag) {
    bool on = preset_.values.flag(p.name);
    if (ImGui::Checkbox("##value", &on)) set(p.name, on ? "on" : "off");
    return;
  }
  ImGui::SetNextItemWidth(-1);
  if (p.kind == ParameterKind::kChoice) {
    int index = preset_.values.integer(p.name);
    if (combo("##value", index, p.choices)) set(p.name, p.choices[static_cast<size_t>(index)]);
    return;
  }
  const std::string full = part_ + "." + p.name;
  if (editing_ != full) copy_text(text_, preset_.values.text(p.name));
  std::array<char, 512> shown = text_;
  if (ImGui::InputText("##value", shown.data(), shown.size(), ImGuiInputTextFlags_EnterReturnsTrue))
    set(p.name, shown.data());
  if (ImGui::IsItemActive()) {
    editing_ = full;
    text_ = shown;
  } else if (editing_ == full) {
    editing_.clear();
  }
}

void Panels::draw_menu(const Parameter& p) {
  ImGui::TextColored(kDim, "%s", p.help.c_str());
  if (ImGui::MenuItem("reset")) show_.try_to([&] { show_.desk().reset(part_ + "." + p.name); });
  if (MidiPorts* midi = show_.midi(); midi != nullptr && p.kind != ParameterKind::kText) {
    if (ImGui::MenuItem("learn a control")) show_.try_to([&] { midi->learn(address(p)); });
    const int levels = preset_.values.levels();
    for (int l = 0; p.per_level && l < levels; ++l) {
      if (ImGui::MenuItem(fmt::format("learn a control for level {}", l).c_str()))
        show_.try_to([&] { midi->learn(address(p), l); });
    }
    if (ImGui::MenuItem("forget its controls")) midi->forget(address(p));
  }
  if (!p.structural && p.kind != ParameterKind::kText) draw_modulation(p);
}

void Panels::draw_input() {
  ImGui::TextColored(kDim, "input");
  ImGui::SetNextItemWidth(-60);
  const bool entered =
      ImGui::InputTextWithHint("##input", "file, folder, URL, camera:0, test:testsrc2", input_.data(),
                               input_.size(), ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::SameLine();
  if (ImGui::Button("open") || entered) show_.desk().open_input(input_.data());
  if (ImGui::Button("none")) show_.desk().open_input("");
  // refreshed only now and then: it may take as long as a frame
  if (cameras_seen_ == 0 || ImGui::GetTime() - cameras_seen_ > kCamerasEvery) {
    cameras_ = list_cameras();
    cameras_seen_ = ImGui::GetTime();
  }
  for (const CameraInfo& camera : cameras_) {
    ImGui::SameLine();
    if (ImGui::Button(camera.name.c_str())) show_.desk().open_input(camera.spec);
  }
  ImGui::TextWrapped("%s", status_.input.description.c_str());
  ImGui::TextColored(kDim, "or drop a file on the window");
}

void Panels::draw_recording() {
  ImGui::Separator();
  ImGui::TextColored(kDim, "output");
  if (ImGui::Button(show_.recording() ? "stop recording" : "record"))
    show_.try_to([&] { show_.toggle_recording(); });
  ImGui::SameLine();
  if (ImGui::Button("snapshot")) show_.try_to([&] { show_.snapshot(); });
  ImGui::Text("frame %lld, %.1f s", static_cast<long long>(status_.frames), status_.seconds);
  for (const Recorder::State& r : status_.recordings)
    ImGui::TextColored(r.failure.empty() ? kDim : kRed, "%s", words(r).c_str());
}

void Panels::draw_tempo() {
  ImGui::Separator();
  ImGui::TextColored(kDim, "sound and tempo");
  const Signals& s = status_.signals;
  if (show_.sound() != nullptr) {
    ImGui::Text("%s", show_.sound()->name().c_str());
    for (const auto& [name, value] :
         {std::pair("level", s.level), std::pair("bass", s.bass), std::pair("mid", s.mid),
          std::pair("treble", s.treble), std::pair("onset", s.onset)})
      ImGui::ProgressBar(value, {-1, 12}, name);
  } else {
    ImGui::TextColored(kDim, "not listening to a sound device (--listen)");
  }
  ImGui::Text("%.1f BPM, beat %.1f", s.tempo, s.beats);
  ImGui::SameLine();
  if (ImGui::Button("tap")) show_.tap();
  draw_devices();
}

void Panels::draw_devices() {
  ImGui::Separator();
  if (MidiPorts* midi = show_.midi()) {
    ImGui::TextColored(kDim, "MIDI");
    if (midi->learning()) {
      ImGui::TextColored(kWarm, "move the control to learn");
      ImGui::SameLine();
      if (ImGui::SmallButton("stop")) midi->stop_learning();
    }
    for (const MidiMap& map : midi->maps()) {
      ImGui::Text("%s: %zu controls", map.device.c_str(), map.bindings.size());
      const bool open = std::any_of(map.bindings.begin(), map.bindings.end(),
                                    [](const MidiBinding& b) { return b.kind == MidiControlKind::kAuto; });
      if (open) ImGui::TextColored(kWarm, "turn what was learned until it is recognised, and back");
    }
  }
  if (const OscServer* osc = show_.osc()) {
    const OscCounts n = osc->counts();
    ImGui::TextColored(kDim, "OSC, port %d", osc->port());
    ImGui::Text("%llu packets, %llu accepted, %llu rejected", static_cast<unsigned long long>(n.received),
                static_cast<unsigned long long>(n.obeyed), static_cast<unsigned long long>(n.refused));
    ImGui::TextWrapped("%s", osc->last_refusal().c_str());
  }
}

void Panels::draw_help(WindowWishes& wishes) {
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({size.x / 2, size.y / 2}, ImGuiCond_Always, {0.5F, 0.5F});
  ImGui::SetNextWindowBgAlpha(0.9F);
  if (ImGui::Begin("keys", &wishes.help, ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoCollapse)) {
    for (const Key& key : keys()) {
      if (key.help.empty()) continue;
      ImGui::TextColored(kWarm, "%-10s", key.name.c_str());
      ImGui::SameLine();
      ImGui::TextUnformatted(key.help.c_str());
    }
  }
  ImGui::End();
}

void Panels::ask_for_weights(WindowWishes& wishes) {
  if (wishes.load_weights) ImGui::OpenPopup("load weights");
  wishes.load_weights = false;
  if (!ImGui::BeginPopup("load weights")) return;
  ImGui::TextUnformatted("a .safetensors file or a folder of .npy files");
  ImGui::SetNextItemWidth(360);
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  const bool entered =
      ImGui::InputText("##weights", weights_.data(), weights_.size(), ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::SameLine();
  if (ImGui::Button("load") || entered) {
    show_.try_to([&] { show_.desk().load_weights(weights_.data(), with_weights(chain_, open_part_)); });
    ImGui::CloseCurrentPopup();
  }
  if (escape_) ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

}  // namespace reverie
