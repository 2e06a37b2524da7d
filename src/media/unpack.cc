#include "media/unpack.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace reverie::ffmpeg {
namespace {

bool has(const AVPixFmtDescriptor& d, uint64_t flag) {
  return (d.flags & flag) != 0;
}

bool is_gray(const AVPixFmtDescriptor& d) {
  return !has(d, AV_PIX_FMT_FLAG_RGB) && d.nb_components - (has(d, AV_PIX_FMT_FLAG_ALPHA) ? 1 : 0) == 1;
}

// The yuvj formats imply full range.
bool is_yuvj(int format) {
  return format == AV_PIX_FMT_YUVJ420P || format == AV_PIX_FMT_YUVJ422P || format == AV_PIX_FMT_YUVJ444P ||
         format == AV_PIX_FMT_YUVJ440P || format == AV_PIX_FMT_YUVJ411P;
}

// number = code * scale + offset
struct Range {
  float scale = 1, offset = 0;
};
enum class Meaning { kLevel, kChroma };

Range range_of(int depth, bool full, Meaning meaning) {
  const double codes = std::ldexp(1.0, depth);
  const double unit = std::ldexp(1.0, depth - 8);  // one 8 bit step, the unit in which the limits are defined
  if (meaning == Meaning::kLevel) {
    if (full) return {static_cast<float>(1 / (codes - 1)), 0};
    return {static_cast<float>(1 / (219 * unit)), -16.0F / 219.0F};
  }
  const double scale = full ? 1 / (codes - 1) : 1 / (224 * unit);
  return {static_cast<float>(scale), static_cast<float>(-codes / 2 * scale)};
}

template <class T>
void read_plain(const AVFrame& f, const AVComponentDescriptor& c, const Range& range, SamplePlane& out) {
  for (int y = 0; y < out.height; ++y) {
    const uint8_t* at = f.data[c.plane] + static_cast<ptrdiff_t>(y) * f.linesize[c.plane] + c.offset;
    const T* from = reinterpret_cast<const T*>(at);
    float* to = &out.data[static_cast<size_t>(y) * static_cast<size_t>(out.width)];
    for (int x = 0; x < out.width; ++x) to[x] = static_cast<float>(from[x]) * range.scale + range.offset;
  }
}

// Any layout, through FFmpeg's own reader.
void read_packed(const AVFrame& f, const AVPixFmtDescriptor& d, int component, const Range& range,
                 SamplePlane& out) {
  std::vector<uint16_t> line(static_cast<size_t>(out.width));
  const uint8_t* data[4] = {f.data[0], f.data[1], f.data[2], f.data[3]};  // NOLINT(modernize-avoid-c-arrays)
  const bool inverted = f.format == AV_PIX_FMT_MONOWHITE;
  for (int y = 0; y < out.height; ++y) {
    av_read_image_line2(line.data(), data, f.linesize, &d, 0, y, component, out.width, 0, sizeof(uint16_t));
    float* to = &out.data[static_cast<size_t>(y) * static_cast<size_t>(out.width)];
    for (int x = 0; x < out.width; ++x) {
      const float code = line[static_cast<size_t>(x)];
      to[x] = (inverted ? 1 - code : code) * range.scale + range.offset;
    }
  }
}

void read_component(const AVFrame& f, const AVPixFmtDescriptor& d, int component, const Range& range,
                    SamplePlane& out) {
  const AVComponentDescriptor& c = d.comp[component];
  const bool chroma = !has(d, AV_PIX_FMT_FLAG_RGB) && !is_gray(d) && (component == 1 || component == 2);
  out.width = chroma ? AV_CEIL_RSHIFT(f.width, d.log2_chroma_w) : f.width;
  out.height = chroma ? AV_CEIL_RSHIFT(f.height, d.log2_chroma_h) : f.height;
  out.data.resize(static_cast<size_t>(out.width) * static_cast<size_t>(out.height));
  if (has(d, AV_PIX_FMT_FLAG_FLOAT)) return read_plain<float>(f, c, {1, 0}, out);
  const bool plain = c.shift == 0 && !has(d, AV_PIX_FMT_FLAG_BITSTREAM) && !has(d, AV_PIX_FMT_FLAG_BE);
  if (plain && c.depth == 8 && c.step == 1) return read_plain<uint8_t>(f, c, range, out);
  if (plain && c.depth > 8 && c.step == 2) return read_plain<uint16_t>(f, c, range, out);
  read_packed(f, d, component, range, out);
}

void read_palette(const AVFrame& f, Samples& out) {
  for (SamplePlane* p : {&out.planes[0], &out.planes[1], &out.planes[2], &out.alpha}) {
    p->width = f.width;
    p->height = f.height;
    p->data.resize(static_cast<size_t>(f.width) * static_cast<size_t>(f.height));
  }
  std::array<uint32_t, 256> palette{};
  std::memcpy(palette.data(), f.data[1], sizeof(palette));
  size_t to = 0;
  for (int y = 0; y < f.height; ++y) {
    const uint8_t* from = f.data[0] + static_cast<ptrdiff_t>(y) * f.linesize[0];
    for (int x = 0; x < f.width; ++x, ++to) {
      const uint32_t argb = palette[from[x]];
      const auto byte = [&](unsigned shift) { return static_cast<float>((argb >> shift) & 255U) / 255.0F; };
      out.planes[0].data[to] = byte(16);
      out.planes[1].data[to] = byte(8);
      out.planes[2].data[to] = byte(0);
      out.alpha.data[to] = byte(24);
    }
  }
}

void check_format(const AVPixFmtDescriptor& d, const std::string& what) {
  const bool number = has(d, AV_PIX_FMT_FLAG_FLOAT)
                          ? d.comp[0].depth == 32 && (has(d, AV_PIX_FMT_FLAG_PLANAR) || d.nb_components == 1)
                          : d.comp[0].depth <= 16;
  const bool foreign_float = has(d, AV_PIX_FMT_FLAG_FLOAT) && has(d, AV_PIX_FMT_FLAG_BE);
  const bool xyz = std::string(d.name).starts_with("xyz");
  if (has(d, AV_PIX_FMT_FLAG_HWACCEL) || has(d, AV_PIX_FMT_FLAG_BAYER) || xyz || !number || foreign_float) {
    throw Error("show", what, fmt::format("its pixel format {} is not supported", d.name));
  }
}

}  // namespace

const AVPixFmtDescriptor& descriptor(int format) {
  const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(format));
  if (d == nullptr) throw Error("show", "a picture", "its pixel format is unknown");
  return *d;
}

bool is_full_range(const AVFrame& f) {
  const AVPixFmtDescriptor& d = descriptor(f.format);
  if (has(d, AV_PIX_FMT_FLAG_RGB) || f.color_range == AVCOL_RANGE_JPEG) return true;
  if (f.color_range == AVCOL_RANGE_MPEG) return false;
  return is_yuvj(f.format) || is_gray(d);
}

AVColorSpace matrix_of(const AVFrame& f) {
  if (f.colorspace != AVCOL_SPC_UNSPECIFIED && f.colorspace != AVCOL_SPC_RGB) return f.colorspace;
  return assumed_matrix(f.width, f.height);
}

AVColorSpace assumed_matrix(int width, int height) {
  return width >= 1280 || height > 576 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

void unpack(const AVFrame& f, const std::string& what, Samples& out) {
  const AVPixFmtDescriptor& d = descriptor(f.format);
  out.alpha = {};
  out.gray = false;
  out.yuv = false;
  if (f.format == AV_PIX_FMT_PAL8) return read_palette(f, out);
  check_format(d, what);
  out.gray = is_gray(d);
  out.yuv = !out.gray && !has(d, AV_PIX_FMT_FLAG_RGB);
  const bool full = is_full_range(f);
  const int alpha = has(d, AV_PIX_FMT_FLAG_ALPHA) ? d.nb_components - 1 : -1;
  for (int c = 0; c < d.nb_components; ++c) {
    const int depth = d.comp[c].depth;
    if (c == alpha) {
      read_component(f, d, c, range_of(depth, true, Meaning::kLevel), out.alpha);
    } else {
      const Meaning meaning = out.yuv && c > 0 ? Meaning::kChroma : Meaning::kLevel;
      read_component(f, d, c, range_of(depth, full, meaning), out.planes[static_cast<size_t>(c)]);
    }
  }
}

bool alpha_is_empty(const AVFrame& f, const std::string& what) {
  Samples samples;
  unpack(f, what, samples);
  const std::vector<float>& alpha = samples.alpha.data;
  return !alpha.empty() && std::all_of(alpha.begin(), alpha.end(), [](float a) { return a == 0; });
}

}  // namespace reverie::ffmpeg
