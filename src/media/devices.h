// What the FFmpeg on this machine supports.
#pragma once

#include <string>
#include <vector>

namespace reverie {

struct CameraInfo {
  std::string spec;  // "camera:/dev/video0", "pipewire:obs"
  std::string name;  // "HD Webcam"
};
// The cameras found, those of PipeWire too; empty if there are none or the system cannot list them.
std::vector<CameraInfo> list_cameras();

struct EncoderInfo {
  std::string name;  // "libx264"
  std::string use;   // "H.264 in mp4, mov, m4v"
  bool available = false;
};
// Every encoder that Reverie's own targets need.
std::vector<EncoderInfo> list_encoders();

// The names accepted by test:NAME.
std::vector<std::string> list_test_pictures();

}  // namespace reverie
