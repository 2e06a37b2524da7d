// Planes to 8 bit frames.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "media/convert.h"

namespace reverie::ffmpeg {
namespace {

uint8_t rounded(float v) {
  // Rounds to nearest; v is never negative.  lround would be a call for every sample
  return static_cast<uint8_t>(v + 0.5F);  // NOLINT(bugprone-incorrect-roundings)
}

uint8_t* row_of(const AVFrame& f, int plane, int y) {
  return f.data[plane] + static_cast<ptrdiff_t>(y) * f.linesize[plane];
}

bool is_yuvj(AVPixelFormat f) {
  return f == AV_PIX_FMT_YUVJ420P || f == AV_PIX_FMT_YUVJ422P || f == AV_PIX_FMT_YUVJ444P;
}
bool is_rgb(AVPixelFormat f) {
  return f == AV_PIX_FMT_GBRP || f == AV_PIX_FMT_RGB24 || f == AV_PIX_FMT_BGR24 || f == AV_PIX_FMT_BGR0;
}

// Y = r R + g G + b B; a chroma code is 128 + reach * Cb with Cb = (B - Y) / (2 (1 - b)), and Cr likewise.
struct Coding {
  float r, b, black, span, reach;
};
constexpr Coding kHigh = {0.2126F, 0.0722F, 16, 219, 224};
constexpr Coding kStandard = {0.299F, 0.114F, 16, 219, 224};
constexpr Coding kJpeg = {0.299F, 0.114F, 0, 255, 255};

void fill_rgb(const Planes& p, AVFrame& f) {
  const AVPixFmtDescriptor& d = descriptor(f.format);
  if (f.format == AV_PIX_FMT_BGR0) std::memset(f.data[0], 0, f.buf[0]->size);  // the fourth byte
  for (int c = 0; c < 3; ++c) {
    const AVComponentDescriptor& at = d.comp[c];
    for (int y = 0; y < f.height; ++y) {
      const float* from = p.row(c, y);
      uint8_t* to = row_of(f, at.plane, y) + at.offset;
      for (int x = 0; x < f.width; ++x)
        to[static_cast<ptrdiff_t>(x) * at.step] = rounded(clip(from[x]) * 255.0F);
    }
  }
}

// One row of Y, Cb and Cr, the latter two in -0.5..0.5 at full resolution.
struct Row {
  std::vector<float> y, cb, cr;
};
void code_row(const Planes& p, int at, const Coding& k, Row& row) {
  const float* r = p.row(0, at);
  const float* g = p.row(1, at);
  const float* b = p.row(2, at);
  for (size_t x = 0; x < row.y.size(); ++x) {
    const float red = clip(r[x]);
    const float blue = clip(b[x]);
    const float y = k.r * red + (1 - k.r - k.b) * clip(g[x]) + k.b * blue;
    row.y[x] = y;
    row.cb[x] = (blue - y) / (2 * (1 - k.b));
    row.cr[x] = (red - y) / (2 * (1 - k.r));
  }
}

// Halves a row with chroma co-sited with the even samples: weights 1 2 1.
void add_halved(const std::vector<float>& full, float weight, std::vector<float>& sum) {
  const size_t last = full.size() - 1;
  for (size_t i = 0; i < sum.size(); ++i) {
    const size_t x = std::min(2 * i, last);
    const float left = full[x == 0 ? 0 : x - 1];
    const float right = full[std::min(x + 1, last)];
    sum[i] += weight * (0.25F * left + 0.5F * full[x] + 0.25F * right);
  }
}
void add_same(const std::vector<float>& full, float weight, std::vector<float>& sum) {
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += weight * full[i];
}

void fill_yuv(const Planes& p, const Coding& k, AVFrame& f) {
  const AVPixFmtDescriptor& d = descriptor(f.format);
  const auto width = static_cast<size_t>(f.width);
  const int rows = 1 << d.log2_chroma_h;
  Row row = {std::vector<float>(width), std::vector<float>(width), std::vector<float>(width)};
  const auto half = static_cast<size_t>(AV_CEIL_RSHIFT(f.width, d.log2_chroma_w));
  std::vector<float> cb(half);
  std::vector<float> cr(half);
  for (int y = 0; y < f.height; ++y) {
    code_row(p, y, k, row);
    uint8_t* to = row_of(f, 0, y);
    for (size_t x = 0; x < width; ++x) to[x] = rounded(k.black + k.span * row.y[x]);
    if (y % rows == 0) {
      std::fill(cb.begin(), cb.end(), 0.0F);
      std::fill(cr.begin(), cr.end(), 0.0F);
    }
    const int together = std::min(rows, f.height - y / rows * rows);
    const auto add = d.log2_chroma_w > 0 ? add_halved : add_same;
    add(row.cb, 1.0F / static_cast<float>(together), cb);
    add(row.cr, 1.0F / static_cast<float>(together), cr);
    if ((y + 1) % rows != 0 && y + 1 != f.height) continue;
    uint8_t* to_cb = row_of(f, 1, y / rows);
    uint8_t* to_cr = row_of(f, 2, y / rows);
    const auto code = [&](float v) { return rounded(std::clamp(128 + k.reach * v, 0.0F, 255.0F)); };
    for (size_t x = 0; x < half; ++x) {
      to_cb[x] = code(cb[x]);
      to_cr[x] = code(cr[x]);
    }
  }
}

}  // namespace

bool PlanesToFrame::can_make(AVPixelFormat f) {
  return is_rgb(f) || is_yuvj(f) || f == AV_PIX_FMT_YUV420P || f == AV_PIX_FMT_YUV422P ||
         f == AV_PIX_FMT_YUV444P;
}

PlanesToFrame::PlanesToFrame(Size size, AVPixelFormat format, bool told) : size_(size), format_(format) {
  space_ = is_rgb(format)    ? AVCOL_SPC_RGB
           : is_yuvj(format) ? AVCOL_SPC_BT470BG
           : told            ? AVCOL_SPC_BT709
                             : assumed_matrix(size.width, size.height);
}

FramePtr PlanesToFrame::blank() const {
  FramePtr frame = new_frame();
  frame->width = size_.width;
  frame->height = size_.height;
  frame->format = format_;
  frame->sample_aspect_ratio = {1, 1};
  check(av_frame_get_buffer(frame.get(), 0), "make", "a frame");
  frame->colorspace = space_;
  frame->color_range = is_rgb(format_) || is_yuvj(format_) ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  return frame;
}

FramePtr PlanesToFrame::convert(const Planes& picture) const {
  if (picture.channels() != 3 || picture.height() != size_.height || picture.width() != size_.width) {
    throw Error("write", "a picture",
                fmt::format("it is {}x{}x{}, not 3x{}x{}", picture.channels(), picture.height(),
                            picture.width(), size_.height, size_.width));
  }
  FramePtr frame = blank();
  if (is_rgb(format_)) {
    fill_rgb(picture, *frame);
  } else {
    fill_yuv(picture, is_yuvj(format_) ? kJpeg : space_ == AVCOL_SPC_BT709 ? kHigh : kStandard, *frame);
  }
  return frame;
}

}  // namespace reverie::ffmpeg
