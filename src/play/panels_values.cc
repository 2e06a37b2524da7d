// A row for each parameter: its name and menu, its value or values.
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cstring>

#include "play/panel_text.h"
#include "play/panels.h"
#include "play/widgets.h"

namespace reverie {
namespace {

constexpr float kLabelWidth = 8;  // times the height of a letter

bool moved(const Preset& preset, const std::string& name) {
  const auto is = [&](const auto& m) { return m.parameter == name; };
  return std::any_of(preset.lfos.begin(), preset.lfos.end(), is) ||
         std::any_of(preset.followers.begin(), preset.followers.end(), is) ||
         std::any_of(preset.keyframes.begin(), preset.keyframes.end(), is);
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
    if (tick_box("##lock", &locked)) show_.desk().lock(full, locked);
    tooltip("locked: randomize does not change it");
  } else {
    ImGui::Dummy({ImGui::GetFrameHeight(), 0});
  }
  ImGui::SameLine();
  const float left = ImGui::GetCursorPosX();
  ImGui::AlignTextToFramePadding();
  ImGui::TextColored(moved(preset_, p.name) ? kWarm : ImGui::GetStyleColorVec4(ImGuiCol_Text), "%s",
                     p.name.c_str());
  if (ImGui::IsItemHovered())
    tooltip(p.name + ": " + p.help + "\n" + describe_range(p) + controls_of(show_.midi(), address(p)) +
            "\nright-click: reset, modulate, learn");
  if (ImGui::BeginPopupContextItem("menu")) {
    draw_menu(p);
    ImGui::EndPopup();
  }
  ImGui::SameLine(left + em(kLabelWidth));
  if (p.kind == ParameterKind::kNumber || p.kind == ParameterKind::kInteger) {
    draw_levels(p);
  } else {
    draw_word(p);
  }
}

// A slider, or one for each level.
void Panels::draw_levels(const Parameter& p) {
  const int levels = preset_.values.levels();
  const bool list = preset_.values.list(p.name).size() > 1;
  const bool split =
      p.per_level && levels > 1 && (split_.contains(p.name) || (list && !joined_.contains(p.name)));
  const float gap = em(0.2F);
  const float button = p.per_level ? button_width("=") + ImGui::GetStyle().ItemSpacing.x : 0;
  const float space = ImGui::GetContentRegionAvail().x - button;
  if (!split) {
    draw_number(p, -1, space);
  } else {
    for (int l = 0; l < levels; ++l) {
      if (l > 0) ImGui::SameLine(0, gap);
      draw_number(p, l, (space - gap * static_cast<float>(levels - 1)) / static_cast<float>(levels));
    }
  }
  if (!p.per_level) return;
  ImGui::SameLine();
  if (ImGui::Button(split ? "=" : "|", {button_width("="), 0})) {
    (split ? joined_ : split_).insert(p.name);
    (split ? split_ : joined_).erase(p.name);
  }
  tooltip(split ? "one value for all levels" : "one value per level");
}

void Panels::draw_number(const Parameter& p, int level, float width) {
  const std::string name = level < 0 ? p.name : fmt::format("{}.{}", p.name, level);
  const double value = preset_.values.number(p.name, std::max(level, 0));
  std::optional<double> now;
  if (played_ && moved(preset_, p.name) && played_->table().has(p.name))
    now = played_->number(p.name, std::max(level, 0));
  ImGui::PushID(level);
  const ValueSlider::Answer answer = sliders_.draw("value", p, value, now, width);
  if (answer.reset) {
    show_.try_to([&] { show_.desk().reset(part_ + "." + p.name); });
  } else if (answer.value) {
    set(name, fmt::format("{:.6g}", *answer.value));
  }
  ImGui::PopID();
}

void Panels::draw_word(const Parameter& p) {
  if (p.kind == ParameterKind::kFlag) {
    bool on = preset_.values.flag(p.name);
    if (tick_box("##value", &on)) set(p.name, on ? "on" : "off");
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

}  // namespace reverie
