// Moving pictures going out: files, numbered pictures, devices, streams.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/planes.h"

namespace reverie {

struct SinkOptions {
  int width = 0, height = 0;  // pixels, of every picture that will be written
  double fps = 30;
  std::string comment, title;  // kept as metadata in mp4, mov, mkv and webm: MediaInfo::metadata["comment"]

  // The sound of this file (any spec of open_source; pictures have none), from `start` seconds on.  It is cut
  // to the pictures' length; a shorter one ends earlier, or goes on from `start` if it loops.
  struct Sound {
    std::string spec;
    double start = 0;
    bool loop = false;
  };
  std::optional<Sound> sound;

  // Playable at every moment but for the last two or three seconds, whatever ends the process (mp4 and mov in
  // fragments of a second): for recordings, which cannot be made again.
  bool durable = false;

  int quality =
      0;  // 0: fine for most; up to +10 finer and larger, down to -20 coarser and smaller; lossless ignore it
};

// For pictures of this size and rate, under this title.
SinkOptions sink_options(int width, int height, double fps, const std::string& title = "");

class Sink {
 public:
  Sink() = default;
  virtual ~Sink() = default;  // without finish(): nothing is left under the final name, nor beside it
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // One picture, [3, options.height, options.width] R, G, B in 0..1 (values outside are clipped, NaN is
  // black). Error when it cannot be written (a full disk, a gone device).
  virtual void write(const Planes& picture) = 0;

  // The last picture stays on for so many frames more, at no cost.  Devices and streams take the next when it
  // comes.
  virtual void hold(int64_t /*frames*/) {}

  // Writes what is still on the way and gives a file its final name.  Error as in write; then no file is
  // left.
  virtual void finish() = 0;

  // After an error of write(): leaves what a player can show of what was written, and says where; empty where
  // there is nothing.
  virtual std::string salvage() { return ""; }

  // "clip.mp4: H.264 512x512 at 30 fps, sound copied (aac)"
  virtual std::string description() const = 0;
};

// Opens by ending
//   .mp4 .mov .m4v   H.264, 4:2:0, BT.709 limited range      .webm  VP9, the same
//   .mkv             FFV1, lossless 8 bit RGB                  .gif   a palette for each frame
//   name%05d.png, folder/                                      numbered PNG, from 1; each stays as it is
//   finished .png .jpg        one picture: the first
// or, where there is no such file ending to go by,
//   v4l2:/dev/video9, FORMAT:URL     any muxer or output device of FFmpeg;  rtmp://..., rtsp://...,
//   udp://..., srt://... null:                            nowhere
// The same pictures and options give the same bytes, on any number of cores.
// Error: an unknown ending, an odd size for a 4:2:0 target, a missing encoder, a place that cannot be
// written.
std::unique_ptr<Sink> open_sink(const std::string& target, const SinkOptions& options);

// Rounds a picture to what comes back, to the bit, from a lossless file (.mkv, .png) that it was written to.
void round_to_8_bit(Planes& picture);

// Whether what is written to the target replaces this file, or one of this folder, pattern or list of
// pictures.
bool sink_replaces(const std::string& target, const std::string& spec);

// What width and height must be a multiple of: 2 for 4:2:0 targets, else 1.
int sink_size_multiple(const std::string& target);

// Whether it is a single picture file: one frame is all it takes.
bool sink_takes_one_picture(const std::string& target);

// The file endings that open_sink knows, with their dot.
std::vector<std::string> sink_endings();

}  // namespace reverie
