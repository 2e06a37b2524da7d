// Recording, the display, sound, tempo, MIDI, OSC, messages.
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>

#include "play/panel_text.h"
#include "play/panels.h"
#include "play/widgets.h"

namespace reverie {

void Panels::draw_recording() {
  ImGui::Separator();
  say(kDim, "recording");
  if (ImGui::Button(show_.recording() ? "stop recording" : "record"))
    show_.try_to([&] { show_.toggle_recording(); });
  if (flow_button("snapshot")) show_.try_to([&] { show_.snapshot(); });
  ImGui::Text("frame %lld, %.1f s", static_cast<long long>(status_.frames), status_.seconds);
  for (const Recorder::State& r : status_.recordings) say(r.failure.empty() ? kDim : kRed, recording_text(r));
}

// How the picture is put on the display that shows it.
void Panels::draw_output(WindowWishes& wishes) {
  ImGui::Separator();
  say(kDim, "display: " + wishes.display);
  OutputShape shape = wishes.shape();
  if (ImGui::Button("turn")) shape.quarters = (shape.quarters + 1) % 4;
  tooltip("a quarter turn clockwise");
  flow(ImGui::GetFrameHeight() + ImGui::CalcTextSize("flip").x);
  tick_box("flip", &shape.flip);
  flow(ImGui::GetFrameHeight() + ImGui::CalcTextSize("corners").x);
  tick_box("corners", &wishes.corners);
  tooltip("drag the corners of the picture to where a projector at an angle needs them");
  if (flow_button("as it is")) shape = OutputShape();
  tooltip("neither turned nor flipped, cropped or bent");
  for (const auto& [name, value] : {std::pair{"left", &shape.left},
                                    {"right", &shape.right},
                                    {"top", &shape.top},
                                    {"bottom", &shape.bottom}}) {
    ImGui::SetNextItemWidth(em(9));
    slide(fmt::format("crop {}", name).c_str(), *value, 0, 0.45);
  }
  if (shape == wishes.shape()) return;
  wishes.shapes[wishes.display] = shape;
  show_.try_to([&] { write_output_shapes(wishes.shapes); });
}

// A handle at each corner, over the picture.
void Panels::draw_corners(WindowWishes& wishes) {
  OutputShape shape = wishes.shape();
  const float side = em(1.6F);
  bool moved = false, over = false;
  for (size_t i = 0; i < shape.corners.size(); ++i) {
    const Point c = shape.corners[i];
    const ImVec2 at = {static_cast<float>(wishes.picture.x + c.x * wishes.picture.width),
                       static_cast<float>(wishes.picture.y + c.y * wishes.picture.height)};
    ImGui::SetNextWindowPos({std::clamp(at.x - side / 2, 0.0F, ImGui::GetIO().DisplaySize.x - side),
                             std::clamp(at.y - side / 2, 0.0F, ImGui::GetIO().DisplaySize.y - side)});
    ImGui::SetNextWindowSize({side, side});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {0, 0});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, {1, 1});
    ImGui::Begin(fmt::format("corner {}", i).c_str(), nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoBackground);
    ImGui::InvisibleButton("handle", {side, side});
    const bool held = ImGui::IsItemActive();
    over |= held;
    if (held) {
      const ImVec2 by = ImGui::GetIO().MouseDelta;
      shape.move(i, {c.x + by.x / wishes.picture.width, c.y + by.y / wishes.picture.height});
    }
    moved |= held;
    const ImVec2 a = ImGui::GetItemRectMin(), b = ImGui::GetItemRectMax();
    ImGui::GetWindowDrawList()->AddCircle({(a.x + b.x) / 2, (a.y + b.y) / 2}, 0.4F * side,
                                          ImGui::GetColorU32(held ? kRed : kWarm), 0, em(0.2F));
    ImGui::End();
    ImGui::PopStyleVar(2);
  }
  if (moved) wishes.shapes[wishes.display] = shape;
  if (corner_held_ && !over) show_.try_to([&] { write_output_shapes(wishes.shapes); });
  corner_held_ = over;
}

void Panels::draw_tempo() {
  say(kDim, "tempo");
  const Signals& s = status_.signals;
  ImGui::AlignTextToFramePadding();
  ImGui::Text("%.1f BPM, beat %.1f", s.tempo, s.beats);
  if (flow_button("tap")) show_.tap();
  if (flow_button("downbeat")) show_.downbeat();
  const LinkSession* link = show_.link();
  say(kDim, link ? fmt::format("Link: {} {}", link->peers(), link->peers() == 1 ? "peer" : "peers")
            : link_is_built_in() ? "Link: off, play --link"
                                 : "Link: not built in");
}

void Panels::draw_sound() {
  ImGui::Separator();
  say(kDim, "sound");
  SoundInput& sound = show_.sound();
  const SoundInput::State state = sound.state();
  const std::string heard = !state.asked ? "the input's own"
                            : state.name.empty()
                                ? "looking for " + (state.asked->empty() ? "a default input" : *state.asked)
                                : state.name;
  ImGui::SetNextItemWidth(-1);
  if (ImGui::BeginCombo("##device", heard.c_str())) {
    if (ImGui::Selectable("the input's own", !state.asked)) sound.listen({});
    if (ImGui::Selectable("default", state.asked && state.asked->empty())) sound.listen("");
    for (const std::string& name : sound.devices()) {
      if (ImGui::Selectable(name.c_str(), state.asked == name)) sound.listen(name);
    }
    ImGui::EndCombo();
  } else {
    sound.devices();  // they are there when the list opens
  }
  double gain = state.gain;
  ImGui::SetNextItemWidth(em(12));
  if (slide("gain in dB", gain, kLeastGain, kMostGain)) sound.set_gain(gain);
  if (!state.trouble.empty()) say(kRed, state.trouble);
  const Signals& s = status_.signals;
  for (const auto& [name, value] :
       {std::pair("level", s.level), std::pair("bass", s.bass), std::pair("mid", s.mid),
        std::pair("treble", s.treble), std::pair("onset", s.onset)})
    ImGui::ProgressBar(value, {-1, em(1.2F)}, name);
}

void Panels::draw_midi() {
  say(kDim, "MIDI");
  MidiPorts* midi = show_.midi();
  if (midi == nullptr) return say(kDim, "off");
  if (const std::string trouble = midi->trouble(); !trouble.empty()) say(kRed, trouble);
  if (midi->learning()) {
    say(kWarm, "move the control, or hit the pad, to learn");
    if (ImGui::Button("stop")) midi->stop_learning();
  }
  if (ImGui::Button("learn a pad")) ImGui::OpenPopup("pad");
  if (ImGui::BeginPopup("pad")) {
    for (size_t i = 0; i < midi_action_words().size(); ++i) {
      if (ImGui::MenuItem(midi_action_words()[i].c_str())) midi->learn(static_cast<MidiAction>(i));
    }
    if (ImGui::MenuItem(fmt::format("preset {}", chain_.name()).c_str())) midi->learn_preset(chain_.name());
    ImGui::EndPopup();
  }
  for (const MidiMap& map : midi->maps()) {
    ImGui::PushID(map.device.c_str());
    say(ImGui::GetStyleColorVec4(ImGuiCol_Text), map.device);
    for (size_t i = 0; i < map.bindings.size(); ++i) {
      ImGui::PushID(static_cast<int>(i));
      draw_control(map.bindings[i]);
      ImGui::PopID();
    }
    for (const MidiNote& n : map.notes) say(kDim, note_text(n));
    ImGui::PopID();
  }
}

// What a control does; click: its range, curve and smoothing.
void Panels::draw_control(const MidiBinding& b) {
  const std::string text = fmt::format("{}: {}", b.parameter, control_text(b));
  if (ImGui::Selectable(text.c_str(), false)) ImGui::OpenPopup("control");
  if (!begin_text_popup("control")) return;
  MidiBinding changed = b;
  try {
    const Parameter& p = parameter_at(chain_, b.parameter);
    const ControlRange range(p, b.range);
    double low = range.low(), high = range.high();
    bool any = slide("low", low, p.low, p.high);
    any |= slide("high", high, p.low, p.high);
    if (any) changed.range.low = low, changed.range.high = high;
    std::vector<std::string> curves = {"as the slider"};
    curves.insert(curves.end(), curve_words().begin(), curve_words().end());
    int curve = b.range.curve ? static_cast<int>(*b.range.curve) + 1 : 0;
    if (combo("curve", curve, curves))
      changed.range.curve = curve == 0 ? std::nullopt : std::optional(static_cast<Curve>(curve - 1));
    slide("smooth in s", changed.smooth, 0, 2);
    if (ImGui::MenuItem("as the parameter")) changed.range = {}, changed.smooth = 0;
    if (ImGui::MenuItem("forget")) show_.midi()->forget(b.parameter);
  } catch (const std::exception& e) {
    say(kRed, e.what());  // its part does not play
  }
  if (!(changed == b)) show_.midi()->change(b, changed);
  ImGui::EndPopup();
}

void Panels::draw_osc() {
  const OscServer* osc = show_.osc();
  if (osc == nullptr) return;
  ImGui::Separator();
  const OscCounts n = osc->counts();
  say(kDim, fmt::format("OSC, port {}", osc->port()));
  say(ImGui::GetStyleColorVec4(ImGuiCol_Text),
      fmt::format("{} packets, {} accepted, {} rejected", n.received, n.obeyed, n.refused));
  say(kWarm, osc->last_refusal());
}

void Panels::draw_messages() {
  const std::vector<std::string> all = show_.messages();
  for (auto it = all.rbegin(); it != all.rend(); ++it) say(it == all.rbegin() ? kWarm : kDim, *it);
}

}  // namespace reverie
