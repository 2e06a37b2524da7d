#include "media/camera.h"

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "core/error.h"

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

ScreenAddress screen_address(const std::string& region) {
  const std::string name = "screen:" + region;
  static const std::regex form(R"((\d{1,5}x\d{1,5})(\+\d{1,5}\+\d{1,5})?)");
  std::smatch parts;
  if (!region.empty() && !std::regex_match(region, parts, form))
    throw Error("open", name, "a region is WIDTHxHEIGHT or WIDTHxHEIGHT+X+Y", "screen:640x360+100+50");
  const char* display = std::getenv("DISPLAY");
  if (display == nullptr || *display == '\0')
    throw Error("open", name, "there is no X display to take pictures of", "set DISPLAY");
  ScreenAddress address = {"x11grab", display, ""};
  if (region.empty()) return address;
  address.size = parts[1];
  if (parts[2].matched) {
    std::string place = parts[2];
    place[place.rfind('+')] = ',';
    address.url += place;
  }
  return address;
}

bool on_wayland() {
  const char* display = std::getenv("WAYLAND_DISPLAY");  // NOLINT(concurrency-mt-unsafe)
  return display != nullptr && *display != '\0';
}

}  // namespace reverie::ffmpeg
