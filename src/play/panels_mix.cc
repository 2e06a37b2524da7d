// The crossfader, between what plays and what is cued.
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>

#include "play/panel_text.h"
#include "play/panels.h"
#include "play/widgets.h"

namespace reverie {
namespace {

constexpr float kEnd = 6;  // the width of a name, in heights of a letter

}  // namespace

// At one end the name of what plays; at the other a list, of what is cued there.
void Panels::draw_crossfader_end(bool plays) {
  ImGui::SetNextItemWidth(em(kEnd));
  if (plays) {
    const float left = ImGui::GetCursorPosX();
    ImGui::AlignTextToFramePadding();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::PushClipRect(at, {at.x + em(kEnd), at.y + ImGui::GetFrameHeight()}, true);
    ImGui::TextUnformatted(chain_.name().c_str());
    ImGui::PopClipRect();
    tooltip("plays at this end of the crossfader");
    ImGui::SameLine(left + em(kEnd) + ImGui::GetStyle().ItemSpacing.x);
    return;
  }
  Desk& desk = show_.desk();
  const std::string waits = desk.cued();
  const bool open = ImGui::BeginCombo("##cue", waits.empty() ? "cue ..." : waits.c_str(),
                                      ImGuiComboFlags_HeightLarge | ImGuiComboFlags_NoArrowButton);
  if (open) {
    for (const PresetEntry& e : desk.presets()) {
      if (ImGui::Selectable(e.name.c_str(), e.name == waits))
        show_.try_to([&] { desk.cue(e.path.string()); });
    }
    ImGui::EndCombo();
  } else {
    tooltip(waits.empty()   ? "what the crossfader leads to; else the next preset"
            : !status_.cued ? waits + ": is being made"
                            : waits + ": waits for the crossfader");
  }
}

void Panels::draw_crossfader() {
  Desk& desk = show_.desk();
  const Parameter& p = set_controls()[set_controls().index("crossfader")];
  const bool right = desk.at_one();
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  draw_crossfader_end(!right);
  ImGui::SameLine();
  const float width = std::max(em(4), ImGui::GetContentRegionAvail().x - em(kEnd) - gap);
  const ValueSlider::Answer turned = sliders_.draw("##crossfader", p, desk.control(p.name), {}, width);
  if (turned.value) show_.try_to([&] { desk.set(set_address(p), fmt::format("{}", *turned.value)); });
  tooltip("crossfader: " + p.help + controls_of(show_.midi(), set_address(p)) +
          "\nright-click: learn a control");
  draw_set_menu(p);
  ImGui::SameLine();
  draw_crossfader_end(right);
}

std::string Panels::set_address(const Parameter& p) {
  return std::string(kSetPart) + "." + p.name;
}

// What MIDI does with a knob of the set.
void Panels::draw_set_menu(const Parameter& p) {
  if (!ImGui::BeginPopupContextItem(p.name.c_str())) return;
  MidiPorts* midi = show_.midi();
  if (midi == nullptr) ImGui::TextColored(kDim, "no MIDI");
  if (midi && ImGui::MenuItem("learn a control")) show_.try_to([&] { midi->learn(set_address(p)); });
  if (midi && ImGui::MenuItem("forget its controls")) midi->forget(set_address(p));
  ImGui::EndPopup();
}

}  // namespace reverie
