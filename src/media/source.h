// Moving pictures coming in: files, folders, cameras, test pictures, streams; all as frames of one size at
// one rate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/fit.h"
#include "core/planes.h"

namespace reverie {

// The largest side of a picture, in pixels, that is read or written.

struct SourceOptions {
  double start = 0;               // seconds into the source at which to begin
  std::optional<double> seconds;  // give out no more than this
  bool loop = false;              // at the end go on from start; the source is then endless
  int width = 0,
      height = 0;  // of the frames given out; 0: the source's own shown size, or what its shape asks for
  Fit fit = Fit::kCrop;
  double fps = 0;  // of the frames given out; 0: the source's own rate, 30 for pictures
  int even =
      1;  // a size that comes from the source is rounded down to a multiple of this (2 for 4:2:0 targets)
};

struct SourceInfo {
  std::string description;  // "clip.mp4: h264 640x360 at 25 fps in mov"
  int width = 0, height = 0;
  double fps = 0;
  std::optional<int64_t>
      frames;  // how many frames will come, as far as the container tells; none if endless or untold
  std::optional<double> seconds;  // frames / fps
  bool endless = false;           // never ends by itself: a still picture, a test picture, a loop
  bool live = false;              // a camera or a broadcast: frames come when they come
  bool has_sound = false;
};

// A source of frames at a constant rate.  What it shows is what a good player shows: turned as the metadata
// says, square pixels, the right matrix and range, transparency over black.
class Source {
 public:
  Source() = default;
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  virtual const SourceInfo& info() const = 0;

  // The next frame, [3, info().height, info().width] R, G, B in 0..1: frame n is what is on the screen n /
  // fps seconds after the start.  A live source waits for its next frame.  False at the end, and out is then
  // untouched.  Error when the source breaks in a way that leaves nothing to show; damaged parts of a file
  // cost one warning in all.
  virtual bool read(Planes& out) = 0;

  // Passes over the next frame, as read() but without making it.
  virtual bool skip() {
    Planes unseen;
    return read(unseen);
  }
};

// Opens
//   a picture file                                 endless
//   a folder of pictures, frames/%04d.png, frames/*.png   in natural order, one picture each frame
//   a video or animated GIF; a URL with ://
//   camera:N or camera:DEVICE                      live
//   test:NAME                                      a video generator of FFmpeg (testsrc2, mandelbrot, life,
//   ...); endless
// Error for anything else, with the reason, and for sizes beyond kLargestSide.
std::unique_ptr<Source> open_source(const std::string& spec, const SourceOptions& options = {});

// Files by their absolute names, so that they are found from another folder; cameras, streams and test
// pictures as they are.
std::string absolute_spec(const std::string& spec);

}  // namespace reverie
