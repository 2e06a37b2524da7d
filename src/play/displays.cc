#include "play/displays.h"

#include <SDL.h>

#if defined(REVERIE_XRANDR)
#include <SDL_syswm.h>
#include <X11/extensions/Xrandr.h>
#endif

namespace reverie {
namespace {

#if defined(REVERIE_XRANDR)
std::vector<AttachedDisplay> of_x11(SDL_Window* window) {
  SDL_SysWMinfo info;
  SDL_VERSION(&info.version);
  if (SDL_GetWindowWMInfo(window, &info) == SDL_FALSE || info.subsystem != SDL_SYSWM_X11) return {};
  ::Display* x = info.info.x11.display;
  int event = 0, error = 0, major = 0, minor = 0;
  if (XRRQueryExtension(x, &event, &error) == 0 || XRRQueryVersion(x, &major, &minor) == 0) return {};
  if (major < 1 || (major == 1 && minor < 5)) return {};
  int count = 0;
  XRRMonitorInfo* monitors = XRRGetMonitors(x, DefaultRootWindow(x), True, &count);
  std::vector<AttachedDisplay> all;
  for (int i = 0; i < count; ++i) {
    const XRRMonitorInfo& m = monitors[i];
    char* name = XGetAtomName(x, m.name);
    all.push_back({name == nullptr ? "" : name, {m.x, m.y, m.width, m.height}});
    XFree(name);
  }
  if (monitors != nullptr) XRRFreeMonitors(monitors);
  return all;
}
#else
std::vector<AttachedDisplay> of_x11(SDL_Window* /*window*/) {
  return {};
}
#endif

}  // namespace

std::vector<AttachedDisplay> attached_displays(SDL_Window* window) {
  std::vector<AttachedDisplay> all = of_x11(window);
  if (!all.empty()) return all;
  for (int i = 0; i < SDL_GetNumVideoDisplays(); ++i) {
    const char* name = SDL_GetDisplayName(i);
    AttachedDisplay d{name == nullptr ? "" : name, {}};
    if (SDL_GetDisplayBounds(i, &d.place) == 0) all.push_back(d);
  }
  return all;
}

}  // namespace reverie
