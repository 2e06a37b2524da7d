// How cameras and screens differ between operating systems.  Internal to media/.
#pragma once

#include <string>

namespace reverie::ffmpeg {

struct CameraAddress {
  std::string format;  // of libavdevice: "v4l2"
  std::string url;     // for that format: "/dev/video0"
};
CameraAddress camera_address(const std::string& device);

// Only the format.
const char* camera_format();

// A part of the screen: "" for all of it, "640x360" from the upper left corner, "640x360+100+50" from
// elsewhere.
struct ScreenAddress {
  std::string format, url;
  std::string size;  // "640x360"; empty: all
};
// Error where there is no display, or for another form.
ScreenAddress screen_address(const std::string& region);

// Whether this is a Wayland desktop, whose X display shows no more than X's own windows.
bool on_wayland();

}  // namespace reverie::ffmpeg
