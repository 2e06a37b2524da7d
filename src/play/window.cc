#include "play/window.h"

#include <SDL.h>
#include <SDL_opengl.h>
#include <fmt/format.h>
#include <imgui.h>
#include <imgui_impl_opengl2.h>
#if __has_include(<imgui_impl_sdl2.h>)  // since Dear ImGui 1.90
#include <imgui_impl_sdl2.h>
#else
#include <imgui_impl_sdl.h>
#endif

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <vector>

#include "core/error.h"
#include "core/stop.h"

namespace reverie {
namespace {

constexpr int kPatience = 4;            // milliseconds that the loop waits for an event
constexpr uint32_t kLeastBetween = 15;  // milliseconds between screen updates
constexpr uint32_t kIdleBetween = 100;  // ... when nothing changes
constexpr float kUsualDpi = 96;

[[noreturn]] void throw_sdl(const std::string& what) {
  throw Error("open", what, SDL_GetError(), "without a display play with --no-window");
}

// SDL, for the lifetime of the window.
class Sdl {
 public:
  Sdl() {
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");  // we handle Ctrl-C
    SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0");
    if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0) throw_sdl("the window");
    const std::string driver = SDL_GetCurrentVideoDriver();
    if (driver != "offscreen" && driver != "dummy") return;
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    throw Error("open", "the window", "there is no display", "play with --no-window");
  }
  ~Sdl() { SDL_QuitSubSystem(SDL_INIT_VIDEO); }
  Sdl(const Sdl&) = delete;
  Sdl& operator=(const Sdl&) = delete;
};

struct FreeWindow {
  void operator()(SDL_Window* w) const { SDL_DestroyWindow(w); }
};
using WindowPtr = std::unique_ptr<SDL_Window, FreeWindow>;

WindowPtr make_window(const char* title, int display, int width, int height) {
  const int place = SDL_WINDOWPOS_CENTERED_DISPLAY(std::clamp(display, 0, SDL_GetNumVideoDisplays() - 1));
  WindowPtr window(SDL_CreateWindow(title, place, place, width, height,
                                    SDL_WINDOW_OPENGL | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI));
  if (!window) throw_sdl("the window");
  return window;
}

// The engine's picture on screen: as large as possible in its own aspect ratio, on black.
class Screen {
 public:
  void show(const Planes& picture) {
    pixels_.resize(3 * picture.plane_size());
    const float* r = picture.plane(0);
    const float* g = picture.plane(1);
    const float* b = picture.plane(2);
    for (size_t i = 0; i < picture.plane_size(); ++i) {
      pixels_[3 * i] = byte(r[i]);
      pixels_[3 * i + 1] = byte(g[i]);
      pixels_[3 * i + 2] = byte(b[i]);
    }
    if (texture_ == 0) glGenTextures(1, &texture_);
    glBindTexture(GL_TEXTURE_2D, texture_);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGB, picture.width(), picture.height(), 0, GL_RGB, GL_UNSIGNED_BYTE,
                 pixels_.data());
    shape_ = static_cast<float>(picture.width()) / static_cast<float>(picture.height());
  }

  void draw(int width, int height) const {
    glViewport(0, 0, width, height);
    glClearColor(0, 0, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    if (texture_ == 0 || width < 1 || height < 1) return;
    const float window = static_cast<float>(width) / static_cast<float>(height);
    const float x = std::min(1.0F, shape_ / window);
    const float y = std::min(1.0F, window / shape_);
    glMatrixMode(GL_PROJECTION);
    glLoadIdentity();
    glMatrixMode(GL_MODELVIEW);
    glLoadIdentity();
    glEnable(GL_TEXTURE_2D);
    glBindTexture(GL_TEXTURE_2D, texture_);
    glColor3f(1, 1, 1);
    glBegin(GL_TRIANGLE_STRIP);
    for (const auto& [u, v] : {std::pair<float, float>(0, 0), {1.0F, 0.0F}, {0.0F, 1.0F}, {1.0F, 1.0F}}) {
      glTexCoord2f(u, v);
      glVertex2f(x * (2 * u - 1), y * (1 - 2 * v));
    }
    glEnd();
    glDisable(GL_TEXTURE_2D);
  }

 private:
  static unsigned char byte(float v) {
    return static_cast<unsigned char>(std::lround(255 * std::clamp(v, 0.0F, 1.0F)));
  }
  std::vector<unsigned char> pixels_;
  GLuint texture_ = 0;
  float shape_ = 1;
};

// "m", "Ctrl+S", "Left", as keys() names them; empty for a modifier key.
std::string key_name(const SDL_Keysym& key) {
  std::string name = SDL_GetKeyName(key.sym);
  const bool control = (key.mod & (KMOD_CTRL | KMOD_GUI)) != 0;
  if (control) return "Ctrl+" + name;
  if (name.size() == 1) name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
  return name;
}

void dropped(const std::string& file, Show& show) {
  const std::string ending = std::filesystem::path(file).extension().string();
  show.try_to([&] {
    if (ending == ".toml") {
      show.desk().load(file);
    } else if (ending == ".safetensors") {
      show.desk().load_weights(file);
    } else {
      show.desk().open_input(file);
    }
  });
}

void style() {
  ImGui::StyleColorsDark();
  ImGuiStyle& s = ImGui::GetStyle();
  s.FrameRounding = 3;
  s.WindowRounding = 0;
  s.WindowBorderSize = 0;
  s.ItemSpacing = {6, 4};
  s.Colors[ImGuiCol_FrameBg] = {0.16F, 0.16F, 0.18F, 0.9F};
  s.Colors[ImGuiCol_SliderGrab] = {1.0F, 0.62F, 0.3F, 1.0F};
  s.Colors[ImGuiCol_SliderGrabActive] = {1.0F, 0.75F, 0.45F, 1.0F};
  s.Colors[ImGuiCol_CheckMark] = {1.0F, 0.62F, 0.3F, 1.0F};
  s.Colors[ImGuiCol_Button] = {0.26F, 0.26F, 0.29F, 1.0F};
  s.Colors[ImGuiCol_TitleBg] = s.Colors[ImGuiCol_TitleBgActive] = {0.1F, 0.1F, 0.11F, 0.9F};
  s.Colors[ImGuiCol_Tab] = s.Colors[ImGuiCol_TabUnfocused] = {0.2F, 0.2F, 0.22F, 1.0F};
  s.Colors[ImGuiCol_TabHovered] = s.Colors[ImGuiCol_HeaderHovered] = {0.6F, 0.4F, 0.24F, 1.0F};
  s.Colors[ImGuiCol_ButtonHovered] = {0.4F, 0.36F, 0.32F, 1.0F};
  s.Colors[ImGuiCol_ButtonActive] = {0.6F, 0.4F, 0.24F, 1.0F};
  s.Colors[ImGuiCol_FrameBgHovered] = s.Colors[ImGuiCol_FrameBgActive] = {0.24F, 0.22F, 0.21F, 0.9F};
  s.Colors[ImGuiCol_TabActive] = {0.45F, 0.3F, 0.18F, 1.0F};
  s.Colors[ImGuiCol_Header] = {0.45F, 0.3F, 0.18F, 1.0F};
}

// A tap moves the mouse and presses it at the same time, but Dear ImGui 1.86 must have seen it hover first:
// the press waits for the next frame.
class LateClicks {
 public:
  void hold_back(ImGuiIO& io) {
    const bool jumped = io.MousePos.x != last_.x || io.MousePos.y != last_.y;
    for (size_t b = 0; b < held_.size(); ++b) {
      const bool pressed = io.MouseDown[b] && !down_[b];
      io.MouseDown[b] = (io.MouseDown[b] || held_[b]) && !(pressed && jumped && !held_[b]);
      held_[b] = pressed && jumped && !held_[b];
      down_[b] = io.MouseDown[b];
    }
    last_ = io.MousePos;
  }
  bool any() const {
    return std::any_of(held_.begin(), held_.end(), [](bool h) { return h; });
  }

 private:
  std::array<bool, 5> held_{}, down_{};
  ImVec2 last_;
};

// Both windows and their contents.
class Windows {
 public:
  Windows(const WindowOptions& options, Panels& panels, const Show& show) : panels_(panels) {
    SDL_GL_SetAttribute(SDL_GL_DOUBLEBUFFER, 1);
    main_ = make_window("Reverie", options.display, options.width, options.height);
    if (options.panels == PanelPlace::kWindow) beside_ = make_window("Reverie: panels", 0, 460, 860);
    context_ = SDL_GL_CreateContext(main_.get());
    if (context_ == nullptr) throw_sdl("OpenGL");
    SDL_GL_SetSwapInterval(beside_ ? 0 : 1);
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    style();
    ImGui_ImplSDL2_InitForOpenGL(panel_window(), context_);
    ImGui_ImplOpenGL2_Init();
    float dpi = kUsualDpi;
    if (SDL_GetDisplayDPI(SDL_GetWindowDisplayIndex(panel_window()), nullptr, &dpi, nullptr) == 0 &&
        dpi > 1.4F * kUsualDpi)
      ImGui::GetIO().FontGlobalScale = dpi / kUsualDpi;
    wishes_.full_screen = options.full_screen;
    wishes_.panels = options.panels != PanelPlace::kHidden;
    SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    title_ = fmt::format("Reverie {}x{}", show.set().width(), show.set().height());
  }

  ~Windows() {
    ImGui_ImplOpenGL2_Shutdown();
    ImGui_ImplSDL2_Shutdown();
    ImGui::DestroyContext();
    SDL_GL_DeleteContext(context_);
  }
  Windows(const Windows&) = delete;
  Windows& operator=(const Windows&) = delete;

  bool quit() const { return wishes_.quit; }

  // False if there was no event.
  bool take_events(Show& show) {
    SDL_Event e;
    if (SDL_WaitEventTimeout(&e, late_.any() ? 0 : kPatience) == 0) return late_.any();
    do {
      take(e, show);
    } while (SDL_PollEvent(&e) != 0);
    return true;
  }

  void draw(const std::shared_ptr<const LiveSet::Shown>& fresh) {
    obey();
    SDL_GL_MakeCurrent(main_.get(), context_);
    if (fresh) screen_.show(fresh->picture);
    int width = 0;
    int height = 0;
    SDL_GL_GetDrawableSize(main_.get(), &width, &height);
    screen_.draw(width, height);
    if (beside_) {
      SDL_GL_SwapWindow(main_.get());
      SDL_GL_MakeCurrent(beside_.get(), context_);
      SDL_GL_GetDrawableSize(beside_.get(), &width, &height);
      glViewport(0, 0, width, height);
      glClear(GL_COLOR_BUFFER_BIT);
    }
    ImGui_ImplOpenGL2_NewFrame();
    ImGui_ImplSDL2_NewFrame();
    late_.hold_back(ImGui::GetIO());
    ImGui::NewFrame();
    panels_.draw(wishes_, beside_ != nullptr);
    ImGui::Render();
    ImGui_ImplOpenGL2_RenderDrawData(ImGui::GetDrawData());
    SDL_GL_SwapWindow(panel_window());
  }

  bool panels_are_seen() const { return wishes_.panels || wishes_.help || beside_; }

 private:
  SDL_Window* panel_window() const { return beside_ ? beside_.get() : main_.get(); }

  void take(const SDL_Event& e, Show& show) {
    const bool window = e.type == SDL_WINDOWEVENT;
    if (e.type == SDL_QUIT || (window && e.window.event == SDL_WINDOWEVENT_CLOSE)) wishes_.quit = true;
    // Tab is ours: Dear ImGui would start editing a number
    const bool tab = (e.type == SDL_KEYDOWN || e.type == SDL_KEYUP) && e.key.keysym.sym == SDLK_TAB;
    if (!tab) ImGui_ImplSDL2_ProcessEvent(&e);
    if (e.type == SDL_DROPFILE) {
      dropped(e.drop.file, show);
      SDL_free(e.drop.file);
    }
    const bool popup = ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopup);
    if (popup && e.type == SDL_KEYDOWN && e.key.keysym.sym == SDLK_ESCAPE) wishes_.escape = true;
    if (ImGui::GetIO().WantTextInput || wishes_.escape) return;
    if (e.type == SDL_KEYDOWN && e.key.repeat == 0) press(key_name(e.key.keysym), show, wishes_);
    if (e.type == SDL_TEXTINPUT && e.text.text[0] == '?') press("?", show, wishes_);
  }

  // What the keys requested of the window.
  void obey() {
    if (wishes_.next_display) {
      const int next = (SDL_GetWindowDisplayIndex(main_.get()) + 1) % std::max(1, SDL_GetNumVideoDisplays());
      SDL_SetWindowFullscreen(main_.get(), 0);
      SDL_SetWindowPosition(main_.get(), SDL_WINDOWPOS_CENTERED_DISPLAY(next),
                            SDL_WINDOWPOS_CENTERED_DISPLAY(next));
      full_screen_ = false;
      wishes_.next_display = false;
    }
    if (wishes_.full_screen != full_screen_) {
      full_screen_ = wishes_.full_screen;
      SDL_SetWindowFullscreen(main_.get(), full_screen_ ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    }
    ImGui::GetIO().MouseDrawCursor = false;
    SDL_ShowCursor(full_screen_ && !panels_are_seen() ? SDL_DISABLE : SDL_ENABLE);
    SDL_SetWindowTitle(main_.get(), title_.c_str());
  }

  Panels& panels_;
  WindowPtr main_, beside_;
  SDL_GLContext context_ = nullptr;
  Screen screen_;
  WindowWishes wishes_;
  LateClicks late_;
  bool full_screen_ = false;
  std::string title_;
};

}  // namespace

void run_window(Show& show, Panels& panels, const WindowOptions& options,
                const std::function<void()>& between) {
  const Sdl sdl;
  Windows windows(options, panels, show);
  int64_t frame = -1;
  uint32_t drawn = 0;
  while (!windows.quit() && !show.set().over() && !show.quit_wished() && !stop_requested()) {
    const bool events = windows.take_events(show);
    between();
    const uint32_t now = SDL_GetTicks();
    const auto fresh = show.set().newest(frame);
    const bool asked = events && windows.panels_are_seen();
    if (!asked && now - drawn < (fresh ? kLeastBetween : kIdleBetween)) continue;
    if (fresh) frame = fresh->frame;
    windows.draw(fresh);
    drawn = now;
  }
}

}  // namespace reverie
