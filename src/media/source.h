// Video input: files, folders, cameras, test pictures, streams, all as frames of one size at one rate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/deinterlace.h"
#include "core/error.h"
#include "core/fit.h"
#include "core/planes.h"

namespace reverie {

namespace ffmpeg {
class Input;
}

struct SourceOptions {
  double start = 0;               // seconds into the source at which to begin
  std::optional<double> seconds;  // the most to read
  bool loop = false;              // start over from `start` at the end; makes the source endless
  int width = 0,
      height = 0;  // of the output frames; 0: the source's own shown size, or as its shape requires
  Fit fit = Fit::kCrop;
  Deinterlace deinterlace = Deinterlace::kAuto;
  double fps = 0;  // of the output frames; 0: the source's own rate, or if it is uneven, the lowest usual one
                   // at which no picture is lost; 30 for pictures
  bool fill_transparent =
      false;     // what is transparent gets the mean colour of its picture's rest; else black
  int even = 1;  // a size taken from the source is rounded down to a multiple of this (2 for 4:2:0 targets)
};

struct SourceInfo {
  std::string description;  // "clip.mp4: h264 640x360 at 25 fps in mov"
  int width = 0, height = 0;
  double fps = 0;
  std::optional<int64_t>
      frames;  // about how many, according to the container: for progress, its end is where
               // read() says so; exact for pictures and what is limited; none if unknown
  std::optional<double> seconds;  // frames / fps
  std::optional<int64_t> pass;  // likewise, of one pass, after which a loop starts over; none: it has no end
  bool endless = false;         // never ends by itself: a still picture, a test picture, a loop
  bool still = false;           // a single picture
  bool live = false;            // a camera or a broadcast: frames arrive in real time
  bool once = false;            // a pipe: it can be read only once, and never from its beginning again
  bool has_sound = false;
};

// A source of frames at a constant rate.  It shows what a good player shows: turned as the metadata says,
// square pixels, the right matrix and range, transparency over black.
class Source {
 public:
  Source() = default;
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  virtual const SourceInfo& info() const = 0;

  // The next frame, [3, info().height, info().width] R, G, B in 0..1: frame n is what is on screen n / fps
  // seconds after the start.  A live source waits for its next frame.  Returns false at the end and leaves
  // out untouched.  Error if the source breaks and leaves nothing to show; damaged parts of a file cause a
  // single warning.
  virtual bool read(Planes& out) = 0;

  // Whether the last frame had something transparent that was filled.
  virtual bool filled() const { return false; }

  // The sound of what can be read only once, from the beginning: before the first read(), once for everyone
  // who listens (SinkOptions::Sound::from).  Nothing for other sources, whose sound is read by their name.
  virtual std::shared_ptr<ffmpeg::Input> sound() const { return nullptr; }

  // Skips the next frame: like read(), but without producing it.
  virtual bool skip() {
    Planes unseen;
    return read(unseen);
  }

  // Whether seek() works: for what was opened as a loop, is not live, can be read more than once and has an
  // end of its own.
  virtual bool can_seek() const { return false; }
  // Makes the next read() return this frame, counted from the start, exactly as if all before it had been
  // read; beyond the end a loop starts over.  False where it cannot.
  virtual bool seek(int64_t /*frame*/) { return false; }
  // Which frame the last read() or skip() gave, counted from the start again in each pass of a loop.  Only of
  // what can seek.
  virtual int64_t place() const { return -1; }
};

// Thrown where opening the same again would only bother the person: a dialog was cancelled.
class SourceRefused : public Error {
  using Error::Error;
};

// Opens
//   a picture file                                 endless
//   a folder of pictures, frames/%04d.png, frames/*.png   in natural order, one picture per frame
//   a video or animated GIF; a URL with ://; a named pipe, or - for standard input
//   camera:N or camera:DEVICE                      live
//   screen:, screen:WxH or screen:WxH+X+Y          live: the X display, or a part of it
//   screen: on a Wayland desktop                   live: what the person chooses in its dialog
//   pipewire: or pipewire:NAME                     live: a camera, screen or program; any, or that one
//   test:NAME                                      an FFmpeg video generator (testsrc2, life, ...); endless
// Error with the reason for anything else, and for sizes beyond kLargestSide.
std::unique_ptr<Source> open_source(const std::string& spec, const SourceOptions& options = {});

// Whether the spec is a camera, a screen or a node of PipeWire.
bool is_device(const std::string& spec);

// Whether the spec is the address of a stream, not a file: http://..., not file://...
bool is_address(const std::string& spec);

// Turns the names of files into absolute ones, so that they are found from any folder; leaves cameras,
// streams and test pictures alone.
std::string absolute_spec(const std::string& spec);

}  // namespace reverie
