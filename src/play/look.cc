#include "play/look.h"

#include <SDL.h>
#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#if defined(REVERIE_X11)
#include <SDL_syswm.h>
#endif

namespace reverie {
namespace {

constexpr float kFontSize = 15;  // pixels, at scale 1
constexpr float kUsualDpi = 96;

// The first that is there; Debian's fonts-roboto-unhinted has the first.
constexpr std::array<const char*, 8> kFonts = {
    "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/System/Library/Fonts/SFNS.ttf",
    "C:/Windows/Fonts/segoeui.ttf"};

// Latin, Greek and Cyrillic, and general punctuation.
constexpr std::array<ImWchar, 7> kLetters = {0x20, 0x52f, 0x1e00, 0x1fff, 0x2000, 0x206f, 0};

void set_font(float size, float pixels, PictureTexture& letters) {
  ImFontAtlas& fonts = *ImGui::GetIO().Fonts;
  fonts.Clear();
  const float height = std::round(size * pixels);
  ImFont* font = nullptr;
  const char* named = std::getenv("REVERIE_FONT");
  const auto add = [&](const char* file) {
    std::error_code code;
    if (font == nullptr && std::filesystem::is_regular_file(file, code))
      font = fonts.AddFontFromFileTTF(file, height, nullptr, kLetters.data());
  };
  if (named != nullptr) {
    add(named);
  } else {
    std::for_each(kFonts.begin(), kFonts.end(), add);
  }
  if (font == nullptr) {
    ImFontConfig config;
    config.SizePixels = std::max(13.0F, std::floor(height * 13 / kFontSize));
    fonts.AddFontDefault(&config);
  }
  ImGui::GetIO().FontGlobalScale = 1 / pixels;
  unsigned char* drawn = nullptr;
  int width = 0, rows = 0;
  fonts.GetTexDataAsRGBA32(&drawn, &width, &rows);
  letters.show(drawn, width, rows);
  const intptr_t id = letters.id();
  fonts.SetTexID(reinterpret_cast<ImTextureID>(id));  // NOLINT(performance-no-int-to-ptr)
}

void set_colours(ImGuiStyle& s) {
  ImGui::StyleColorsDark(&s);
  s.Colors[ImGuiCol_WindowBg] = {0.07F, 0.07F, 0.08F, 1.0F};
  s.Colors[ImGuiCol_PopupBg] = {0.1F, 0.1F, 0.11F, 0.98F};
  s.Colors[ImGuiCol_FrameBg] = {0.16F, 0.16F, 0.18F, 0.9F};
  s.Colors[ImGuiCol_SliderGrab] = {1.0F, 0.62F, 0.3F, 1.0F};
  s.Colors[ImGuiCol_SliderGrabActive] = {1.0F, 0.75F, 0.45F, 1.0F};
  s.Colors[ImGuiCol_PlotHistogram] = {0.75F, 0.47F, 0.24F, 1.0F};
  s.Colors[ImGuiCol_CheckMark] = {1.0F, 0.62F, 0.3F, 1.0F};
  s.Colors[ImGuiCol_Button] = {0.26F, 0.26F, 0.29F, 1.0F};
  s.Colors[ImGuiCol_TitleBg] = s.Colors[ImGuiCol_TitleBgActive] = {0.1F, 0.1F, 0.11F, 0.9F};
  s.Colors[ImGuiCol_HeaderHovered] = {0.6F, 0.4F, 0.24F, 1.0F};
  s.Colors[ImGuiCol_ButtonHovered] = {0.4F, 0.36F, 0.32F, 1.0F};
  s.Colors[ImGuiCol_ButtonActive] = {0.6F, 0.4F, 0.24F, 1.0F};
  s.Colors[ImGuiCol_FrameBgHovered] = s.Colors[ImGuiCol_FrameBgActive] = {0.24F, 0.22F, 0.21F, 0.9F};
  s.Colors[ImGuiCol_Header] = {0.45F, 0.3F, 0.18F, 1.0F};
}

#if defined(REVERIE_X11)
// The desktop's setting, which SDL 2 does not ask for; 0: none.
float x11_scale(SDL_Window* window) {
  SDL_SysWMinfo info;
  SDL_VERSION(&info.version);
  if (SDL_GetWindowWMInfo(window, &info) == SDL_FALSE || info.subsystem != SDL_SYSWM_X11) return 0;
  const char* dpi = XGetDefault(info.info.x11.display, "Xft", "dpi");
  return dpi == nullptr ? 0 : std::strtof(dpi, nullptr) / kUsualDpi;
}
#else
float x11_scale(SDL_Window* /*window*/) {
  return 0;
}
#endif

}  // namespace

void set_look(float scale, float pixels, PictureTexture& letters) {
  ImGuiStyle s;
  set_colours(s);
  s.FrameRounding = 3;
  s.WindowBorderSize = 0;
  s.ItemSpacing = {6, 4};
  s.ScaleAllSizes(scale);
  ImGui::GetStyle() = s;
  set_font(kFontSize * scale, pixels, letters);
}

float display_scale(SDL_Window* window) {
  int points = 0;
  int pixels = 0;
  SDL_GetWindowSize(window, &points, nullptr);
  SDL_GL_GetDrawableSize(window, &pixels, nullptr);
  if (pixels > points) return 1;  // the system enlarges by itself
  float scale = x11_scale(window);
  float dpi = 0;
  // what displays say of their size is rough, and projectors say anything
  if (scale <= 0 && SDL_GetDisplayDPI(SDL_GetWindowDisplayIndex(window), nullptr, &dpi, nullptr) == 0 &&
      dpi > 1.4F * kUsualDpi)
    scale = std::round(4 * dpi / kUsualDpi) / 4;
  return scale > 0 ? std::clamp(scale, 1.0F, 4.0F) : 1;
}

}  // namespace reverie
