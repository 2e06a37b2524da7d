// The presets: choosing, ordering, saving; and what the hands want at any time.
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <utility>

#include "play/panel_text.h"
#include "play/panels.h"
#include "play/widgets.h"

namespace reverie {

void Panels::draw_presets() {
  Desk& desk = show_.desk();
  if (ImGui::ArrowButton("before", ImGuiDir_Left)) show_.try_to([&] { desk.step(-1); });
  ImGui::SameLine();
  const float arrow = ImGui::GetFrameHeight() + ImGui::GetStyle().ItemSpacing.x;
  const float save = button_width("save") + ImGui::GetStyle().ItemSpacing.x;
  ImGui::SetNextItemWidth(std::max(em(6), ImGui::GetContentRegionAvail().x - arrow - save));
  draw_preset_list();
  ImGui::SameLine();
  if (ImGui::ArrowButton("next", ImGuiDir_Right)) show_.try_to([&] { desk.step(1); });
  if (flow_button("save")) {
    copy_text(name_, chain_.name());
    confirming_.clear();
    save_trouble_.clear();
    ImGui::OpenPopup("save");
  }
  draw_save();
  draw_hands();
  ImGui::SetNextItemWidth(em(5));
  ImGui::InputTextWithHint("##filter", "find", filter_.data(), filter_.size());
  tooltip("a parameter in any tab, by part of its name");
  ImGui::SameLine();
  draw_crossfader();
}

// A name that another preset has, and deleting, are asked for twice.  What cannot be done is said here, and
// the name stays, so that it can be changed.
void Panels::draw_save() {
  if (!begin_text_popup("save")) return;
  Desk& desk = show_.desk();
  const auto close_after = [&](const std::function<void()>& act) {
    try {
      act();
      ImGui::CloseCurrentPopup();
    } catch (const std::exception& e) {
      save_trouble_ = e.what();
      save_again_ = true;
    }
  };
  if (ImGui::IsWindowAppearing() || std::exchange(save_again_, false)) ImGui::SetKeyboardFocusHere();
  ImGui::SetNextItemWidth(em(16));
  const std::string before = name_.data();
  bool save = ImGui::InputText("name", name_.data(), name_.size(),
                               ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
  const std::string name = name_.data();
  if (name != before) save_trouble_.clear();
  const std::string replacing = "replace " + name, deleting = "delete " + name;
  const bool confirmed = confirming_ == replacing;
  save |= ImGui::Button(confirmed ? "replace it" : "save as");
  if (save && desk.would_replace(name) && !confirmed) {
    confirming_ = replacing;
    ImGui::SetKeyboardFocusHere(-1);
  } else if (save) {
    close_after([&] { Show::say("saved " + desk.save(name, true).string()); });
  }
  if (flow_button("rename")) close_after([&] { desk.rename(name); });
  const std::vector<PresetEntry> all = desk.presets();
  const auto own =
      std::find_if(all.begin(), all.end(), [&](const PresetEntry& e) { return e.name == name && is_own(e); });
  if (own != all.end() && flow_button(confirming_ == deleting ? "really delete" : "delete")) {
    if (std::exchange(confirming_, deleting) == deleting) close_after([&] { desk.remove_preset(name); });
  }
  say(kRed, save_trouble_);
  if (confirming_ == replacing) say(kWarm, "you have another preset of that name");
  if (own != all.end() && hides_another(*own)) say(kDim, "yours hides the one that came with Reverie");
  ImGui::EndPopup();
}

void Panels::draw_hands() {
  Desk& desk = show_.desk();
  const double least = 0, most = 20;
  double fade = desk.fade();
  ImGui::SetNextItemWidth(em(6));
  if (ImGui::DragScalar("##fade", ImGuiDataType_Double, &fade, 0.05F, &least, &most, "fade %.1f s",
                        ImGuiSliderFlags_AlwaysClamp))
    desk.set_fade(fade);
  tooltip("duration of the fade to another preset, in seconds: drag, or Ctrl+click to type");
  if (flow_button("undo")) desk.undo();
  if (flow_button("redo")) desk.redo();
  if (flow_button("noise")) show_.try_to([&] { desk.new_noise(); });
  if (flow_button("weights")) show_.try_to([&] { desk.new_weights(); });
  if (flow_button("randomize")) show_.try_to([&] { desk.randomize(stray_); });
  tooltip("every parameter that is not locked takes its value from some preset, varied a little");
  flow(em(4.5F));
  ImGui::SetNextItemWidth(em(4.5F));
  ImGui::DragFloat("##stray", &stray_, 0.005F, 0, 1, "by %.2f", ImGuiSliderFlags_AlwaysClamp);
  const float box = ImGui::GetFrameHeight() + ImGui::GetStyle().ItemInnerSpacing.x;
  bool black = desk.is_black();
  flow(box + ImGui::CalcTextSize("black").x);
  if (tick_box("black", &black)) desk.blackout(black);
  bool frozen = desk.is_frozen();
  flow(box + ImGui::CalcTextSize("freeze").x);
  if (tick_box("freeze", &frozen)) desk.freeze(frozen);
  if (flow_button("panic")) show_.try_to([&] { show_.panic(); });
  tooltip("all back to the preset as it was loaded, at once; for a moment no onset of the sound is heard");
  draw_setlist();
}

}  // namespace reverie
