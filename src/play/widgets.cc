#include "play/widgets.h"

namespace reverie {

void tooltip(const std::string& text) {
  if (!ImGui::IsItemHovered()) return;
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(360);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
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

}  // namespace reverie
