// How a target of open_sink is written.  Internal to media/.
#pragma once

#include <string>
#include <vector>

#include "media/ffmpeg.h"

namespace reverie::ffmpeg {

// A kind of file or stream and what goes into it.
struct Container {
  std::string ending;                      // ".mp4"; empty if the target names a muxer
  std::string muxer;                       // "mp4"
  std::string words;                       // "H.264"
  std::string encoder;                     // "libx264"
  AVPixelFormat format = AV_PIX_FMT_NONE;  // of the frames made from planes
  std::vector<AVCodecID> copied;           // sound codecs that players support in it
  AVCodecID sound = AV_CODEC_ID_NONE;      // other sound is encoded with this; none: it has no sound
  std::string filter;                      // between the frames and the encoder
  double highest_fps = 0;                  // players show no more pictures a second; 0: any number
  bool tags_colour = true;                 // players are told matrix and range; otherwise they go by the size
};

// The extensions of video files.
const std::vector<Container>& containers();

struct Target {
  enum class Kind { kVideo, kPictures, kPicture, kPipewire, kNowhere };
  Kind kind = Kind::kNowhere;
  std::string url;      // for FFmpeg, or a path, a pattern of paths, or a name in PipeWire
  bool pipe = false;    // for open_pipe()
  bool file = false;    // a regular file: written under a temporary name, then renamed
  bool live = false;    // someone is watching: no long delays
  Container container;  // of a video
};

// Error for a target that open_sink does not know.
Target parse_target(const std::string& target);

// Whether the pattern produces a file of this name, ignoring its folder, for some number.
bool numbers(const std::string& pattern, const std::string& name);

// The file behind FFmpeg's names for what is open already, pipe:N and fd:N; other names stay as they are.
std::string local_name(const std::string& url);

// "frames/%05d.png" -> "frames/00012.png"
std::string numbered(const std::string& pattern, int64_t number);

}  // namespace reverie::ffmpeg
