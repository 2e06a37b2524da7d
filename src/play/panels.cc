#include "play/panels.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "effects/effects.h"

namespace reverie {
namespace {

constexpr float kPanelWidth = 430;
constexpr float kLabelWidth = 120;
constexpr double kCamerasEvery = 5;  // seconds
constexpr double kWideRange = 16;    // from this range on, a slider is finer near zero
const ImVec4 kWarm = {1.0F, 0.62F, 0.3F, 1.0F};
const ImVec4 kDim = {0.6F, 0.6F, 0.63F, 1.0F};
const ImVec4 kRed = {1.0F, 0.35F, 0.3F, 1.0F};

template <size_t N>
void copy_text(std::array<char, N>& to, const std::string& from) {
  const size_t n = std::min(from.size(), N - 1);
  std::memcpy(to.data(), from.data(), n);
  to[n] = '\0';
}

void tooltip(const std::string& text) {
  if (!ImGui::IsItemHovered()) return;
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(360);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
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

bool combo(const char* label, int& index, const std::vector<std::string>& words) {
  bool changed = false;
  if (!ImGui::BeginCombo(label, words[static_cast<size_t>(index)].c_str())) return false;
  for (size_t i = 0; i < words.size(); ++i) {
    if (ImGui::Selectable(words[i].c_str(), static_cast<int>(i) == index)) {
      index = static_cast<int>(i);
      changed = true;
    }
  }
  ImGui::EndCombo();
  return changed;
}

std::string words(const Recorder::State& r) {
  if (!r.failure.empty()) return fmt::format("{}: {}", r.name, r.failure);
  return fmt::format("{}: {} frames, {} left out", r.name, r.frames, r.left_out);
}

// What a follower follows: a feature of the sound, or a signal of a part.
bool choose_signal(Follower& f, const Chain& chain) {
  std::vector<std::string> all = sound_feature_words();
  const size_t sounds = all.size();
  for (const Part& part : chain.parts) {
    for (const EffectSignal& s : find_effect(part.preset.effect).signals)
      all.push_back(part.name + "." + s.name);
  }
  if (!f.signal.empty() && std::find(all.begin(), all.end(), f.signal) == all.end()) all.push_back(f.signal);
  int index = f.signal.empty() ? static_cast<int>(f.follows)
                               : static_cast<int>(std::find(all.begin(), all.end(), f.signal) - all.begin());
  if (!combo("follows", index, all)) return false;
  const auto chosen = static_cast<size_t>(index);
  f.signal = chosen < sounds ? "" : all[chosen];
  if (chosen < sounds) f.follows = static_cast<SoundFeature>(index);
  return true;
}

bool slide(const char* label, double& value, double low, double high) {
  return ImGui::SliderScalar(label, ImGuiDataType_Double, &value, &low, &high, "%.3g",
                             ImGuiSliderFlags_AlwaysClamp);
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

// The parts from left to right as the picture goes through them.
void Panels::draw_parts() {
  Desk& desk = show_.desk();
  for (size_t i = 0; i < chain_.parts.size(); ++i) {
    const Part& part = chain_.parts[i];
    ImGui::PushID(part.name.c_str());
    const bool bypassed = wet(part.preset.values) == 0;
    const bool open = part.name == open_part_;
    ImGui::PushStyleColor(ImGuiCol_Text, bypassed ? kDim : ImGui::GetStyleColorVec4(ImGuiCol_Text));
    ImGui::PushStyleColor(ImGuiCol_Button,
                          ImGui::GetStyleColorVec4(open ? ImGuiCol_ButtonActive : ImGuiCol_Button));
    if (ImGui::Button(part.name.c_str())) open_part_ = part.name;
    ImGui::PopStyleColor(2);
    tooltip(part.preset.name + (bypassed ? ", bypassed" : "") +
            "\nclick: its parameters; right click: bypass, move, remove, load a preset");
    if (ImGui::BeginPopupContextItem("part")) {
      draw_part_menu(part, i);
      if (escape_) ImGui::CloseCurrentPopup();
      ImGui::EndPopup();
    }
    ImGui::PopID();
    const float right = ImGui::GetItemRectMax().x - ImGui::GetWindowPos().x;
    if (right < ImGui::GetWindowContentRegionMax().x - 120) ImGui::SameLine();
  }
  if (ImGui::Button("+ part")) ImGui::OpenPopup("add");
  tooltip("one more part at the end of the chain: an effect or a preset");
  draw_add();
  ImGui::SameLine();
  bool black = desk.is_black();
  if (ImGui::Checkbox("black", &black)) desk.blackout(black);
  ImGui::SameLine();
  bool frozen = desk.is_frozen();
  if (ImGui::Checkbox("freeze", &frozen)) desk.freeze(frozen);
}

void Panels::draw_part_menu(const Part& part, size_t place) {
  Desk& desk = show_.desk();
  ImGui::TextColored(kDim, "%s: %s", part.name.c_str(), part.preset.name.c_str());
  bool bypassed = wet(part.preset.values) == 0;
  if (ImGui::MenuItem("bypass", nullptr, &bypassed)) show_.try_to([&] { desk.bypass(part.name, bypassed); });
  if (ImGui::MenuItem("move to the left", nullptr, false, place > 0))
    show_.try_to([&] { desk.move_part(part.name, place - 1); });
  if (ImGui::MenuItem("move to the right", nullptr, false, place + 1 < chain_.parts.size()))
    show_.try_to([&] { desk.move_part(part.name, place + 1); });
  if (ImGui::MenuItem("remove", nullptr, false, chain_.parts.size() > 1))
    show_.try_to([&] { desk.remove_part(part.name); });
  if (ImGui::MenuItem("randomize")) show_.try_to([&] { desk.randomize(stray_, part.name); });
  if (!ImGui::BeginMenu("load a preset")) return;
  for (const PresetEntry& e : desk.presets()) {
    if (e.effects != std::vector{part.preset.effect}) continue;
    if (ImGui::MenuItem(e.name.c_str())) show_.try_to([&] { desk.load_part(part.name, e.path.string()); });
    tooltip(e.about);
  }
  ImGui::EndMenu();
}

void Panels::draw_add() {
  if (!ImGui::BeginPopup("add")) return;
  Desk& desk = show_.desk();
  for (const EffectKind& e : effects()) {
    if (ImGui::MenuItem(e.name.c_str())) show_.try_to([&] { desk.add_part(e.name); });
    tooltip(e.help);
  }
  ImGui::Separator();
  for (const PresetEntry& e : desk.presets()) {
    if (ImGui::MenuItem(e.name.c_str())) show_.try_to([&] { desk.add_part(e.path.string()); });
    tooltip(e.about);
  }
  if (escape_) ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
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

// What moves the parameter: LFOs and sound followers, each with its depth.
void Panels::draw_modulation(const Parameter& p) {
  Preset changed = preset_;
  bool any = false;
  const double deep = std::min(p.high - p.low, kWideRange);
  int id = 0;
  const auto remove_button = [&] {
    ImGui::SameLine();
    return ImGui::SmallButton("x");
  };
  for (auto lfo = changed.lfos.begin(); lfo != changed.lfos.end();) {
    bool gone = false;
    if (lfo->parameter == p.name) {
      ImGui::PushID(id++);
      ImGui::Separator();
      int shape = static_cast<int>(lfo->shape);
      ImGui::SetNextItemWidth(140);
      if (combo("LFO", shape, wave_words())) lfo->shape = static_cast<Wave>(shape), any = true;
      gone = remove_button();
      any |= slide("depth", lfo->depth, -deep, deep);
      bool beats = lfo->beats.has_value();
      if (ImGui::Checkbox("in beats", &beats)) {
        lfo->beats = beats ? std::optional(4.0) : std::nullopt;
        any = true;
      }
      any |= lfo->beats ? slide("period in beats", *lfo->beats, 0.25, 64)
                        : slide("period in s", lfo->period, 0.1, 120);
      any |= slide("phase", lfo->phase, 0, 1);
      ImGui::PopID();
    }
    any |= gone;
    lfo = gone ? changed.lfos.erase(lfo) : lfo + 1;
  }
  for (auto f = changed.followers.begin(); f != changed.followers.end();) {
    bool gone = false;
    if (f->parameter == p.name) {
      ImGui::PushID(id++);
      ImGui::Separator();
      ImGui::SetNextItemWidth(140);
      any |= choose_signal(*f, chain_);
      gone = remove_button();
      any |= slide("depth", f->depth, -deep, deep);
      any |= slide("attack in s", f->attack, 0, 2);
      any |= slide("release in s", f->release, 0, 5);
      ImGui::PopID();
    }
    any |= gone;
    f = gone ? changed.followers.erase(f) : f + 1;
  }
  ImGui::Separator();
  if (ImGui::SmallButton("add an LFO")) {
    Lfo lfo;
    lfo.parameter = p.name;
    lfo.period = 8;
    changed.lfos.push_back(lfo);
    any = true;
  }
  ImGui::SameLine();
  if (ImGui::SmallButton("follow a signal")) {
    Follower f;
    f.parameter = p.name;
    changed.followers.push_back(f);
    any = true;
  }
  if (!any) return;
  // of this parameter alone: another hand may be at the others
  const auto replace = [&](Preset& now) {
    const auto its = [&](auto& all, const auto& mine) {
      const auto is_its = [&](const auto& m) { return m.parameter == p.name; };
      std::erase_if(all, is_its);
      std::copy_if(mine.begin(), mine.end(), std::back_inserter(all), is_its);
    };
    its(now.lfos, changed.lfos);
    its(now.followers, changed.followers);
  };
  show_.try_to([&] { show_.desk().change(part_, replace, 0, "modulation of " + part_ + "." + p.name); });
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
    for (const MidiMap& map : midi->maps())
      ImGui::Text("%s: %zu controls", map.device.c_str(), map.bindings.size());
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
