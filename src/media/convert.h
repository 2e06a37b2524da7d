// Frames of FFmpeg to planes and back: size, shape, colour.  Internal to media/.
#pragma once

#include "core/planes.h"
#include "media/ffmpeg.h"
#include "media/source.h"

namespace reverie::ffmpeg {

// How a stored picture has to be turned to be seen: transposed first, then mirrored.
struct Orientation {
  bool transpose = false, flip_x = false, flip_y = false;
  bool operator==(const Orientation&) const = default;
};
// Of a display matrix (nullptr: upright), to the nearest quarter turn.
Orientation orientation_of(const int32_t* matrix);

struct Size {
  int width = 0, height = 0;
  bool operator==(const Size&) const = default;
};

// How a frame is meant to be seen: what its stream and container know besides the samples.
struct Look {
  Orientation orientation;
  AVRational pixel_aspect = {1, 1};
  bool operator==(const Look& o) const {
    return orientation == o.orientation && av_cmp_q(pixel_aspect, o.pixel_aspect) == 0;
  }
};

// The size with square pixels, turned.  The short side of a pixel is stretched, so nothing is lost; an aspect
// within 1 % of square is taken for square rather than resampled.
Size shown_size(Size stored, const Look& look);

// The size that options ask of a source whose own shown size is given.  Error beyond kLargestSide.
Size wanted_size(const SourceOptions& options, Size shown, const std::string& what);

// Error naming `what` when a side is beyond kLargestSide or below 1.
void check_size(Size size, const std::string& what);

// Turns frames of any size, format and colour into planes of one size.
class FrameToPlanes {
 public:
  FrameToPlanes(Size target, Fit fit, std::string what)
      : target_(target), fit_(fit), what_(std::move(what)) {}

  // out becomes [3, target.height, target.width].
  void convert(const AVFrame& frame, const Look& look, Planes& out);

 private:
  void prepare_scaler(const AVFrame& frame, const Look& look);

  // What the scaler was made for; a change in mid-stream makes a new one.
  struct Key {
    Size size;
    int format = -1, matrix = 0, range = 0, chroma = 0;
    Look look;
    bool operator==(const Key&) const = default;
  };

  Size target_;
  Fit fit_;
  std::string what_;
  Key key_;
  Size turned_;  // the scaled picture as shown, before cropping or padding
  ScalerPtr scaler_;
  FramePtr scaled_;  // planar float, not yet turned
};

// Turns planes into frames for an encoder: 8 bit rounded to the nearest for RGB formats, BT.709 limited range
// for YUV.
class PlanesToFrame {
 public:
  PlanesToFrame(Size size, AVPixelFormat format);

  // A frame of its own for every call.  Error if picture is not [3, height, width].
  FramePtr convert(const Planes& picture);

 private:
  Size size_;
  AVPixelFormat format_;
  AVPixelFormat between_;  // planar 8 bit for RGB formats, planar float for YUV
  ScalerPtr scaler_;       // from between_ to format_, if they differ
};

}  // namespace reverie::ffmpeg
