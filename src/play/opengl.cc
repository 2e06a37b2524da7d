#include "play/opengl.h"

#include <SDL.h>
#include <SDL_opengl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "core/error.h"

namespace reverie {
namespace {

constexpr std::array<OpenGlKind, 3> kKinds = {
    {{"3.3", "OpenGL 3.3", "#version 330 core\n", SDL_GL_CONTEXT_PROFILE_CORE, 3, 3},
     {"es2", "OpenGL ES 2", "#version 100\n", SDL_GL_CONTEXT_PROFILE_ES, 2, 0},
     {"2", "OpenGL 2", "#version 120\n", 0, 2, 1}}};

[[noreturn]] void throw_sdl(const std::string& what) {
  throw Error("open", what, SDL_GetError(), "without a display play with --no-window");
}

WindowPtr try_window(const char* title, int display, int width, int height, bool hidden) {
  const int place = SDL_WINDOWPOS_CENTERED_DISPLAY(std::clamp(display, 0, SDL_GetNumVideoDisplays() - 1));
  const uint32_t flags = SDL_WINDOW_OPENGL | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
  return WindowPtr(SDL_CreateWindow(title, place, place, width, height,
                                    flags | (hidden ? uint32_t{SDL_WINDOW_HIDDEN} : 0U)));
}

// Without a context where this kind is not there.
DrawnWindow try_kind(const OpenGlKind& kind, const char* title, int display, int width, int height,
                     bool hidden) {
  SDL_GL_ResetAttributes();
  SDL_GL_SetAttribute(SDL_GL_DOUBLEBUFFER, 1);
  SDL_GL_SetAttribute(SDL_GL_DEPTH_SIZE, 0);
  SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, kind.profile);
  SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, kind.major);
  SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, kind.minor);
  DrawnWindow drawn{&kind, try_window(title, display, width, height, hidden), nullptr};
  if (drawn.window) drawn.context.reset(SDL_GL_CreateContext(drawn.window.get()));
  return drawn;
}

}  // namespace

Sdl::Sdl() {
  SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");  // we handle Ctrl-C
  SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0");
  if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0) throw_sdl("the window");
  const std::string driver = SDL_GetCurrentVideoDriver();
  if (driver != "offscreen" && driver != "dummy") return;
  SDL_QuitSubSystem(SDL_INIT_VIDEO);
  throw Error("open", "the window", "there is no display", "play with --no-window");
}

Sdl::~Sdl() {
  SDL_QuitSubSystem(SDL_INIT_VIDEO);
}

void FreeWindow::operator()(SDL_Window* window) const {
  SDL_DestroyWindow(window);
}
void FreeContext::operator()(void* context) const {
  SDL_GL_DeleteContext(context);
}

WindowPtr make_window(const char* title, int display, int width, int height) {
  WindowPtr window = try_window(title, display, width, height, false);
  if (!window) throw_sdl("the window");
  return window;
}

DrawnWindow open_drawn_window(const char* title, int display, int width, int height, bool hidden) {
  const char* named = std::getenv("REVERIE_OPENGL");
  const std::string_view word = named == nullptr ? "" : named;
  const auto wanted = [&](const OpenGlKind& kind) { return word.empty() || word == kind.word; };
  if (std::none_of(kKinds.begin(), kKinds.end(), wanted))
    throw Error("open", "the window", fmt::format("REVERIE_OPENGL is '{}'", word), "3.3, es2 or 2 are known");
  for (const OpenGlKind& kind : kKinds) {
    if (!wanted(kind)) continue;
    DrawnWindow drawn = try_kind(kind, title, display, width, height, hidden);
    if (drawn.context) return drawn;
  }
  throw_sdl("the window");
}

std::string describe_drawing() {
  try {
    const Sdl sdl;
    const DrawnWindow drawn = open_drawn_window("Reverie", 0, 64, 64, true);
    const auto* card = reinterpret_cast<const char*>(glGetString(GL_RENDERER));
    return fmt::format("{} ({})", drawn.kind->name, card == nullptr ? "of no name" : card);
  } catch (const Error& e) {
    return fmt::format("none: {}", e.what());
  }
}

}  // namespace reverie
