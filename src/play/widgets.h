// What the panels are made of, over Dear ImGui.
#pragma once

#include <imgui.h>

#include <string>
#include <vector>

namespace reverie {

inline constexpr double kWideRange = 16;  // from this range on, a slider is finer near zero
inline const ImVec4 kWarm = {1.0F, 0.62F, 0.3F, 1.0F};
inline const ImVec4 kDim = {0.6F, 0.6F, 0.63F, 1.0F};
inline const ImVec4 kRed = {1.0F, 0.35F, 0.3F, 1.0F};

// Of the last item, while the mouse is over it.
void tooltip(const std::string& text);

// True where another of the words was chosen.
bool combo(const char* label, int& index, const std::vector<std::string>& words);

bool slide(const char* label, double& value, double low, double high);

}  // namespace reverie
