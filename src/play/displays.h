// The displays that are attached.
#pragma once

#include <SDL_rect.h>

#include <string>
#include <vector>

struct SDL_Window;

namespace reverie {

struct AttachedDisplay {
  std::string name;
  SDL_Rect place;  // on the desktop
};

// As they are now: under X11 SDL before 2.28 only knows those of the start.
std::vector<AttachedDisplay> attached_displays(SDL_Window* window);

}  // namespace reverie
