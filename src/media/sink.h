// Video output: files, numbered pictures, devices, streams.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/planes.h"

namespace reverie {

namespace ffmpeg {
class Input;
}

inline constexpr int kSoundRate = 48000, kSoundChannels = 2;  // of sound that comes with pictures

struct SinkOptions {
  int width = 0, height = 0;  // in pixels, of every picture
  double fps = 30;
  std::string comment, title;  // stored as metadata in mp4, mov, mkv and webm: MediaInfo::metadata["comment"]

  // The sound of this file (any spec of open_source; pictures have none), from `start` seconds.  It is cut to
  // the length of the pictures; a shorter one ends early, or repeats from `start` if it loops.
  struct Sound {
    std::string spec;
    double start = 0;
    bool loop = false;
    std::shared_ptr<ffmpeg::Input> from = nullptr;  // Source::sound(); is used up instead of opening spec
  };
  std::optional<Sound> sound;

  // Or sound that comes with the pictures, by Sink::write_sound().
  bool comes_with_sound = false;

  // Playable at any moment except for the last two or three seconds, however the process ends (mp4 and mov in
  // fragments of a second): for recordings, which cannot be repeated.
  bool durable = false;

  // For a job that can go on after a stop: how many pictures a sink before this one kept (0: it begins); the
  // next ones follow them.  All that is written lies in work_folder() until finish().
  std::optional<int64_t> kept;
  // Called while finish() encodes what was kept, with the pictures done; what it throws ends that.
  std::function<void(int64_t)> finishing;

  int quality = 0;  // 0: fine for most uses; up to +10 finer and larger, down to -20 coarser and smaller;
                    // ignored by lossless encoders
};

// For pictures of this size and rate, with this title.
SinkOptions sink_options(int width, int height, double fps, const std::string& title = "");

class Sink {
 public:
  Sink() = default;
  virtual ~Sink() = default;  // without finish(): no file is left, neither final nor partial
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // Writes one picture, [3, options.height, options.width] R, G, B in 0..1 (values outside are clipped, NaN
  // is black).  Error if it cannot be written (full disk, device gone).
  virtual void write(const Planes& picture) = 0;

  // Shows the last picture for this many more frames, at no cost.  Devices and streams simply take the next
  // picture when it comes.
  virtual void hold(int64_t /*frames*/) {}

  // Where options.comes_with_sound: more of the sound, from the time of the first picture on, at
  // kSoundRate, interleaved kSoundChannels of -1..1.  It may come later than its pictures; what comes before
  // finish() is cut to their length.  Elsewhere it is ignored.
  virtual void write_sound(std::span<const float> /*samples*/) {}

  // Where options.kept: all pictures so far outlast this process and a power cut.  Error as in write().
  virtual void keep() {}

  // Flushes everything and gives the file its final name.  Error as in write(); then no file is left.
  virtual void finish() = 0;

  // After an error in write(): keeps whatever a player can show of the file, and returns its name; empty if
  // there is nothing.
  virtual std::string salvage() { return ""; }

  // "clip.mp4: H.264 512x512 at 30 fps, sound copied (aac)"
  virtual std::string description() const = 0;
};

// Chooses the format by extension
//   .mp4 .mov .m4v   H.264, 4:2:0, BT.709 limited range      .webm  VP9, the same
//   .mkv             FFV1, lossless 8 bit RGB                 .gif   one palette per frame
//   .png .jpg        a single picture: the first
//   name%05d.png, folder/              numbered PNG files from 1, each kept once it is written
// or, without such an extension,
//   v4l2:/dev/video9, FORMAT:URL       any FFmpeg muxer or output device
//   pipewire: or pipewire:NAME         a camera for other programs, by PipeWire
//   rtmp://... rtsp://... udp://... srt://...
//   null:                              nothing is written
// The same pictures and options give the same bytes, on any number of cores.
// Error for an unknown extension, an odd size for a 4:2:0 target, a missing encoder, or a target that cannot
// be written.
std::unique_ptr<Sink> open_sink(const std::string& target, const SinkOptions& options);

// A file of sound alone (.mka: lossless, FLAC), written as it comes by write_sound() and playable at any
// moment.  Pictures are ignored.  Error if it cannot be written.
std::unique_ptr<Sink> open_sound_sink(const std::string& path);

// Where a job that can go on keeps its work until it is finished: "clip.mp4.part", "frames/pictures.part".
// Error for devices, streams and pipes, which cannot be gone on with.
std::filesystem::path work_folder(const std::string& target);

// Rounds a picture to the 8-bit samples that a lossless file (.mkv, .png) holds.
void round_to_8_bit(Planes& picture);

// Whether writing to the target overwrites this file, or a file of this folder, pattern or list of pictures.
bool sink_replaces(const std::string& target, const std::string& spec);

// Width and height must be multiples of this: 2 for 4:2:0 targets, else 1.
int sink_size_multiple(const std::string& target);

// Whether the target is a single picture file, which takes only one frame.
bool sink_takes_one_picture(const std::string& target);
// Whether it is numbered pictures.
bool sink_takes_pictures(const std::string& target);

// The extensions that open_sink knows, including the dot.
std::vector<std::string> sink_endings();

}  // namespace reverie
