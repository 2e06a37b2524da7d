// The keys of the instrument: one table for the keyboard, the help panel and the docs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "play/output_shape.h"
#include "play/show.h"

namespace reverie {

// A rectangle in the window's units.
struct PictureArea {
  double x = 0, y = 0, width = 0, height = 0;
};

// Requests to the window itself.
struct WindowWishes {
  bool quit = false;
  bool help = false;
  bool panels = true;
  bool full_screen = false;
  bool next_display = false;  // only in this frame
  float scale = 0;            // of the panels; 0: as the display is set
  int scale_steps = 0;        // only in this frame: larger or smaller
  bool load_weights = false;  // asks for a file
  bool breed = false;         // only in this frame: opens the tab of breeding, or closes it
  std::string part;           // whose tab is open; empty: the first
  bool beside = false;        // the panels stand beside the picture, not over it
  bool corners = false;       // the picture's corners have handles
  OutputShapes shapes;        // of the displays
  // As the window found them.
  std::string display;    // that shows the picture
  PictureArea picture;    // where it would be whole
  float shown_scale = 1;  // of the panels

  OutputShape shape() const {
    const auto it = shapes.find(display);
    return it == shapes.end() ? OutputShape() : it->second;
  }
};

struct Key {
  std::string name;  // as a user would say it: "m", "Ctrl+S", "Left"
  std::string help;  // one line
  // False where it has nothing to act on: no part plays whose key it is.
  std::function<bool(Show&, WindowWishes&)> act;
};

const std::vector<Key>& keys();

// Performs the action of the key with this name; false if it has none.
bool press(const std::string& name, Show& show, WindowWishes& wishes);

}  // namespace reverie
