#include "play/widgets.h"

#include <imgui_internal.h>

#include <algorithm>
#include <cfloat>

namespace reverie {
void tooltip(const std::string& text) {
  if (!ImGui::IsItemHovered()) return;
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(em(26));
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

void flow(float width) {
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x;
  if (ImGui::GetItemRectMax().x + ImGui::GetStyle().ItemSpacing.x + width <= right) ImGui::SameLine();
}

float button_width(const std::string& label) {
  return ImGui::CalcTextSize(label.c_str(), nullptr, true).x + 2 * ImGui::GetStyle().FramePadding.x;
}

bool flow_button(const std::string& label) {
  flow(button_width(label));
  return ImGui::Button(label.c_str());
}

void say(const ImVec4& colour, const std::string& text) {
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  ImGui::PushTextWrapPos(0);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopTextWrapPos();
  ImGui::PopStyleColor();
}

bool tick_box(const char* label, bool* on) {
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, std::max(1.0F, em(0.08F)));
  ImGui::PushStyleColor(ImGuiCol_Border, kDim);
  const bool changed = ImGui::Checkbox(label, on);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
  return changed;
}

bool begin_text_popup(const char* name) {
  ImGui::SetNextWindowSizeConstraints({em(22), 0}, {FLT_MAX, FLT_MAX});
  return ImGui::BeginPopup(name);
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

bool slide(const char* label, double& value, double low, double high) {
  return ImGui::SliderScalar(label, ImGuiDataType_Double, &value, &low, &high, "%.3g",
                             ImGuiSliderFlags_AlwaysClamp);
}

bool close_popup() {
  const int open = ImGui::GetCurrentContext()->OpenPopupStack.Size;
  if (open > 0) ImGui::ClosePopupToLevel(open - 1, true);
  return open > 0;
}

}  // namespace reverie
