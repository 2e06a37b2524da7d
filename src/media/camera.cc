#include "media/camera.h"

#include <algorithm>

namespace reverie::ffmpeg {

#if defined(__APPLE__)
const char* camera_format() {
  return "avfoundation";
}
#elif defined(_WIN32)
const char* camera_format() {
  return "dshow";
}
#else
const char* camera_format() {
  return "v4l2";
}
#endif

CameraAddress camera_address(const std::string& device) {
  const std::string format = camera_format();
  if (format == "dshow") return {format, "video=" + device};
  if (format == "avfoundation") return {format, device + ":none"};
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool number = !device.empty() && std::all_of(device.begin(), device.end(), is_digit);
  return {format, number ? "/dev/video" + device : device};
}

}  // namespace reverie::ffmpeg
