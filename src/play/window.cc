#include "play/window.h"

#include <SDL.h>
#include <fmt/format.h>
#include <imgui.h>
#if __has_include(<imgui_impl_sdl2.h>)  // since Dear ImGui 1.90
#include <imgui_impl_sdl2.h>
#else
#include <imgui_impl_sdl.h>
#endif

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/stop.h"
#include "play/displays.h"
#include "play/drawing.h"
#include "play/look.h"
#include "play/opengl.h"
#include "play/output_shape.h"
#include "play/screen.h"
#include "play/widgets.h"

namespace reverie {
namespace {

constexpr int kPatience = 4;            // times that the loop waits a millisecond for an event
constexpr uint32_t kLeastBetween = 15;  // milliseconds between screen updates
constexpr uint32_t kIdleBetween = 100;  // ... when nothing changes
constexpr uint32_t kLookEvery = 500;    // ... from one look at the displays to the next
constexpr uint32_t kHeld = 2000;        // milliseconds for which the keys that end a kiosk are held
constexpr float kScaleStep = 1.1F;

// What a key is called in keys(); the place of the key on a Latin keyboard says it where the letter is none.
std::string key_name(const SDL_Keysym& key) {
  const bool control = (key.mod & (KMOD_CTRL | KMOD_GUI)) != 0;
  const bool special = (key.sym & SDLK_SCANCODE_MASK) != 0;
  const bool letter = key.sym > 0 && key.sym < 128;
  std::string name = special || letter ? SDL_GetKeyName(key.sym) : SDL_GetScancodeName(key.scancode);
  if (control && (name == "+" || name == "=" || name == "Keypad +")) name = "Plus";
  if (control && (name == "-" || name == "Keypad -")) name = "Minus";
  if (control) return ((key.mod & KMOD_SHIFT) != 0 && name.size() == 1 ? "Ctrl+Shift+" : "Ctrl+") + name;
  if (name.size() == 1) name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
  return name;
}

// A row of digits that needs Shift for them (French keyboards) plays presets without it.
void press_key(const SDL_Keysym& key, Show& show, WindowWishes& wishes) {
  if (press(key_name(key), show, wishes)) return;
  const bool plain = (key.mod & (KMOD_CTRL | KMOD_GUI | KMOD_ALT | KMOD_SHIFT)) == 0;
  if (plain && key.scancode >= SDL_SCANCODE_1 && key.scancode <= SDL_SCANCODE_9)
    press(SDL_GetScancodeName(key.scancode), show, wishes);
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
  Windows(const WindowOptions& options, Panels& panels, const Show& show)
      : panels_(panels),
        options_(options),
        main_(open_drawn_window("Reverie", options.display, options.width, options.height)),
        drawing_(*main_.kind) {
    if (options.panels == PanelPlace::kWindow) open_panel_window();
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    ImGui_ImplSDL2_InitForOpenGL(panel_window(), main_.context.get());
    wishes_.full_screen = options.full_screen;
    wishes_.panels = options.panels != PanelPlace::kHidden && !options.kiosk;
    wishes_.beside = options.panels == PanelPlace::kBeside;
    wishes_.scale = options.scale;
    wishes_.shapes = read_output_shapes();
    SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    SDL_EventState(SDL_DROPTEXT, SDL_ENABLE);
    title_ = fmt::format("Reverie {}x{}", show.set().width(), show.set().height());
    home_ = display_name();
  }

  ~Windows() {
    ImGui_ImplSDL2_Shutdown();
    ImGui::DestroyContext();
  }
  Windows(const Windows&) = delete;
  Windows& operator=(const Windows&) = delete;

  bool quit() const { return wishes_.quit; }

  // False if there was no event.  After some of them the rest waits for the next frame.  Not by
  // SDL_WaitEventTimeout: on X11 it sends a window a message over a second connection, and where that window
  // has been closed since, Xlib ends the program.
  bool take_events(Show& show) {
    SDL_Event e;
    for (int waits = late_.any() ? kPatience : 0; SDL_PollEvent(&e) == 0; ++waits) {
      if (waits == kPatience) return late_.any();
      SDL_Delay(1);
    }
    do {
      take(e, show);
    } while (!ends_frame(e) && SDL_PollEvent(&e) != 0);
    return true;
  }

  void draw(const std::shared_ptr<const LiveSet::Shown>& fresh) {
    obey();
    SDL_GL_MakeCurrent(main_.window.get(), main_.context.get());
    if (fresh) screen_.show(fresh->picture);
    int width = 0;
    int height = 0;
    SDL_GL_GetDrawableSize(main_.window.get(), &width, &height);
    const int left = wishes_.beside && wishes_.panels && !beside_
                         ? std::min(width, static_cast<int>(std::lround(panels_.width() * pixels())))
                         : 0;
    screen_.draw(drawing_, width, height, {left, 0, width - left, height}, wishes_.shape());
    wishes_.picture = picture_area(left, width, height);
    if (beside_) {
      SDL_GL_SetSwapInterval(1);  // each window has its own
      SDL_GL_SwapWindow(main_.window.get());
      SDL_GL_MakeCurrent(beside_.get(), main_.context.get());
      SDL_GL_SetSwapInterval(0);  // the audience's picture does not wait for the panels
      SDL_GL_GetDrawableSize(beside_.get(), &width, &height);
      drawing_.clear(width, height);
    } else {
      SDL_GL_SetSwapInterval(1);
    }
    draw_panels();
    SDL_GL_SwapWindow(panel_window());
  }

  bool panels_are_seen() const { return wishes_.panels || wishes_.help || beside_; }

 private:
  // Only after a frame is it known whether a click opened something that takes the keys; and Dear ImGui 1.86
  // sees no key that was pressed and let go between two.
  static bool ends_frame(const SDL_Event& e) {
    const bool key = e.type == SDL_KEYDOWN || e.type == SDL_KEYUP;
    return e.type == SDL_MOUSEBUTTONDOWN || e.type == SDL_MOUSEBUTTONUP ||
           (key && ImGui::GetIO().WantTextInput);
  }

  SDL_Window* panel_window() const { return beside_ ? beside_.get() : main_.window.get(); }

  // Of the screen, for each unit of the window's size.
  float pixels() const {
    int points = 0;
    int drawn = 0;
    SDL_GetWindowSize(panel_window(), &points, nullptr);
    SDL_GL_GetDrawableSize(panel_window(), &drawn, nullptr);
    return points > 0 && drawn > 0 ? static_cast<float>(drawn) / static_cast<float>(points) : 1;
  }

  // Where the picture would be whole, in units of the window, for the handles of its corners.
  PictureArea picture_area(int left, int width, int height) const {
    const double per = pixels(), wanted = wishes_.shape().aspect(screen_.aspect());
    const double w = width - left, x = std::min(w, height * wanted), y = std::min<double>(height, w / wanted);
    return {(left + (w - x) / 2) / per, (height - y) / 2 / per, x / per, y / per};
  }

  void open_panel_window() {
    SDL_Rect usable = {0, 0, kPanelWidth, kPanelHeight};
    SDL_GetDisplayUsableBounds(0, &usable);
    beside_ = make_window("Reverie: panels", 0, std::min(kPanelWidth, usable.w),
                          std::min(kPanelHeight, usable.h - kTitle));
    const float scale = options_.scale > 0 ? options_.scale : display_scale(beside_.get());
    SDL_SetWindowSize(beside_.get(), std::min(static_cast<int>(kPanelWidth * scale), usable.w),
                      std::min(static_cast<int>(kPanelHeight * scale), usable.h - kTitle));
  }

  // The panels go over the picture, where Tab shows them.
  void close_panel_window() {
    ImGui_ImplSDL2_Shutdown();
    beside_.reset();
    SDL_GL_MakeCurrent(main_.window.get(), main_.context.get());
    ImGui_ImplSDL2_InitForOpenGL(main_.window.get(), main_.context.get());
    wishes_.panels = false;
    look_scale_ = 0;
  }

  // A minimised window has no size, and nothing to draw.
  void draw_panels() {
    if ((SDL_GetWindowFlags(panel_window()) & SDL_WINDOW_MINIMIZED) != 0) return;
    const float scale = wishes_.scale > 0 ? wishes_.scale : display_scale(panel_window());
    if (scale != look_scale_ || pixels() != look_pixels_) {
      look_scale_ = scale;
      look_pixels_ = pixels();
      set_look(scale, look_pixels_, letters_);
    }
    wishes_.shown_scale = scale;
    ImGui_ImplSDL2_NewFrame();
    late_.hold_back(ImGui::GetIO());
    ImGui::NewFrame();
    panels_.draw(wishes_, beside_ != nullptr);
    ImGui::Render();
    drawing_.panels(*ImGui::GetDrawData());
  }

  // Held for a while, so that no passer-by meets them.
  void take_in_kiosk(const SDL_Event& e) {
    if (e.type == SDL_WINDOWEVENT && e.window.event == SDL_WINDOWEVENT_MINIMIZED)
      SDL_RestoreWindow(main_.window.get());
    const bool key = e.type == SDL_KEYDOWN || e.type == SDL_KEYUP;
    if (!key || e.key.keysym.scancode != SDL_SCANCODE_Q) return;
    constexpr unsigned kControl = KMOD_CTRL, kAlt = KMOD_ALT;
    const bool down =
        e.type == SDL_KEYDOWN && (e.key.keysym.mod & kControl) != 0 && (e.key.keysym.mod & kAlt) != 0;
    if (!down) {
      held_since_.reset();
    } else if (!held_since_) {
      held_since_ = SDL_GetTicks();
    }
  }

  void take(const SDL_Event& e, Show& show) {
    if (options_.kiosk) return take_in_kiosk(e);
    if (e.type == SDL_WINDOWEVENT && e.window.event == SDL_WINDOWEVENT_CLOSE) return close(e.window.windowID);
    if (e.type == SDL_QUIT) wishes_.quit = true;
    // Tab is ours: Dear ImGui would start editing a number
    const bool tab = (e.type == SDL_KEYDOWN || e.type == SDL_KEYUP) && e.key.keysym.sym == SDLK_TAB;
    if (!tab) ImGui_ImplSDL2_ProcessEvent(&e);
    if (e.type == SDL_DROPFILE || e.type == SDL_DROPTEXT) {
      show.drop(e.drop.file);
      SDL_free(e.drop.file);
    }
    // what is open has the keys
    if (ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopup)) {
      if (e.type == SDL_KEYDOWN && e.key.keysym.sym == SDLK_ESCAPE) close_popup();
      return;
    }
    if (ImGui::GetIO().WantTextInput) return;
    if (e.type == SDL_KEYDOWN && e.key.repeat == 0) press_key(e.key.keysym, show, wishes_);
    if (e.type == SDL_TEXTINPUT && e.text.text[0] == '?') press("?", show, wishes_);
  }

  void close(uint32_t window) {
    if (beside_ && window == SDL_GetWindowID(beside_.get())) return close_panel_window();
    wishes_.quit = true;
  }

  std::string display_name() const {
    const char* name = SDL_GetDisplayName(SDL_GetWindowDisplayIndex(main_.window.get()));
    return name == nullptr ? "display" : name;
  }

  // A full-screen picture whose display goes leaves the rest of the desktop to the panels, and comes back
  // with the display.
  void follow_display() {
    looked_ = SDL_GetTicks();
    const std::vector<AttachedDisplay> all = attached_displays(main_.window.get());
    const auto at = std::find_if(all.begin(), all.end(), [&](const auto& d) { return d.name == attached_; });
    if (all.empty()) return;
    if (at == all.end() && full_screen_ && !attached_.empty()) {
      returns_ = true;
      wishes_.full_screen = full_screen_ = false;
      SDL_SetWindowFullscreen(main_.window.get(), 0);
      const int width = options_.width / 2, height = options_.height / 2;
      const SDL_Rect& left = all.front().place;
      SDL_SetWindowSize(main_.window.get(), width, height);
      SDL_SetWindowPosition(main_.window.get(), left.x + left.w - width - kTitle,
                            left.y + left.h - height - kTitle);
    } else if (at != all.end() && std::exchange(returns_, false)) {
      SDL_SetWindowSize(main_.window.get(), options_.width, options_.height);
      SDL_SetWindowPosition(main_.window.get(), at->place.x + kTitle, at->place.y + kTitle);
      wishes_.full_screen = true;
    }
    if (!returns_) attached_ = name_of_place(all);
  }

  // Of the display on which the middle of the picture is.
  std::string name_of_place(const std::vector<AttachedDisplay>& all) const {
    SDL_Rect window;
    SDL_GetWindowPosition(main_.window.get(), &window.x, &window.y);
    SDL_GetWindowSize(main_.window.get(), &window.w, &window.h);
    const SDL_Point middle = {window.x + window.w / 2, window.y + window.h / 2};
    for (const AttachedDisplay& d : all) {
      if (SDL_PointInRect(&middle, &d.place) == SDL_TRUE) return d.name;
    }
    return attached_;
  }

  // What the keys requested of the window.
  void obey() {
    if (held_since_ && SDL_GetTicks() - *held_since_ > kHeld) wishes_.quit = true;
    if (SDL_GetTicks() - looked_ > kLookEvery) follow_display();
    if (wishes_.next_display) {
      const int next =
          (SDL_GetWindowDisplayIndex(main_.window.get()) + 1) % std::max(1, SDL_GetNumVideoDisplays());
      SDL_SetWindowFullscreen(main_.window.get(), 0);
      SDL_SetWindowPosition(main_.window.get(), SDL_WINDOWPOS_CENTERED_DISPLAY(next),
                            SDL_WINDOWPOS_CENTERED_DISPLAY(next));
      full_screen_ = false;
      wishes_.next_display = false;
    }
    if (wishes_.full_screen != full_screen_) {
      full_screen_ = wishes_.full_screen;
      SDL_SetWindowFullscreen(main_.window.get(), full_screen_ ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    }
    if (!returns_) home_ = wishes_.display = display_name();
    if (const int steps = std::exchange(wishes_.scale_steps, 0); steps != 0) {
      wishes_.scale = std::clamp(look_scale_ * std::pow(kScaleStep, static_cast<float>(steps)),
                                 kSmallestScale, kLargestScale);
    }
    ImGui::GetIO().MouseDrawCursor = false;
    SDL_ShowCursor(full_screen_ && !panels_are_seen() ? SDL_DISABLE : SDL_ENABLE);
    SDL_SetWindowTitle(main_.window.get(), title_.c_str());
  }

  static constexpr int kPanelWidth = 470, kPanelHeight = 860, kTitle = 40;  // at scale 1; of a window's frame

  Panels& panels_;
  const WindowOptions options_;
  DrawnWindow main_;
  WindowPtr beside_;
  Drawing drawing_;
  PictureTexture letters_;
  Screen screen_;
  WindowWishes wishes_;
  LateClicks late_;
  std::optional<uint32_t> held_since_;
  bool full_screen_ = false;
  bool returns_ = false;  // to full screen, when attached_ is there again
  std::string home_;      // the picture's display, as its shape is kept by
  std::string attached_;  // ... and as attached_displays() names it
  uint32_t looked_ = 0;   // milliseconds
  float look_scale_ = 0, look_pixels_ = 0;
  std::string title_;
};

}  // namespace

bool has_display() {
  try {
    const Sdl sdl;
    return true;
  } catch (const Error&) {
    return false;
  }
}

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
