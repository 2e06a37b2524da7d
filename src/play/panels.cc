#include "play/panels.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>

#include "play/panel_text.h"
#include "play/widgets.h"

namespace reverie {
namespace {

constexpr float kPanelWidth = 29, kLeastWidth = 18;  // times the height of a letter
constexpr const char* kBreed = "breed";

// The open part, if it has weights; else the first that has.
std::string with_weights(const Chain& chain, const std::string& open) {
  const Part* part = chain.find(open);
  return part && part->preset.values.table().find(ParameterRole::kWeights) ? open : "";
}

}  // namespace

void Panels::draw(WindowWishes& wishes, bool whole) {
  chain_ = show_.desk().chain();
  status_ = show_.set().status();
  shown_ = show_.set().newest(-1);
  sliders_.begin_frame();
  if (!chain_.find(open_part_)) open_part_ = chain_.parts.front().name;
  wishes.part = open_part_;
  look_at(open_part_);
  if (wishes.help) draw_help(wishes);
  if (!whole && caption_light_ > 0) draw_caption();
  ask_for_weights(wishes);
  if (wishes.corners && !whole) draw_corners(wishes);
  if (wishes.breed) open_breeding(wishes);
  if (!wishes.panels && !whole) return;
  place(wishes, whole);
  const ImGuiWindowFlags flags = ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoCollapse |
                                 ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoBringToFrontOnFocus |
                                 (whole ? ImGuiWindowFlags_NoResize : 0);
  if (ImGui::Begin("Reverie", nullptr, flags)) {
    width_ = ImGui::GetWindowWidth();
    draw_status();
    draw_left_unsaved();
    draw_presets();
    draw_parts();
    if (filter_.front() != '\0') {
      draw_found();
    } else {
      draw_tabs(wishes);
    }
  }
  ImGui::End();
}

// At the left, as high as the window at any time; only their width is left to the hands.
void Panels::place(const WindowWishes& wishes, bool whole) {
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  if (scale_ > 0 && wishes.shown_scale != scale_) width_ *= wishes.shown_scale / scale_;
  const bool anew = size_ != std::pair(size.x, size.y) || scale_ != wishes.shown_scale;
  scale_ = wishes.shown_scale;
  size_ = {size.x, size.y};
  if (width_ <= 0) width_ = em(kPanelWidth);
  const float width = whole ? size.x : std::clamp(width_, std::min(em(kLeastWidth), size.x), size.x);
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize({width, size.y}, anew || whole ? ImGuiCond_Always : ImGuiCond_FirstUseEver);
  ImGui::SetNextWindowSizeConstraints({std::min(em(kLeastWidth), size.x), size.y}, size);
  ImGui::SetNextWindowBgAlpha(whole || wishes.beside ? 1.0F : 0.85F);
}

void Panels::begin_rows() const {
  // the wheel is for the slider that it is over
  ImGui::BeginChild("rows", {}, false, sliders_.hovered() ? ImGuiWindowFlags_NoScrollWithMouse : 0);
}

// Or what was open before, where it is open.
void Panels::open_breeding(WindowWishes& wishes) {
  wishes.breed = false;
  const bool open = open_tab_ == kBreed && filter_.front() == '\0' && wishes.panels;
  wishes.panels = true;
  filter_.front() = '\0';
  if (!open) before_breeding_ = open_tab_ == kBreed ? "" : open_tab_;
  open_tab_ = open ? before_breeding_ : kBreed;
}

void Panels::draw_tabs(WindowWishes& wishes) {
  std::vector<std::string> tabs;
  for (const Parameter& p : preset_.values.table().all()) {
    if (std::find(tabs.begin(), tabs.end(), p.group) == tabs.end()) tabs.push_back(p.group);
  }
  const size_t groups = tabs.size();
  for (const char* more : {"in & out", "sound", "devices", "messages", kBreed}) tabs.emplace_back(more);
  if (std::find(tabs.begin(), tabs.end(), open_tab_) == tabs.end()) open_tab_ = tabs.front();
  ImGui::Separator();
  for (size_t i = 0; i < tabs.size(); ++i) {
    const bool open = tabs[i] == open_tab_;
    if (i > 0) flow(button_width(tabs[i]));
    ImGui::PushStyleColor(ImGuiCol_Button,
                          open ? ImGui::GetStyleColorVec4(ImGuiCol_Header) : ImVec4(0.18F, 0.18F, 0.2F, 1));
    if (ImGui::Button(tabs[i].c_str())) open_tab_ = tabs[i];
    ImGui::PopStyleColor();
  }
  begin_rows();
  if (open_tab_ == tabs[groups]) {
    draw_input();
    draw_recording();
    draw_output(wishes);
  } else if (open_tab_ == tabs[groups + 1]) {
    draw_tempo();
    draw_sound();
  } else if (open_tab_ == tabs[groups + 2]) {
    draw_midi();
    draw_osc();
  } else if (open_tab_ == tabs[groups + 3]) {
    draw_messages();
  } else if (open_tab_ == tabs[groups + 4]) {
    draw_breeding();
  } else {
    draw_parameters([&](const Parameter& p) { return p.group == open_tab_; });
  }
  ImGui::EndChild();
}

// What was looked for, of all parts and groups.
void Panels::draw_found() {
  const auto found = [&](const Parameter& p) { return p.name.find(filter_.data()) != std::string::npos; };
  begin_rows();
  for (const Part& part : chain_.parts) {
    look_at(part.name);
    const auto& all = preset_.values.table().all();
    if (std::none_of(all.begin(), all.end(), found)) continue;
    if (chain_.parts.size() > 1) say(kDim, part.name);
    ImGui::PushID(part.name.c_str());
    draw_parameters(found);
    ImGui::PopID();
  }
  look_at(open_part_);
  ImGui::EndChild();
}

void Panels::draw_status() {
  ImGui::Text("%.0f fps   %.1f ms (99%%: %.1f)   %lld dropped", status_.fps, status_.median_ms,
              status_.p99_ms, static_cast<long long>(status_.skipped));
  tooltip(
      "frames in the last second; work per frame, median and 99th percentile of the last 300; dropped "
      "frames");
  const std::vector<Recorder::State> recordings = worth_telling(status_.recordings);
  for (const Recorder::State& r : recordings) {
    const std::string word = r.failure.empty() ? fmt::format("rec {}", r.frames) : "rec failed";
    flow(ImGui::CalcTextSize(word.c_str()).x);
    ImGui::TextColored(kRed, "%s", word.c_str());
    tooltip(recording_text(r));
  }
  draw_input_state();
  // two lines, said or not: nothing below moves
  const std::string message = show_.message();
  ImGui::BeginChild("message", {0, 2 * ImGui::GetTextLineHeight()}, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  if (!message.empty()) say(kWarm, message);
  ImGui::EndChild();
  if (!message.empty()) tooltip(message);
}

// Behind the panels.
void Panels::draw_caption() {
  ImDrawList* list = ImGui::GetBackgroundDrawList();
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  const auto light = static_cast<float>(caption_light_);
  const ImU32 dark = ImGui::GetColorU32(ImVec4(0, 0, 0, 0.62F * light));
  list->AddRectFilledMultiColor({0, 0.55F * size.y}, size, 0, 0, dark, dark);
  for (const CaptionLine& l : caption_lines(caption_, size.x / size.y)) {
    const ImVec2 from = {l.x1 * size.y, l.y1 * size.y}, to = {l.x2 * size.y, l.y2 * size.y};
    const ImU32 ink = ImGui::GetColorU32(ImVec4(0.98F, 0.98F, 0.93F, light * l.light));
    const float width = std::max(1.0F, l.width * size.y);
    list->AddLine(from, to, ink, width);
    list->AddCircleFilled(from, width / 2, ink);
    list->AddCircleFilled(to, width / 2, ink);
  }
}

void Panels::draw_input_state() {
  draw_state_of(status_.input);
  if (status_.input_b.wanted()) {
    ImGui::SameLine();  // so that nothing below moves
    say(kDim, "B:");
    ImGui::SameLine();
    draw_state_of(status_.input_b);
  }
  if (const SoundInput::State sound = show_.sound().state(); !sound.trouble.empty()) say(kRed, sound.trouble);
}

void Panels::draw_state_of(const LiveInput::State& in) {
  const std::string spec = short_spec(in.spec);
  if (!in.wanted()) say(kDim, "no input");
  if (!in.spec.empty() && !in.trouble.empty()) say(kRed, fmt::format("{}: {}", spec, in.trouble));
  if (!in.spec.empty() && in.trouble.empty()) say(kDim, fmt::format("{}, {:.0f} fps", spec, in.fps));
  if (!in.awaited.empty()) {
    const std::string coming = short_spec(in.awaited);
    in.awaited_trouble.empty() ? say(kDim, "waiting for " + coming)
                               : say(kRed, fmt::format("{}: {}", coming, in.awaited_trouble));
  }
}

// What earlier sets left, until it is loaded or thrown away.
void Panels::draw_left_unsaved() {
  const auto& left = show_.left_unsaved();
  if (left.empty()) return;
  const std::filesystem::path newest = left.front();
  say(kWarm, fmt::format("an earlier set left a preset unsaved ({})", newest.stem().string()));
  if (ImGui::Button("load it")) show_.try_to([&] { show_.recover(newest); });
  if (flow_button("discard it")) show_.discard(newest);
}

void Panels::draw_help(WindowWishes& wishes) {
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({size.x / 2, size.y / 2}, ImGuiCond_Always, {0.5F, 0.5F});
  ImGui::SetNextWindowSizeConstraints({0, 0}, size);
  ImGui::SetNextWindowBgAlpha(0.93F);
  if (ImGui::Begin("keys", &wishes.help, ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoCollapse)) {
    for (const Key& key : keys()) {
      if (key.help.empty()) continue;
      ImGui::TextColored(kWarm, "%s", key.name.c_str());
      ImGui::SameLine(em(6));
      ImGui::TextUnformatted(key.help.c_str());
    }
  }
  ImGui::End();
}

void Panels::ask_for_weights(WindowWishes& wishes) {
  if (wishes.load_weights) ImGui::OpenPopup("load weights");
  wishes.load_weights = false;
  if (!ImGui::BeginPopup("load weights")) return;
  ImGui::TextUnformatted("a .safetensors file or a folder of .npy files");
  ImGui::SetNextItemWidth(em(26));
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  const bool entered =
      ImGui::InputText("##weights", weights_.data(), weights_.size(), ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::SameLine();
  if (ImGui::Button("load") || entered) {
    show_.try_to([&] { show_.desk().load_weights(weights_.data(), with_weights(chain_, open_part_)); });
    ImGui::CloseCurrentPopup();
  }
  ImGui::EndPopup();
}

}  // namespace reverie
