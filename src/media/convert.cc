#include "media/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/limits.h"

namespace reverie::ffmpeg {
namespace {

int rounded(double v) {
  return std::max(1, static_cast<int>(std::lround(std::min(v, 1e8))));
}

Size turned(Size s, const Orientation& o) {
  return o.transpose ? Size{s.height, s.width} : s;
}

// How R, G and B are computed from Y, Cb and Cr: each is Y + cb * Cb + cr * Cr.
struct Matrix {
  std::array<float, 3> cb, cr;
};
Matrix matrix_for(AVColorSpace space) {
  if (space == AVCOL_SPC_YCGCO) return {{-1, 1, -1}, {1, 0, -1}};
  double r = 0.299;  // BT.601; the share of red and of blue in Y
  double b = 0.114;
  if (space == AVCOL_SPC_BT709) r = 0.2126, b = 0.0722;
  if (space == AVCOL_SPC_BT2020_NCL || space == AVCOL_SPC_BT2020_CL) r = 0.2627, b = 0.0593;
  if (space == AVCOL_SPC_FCC) r = 0.30, b = 0.11;
  if (space == AVCOL_SPC_SMPTE240M) r = 0.212, b = 0.087;
  const double g = 1 - r - b;
  const auto f = [](double v) { return static_cast<float>(v); };
  return {{0, f(-2 * b * (1 - b) / g), f(2 * (1 - b))}, {f(2 * (1 - r)), f(-2 * r * (1 - r) / g), 0}};
}

// Y, Cb, Cr to R, G, B in place.
void to_rgb(const Matrix& m, std::array<std::vector<float>, 3>& planes) {
  const size_t n = planes[0].size();
  float* a = planes[0].data();
  float* b = planes[1].data();
  float* c = planes[2].data();
  for (size_t i = 0; i < n; ++i) {
    const float y = a[i];
    const float cb = b[i];
    const float cr = c[i];
    a[i] = y + m.cb[0] * cb + m.cr[0] * cr;
    b[i] = y + m.cb[1] * cb + m.cr[1] * cr;
    c[i] = y + m.cb[2] * cb + m.cr[2] * cr;
  }
}

// Where the first chroma sample lies, in luma samples from the first of those: co-sited with it (MPEG) or
// between (JPEG).
struct Position {
  double x = 0, y = 0;
};
Position chroma_position(const AVFrame& f, const AVPixFmtDescriptor& d) {
  const AVChromaLocation l = f.chroma_location;
  const bool centre = l == AVCHROMA_LOC_CENTER || l == AVCHROMA_LOC_TOP || l == AVCHROMA_LOC_BOTTOM;
  const bool top = l == AVCHROMA_LOC_TOPLEFT || l == AVCHROMA_LOC_TOP;
  const bool bottom = l == AVCHROMA_LOC_BOTTOMLEFT || l == AVCHROMA_LOC_BOTTOM;
  const double across = (1 << d.log2_chroma_w) - 1;
  const double down = (1 << d.log2_chroma_h) - 1;
  return {centre ? across / 2 : 0, top ? 0 : bottom ? down : down / 2};
}

// The picture's size when fitted to the target.
struct Fitted {
  double width, height;
};
Fitted fitted(Size shown, Size target, Fit fit) {
  if (fit == Fit::kStretch) return {static_cast<double>(target.width), static_cast<double>(target.height)};
  const double across = static_cast<double>(target.width) / shown.width;
  const double down = static_cast<double>(target.height) / shown.height;
  const double scale = fit == Fit::kCrop ? std::max(across, down) : std::min(across, down);
  return {std::round(shown.width * scale), std::round(shown.height * scale)};
}

// One side: `whole` output samples would show all of `from`; only those from `skip` on are computed.
struct Side {
  int from = 0, to = 0, skip = 0;
  double whole = 0;
};
Axis axis_of(const Side& s) {
  const double step = s.from / s.whole;
  return {s.from, s.to, (s.skip + 0.5) * step - 0.5, step};
}
// The same for the chroma samples, of which there are fewer and which begin at `position`.
Axis chroma_axis_of(const Side& s, int log2, double position) {
  const double step = s.from / s.whole;
  const double factor = 1 << log2;
  return {AV_CEIL_RSHIFT(s.from, log2), s.to, ((s.skip + 0.5) * step - 0.5 - position) / factor,
          step / factor};
}

}  // namespace

Orientation orientation_of_exif(int tag) {
  Orientation o;
  o.transpose = tag >= 5;
  o.flip_x = tag == 2 || tag == 3 || tag == 6 || tag == 7;
  o.flip_y = tag == 3 || tag == 4 || tag == 7 || tag == 8;
  return o;
}

Orientation orientation_of(const int32_t* m) {
  Orientation o;
  if (m == nullptr) return o;
  // (x, y) is shown at (x m0 + y m3, x m1 + y m4), all in 16.16
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
  if (size.width == 0 || size.height == 0)
    throw Error("show", what, "none of it can be decoded: it is damaged or truncated");
  throw Error("show", what, fmt::format("its pictures would be {}x{}", size.width, size.height),
              fmt::format("sides must be 1 to {}", kLargestSide));
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

void FrameToPlanes::prepare(const AVFrame& frame, const Look& look) {
  const Key key = {{frame.width, frame.height}, frame.format, frame.chroma_location, look};
  if (key == key_) return;
  check_size(key.stored, what_);
  const Size shown = shown_size(key.stored, look);
  check_size(shown, what_);
  const Fitted whole = fitted(shown, target_, fit_);
  const Size all = {rounded(whole.width), rounded(whole.height)};
  place_.size = {std::min(all.width, target_.width), std::min(all.height, target_.height)};
  place_.x = (target_.width - place_.size.width) / 2;
  place_.y = (target_.height - place_.size.height) / 2;
  // From here on as stored, not as shown
  const Orientation& o = look.orientation;
  scaled_ = turned(place_.size, o);
  const Size stored_all = turned(all, o);
  const Side across = {key.stored.width, scaled_.width, (stored_all.width - scaled_.width) / 2,
                       static_cast<double>(stored_all.width)};
  const Side down = {key.stored.height, scaled_.height, (stored_all.height - scaled_.height) / 2,
                     static_cast<double>(stored_all.height)};
  level_ = {axis_of(across), axis_of(down)};
  const AVPixFmtDescriptor& d = descriptor(frame.format);
  const Position at = chroma_position(frame, d);
  chroma_ = {chroma_axis_of(across, d.log2_chroma_w, at.x), chroma_axis_of(down, d.log2_chroma_h, at.y)};
  key_ = key;
}

// Alpha that is 0 everywhere is a fourth byte that nobody filled, unless other frames or the format say more.
void FrameToPlanes::multiply_alpha(const Look& look) {
  const std::vector<float>& stored = samples_.alpha.data;
  filled_ = false;
  if (stored.empty() || (look.premultiplied && !fill_)) return;
  alpha_used_ = alpha_used_ || !look.alpha_may_be_unused ||
                std::any_of(stored.begin(), stored.end(), [](float a) { return a > 0; });
  if (!alpha_used_) return;
  resample(stored, samples_.alpha.width, level_.across, level_.down, room_, alpha_);
  for (float& a : alpha_) a = clip(a);
  for (std::vector<float>& plane : rgb_) {
    for (size_t i = 0; i < plane.size() && !look.premultiplied; ++i) plane[i] *= alpha_[i];
  }
  if (fill_) fill();
}

// Adds to colours that are multiplied by alpha what alpha leaves of their own mean.
void FrameToPlanes::fill() {
  constexpr float kOpaque = 1 - 0.5F / 255;
  const double there = std::accumulate(alpha_.begin(), alpha_.end(), 0.0);
  filled_ = std::any_of(alpha_.begin(), alpha_.end(), [](float a) { return a < kOpaque; });
  if (!filled_ || there == 0) return;
  for (std::vector<float>& plane : rgb_) {
    const auto mean = static_cast<float>(std::accumulate(plane.begin(), plane.end(), 0.0) / there);
    for (size_t i = 0; i < plane.size(); ++i) plane[i] += (1 - alpha_[i]) * mean;
  }
}

void FrameToPlanes::resample_all(const AVFrame& frame, const Look& look) {
  unpack(frame, what_, samples_);
  const auto one = [&](const SamplePlane& in, const Axes& axes, std::vector<float>& out) {
    resample(in.data, in.width, axes.across, axes.down, room_, out);
  };
  for (size_t c = 0; c < (samples_.gray ? 1 : 3); ++c) {
    one(samples_.planes[c], samples_.yuv && c > 0 ? chroma_ : level_, rgb_[c]);
  }
  if (samples_.gray) rgb_[1] = rgb_[2] = rgb_[0];
  if (samples_.yuv) to_rgb(matrix_for(matrix_of(frame)), rgb_);
  if (!colour_ || colour_->tags() != look.colour) colour_.emplace(look.colour);
  colour_->convert(rgb_);
  multiply_alpha(look);
}

void FrameToPlanes::place(const Orientation& o, Planes& out) const {
  const auto stride = static_cast<ptrdiff_t>(scaled_.width);
  // Steps through the stored picture for one pixel right and one down on screen
  ptrdiff_t right = (o.flip_x ? -1 : 1) * (o.transpose ? stride : 1);
  ptrdiff_t below = (o.flip_y ? -1 : 1) * (o.transpose ? 1 : stride);
  const Size s = place_.size;
  const ptrdiff_t first = (o.flip_x ? -right * (s.width - 1) : 0) + (o.flip_y ? -below * (s.height - 1) : 0);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < s.height; ++y) {
      const float* from = rgb_[static_cast<size_t>(c)].data() + first + y * below;
      float* to = out.row(c, place_.y + y) + place_.x;
      if (right == 1) {
        for (int x = 0; x < s.width; ++x) to[x] = clip(from[x]);
      } else {
        for (int x = 0; x < s.width; ++x) to[x] = clip(from[x * right]);
      }
    }
  }
}

void FrameToPlanes::convert(const AVFrame& frame, const Look& look, Planes& out) {
  prepare(frame, look);
  resample_all(frame, look);
  out.reshape(3, target_.height, target_.width);
  if (place_.size != target_) std::fill(out.data().begin(), out.data().end(), 0.0F);
  place(look.orientation, out);
}

}  // namespace reverie::ffmpeg
