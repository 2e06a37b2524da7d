#include "play/value_slider.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/control_range.h"
#include "core/text.h"
#include "play/widgets.h"

namespace reverie {
namespace {

constexpr double kWheelStep = 0.01, kFine = 0.1;  // of the way; with Shift

std::string value_text(const Parameter& p, double value, float width) {
  if (p.kind == ParameterKind::kInteger) return fmt::format("{:.0f}", value);
  return width < em(4) ? fmt::format("{:.2g}", value) : fmt::format("{:.4g}", value);
}

}  // namespace

ValueSlider::Answer ValueSlider::draw(const char* id, const Parameter& p, double value,
                                      std::optional<double> played, float width) {
  if (typed_ == ImGui::GetID(id)) return type(id, p, width);
  Answer answer;
  ImGui::InvisibleButton(id, {std::max(width, em(1)), ImGui::GetFrameHeight()},
                         ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonMiddle);
  const ImGuiIO& io = ImGui::GetIO();
  const ControlRange range(p);
  const double fine = io.KeyShift ? kFine : 1;
  if (ImGui::IsItemActivated()) share_ = range.share(value);
  double share = share_;
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(ImGuiMouseButton_Middle)) {
    share = (io.MousePos.x - ImGui::GetItemRectMin().x) / ImGui::GetItemRectSize().x;
  } else if (ImGui::IsItemActive()) {
    share += fine * io.MouseDelta.x / ImGui::GetItemRectSize().x;
  }
  if (ImGui::IsItemHovered()) {
    hovering_ = true;
    if (io.MouseWheel != 0) {
      share_ = range.share(value);
      const double step =
          p.kind == ParameterKind::kInteger ? 1 / (p.soft_high - p.soft_low) : kWheelStep * fine;
      share = share_ + step * io.MouseWheel;
    }
    answer.reset = ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left) && !io.KeyCtrl;
    if (ImGui::IsMouseClicked(ImGuiMouseButton_Left) && io.KeyCtrl) {
      typed_ = ImGui::GetID(id);
      text_ = fmt::format("{:.6g}", value);
      focus_ = true;
    }
  }
  share = std::clamp(share, 0.0, 1.0);
  const bool turned = (ImGui::IsItemActive() || io.MouseWheel != 0) && share != share_;
  if (turned && !answer.reset && typed_ != ImGui::GetID(id) &&
      (ImGui::IsItemHovered() || ImGui::IsItemActive())) {
    share_ = share;
    const double at = range.at(share);
    answer.value = p.kind == ParameterKind::kInteger ? std::round(at) : at;
  }
  paint(p, value, played);
  return answer;
}

// The bar begins at the default, where that lies within.
void ValueSlider::paint(const Parameter& p, double value, std::optional<double> played) {
  const ImVec2 a = ImGui::GetItemRectMin(), b = ImGui::GetItemRectMax();
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const float round = ImGui::GetStyle().FrameRounding, thin = em(0.1F);
  const ControlRange range(p);
  const auto place = [&](double v) { return a.x + static_cast<float>(range.share(v)) * (b.x - a.x); };
  const bool hot = ImGui::IsItemHovered() || ImGui::IsItemActive();
  draw.AddRectFilled(a, b, ImGui::GetColorU32(hot ? ImGuiCol_FrameBgHovered : ImGuiCol_FrameBg), round);
  const float from = place(p.initial.front()), to = place(value);
  draw.AddRectFilled({std::min(from, to), a.y}, {std::max(from, to), b.y},
                     ImGui::GetColorU32(ImVec4(1, 0.62F, 0.3F, hot ? 0.42F : 0.3F)), round);
  draw.AddRectFilled({std::clamp(to - thin, a.x, b.x - 2 * thin), a.y},
                     {std::clamp(to - thin, a.x, b.x - 2 * thin) + 2 * thin, b.y},
                     ImGui::GetColorU32(ImGuiCol_SliderGrab), round);
  if (played) {
    const float x = std::clamp(place(*played), a.x, b.x - thin);
    draw.AddRectFilled({x, a.y}, {x + thin, b.y}, IM_COL32_WHITE);
  }
  const std::string text = value_text(p, value, b.x - a.x);
  const ImVec2 size = ImGui::CalcTextSize(text.c_str());
  const ImVec2 at = {std::max(a.x, (a.x + b.x - size.x) / 2), (a.y + b.y - size.y) / 2};
  const ImVec4 clip = {a.x, a.y, b.x, b.y};
  const float shade = std::max(1.0F, em(0.06F));
  for (const float side : {-shade, shade})  // legible over the bar too
    draw.AddText(nullptr, 0, {at.x + side, at.y + shade}, IM_COL32(0, 0, 0, 190), text.c_str(), nullptr, 0,
                 &clip);
  draw.AddText(nullptr, 0, at, IM_COL32_WHITE, text.c_str(), nullptr, 0, &clip);
}

ValueSlider::Answer ValueSlider::type(const char* id, const Parameter& p, float width) {
  Answer answer;
  std::array<char, 40> text{};
  text_.copy(text.data(), text.size() - 1);
  ImGui::SetNextItemWidth(std::max(width, em(3)));
  if (std::exchange(focus_, false)) ImGui::SetKeyboardFocusHere();
  const bool entered =
      ImGui::InputText(fmt::format("##type{}", id).c_str(), text.data(), text.size(),
                       ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
  text_ = text.data();
  if (entered) {
    if (const auto value = to_number(trim(text_))) answer.value = std::clamp(*value, p.low, p.high);
  }
  if (entered || ImGui::IsItemDeactivated()) typed_ = 0;
  return answer;
}

}  // namespace reverie
