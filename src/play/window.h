// The window of the instrument: the newest picture, as large as possible, and the panels over it or in a
// second window.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "play/keys.h"
#include "play/panels.h"
#include "play/show.h"

namespace reverie {

enum class PanelPlace { kOver, kBeside, kWindow, kHidden };

struct WindowOptions {
  int width = 1280, height = 720;  // screen pixels, whatever the engine's size
  bool full_screen = false;
  bool kiosk = false;  // nobody's hands: no panels, no mouse, only the keys that end it
  int display = 0;     // 0 is the first
  PanelPlace panels = PanelPlace::kOver;
  float scale = 0;  // of the panels; 0: as the display is set
};

// Whether this machine shows windows here and now.
bool has_display();

// Shows the set until it is over, the window is closed or Ctrl-C is pressed. between: called for every screen
// update.  Error if there is no display.
void run_window(Show& show, Panels& panels, const WindowOptions& options,
                const std::function<void()>& between);

}  // namespace reverie
