// A contact sheet of a sequence of frames of unknown length.
#pragma once

#include <cstdint>
#include <vector>

#include "core/planes.h"
#include "core/state.h"

namespace reverie {

// Keeps small copies of evenly spaced frames: when there are too many, every other one is dropped and the
// step doubles.
class SheetMaker {
 public:
  SheetMaker(int columns, int rows, int thumbnail_width)
      : columns_(columns), rows_(rows), width_(thumbnail_width) {}

  void add(int64_t frame, const Planes& picture);

  // As Effect::save() and load().
  void save(State& to) const;
  void load(const State& from);

  // columns x rows pictures (fewer if there were fewer frames), first to last, with a thin black gap.  [3, H,
  // W]
  Planes sheet() const;

 private:
  int columns_, rows_, width_;
  int64_t step_ = 1;
  std::vector<Planes> kept_;
};

}  // namespace reverie
