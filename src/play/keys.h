// The keys of the instrument: one table for the keyboard, the help panel and the docs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "play/show.h"

namespace reverie {

// Requests to the window itself.
struct WindowWishes {
  bool quit = false;
  bool help = false;
  bool panels = true;
  bool full_screen = false;
  bool next_display = false;  // only in this frame
  bool load_weights = false;  // asks for a file
  bool escape = false;        // closes the open popup
  std::string part;           // whose tab is open; empty: the first
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
