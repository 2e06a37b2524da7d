// What differs between systems about cameras.  Internal to media/.
#pragma once

#include <string>

namespace reverie::ffmpeg {

struct CameraAddress {
  std::string format;  // of libavdevice: "v4l2"
  std::string url;     // what that takes: "/dev/video0"
};
CameraAddress camera_address(const std::string& device);

// The format alone.
const char* camera_format();

}  // namespace reverie::ffmpeg
