// Drawn into memory: what the widgets make, without a display.
#include "play/widgets.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace reverie {
namespace {

class WidgetsTest : public testing::Test {
 protected:
  WidgetsTest() {
    ImGui::CreateContext();
    ImGui::GetIO().DisplaySize = {800, 600};
    ImGui::GetIO().IniFilename = nullptr;
    unsigned char* pixels = nullptr;
    int width = 0;
    int height = 0;
    ImGui::GetIO().Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
  }
  ~WidgetsTest() override { ImGui::DestroyContext(); }

  // The same frame a few times: a popup has its size in the second.
  template <typename Draw>
  void frames(const Draw& draw) {
    for (int n = 0; n < 4; ++n) {
      ImGui::NewFrame();
      ImGui::Begin("window");
      draw(n);
      ImGui::End();
      ImGui::Render();
    }
  }
};

bool drawn_in(const ImVec4& colour) {
  const ImU32 wanted = ImGui::ColorConvertFloat4ToU32(colour);
  const ImDrawData& all = *ImGui::GetDrawData();
  for (int n = 0; n < all.CmdListsCount; ++n) {
    const auto& points = all.CmdLists[n]->VtxBuffer;
    if (std::any_of(points.begin(), points.end(), [&](const ImDrawVert& v) { return v.col == wanted; }))
      return true;
  }
  return false;
}

TEST_F(WidgetsTest, ATickBoxHasAnOutline) {
  bool on = false;
  frames([&](int) { ImGui::Checkbox("plain", &on); });
  EXPECT_FALSE(drawn_in(kDim));
  frames([&](int) { tick_box("seen", &on); });
  EXPECT_TRUE(drawn_in(kDim));
}

TEST_F(WidgetsTest, APopupOfWordsIsWideEnoughForThem) {
  float width = 0, least = 1;
  frames([&](int n) {
    if (n == 0) ImGui::OpenPopup("words");
    if (!begin_text_popup("words")) return;
    say(kDim, "empty: add what plays, or right-click presets in their list");
    width = ImGui::GetWindowWidth(), least = em(20);
    ImGui::EndPopup();
  });
  EXPECT_GE(width, least);
}

}  // namespace
}  // namespace reverie
