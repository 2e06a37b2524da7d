// The row of parts, and what can be done with them.
#include <imgui.h>

#include "effects/effects.h"
#include "play/panels.h"
#include "play/widgets.h"

namespace reverie {

// The parts from left to right as the picture goes through them.
void Panels::draw_parts() {
  for (size_t i = 0; i < chain_.parts.size(); ++i) {
    const Part& part = chain_.parts[i];
    ImGui::PushID(part.name.c_str());
    const bool bypassed = wet(part.preset.values) == 0;
    const bool open = part.name == open_part_;
    if (i > 0) flow(button_width(part.name));
    ImGui::PushStyleColor(ImGuiCol_Text, bypassed ? kDim : ImGui::GetStyleColorVec4(ImGuiCol_Text));
    ImGui::PushStyleColor(ImGuiCol_Button,
                          ImGui::GetStyleColorVec4(open ? ImGuiCol_ButtonActive : ImGuiCol_Button));
    if (ImGui::Button(part.name.c_str())) open_part_ = part.name;
    ImGui::PopStyleColor(2);
    tooltip(part.preset.name + (bypassed ? ", bypassed" : "") +
            "\nclick: its parameters; right click: bypass, move, remove, load a preset");
    if (ImGui::BeginPopupContextItem("part")) {
      draw_part_menu(part, i);
      ImGui::EndPopup();
    }
    ImGui::PopID();
  }
  if (flow_button("+ part")) ImGui::OpenPopup("add");
  tooltip("one more part at the end of the chain: an effect or a preset");
  draw_add();
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
  ImGui::EndPopup();
}

}  // namespace reverie
