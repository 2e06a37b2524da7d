// How the panels look: font, colours and sizes, all scaled together.
#pragma once

#include "play/picture_texture.h"

struct SDL_Window;

namespace reverie {

inline constexpr float kSmallestScale = 0.5F, kLargestScale = 6;

// scale: 1 where a display has 96 dots per inch; pixels: of the screen, for each unit that the window's size
// counts; letters: where those of the font are drawn.  Between two frames; needs the context of OpenGL.
void set_look(float scale, float pixels, PictureTexture& letters);

// By how much the system enlarges what is on the window's display; 1 where nobody says.
float display_scale(SDL_Window* window);

}  // namespace reverie
