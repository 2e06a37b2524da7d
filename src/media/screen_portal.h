// Screens of a Wayland desktop, which only its portal hands out.  Internal to media/.
#pragma once

#include <cstdint>
#include <memory>

struct sd_bus;

namespace reverie::ffmpeg {

// A screen or window that the person chose in the desktop's dialog, shown by PipeWire as long as this lives
// (org.freedesktop.portal.ScreenCast, xdg-desktop-portal).  Once chosen, it is not asked for again in this
// process.
class ScreenPortal {
 public:
  // Waits for the person's choice.  Error where there is no portal; SourceRefused if the person cancels;
  // Stopped.
  ScreenPortal();
  ~ScreenPortal();
  ScreenPortal(const ScreenPortal&) = delete;
  ScreenPortal& operator=(const ScreenPortal&) = delete;

  // A connection to PipeWire that sees this screen; belongs to the caller from now on.
  int take_connection();
  uint32_t node() const { return node_; }  // the screen's, in PipeWire

 private:
  struct Close {
    void operator()(sd_bus* bus) const;
  };
  std::unique_ptr<sd_bus, Close> bus_;
  int connection_ = -1;
  uint32_t node_ = 0;
};

}  // namespace reverie::ffmpeg
