// The samples of a frame, whatever its pixel format, as planes of numbers.  Internal to media/.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "media/ffmpeg.h"

namespace reverie::ffmpeg {

struct SamplePlane {
  std::vector<float> data;  // [height, width], rows without padding
  int width = 0, height = 0;
};

struct Samples {
  // R, G, B in 0..1; or Y in 0..1 with Cb and Cr in -0.5..0.5, at their own size; or only grey in 0..1.
  // Limited-range samples may exceed these limits.
  std::array<SamplePlane, 3> planes;
  SamplePlane alpha;  // 0..1; empty if the format has none
  bool gray = false, yuv = false;
};

// Whether the samples are full range, and the matrix (an AVColorSpace) they are coded with: as the frame
// says, or as players assume.
bool is_full_range(const AVFrame& frame);
AVColorSpace matrix_of(const AVFrame& frame);
// Of pictures that do not say: BT.709 in high definition, else BT.601.
AVColorSpace assumed_matrix(int width, int height);

// Error, naming `what`, for formats that are not ordinary pictures (hardware surfaces, Bayer patterns).
void unpack(const AVFrame& frame, const std::string& what, Samples& out);

// Whether the frame has alpha, which is 0 everywhere.
bool alpha_is_empty(const AVFrame& frame, const std::string& what);

const AVPixFmtDescriptor& descriptor(int format);

}  // namespace reverie::ffmpeg
