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
  // R, G, B in 0..1; or Y in 0..1 with Cb and Cr in -0.5..0.5, at their own size; or grey in 0..1 alone.
  // Limited range may stick out.
  std::array<SamplePlane, 3> planes;
  SamplePlane alpha;  // 0..1; empty where the format has none
  bool gray = false, yuv = false;
};

// Whether the samples fill all codes of their depth, and the matrix (an AVColorSpace) they are coded with:
// what the frame says, else what players take it for.
bool is_full_range(const AVFrame& frame);
AVColorSpace matrix_of(const AVFrame& frame);

// Error, naming `what`, for formats that are no plain pictures (hardware surfaces, Bayer patterns).
void unpack(const AVFrame& frame, const std::string& what, Samples& out);

const AVPixFmtDescriptor& descriptor(int format);

}  // namespace reverie::ffmpeg
