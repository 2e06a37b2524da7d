#include "pipeline/sheet.h"

#include <algorithm>
#include <string>

#include "core/error.h"

namespace reverie {

void SheetMaker::add(int64_t frame, const Planes& picture) {
  if (frame % step_ != 0) return;
  const int width = std::min(width_, picture.width());
  const int height = std::max(1, picture.height() * width / picture.width());
  kept_.push_back(resize(picture, height, width));
  if (kept_.size() <= 4 * static_cast<size_t>(columns_) * static_cast<size_t>(rows_)) return;
  for (size_t i = 1; 2 * i < kept_.size(); ++i) kept_[i] = std::move(kept_[2 * i]);
  kept_.resize((kept_.size() + 1) / 2);
  step_ *= 2;
}

void SheetMaker::save(State& to) const {
  to.put_whole("step", step_);
  to.put_whole("pictures", static_cast<int64_t>(kept_.size()));
  for (size_t i = 0; i < kept_.size(); ++i) to.put(std::to_string(i), kept_[i]);
}

void SheetMaker::load(const State& from) {
  step_ = std::max<int64_t>(1, from.whole("step"));
  kept_.clear();
  for (int64_t i = 0; i < from.whole("pictures"); ++i) {
    Planes picture = from.planes(std::to_string(i));
    if (!kept_.empty() && !picture.same_shape(kept_.front()))
      throw Error("go on", "", "the sheet's pictures that were kept do not fit");
    kept_.push_back(std::move(picture));
  }
}

Planes SheetMaker::sheet() const {
  if (kept_.empty()) return {3, 1, 1};
  constexpr int kGap = 4;
  const int cells = std::min(columns_ * rows_, static_cast<int>(kept_.size()));
  const int columns = std::min(columns_, cells);
  const int rows = (cells + columns - 1) / columns;
  const int width = kept_[0].width() + kGap;
  const int height = kept_[0].height() + kGap;
  Planes out(3, rows * height - kGap, columns * width - kGap);
  for (int i = 0; i < cells; ++i) {
    const size_t which =
        cells == 1 ? 0 : static_cast<size_t>(i) * (kept_.size() - 1) / static_cast<size_t>(cells - 1);
    const Planes& p = kept_[which];
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < p.height(); ++y) {
        std::copy(p.row(c, y), p.row(c, y) + p.width(),
                  out.row(c, i / columns * height + y) + i % columns * width);
      }
    }
  }
  return out;
}

}  // namespace reverie
