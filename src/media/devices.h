// What this machine's FFmpeg offers.
#pragma once

#include <string>
#include <vector>

namespace reverie {

struct CameraInfo {
  std::string spec;  // "camera:/dev/video0"
  std::string name;  // "HD Webcam"
};
// The cameras that are there; empty where none is or the system does not tell.
std::vector<CameraInfo> list_cameras();

struct EncoderInfo {
  std::string name;  // "libx264"
  std::string use;   // "H.264 in mp4, mov, m4v"
  bool available = false;
};
// Every encoder that Reverie's own targets need.
std::vector<EncoderInfo> list_encoders();

// The names that test:NAME takes.
std::vector<std::string> list_test_pictures();

}  // namespace reverie
