// Windows, and the OpenGL that they are drawn with: 3.3, ES 2, or 2 where the graphics card knows no newer
// one.
#pragma once

#include <memory>
#include <string>

struct SDL_Window;

namespace reverie {

struct OpenGlKind {
  const char* word;     // in REVERIE_OPENGL
  const char* name;     // for people
  const char* shading;  // how its shaders begin
  int profile, major, minor;
};

// SDL, for the lifetime of the window.  Error if there is no display.
class Sdl {
 public:
  Sdl();
  ~Sdl();
  Sdl(const Sdl&) = delete;
  Sdl& operator=(const Sdl&) = delete;
};

struct FreeWindow {
  void operator()(SDL_Window* window) const;
};
using WindowPtr = std::unique_ptr<SDL_Window, FreeWindow>;

struct FreeContext {
  void operator()(void* context) const;
};

// A window and what it is drawn with, which is current.
struct DrawnWindow {
  const OpenGlKind* kind = nullptr;
  WindowPtr window;
  std::unique_ptr<void, FreeContext> context;
};

// The best that is there, or the one that REVERIE_OPENGL names.
DrawnWindow open_drawn_window(const char* title, int display, int width, int height, bool hidden = false);

// Another one for the same context.
WindowPtr make_window(const char* title, int display, int width, int height);

// What windows are drawn with on this machine, or why there are none.
std::string describe_drawing();

}  // namespace reverie
