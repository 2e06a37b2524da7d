#include "data/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/random.h"

namespace reverie {
namespace {

constexpr uint64_t kCropPlaces = 0x63726f70;  // the random stream, split off the seed
constexpr size_t kNamed = 3;                  // pictures that a warning names

}  // namespace

void to_bytes(const Planes& picture, std::vector<uint8_t>& out) {
  const size_t n = picture.plane_size();
  out.resize(n * 3);
  for (size_t c = 0; c < 3; ++c) {
    const float* from = picture.plane(static_cast<int>(c));
    // NaN becomes 0
    for (size_t i = 0; i < n; ++i) {
      const float v = from[i] > 0 ? std::min(from[i], 1.0F) : 0.0F;
      out[i * 3 + c] = static_cast<uint8_t>(std::lround(v * 255.0F));
    }
  }
}

Planes to_planes(std::span<const uint8_t> pixels, int height, int width) {
  Planes picture(3, height, width);
  const size_t n = picture.plane_size();
  for (size_t c = 0; c < 3; ++c) {
    float* to = picture.plane(static_cast<int>(c));
    for (size_t i = 0; i < n; ++i) to[i] = static_cast<float>(pixels[i * 3 + c]) / 255.0F;
  }
  return picture;
}

PictureIntake::PictureIntake(RecordSetWriter& set, ImportOptions options, Progress* progress)
    : set_(&set), options_(std::move(options)), progress_(progress) {}

const Planes& PictureIntake::prepared(const Planes& picture, const std::string& name) {
  const Planes* shown = &picture;
  if (const Margins& m = options_.crop; m.any()) {
    const int width = picture.width() - m.left - m.right;
    const int height = picture.height() - m.top - m.bottom;
    if (width < 1 || height < 1) {
      throw Error("import", name,
                  fmt::format("none of its {}x{} pixels are left", picture.width(), picture.height()),
                  "--crop cuts off TOP,RIGHT,BOTTOM,LEFT");
    }
    planes_ = cut_out(*shown, m.left, m.top, width, height);
    shown = &planes_;
  }
  if (options_.crops.count > 0) {
    const int side = std::min(shown->width(), shown->height());
    if (const int wanted = options_.crops.side; wanted > 0 && side > wanted) {
      const auto scaled = [&](int length) {
        return static_cast<int>(std::lround(static_cast<double>(length) * wanted / side));
      };
      planes_ = fit_picture(*shown, scaled(shown->height()), scaled(shown->width()), Fit::kStretch);
      shown = &planes_;
    }
    return *shown;
  }
  if (options_.width > 0 && (shown->width() != options_.width || shown->height() != options_.height)) {
    planes_ = fit_picture(*shown, options_.height, options_.width, options_.fit);
    shown = &planes_;
  }
  return *shown;
}

void PictureIntake::add(const Planes& picture, const Belonging& to, const std::string& name) {
  const auto [columns, rows] = options_.tiles;
  if (columns * rows == 1) return add_tile(picture, to, name, false);
  if (picture.width() % columns != 0 || picture.height() % rows != 0)
    throw Error(
        "import", name,
        fmt::format("its {}x{} pixels are not {}x{} tiles", picture.width(), picture.height(), columns, rows),
        "--tiles takes COLUMNSxROWS of pictures of the same size");
  const int width = picture.width() / columns;
  const int height = picture.height() / rows;
  for (int i = 0; i < columns * rows; ++i)
    add_tile(cut_out(picture, i % columns * width, i / columns * height, width, height), to, name, i > 0);
}

void PictureIntake::add_tile(const Planes& tile, const Belonging& to, const std::string& name,
                             bool with_last) {
  if (!wanted(to)) return;
  const Planes& shown = prepared(tile, name);
  if (options_.crops.count > 0) return add_crops(shown, to, name, with_last);
  to_bytes(shown, bytes_);
  store(bytes_, shown.height(), shown.width(), to, name, with_last);
  ++taken_;
}

void PictureIntake::add_clip(const std::vector<Planes>& frames, const Belonging& to, int64_t video,
                             const std::string& group, const std::string& name) {
  if (!wanted(to)) return;
  std::vector<uint8_t> strip;
  int height = 0;
  int width = 0;
  for (const Planes& frame : frames) {
    const Planes& shown = prepared(frame, name);
    height = shown.height();
    width = shown.width();
    to_bytes(shown, bytes_);
    strip.insert(strip.end(), bytes_.begin(), bytes_.end());
  }
  check_size(height, width, name);
  const auto count = static_cast<int>(frames.size());
  set_->add_clip(strip, height * count, width, to.label, to.split, {count, video, group});
  ++taken_;
  if (progress_ != nullptr) progress_->update(static_cast<int64_t>(set_->pictures()));
}

void PictureIntake::add_crops(const Planes& picture, const Belonging& to, const std::string& name,
                              bool with_last) {
  const Crops& crops = options_.crops;
  const int right = picture.width() - crops.width;
  const int below = picture.height() - crops.height;
  if (right < 0 || below < 0) {
    if (small_++ < kNamed)
      named_small_.push_back(fmt::format("{} ({}x{})", name, picture.width(), picture.height()));
    return;
  }
  Random random = Random(crops.seed).split(kCropPlaces).split(taken_++);
  const auto draw = [&random](int most) { return static_cast<int>(random.uniform() * (most + 1)); };
  for (int i = 0; i < crops.count; ++i) {
    const int x = draw(right);
    const int y = draw(below);
    to_bytes(cut_out(picture, x, y, crops.width, crops.height), bytes_);
    store(bytes_, crops.height, crops.width, to, name, with_last || i > 0);
  }
}

void PictureIntake::add(std::span<const uint8_t> pixels, int height, int width, const Belonging& to,
                        const std::string& name) {
  const bool same_size = options_.width == 0 || (options_.width == width && options_.height == height);
  const bool whole = options_.tiles.columns * options_.tiles.rows == 1 && options_.crops.count == 0;
  if (same_size && !options_.crop.any() && whole) {
    if (!wanted(to)) return;
    store(pixels, height, width, to, name);
    ++taken_;
  } else {
    add(to_planes(pixels, height, width), to, name);
  }
}

bool PictureIntake::wanted(const Belonging& to) {
  if (options_.per_label == 0 || to.split == Split::kTest) return true;
  return of_label_[to.label]++ < options_.per_label;
}

void PictureIntake::check_size(int height, int width, const std::string& name) {
  if (first_.empty()) {
    first_ = name;
    height_ = height;
    width_ = width;
  } else if (height != height_ || width != width_) {
    throw Error("import", name,
                fmt::format("it is {}x{}, but {} is {}x{}", width, height, first_, width_, height_),
                "use --size WxH to resize all pictures");
  }
}

void PictureIntake::store(std::span<const uint8_t> pixels, int height, int width, const Belonging& to,
                          const std::string& name, bool with_last) {
  check_size(height, width, name);
  set_->add(pixels, height, width, to.label, to.split, with_last);
  if (progress_ != nullptr) progress_->update(static_cast<int64_t>(set_->pictures()));
}

void PictureIntake::leave_out(const std::string& why) {
  if (left_out_++ < kNamed) why_left_out_.push_back(why);
}

}  // namespace reverie
