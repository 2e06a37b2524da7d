// Breeding: eight children of what plays, moving, to be clicked on.
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>

#include "play/panels.h"
#include "play/widgets.h"

namespace reverie {
namespace {

constexpr float kLeastTile = 6, kLargestTile = 14;  // heights of a letter
constexpr int kAbreast = 4;

struct Tile {
  ImVec2 at, end;
  bool hovered = false;

  // Of the cross that refuses.
  ImVec2 cross() const { return {end.x - em(0.9F), at.y + em(0.9F)}; }
  bool on_cross() const {
    const ImVec2 mouse = ImGui::GetMousePos(), c = cross();
    return hovered && std::max(std::abs(mouse.x - c.x), std::abs(mouse.y - c.y)) < em(0.8F);
  }
};

void draw_cross(const Tile& tile) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 c = tile.cross();
  const float arm = em(0.28F);
  const ImU32 ink = ImGui::GetColorU32(tile.on_cross() ? kRed : ImVec4(1, 1, 1, 0.9F));
  draw->AddCircleFilled(c, em(0.65F), ImGui::GetColorU32(ImVec4(0, 0, 0, 0.6F)));
  draw->AddLine({c.x - arm, c.y - arm}, {c.x + arm, c.y + arm}, ink, em(0.12F));
  draw->AddLine({c.x - arm, c.y + arm}, {c.x + arm, c.y - arm}, ink, em(0.12F));
}

// How far it has grown, as a line in the middle.
void draw_growing(const Tile& tile, const Breeder::Shown& shown) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(tile.at, tile.end, ImGui::GetColorU32(ImGuiCol_FrameBg), em(0.3F));
  const ImVec2 middle = {(tile.at.x + tile.end.x) / 2, (tile.at.y + tile.end.y) / 2};
  if (shown.none) {
    const char* words = "none lives";
    const ImVec2 room = ImGui::CalcTextSize(words);
    draw->AddText({middle.x - room.x / 2, middle.y - room.y / 2}, ImGui::GetColorU32(kDim), words);
    return;
  }
  const float half = (tile.end.x - tile.at.x) / 4, thick = em(0.15F);
  const float to = middle.x - half + 2 * half * static_cast<float>(shown.grown);
  draw->AddLine({middle.x - half, middle.y}, {middle.x + half, middle.y},
                ImGui::GetColorU32(ImVec4(1, 1, 1, 0.12F)), thick);
  if (shown.grown > 0)
    draw->AddLine({middle.x - half, middle.y}, {to, middle.y}, ImGui::GetColorU32(kWarm), thick);
}

}  // namespace

void Panels::draw_breeding() {
  const Offspring::View view = offspring_.look();
  if (!view.why_none.empty()) return say(kDim, fmt::format("nothing to breed here: {}", view.why_none));
  if (ImGui::Button("eight others")) show_.try_to([&] { offspring_.again(); });
  tooltip("other children of what plays now");
  if (view.changed) {
    ImGui::SameLine();
    ImGui::AlignTextToFramePadding();
    ImGui::TextColored(kWarm, "what plays has changed since");
  }
  const float gap = ImGui::GetStyle().ItemSpacing.y, room = ImGui::GetContentRegionAvail().x;
  const auto side_of = [&](int columns) {
    return (room - static_cast<float>(columns - 1) * gap) / static_cast<float>(columns);
  };
  const int columns = side_of(kAbreast) < em(kLeastTile) ? kAbreast / 2 : kAbreast;
  const float side = std::clamp(side_of(columns), em(2), em(kLargestTile));
  for (int i = 0; i < Breeder::kChildren; ++i) {
    if (i % columns != 0) ImGui::SameLine(0, gap);
    draw_child(i, view.children[static_cast<size_t>(i)], side);
  }
  say(kDim,
      "Click what you like: it plays, and is the parent of the next eight. A right click refuses: another "
      "comes "
      "in its place. Both are remembered, and lead searches. Undo goes back; what is locked stays.");
}

void Panels::draw_child(int place, const Breeder::Shown& shown, float side) {
  ImGui::PushID(place);
  Tile tile;
  tile.at = ImGui::GetCursorScreenPos();
  tile.end = {tile.at.x + side, tile.at.y + side};
  const bool clicked = ImGui::InvisibleButton("child", {side, side});
  tile.hovered = ImGui::IsItemHovered() && shown.picture;
  const bool refused =
      tile.hovered && (ImGui::IsMouseClicked(ImGuiMouseButton_Right) || (clicked && tile.on_cross()));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const PictureTexture* texture = texture_of(child_pictures_, fmt::format("{}", place), shown.picture);
  if (texture) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): what Dear ImGui takes for a texture of OpenGL
    draw->AddImageRounded(reinterpret_cast<ImTextureID>(static_cast<intptr_t>(texture->id())), tile.at,
                          tile.end, {0, 0}, {1, 1}, IM_COL32_WHITE, em(0.3F));
  } else {
    draw_growing(tile, shown);
  }
  if (tile.hovered) {
    draw->AddRect(tile.at, tile.end, ImGui::GetColorU32(tile.on_cross() ? kRed : ImVec4(1, 1, 1, 0.9F)),
                  em(0.3F), 0, em(0.15F));
    draw_cross(tile);
    tooltip(tile.on_cross() ? "refuse it" : offspring_.difference(place));
  }
  if (refused) {
    show_.try_to([&] { offspring_.refuse(place); });
  } else if (clicked && tile.hovered) {
    show_.try_to([&] { offspring_.choose(place); });
  }
  ImGui::PopID();
}

}  // namespace reverie
