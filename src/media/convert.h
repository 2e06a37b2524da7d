// FFmpeg frames to planes and back: size, shape, colour.  Internal to media/.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/planes.h"
#include "media/colour.h"
#include "media/ffmpeg.h"
#include "media/resample.h"
#include "media/source.h"
#include "media/unpack.h"

namespace reverie::ffmpeg {

// Clamps to 0..1; NaN becomes 0.
inline float clip(float v) {
  return v > 0 ? (v < 1 ? v : 1.0F) : 0.0F;
}

// How a stored picture must be turned for display: transposed first, then mirrored.
struct Orientation {
  bool transpose = false, flip_x = false, flip_y = false;
  bool operator==(const Orientation&) const = default;
};
// From the EXIF tag, 1 to 8.
Orientation orientation_of_exif(int tag);
// From a display matrix (nullptr: upright), to the nearest quarter turn.
Orientation orientation_of(const int32_t* matrix);

struct Size {
  int width = 0, height = 0;
  bool operator==(const Size&) const = default;
};

// How a frame is meant to be shown: what its stream and container know besides the samples.
struct Look {
  Orientation orientation;
  AVRational pixel_aspect = {1, 1};
  ColourTags colour;
  bool premultiplied = false;       // colours are already multiplied by alpha
  bool alpha_may_be_unused = true;  // the format has room for alpha that its writers often leave at 0

  // Whether both have the same geometry.
  bool same_shape(const Look& o) const {
    return orientation == o.orientation && av_cmp_q(pixel_aspect, o.pixel_aspect) == 0;
  }
};

// The size with square pixels, turned.  The short side of a pixel is stretched, so nothing is lost; an aspect
// ratio within 1 % of square counts as square and is not resampled.
Size shown_size(Size stored, const Look& look);

// The size that the options request, given the source's own shown size.  Error beyond kLargestSide.
Size wanted_size(const SourceOptions& options, Size shown, const std::string& what);

// Error naming `what` when a side is beyond kLargestSide or below 1.
void check_size(Size size, const std::string& what);

// Converts frames of any size, format and colour to planes of one size.
class FrameToPlanes {
 public:
  FrameToPlanes(Size target, Fit fit, std::string what)
      : target_(target), fit_(fit), what_(std::move(what)) {}

  // What is transparent gets the mean colour of the rest, instead of black.
  void fill_transparent() { fill_ = true; }
  // Whether there was any in the last picture that it was to fill.
  bool filled() const { return filled_; }

  // out becomes [3, target.height, target.width].
  void convert(const AVFrame& frame, const Look& look, Planes& out);

 private:
  // What the geometry was computed for; recomputed when it changes mid-stream.
  struct Key {
    Size stored;
    int format = -1, chroma = 0;
    Look look;
    bool operator==(const Key& o) const {
      return stored == o.stored && format == o.format && chroma == o.chroma && look.same_shape(o.look);
    }
  };
  // The part of the target that the picture covers, as shown.
  struct Place {
    int x = 0, y = 0;
    Size size;
  };
  struct Axes {
    Axis across, down;
  };

  void prepare(const AVFrame& frame, const Look& look);
  void resample_all(const AVFrame& frame, const Look& look);
  void multiply_alpha(const Look& look);
  void fill();
  void place(const Orientation& orientation, Planes& out) const;

  Size target_;
  Fit fit_;
  std::string what_;
  Key key_;
  Place place_;
  Size scaled_;  // of the planes below, not yet turned
  Axes level_, chroma_;
  Samples samples_;
  std::array<std::vector<float>, 3> rgb_;  // [scaled_.height, scaled_.width]
  std::vector<float> alpha_, room_;
  bool fill_ = false, filled_ = false;
  bool alpha_used_ = false;  // it was not 0 everywhere in one of the frames so far
  std::optional<ColourConversion> colour_;
};

// Converts planes to 8 bit frames for an encoder: rounded to nearest for RGB; limited range for YUV, with
// chroma co-sited with the left sample; BT.601 full range for the yuvj formats, as in JPEG.
class PlanesToFrame {
 public:
  // Whether this format is supported.
  static bool can_make(AVPixelFormat format);

  // told: what shows it is told its matrix and range; otherwise YUV gets the matrix that players assume for
  // its size.
  PlanesToFrame(Size size, AVPixelFormat format, bool told = true);

  // Of the frames: BT.709, BT.601 (SMPTE 170M, or BT.470BG for JPEG), or RGB.
  AVColorSpace space() const { return space_; }

  // A new frame whose samples are still undefined.
  FramePtr blank() const;
  // Returns a new frame on every call.  Error if picture is not [3, height, width].
  FramePtr convert(const Planes& picture) const;

 private:
  Size size_;
  AVPixelFormat format_;
  AVColorSpace space_;
};

}  // namespace reverie::ffmpeg
