// The bank: presets as small pictures, numbered; and the setlist.
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "control/bank.h"
#include "core/limits.h"
#include "pipeline/thumbnail.h"
#include "play/panel_text.h"
#include "play/panels.h"
#include "play/widgets.h"

namespace reverie {
namespace {

constexpr const char* kDragged = "preset";

void clipped_text(const std::string& text, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::PushClipRect(at, {at.x + width, at.y + ImGui::GetTextLineHeight()}, true);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopClipRect();
}

ImVec2 cell_size() {
  constexpr float kCell = 8.6F;  // heights of a letter
  return {em(kCell), em(kCell) * 9 / 16};
}

// Which part of the texture shows: under the mouse a film plays, to and fro.
std::pair<ImVec2, ImVec2> part_shown(const PictureTexture& texture, bool hovered) {
  constexpr double kAspect = static_cast<double>(kThumbnailWidth) / kThumbnailHeight, kPerSecond = 10;
  const auto frames = std::max(1, static_cast<int>(std::lround(kAspect / texture.aspect())));
  int n = 0;
  if (hovered && frames > 1) {
    const int both = 2 * (frames - 1), at = static_cast<int>(ImGui::GetTime() * kPerSecond) % both;
    n = std::min(at, both - at);
  }
  const auto edge = [&](int i) { return static_cast<float>(i) / static_cast<float>(frames); };
  return {{0, edge(n)}, {1, edge(n + 1)}};
}

}  // namespace

// A small picture to click on, with words below it; true where it was clicked.
bool Panels::draw_cell(const Thumbnails& from, const std::filesystem::path& path,
                       const std::function<const PictureTexture*()>& picture, const std::string& words,
                       bool plays, const std::function<void()>& menu) {
  ImGui::BeginGroup();
  const ImVec2 size = cell_size(), at = ImGui::GetCursorScreenPos();
  const ImVec2 end = {at.x + size.x, at.y + size.y};
  const bool clicked = ImGui::InvisibleButton("picture", size);
  const bool hovered = ImGui::IsItemHovered();
  if (menu) menu();
  if (ImGui::IsRectVisible(at, end)) {
    ImDrawList* draw = ImGui::GetWindowDrawList();
    if (const PictureTexture* texture = picture()) {
      const auto [from_uv, to_uv] = part_shown(*texture, hovered);
      draw->AddImage(reinterpret_cast<ImTextureID>(static_cast<intptr_t>(texture->id())), at, end, from_uv,
                     to_uv);
    } else {
      draw->AddRectFilled(at, end, ImGui::GetColorU32(ImGuiCol_FrameBg));
      const char* why = from.comes(path) ? "being made" : "no picture";
      const ImVec2 room = ImGui::CalcTextSize(why);
      draw->AddText({(at.x + end.x - room.x) / 2, (at.y + end.y - room.y) / 2}, ImGui::GetColorU32(kDim),
                    why);
    }
    if (plays || hovered)
      draw->AddRect(at, end, ImGui::GetColorU32(plays ? kWarm : ImVec4(1, 1, 1, 0.8F)), 0, 0, em(0.15F));
  }
  clipped_text(words, size.x);
  ImGui::EndGroup();
  return clicked;
}

float Panels::cells_width(int columns) {
  return static_cast<float>(columns) * (cell_size().x + ImGui::GetStyle().ItemSpacing.x);
}

// All presets; click: it fades in; drag: another number; right click: what else can be done with it.
void Panels::draw_preset_list() {
  Desk& desk = show_.desk();
  const std::string title = chain_.name() + (desk.changed() ? " *" : "");
  ImGui::SetNextWindowSizeConstraints({cells_width(kColumns) + em(2), 0}, {FLT_MAX, em(38)});
  if (!ImGui::BeginCombo("##preset", title.c_str(), ImGuiComboFlags_HeightLargest)) return;
  if (ImGui::IsWindowAppearing()) {
    desk.list_again();
    thumbnails_.look_again();
    favourites_ = read_favourites();
  }
  tick_box("favourites only", &only_favourites_);
  const std::vector<PresetEntry> all = desk.presets();
  int shown = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const bool marked = std::find(favourites_.begin(), favourites_.end(), all[i].name) != favourites_.end();
    if (only_favourites_ && !marked) continue;
    if (shown++ % kColumns != 0) ImGui::SameLine();
    draw_preset_cell(all[i], i, marked);
  }
  if (shown == 0) say(kDim, "none is marked: right-click a preset, or press g while it plays");
  ImGui::EndCombo();
}

void Panels::draw_preset_cell(const PresetEntry& e, size_t place, bool marked) {
  Desk& desk = show_.desk();
  ImGui::PushID(e.name.c_str());
  const auto more = [&] {
    if (ImGui::BeginDragDropSource(ImGuiDragDropFlags_SourceNoHoldToOpenOthers)) {
      ImGui::SetDragDropPayload(kDragged, e.name.c_str(), e.name.size() + 1);
      ImGui::TextUnformatted(e.name.c_str());
      ImGui::EndDragDropSource();
    }
    if (ImGui::BeginDragDropTarget()) {
      if (const ImGuiPayload* dropped = ImGui::AcceptDragDropPayload(kDragged))
        show_.try_to([&] { desk.move_preset(static_cast<const char*>(dropped->Data), place); });
      ImGui::EndDragDropTarget();
    }
    draw_preset_menu(e, marked);
    const char* whose = hides_another(e) ? "\nyours; it hides the one that came with Reverie"
                        : is_own(e)      ? "\nyours"
                                         : "";
    tooltip(e.about + whose + "\ndrag: another number; right-click: cue, favourite, setlist");
  };
  if (draw_cell(
          thumbnails_, e.path, [&] { return picture_of(e); },
          fmt::format("{}{} {}", marked ? "* " : "", place + 1, e.name), e.name == chain_.name(), more)) {
    show_.try_to([&] { desk.load(e.path.string()); });
    ImGui::CloseCurrentPopup();
  }
  ImGui::PopID();
}

void Panels::draw_preset_menu(const PresetEntry& e, bool marked) {
  if (!ImGui::BeginPopupContextItem("more")) return;
  if (ImGui::MenuItem("cue for the crossfader")) show_.try_to([&] { show_.desk().cue(e.path.string()); });
  if (ImGui::MenuItem(marked ? "no favourite any more" : "favourite")) {
    show_.try_to([&] { mark_favourite(e.name, !marked); });
    favourites_ = read_favourites();
  }
  if (ImGui::MenuItem("add to the setlist")) add_to_setlist(e.name);
  ImGui::EndPopup();
}

// Null where there is none yet.
const PictureTexture* Panels::picture_of(const PresetEntry& preset) {
  return texture_of(pictures_, preset.path.string(), thumbnails_.get(preset));
}

const PictureTexture* Panels::texture_of(Textures& all, const std::string& path,
                                         const std::shared_ptr<const Planes>& planes) {
  if (!planes) return nullptr;
  auto& [of, texture] = all[path];
  if (of != planes) texture.show(*planes);
  of = planes;
  return &texture;
}

void Panels::add_to_setlist(const std::string& name) {
  Setlist list = show_.setlist();
  list.push_back({name, show_.desk().fade(), ""});
  show_.try_to([&] { show_.set_setlist(list); });
}

void Panels::draw_setlist() {
  if (flow_button("setlist")) ImGui::OpenPopup("setlist");
  tooltip("presets in the order of an evening; PageDown and PageUp go through it");
  if (!begin_text_popup("setlist")) return;
  Setlist list = show_.setlist();
  const Setlist before = list;
  const std::optional<size_t> now = show_.setlist_place();
  std::optional<size_t> gone, up;
  for (size_t i = 0; i < list.size(); ++i) {
    SetlistEntry& e = list[i];
    ImGui::PushID(static_cast<int>(i));
    ImGui::AlignTextToFramePadding();
    const std::string label = fmt::format("{:2} {}###go", i + 1, e.preset);
    if (ImGui::Selectable(label.c_str(), now == i, ImGuiSelectableFlags_DontClosePopups, {em(11), 0}))
      show_.try_to([&] { show_.setlist_go(i); });
    ImGui::SameLine();
    ImGui::SetNextItemWidth(em(4.5F));
    const double least = 0, most = kLongestFade;
    ImGui::DragScalar("##fade", ImGuiDataType_Double, &e.fade, 0.05F, &least, &most, "%.1f s",
                      ImGuiSliderFlags_AlwaysClamp);
    tooltip("seconds in which it comes");
    ImGui::SameLine();
    ImGui::SetNextItemWidth(em(11));
    copy_text(text_, e.comment);
    if (ImGui::InputTextWithHint("##comment", "comment", text_.data(), text_.size()))
      e.comment = text_.data();
    ImGui::SameLine();
    if (ImGui::SmallButton("up")) up = i;
    ImGui::SameLine();
    if (ImGui::SmallButton("x")) gone = i;
    ImGui::PopID();
  }
  if (list.empty()) say(kDim, "empty: add what plays, or right-click presets in their list");
  if (up && *up > 0) std::swap(list[*up], list[*up - 1]);
  if (gone) list.erase(list.begin() + static_cast<std::ptrdiff_t>(*gone));
  if (!(list == before)) show_.try_to([&] { show_.set_setlist(list); });
  if (ImGui::Button(fmt::format("add {}###add", chain_.name()).c_str())) add_to_setlist(chain_.name());
  ImGui::EndPopup();
}

}  // namespace reverie
