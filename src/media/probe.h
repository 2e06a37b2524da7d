// Describes a media file without decoding it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reverie {

struct StreamInfo {
  enum class Kind { kVideo, kSound, kSubtitle, kOther };
  Kind kind = Kind::kOther;
  std::string codec;     // "h264"
  std::string language;  // "eng", or empty
  bool best = false;     // the one Reverie shows or plays
  std::optional<double> seconds;
  std::optional<int64_t> frames;  // according to the container

  int width = 0, height = 0;              // stored
  int shown_width = 0, shown_height = 0;  // turned, square pixels
  double fps = 0;                         // the rate that open_source would use
  std::string pixel_format;               // "yuv420p"

  int sample_rate = 0;  // Hz
  int channels = 0;
};

struct MediaInfo {
  std::string container;  // "mov,mp4,m4a,3gp,3g2,mj2"
  std::optional<double> seconds;
  double start = 0;      // seconds, on the container's clock
  bool picture = false;  // a still picture
  std::vector<StreamInfo> streams;
  std::map<std::string, std::string> metadata;  // keys in lower case: "comment", "title", ...
};

// Error with the reason if it is not a media file.
MediaInfo probe(const std::string& path);

}  // namespace reverie
