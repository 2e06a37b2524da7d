// How cameras differ between operating systems.  Internal to media/.
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

}  // namespace reverie::ffmpeg
