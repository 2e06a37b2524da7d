#include "media/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "core/error.h"

namespace reverie::ffmpeg {
namespace {

constexpr int kScaling =
    SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;

// FFmpeg keeps planar RGB in the order G, B, R.
constexpr std::array<int, 3> kPlaneOfRgb = {2, 0, 1};

const AVPixFmtDescriptor& descriptor(int format) {
  const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(format));
  if (d == nullptr) throw Error("show", "a picture", "its pixel format is unknown");
  return *d;
}

bool is_rgb(const AVPixFmtDescriptor& d) {
  return (d.flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
}
bool is_gray(const AVPixFmtDescriptor& d) {
  return !is_rgb(d) && d.nb_components <= 2;
}
bool has_alpha(const AVPixFmtDescriptor& d) {
  return (d.flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL)) != 0;
}

// The yuvj formats say "full range" in their name; the scaler wants it said beside.
struct Format {
  AVPixelFormat format;
  bool full;
};
Format without_j(int format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return {AV_PIX_FMT_YUV420P, true};
    case AV_PIX_FMT_YUVJ422P:
      return {AV_PIX_FMT_YUV422P, true};
    case AV_PIX_FMT_YUVJ444P:
      return {AV_PIX_FMT_YUV444P, true};
    case AV_PIX_FMT_YUVJ440P:
      return {AV_PIX_FMT_YUV440P, true};
    case AV_PIX_FMT_YUVJ411P:
      return {AV_PIX_FMT_YUV411P, true};
    default:
      return {static_cast<AVPixelFormat>(format), false};
  }
}

bool is_full_range(const AVFrame& f) {
  if (f.color_range == AVCOL_RANGE_JPEG) return true;
  if (f.color_range == AVCOL_RANGE_MPEG) return false;
  return without_j(f.format).full || is_gray(descriptor(f.format));
}

// Untold, high definition is BT.709 and the rest BT.601, as players have it.
int matrix_of(const AVFrame& f) {
  if (f.colorspace != AVCOL_SPC_UNSPECIFIED && f.colorspace != AVCOL_SPC_RGB) return f.colorspace;
  return f.width >= 1280 || f.height > 576 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

// JPEG, the full range formats, is BT.601 by definition.
int matrix_for(AVPixelFormat format) {
  return without_j(format).full ? AVCOL_SPC_BT470BG : AVCOL_SPC_BT709;
}

struct Picture {
  Size size;
  AVPixelFormat format;
  bool full = true;
  int matrix = AVCOL_SPC_BT709;
  int chroma = AVCHROMA_LOC_UNSPECIFIED;
};

// Where colour samples of 4:2:0 and 4:2:2 lie, in 1/256 of a pixel: level with the left one unless said
// otherwise.
void set_chroma_position(SwsContext* scaler, const std::string& side, const Picture& p) {
  const AVPixFmtDescriptor& d = descriptor(p.format);
  if (is_rgb(d) || d.log2_chroma_w == 0) return;
  const bool centre =
      p.chroma == AVCHROMA_LOC_CENTER || p.chroma == AVCHROMA_LOC_TOP || p.chroma == AVCHROMA_LOC_BOTTOM;
  av_opt_set_int(scaler, (side + "_h_chr_pos").c_str(), centre ? 128 : 0, 0);
  if (d.log2_chroma_h == 0) return;
  const bool top = p.chroma == AVCHROMA_LOC_TOPLEFT || p.chroma == AVCHROMA_LOC_TOP;
  const bool bottom = p.chroma == AVCHROMA_LOC_BOTTOMLEFT || p.chroma == AVCHROMA_LOC_BOTTOM;
  av_opt_set_int(scaler, (side + "_v_chr_pos").c_str(), top ? 0 : bottom ? 256 : 128, 0);
}

ScalerPtr make_scaler(const Picture& from, const Picture& to, const std::string& what) {
  ScalerPtr scaler(sws_alloc_context());
  if (!scaler) throw std::bad_alloc();
  SwsContext* s = scaler.get();
  av_opt_set_int(s, "srcw", from.size.width, 0);
  av_opt_set_int(s, "srch", from.size.height, 0);
  av_opt_set_int(s, "src_format", from.format, 0);
  av_opt_set_int(s, "src_range", from.full ? 1 : 0, 0);
  av_opt_set_int(s, "dstw", to.size.width, 0);
  av_opt_set_int(s, "dsth", to.size.height, 0);
  av_opt_set_int(s, "dst_format", to.format, 0);
  av_opt_set_int(s, "dst_range", to.full ? 1 : 0, 0);
  av_opt_set_int(s, "sws_flags", kScaling, 0);
  set_chroma_position(s, "src", from);
  set_chroma_position(s, "dst", to);
  check(sws_init_context(s, nullptr, nullptr), "show", what, "its pixel format cannot be converted");
  constexpr int kOne = 1 << 16;
  sws_setColorspaceDetails(s, sws_getCoefficients(from.matrix), from.full ? 1 : 0,
                           sws_getCoefficients(to.matrix), to.full ? 1 : 0, 0, kOne, kOne);
  return scaler;
}

FramePtr make_frame(Size size, AVPixelFormat format) {
  FramePtr frame = new_frame();
  frame->width = size.width;
  frame->height = size.height;
  frame->format = format;
  check(av_frame_get_buffer(frame.get(), 0), "make", "a frame");
  return frame;
}

template <class T>
T* row_of(const AVFrame& f, int plane, int y) {
  return reinterpret_cast<T*>(f.data[plane] + static_cast<ptrdiff_t>(y) * f.linesize[plane]);
}

void scale(SwsContext* scaler, const AVFrame& from, AVFrame& to, const std::string& what) {
  check(sws_scale(scaler, from.data, from.linesize, 0, from.height, to.data, to.linesize), "show", what);
}

int rounded(double v) {
  return std::max(1, static_cast<int>(std::lround(std::min(v, 1e8))));
}

Size turned(Size s, const Orientation& o) {
  return o.transpose ? Size{s.height, s.width} : s;
}

// Not a number becomes 0.
float clip(float v) {
  return v > 0 ? std::min(v, 1.0F) : 0.0F;
}

// Copies one plane of a stored picture, transparency over black, to where it is seen.  `at` is where the
// turned picture's corner lies in out: negative cuts off, positive pads.
void place(const AVFrame& from, int plane, const Orientation& o, std::pair<int, int> at, Planes& out,
           int channel) {
  const bool alpha = from.format == AV_PIX_FMT_GBRAPF32LE;
  const int last_x = from.width - 1;
  const int last_y = from.height - 1;
  const Size shown = turned({from.width, from.height}, o);
  const int x0 = std::max(0, at.first);
  const int x1 = std::min(out.width(), at.first + shown.width);
  for (int y = std::max(0, at.second); y < std::min(out.height(), at.second + shown.height); ++y) {
    const int v = o.flip_y ? shown.height - 1 - (y - at.second) : y - at.second;
    float* to = out.row(channel, y);
    for (int x = x0; x < x1; ++x) {
      const int u = o.flip_x ? shown.width - 1 - (x - at.first) : x - at.first;
      const int sx = std::min(o.transpose ? v : u, last_x);
      const int sy = std::min(o.transpose ? u : v, last_y);
      const float value = row_of<const float>(from, plane, sy)[sx];
      to[x] = clip(alpha ? value * row_of<const float>(from, 3, sy)[sx] : value);
    }
  }
}

// The size of the whole picture, scaled so that it fits the target as wished.
Size fitted(Size shown, Size target, Fit fit) {
  if (fit == Fit::stretch) return target;
  const double across = static_cast<double>(target.width) / shown.width;
  const double down = static_cast<double>(target.height) / shown.height;
  const double scale = fit == Fit::crop ? std::max(across, down) : std::min(across, down);
  return {rounded(shown.width * scale), rounded(shown.height * scale)};
}

}  // namespace

Orientation orientation_of(const int32_t* m) {
  Orientation o;
  if (m == nullptr) return o;
  // (x, y) is seen at (x m0 + y m3, x m1 + y m4), all in 16.16
  const auto size = [](int32_t v) { return std::abs(static_cast<double>(v)); };
  o.transpose = size(m[1]) + size(m[3]) > size(m[0]) + size(m[4]);
  o.flip_x = (o.transpose ? m[3] : m[0]) < 0;
  o.flip_y = (o.transpose ? m[1] : m[4]) < 0;
  return o;
}

Size shown_size(Size stored, const Look& look) {
  const double aspect =
      look.pixel_aspect.num > 0 && look.pixel_aspect.den > 0 ? av_q2d(look.pixel_aspect) : 1.0;
  if (aspect > 1.01) stored.width = rounded(stored.width * aspect);
  if (aspect < 0.99) stored.height = rounded(stored.height / aspect);
  return turned(stored, look.orientation);
}

void check_size(Size size, const std::string& what) {
  if (size.width >= 1 && size.height >= 1 && size.width <= kLargestSide && size.height <= kLargestSide)
    return;
  throw Error("show", what, fmt::format("its pictures would be {}x{}", size.width, size.height),
              fmt::format("sides of 1 to {} are possible", kLargestSide));
}

Size wanted_size(const SourceOptions& options, Size shown, const std::string& what) {
  if (options.width < 0 || options.height < 0) check_size({options.width, options.height}, what);
  const auto even = [&](double v) {
    const int n = std::max(1, options.even);
    return std::max(n, rounded(v) / n * n);
  };
  Size size = {options.width, options.height};
  const double shape = static_cast<double>(shown.width) / shown.height;
  if (size.width == 0 && size.height == 0) {
    size = {even(shown.width), even(shown.height)};
  } else if (size.width == 0) {
    size.width = even(size.height * shape);
  } else if (size.height == 0) {
    size.height = even(size.width / shape);
  }
  check_size(size, what);
  return size;
}

void FrameToPlanes::prepare_scaler(const AVFrame& frame, const Look& look) {
  const Key key = {{frame.width, frame.height},  frame.format,          matrix_of(frame),
                   is_full_range(frame) ? 1 : 0, frame.chroma_location, look};
  if (scaler_ && key == key_) return;
  check_size(key.size, what_);
  turned_ = fitted(shown_size(key.size, look), target_, fit_);
  check_size(turned_, what_);
  const Size size = turned(turned_, look.orientation);
  const AVPixelFormat format =
      has_alpha(descriptor(frame.format)) ? AV_PIX_FMT_GBRAPF32LE : AV_PIX_FMT_GBRPF32LE;
  scaler_ = make_scaler({key.size, without_j(frame.format).format, key.range == 1, key.matrix, key.chroma},
                        {size, format}, what_);
  scaled_ = make_frame(size, format);
  key_ = key;
}

void FrameToPlanes::convert(const AVFrame& frame, const Look& look, Planes& out) {
  prepare_scaler(frame, look);
  scale(scaler_.get(), frame, *scaled_, what_);
  out.reshape(3, target_.height, target_.width);
  if (fit_ == Fit::pad && turned_ != target_) std::fill(out.data().begin(), out.data().end(), 0.0F);
  // Halves go to the same side for cropping and padding
  const std::pair<int, int> at = {-((turned_.width - target_.width) / 2),
                                  -((turned_.height - target_.height) / 2)};
  for (int c = 0; c < 3; ++c) {
    place(*scaled_, kPlaneOfRgb[static_cast<size_t>(c)], look.orientation, at, out, c);
  }
}

PlanesToFrame::PlanesToFrame(Size size, AVPixelFormat format) : size_(size), format_(format) {
  const bool rgb = is_rgb(descriptor(format));
  between_ = rgb ? AV_PIX_FMT_GBRP : AV_PIX_FMT_GBRPF32LE;
  if (between_ == format_) return;
  const Format to = without_j(format);
  scaler_ = make_scaler({size, between_}, {size, to.format, to.full || rgb, matrix_for(format)}, "a picture");
}

FramePtr PlanesToFrame::convert(const Planes& picture) {
  if (picture.channels() != 3 || picture.height() != size_.height || picture.width() != size_.width) {
    throw Error("write", "a picture",
                fmt::format("it is {}x{}x{}, not 3x{}x{}", picture.channels(), picture.height(),
                            picture.width(), size_.height, size_.width));
  }
  FramePtr frame = make_frame(size_, between_);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < size_.height; ++y) {
      const float* from = picture.row(c, y);
      const int plane = kPlaneOfRgb[static_cast<size_t>(c)];
      if (between_ == AV_PIX_FMT_GBRP) {
        auto* to = row_of<uint8_t>(*frame, plane, y);
        for (int x = 0; x < size_.width; ++x) to[x] = static_cast<uint8_t>(clip(from[x]) * 255.0F + 0.5F);
      } else {
        auto* to = row_of<float>(*frame, plane, y);
        for (int x = 0; x < size_.width; ++x) to[x] = clip(from[x]);
      }
    }
  }
  if (scaler_) {
    FramePtr converted = make_frame(size_, format_);
    scale(scaler_.get(), *frame, *converted, "a picture");
    frame = std::move(converted);
  }
  const bool yuv = !is_rgb(descriptor(format_));
  frame->colorspace = yuv ? static_cast<AVColorSpace>(matrix_for(format_)) : AVCOL_SPC_RGB;
  frame->color_range = yuv && !without_j(format_).full ? AVCOL_RANGE_MPEG : AVCOL_RANGE_JPEG;
  frame->sample_aspect_ratio = {1, 1};
  return frame;
}

}  // namespace reverie::ffmpeg
