#include "feedback/kernels/cycles.h"

#include <numeric>

namespace reverie {
namespace {

constexpr int kTile = 4;  // rows that fast convolutions compute together

size_t z(int i) {
  return static_cast<size_t>(i);
}

}  // namespace

Cycles::Cycles(const Hourglass& hourglass, const LevelSizes& sizes) : heights_(sizes.height) {
  const int levels = hourglass.levels();
  for (int l = 0; l <= levels; ++l) {
    const int below = l > 0 ? hourglass.layers[z(l) - 1].pool_size : 1;
    const int above = l < levels ? hourglass.layers[z(l)].pool_size : 1;
    multiples_.push_back(std::lcm(kTile % below == 0 ? kTile / below : 1, above));
  }
  parts_.resize(z(levels) + 1);
  kept_.resize(z(levels) + 1);
  begun_.resize(z(levels) + 1);
}

void Cycles::Kept::keep(const Transition& t, int level) {
  transition = t;
  maps.clear();
  maps.reserve(LevelTransition::kFields);
  for (Field* f : transition.level[z(level)].fields()) {
    if (f->picture) f->picture = &maps.emplace_back(*f->picture);
  }
}

size_t Cycles::bytes() const {
  size_t sum = 0;
  for (const Kept& kept : kept_) {
    for (const Planes& map : kept.maps) sum += map.bytes();
  }
  return sum;
}

int Cycles::boundary(int level, int band) const {
  const int bands = 1 << level;
  const int height = heights_[z(level)];
  return band == bands ? height : height * band / bands / multiples_[z(level)] * multiples_[z(level)];
}

Cycles::Part Cycles::part(const Transition& t, int level) {
  const int height = heights_[z(level)];
  if (t.schedule == Schedule::kEvery || level == 0) return {&t, 0, height, height, true, 1};
  const int length = 1 << level;
  const auto at = static_cast<int>((frame_ + length / 2) % length);
  Kept& kept = kept_[z(level)];
  if (at == 0) {
    kept.keep(t, level);
    begun_[z(level)] = true;
  }
  const float share = 1.0F / static_cast<float>(length - (at + 1) % length);
  if (!begun_[z(level)]) return {&t, 0, 0, height, false, share};
  kept.transition.border = t.border;
  kept.transition.velocity = t.velocity;
  kept.transition.stream = t.stream;
  kept.transition.input_flow = t.input_flow;
  return {&kept.transition, boundary(level, at), boundary(level, at + 1), height, at + 1 == length, share};
}

void Cycles::next(const Transition& t) {
  ++frame_;
  for (int l = 0; l < static_cast<int>(parts_.size()); ++l) parts_[z(l)] = part(t, l);
}

}  // namespace reverie
