// What the panels are made of, over Dear ImGui.
#pragma once

#include <imgui.h>

#include <string>
#include <vector>

namespace reverie {

inline const ImVec4 kWarm = {1.0F, 0.62F, 0.3F, 1.0F};
inline const ImVec4 kDim = {0.6F, 0.6F, 0.63F, 1.0F};
inline const ImVec4 kRed = {1.0F, 0.35F, 0.3F, 1.0F};

// A length of so many times the height of a letter.
inline float em(float times) {
  return times * ImGui::GetFontSize();
}

// Of the last item, while the mouse is over it.
void tooltip(const std::string& text);

// Goes on in the same line if an item of this width has room there.
void flow(float width);
float button_width(const std::string& label);
// A button that flows.
bool flow_button(const std::string& label);
// Words that wrap.
void say(const ImVec4& colour, const std::string& text);

// A checkbox with an outline, to be seen over any picture.
bool tick_box(const char* label, bool* on);

// A popup wide enough for sentences, which wrap at its edge.
bool begin_text_popup(const char* name);

// True where another of the words was chosen.
bool combo(const char* label, int& index, const std::vector<std::string>& words);

bool slide(const char* label, double& value, double low, double high);

// Closes the innermost popup or list; false if none is open.
bool close_popup();

}  // namespace reverie
