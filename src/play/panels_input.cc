// The inputs: which, how they are played, and the fader between them.
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "core/progress.h"
#include "play/panel_text.h"
#include "play/panels.h"
#include "play/widgets.h"

namespace reverie {
namespace {

constexpr double kCamerasEvery = 5;  // seconds

// "1:05.2"
std::string time_text(double seconds) {
  const double tenths = std::floor(seconds * 10 + 1e-6);
  return fmt::format("{}.{:.0f}", format_duration(std::floor(tenths / 10)), std::fmod(tenths, 10));
}

}  // namespace

// Which of the two inputs the rows below are about, and the fader between them.
void Panels::draw_input_fader() {
  const Parameter& p = set_controls()[set_controls().index("input_fade")];
  const auto end = [&](const char* name, InputSide side, const LiveInput::State& in) {
    if (ImGui::RadioButton(name, side_ == side)) side_ = side;
    tooltip(fmt::format("{}\nthe rows below are about it", in.spec.empty() ? "none" : in.spec));
  };
  ImGui::AlignTextToFramePadding();
  say(kDim, "input");
  ImGui::SameLine();
  end("A", InputSide::kA, status_.input);
  ImGui::SameLine();
  const float width = ImGui::GetContentRegionAvail().x - button_width("B") - ImGui::GetFrameHeight() -
                      ImGui::GetStyle().ItemSpacing.x;
  const ValueSlider::Answer turned =
      sliders_.draw("##fade", p, show_.desk().control(p.name), {}, std::max(em(4), width));
  if (turned.reset) show_.try_to([&] { show_.desk().set(set_address(p), "0"); });
  if (turned.value) show_.try_to([&] { show_.desk().set(set_address(p), fmt::format("{}", *turned.value)); });
  tooltip("fader: " + p.help + (status_.input_b.wanted() ? "" : "; there is no input B") +
          controls_of(show_.midi(), set_address(p)) + "\nright-click: learn a control");
  draw_set_menu(p);
  ImGui::SameLine();
  end("B", InputSide::kB, status_.input_b);
}

void Panels::draw_input() {
  draw_input_fader();
  ImGui::SetNextItemWidth(
      -(button_width("open") + button_width("files") + 2 * ImGui::GetStyle().ItemSpacing.x));
  const bool entered =
      ImGui::InputTextWithHint("##input", "file, folder, URL, camera:0, screen:, test:testsrc2",
                               input_.data(), input_.size(), ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::SameLine();
  if (ImGui::Button("open") || entered) show_.desk().open_input(input_.data(), side_);
  ImGui::SameLine();
  draw_files();
  if (ImGui::Button("none")) show_.desk().open_input("", side_);
  // refreshed only now and then: it may take as long as a frame
  if (cameras_seen_ == 0 || ImGui::GetTime() - cameras_seen_ > kCamerasEvery) {
    cameras_ = list_cameras();
    cameras_seen_ = ImGui::GetTime();
  }
  for (const CameraInfo& camera : cameras_) {
    if (flow_button(camera.name)) show_.desk().open_input(camera.spec, side_);
  }
  draw_input_play();
  say(ImGui::GetStyleColorVec4(ImGuiCol_Text), input_state().description);
  say(kDim, "or drop a file on the window");
}

// Speed, place and range, where the input has them.
void Panels::draw_input_play() {
  const LiveInput::State& in = input_state();
  if (in.spec.empty()) return;
  Desk& desk = show_.desk();
  ImGui::BeginDisabled(!in.has_places);
  draw_timeline();
  ImGui::EndDisabled();
  ImGui::BeginDisabled(!in.has_speed);
  if (ImGui::Button(in.speed == 0 ? "go on" : "pause")) desk.pause_input(side_);
  ImGui::EndDisabled();
  ImGui::BeginDisabled(!in.has_places);
  if (flow_button("start"))
    desk.play_input({.seek = InputTime{InputTime::Kind::kSeconds, in.from}, .side = side_});
  tooltip("to the beginning of the range");
  if (flow_button("in")) desk.play_input({.from = PlayInput::kNow, .side = side_});
  tooltip("the range that is repeated begins here");
  if (flow_button("out")) desk.play_input({.to = PlayInput::kNow, .side = side_});
  tooltip("the range that is repeated ends here");
  if (flow_button("whole")) desk.play_input(PlayInput::whole(side_));
  tooltip("no range: all of it is repeated");
  ImGui::EndDisabled();

  const Parameter& p = set_controls()[set_controls().index(input_speed_control(side_))];
  ImGui::BeginDisabled(!in.has_speed);
  const ValueSlider::Answer turned = sliders_.draw("##speed", p, in.speed, {}, em(12));
  if (turned.reset) desk.play_input({.speed = p.initial.front(), .side = side_});
  if (turned.value) desk.play_input({.speed = *turned.value, .side = side_});
  ImGui::EndDisabled();
  tooltip("speed: " + p.help + controls_of(show_.midi(), set_address(p)) + "\nright-click: learn a control");
  draw_set_menu(p);
  ImGui::SameLine();
  ImGui::AlignTextToFramePadding();
  say(kDim, in.has_speed ? "speed" : "a camera, a stream or a single picture has no speed or range");
}

// Where it is, from its beginning to its end; pressed, it goes to where the mouse is.
void Panels::draw_timeline() {
  const LiveInput::State& in = input_state();
  const Parameter& p = set_controls()[set_controls().index(input_position_control(side_))];
  const double length = in.length.value_or(0);
  ImGui::InvisibleButton("##timeline", {std::max(ImGui::GetContentRegionAvail().x, em(4)), em(1.8F)});
  const ImVec2 a = ImGui::GetItemRectMin(), b = ImGui::GetItemRectMax();
  if (ImGui::IsItemActive() && length > 0) {
    const double share =
        std::clamp<double>((ImGui::GetIO().MousePos.x - a.x) / std::max(b.x - a.x, 1.0F), 0, 1);
    if (share != sought_) show_.try_to([&] { show_.desk().set(set_address(p), fmt::format("{}", share)); });
    sought_ = share;
  } else {
    sought_.reset();
  }
  const auto x = [&](double seconds) {
    const double share = length > 0 ? std::clamp(seconds / length, 0.0, 1.0) : 0;
    return a.x + static_cast<float>(share) * (b.x - a.x);
  };
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const float round = ImGui::GetStyle().FrameRounding, thin = em(0.15F);
  draw.AddRectFilled(a, b, ImGui::GetColorU32(ImGuiCol_FrameBg), round);
  if (in.has_places) {
    const float from = x(in.from), to = in.to ? x(*in.to) : b.x, at = x(in.place);
    draw.AddRectFilled({from, a.y}, {std::max(to, from + thin), b.y},
                       ImGui::GetColorU32(ImVec4(1, 0.62F, 0.3F, 0.3F)), round);
    draw.AddRectFilled({std::min(at, b.x - thin), a.y}, {std::min(at, b.x - thin) + thin, b.y},
                       IM_COL32_WHITE);
  }
  const std::string text =
      !in.has_places ? "no places to go to"
                     : time_text(in.place) + (in.length ? " of " + time_text(length) : std::string());
  const ImVec2 size = ImGui::CalcTextSize(text.c_str());
  draw.AddText({(a.x + b.x - size.x) / 2, (a.y + b.y - size.y) / 2}, ImGui::GetColorU32(ImGuiCol_Text),
               text.c_str());
  tooltip("position: click or drag" + controls_of(show_.midi(), set_address(p)) +
          "\nright-click: learn a control");
  draw_set_menu(p);
}

}  // namespace reverie
