// Random numbers that depend only on their seed and their position: the same on every machine, in any order.
#pragma once

#include <cstdint>

namespace reverie {

// SplitMix64's finalizer (Steele, Lea, Flood 2014): a bijection of 64 bits that looks random.
constexpr uint64_t mix_bits(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

// One stream of draws.  A stream split off by a key is independent of its parent and of the parent's other
// streams.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(mix_bits(seed)) {}
  Random split(uint64_t key) const { return Random(state_ ^ mix_bits(key ^ 0x5851f42d4c957f2dULL)); }

  // The i-th draw of this stream, by position rather than in sequence: uniform in -1..1.
  float signed_at(uint64_t i) const { return to_signed(mix_bits(state_ + i * kStep)); }

  // How draws by position are made: signed_at(i) = to_signed(mix_bits(key() + i * kStep)).
  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15ULL;
  uint64_t key() const { return state_; }

  uint64_t bits() { return mix_bits(state_ += 0x9e3779b97f4a7c15ULL); }
  double uniform() { return static_cast<double>(bits() >> 11U) * 0x1p-53; }  // 0 <= u < 1
  double normal();                                                           // mean 0, standard deviation 1

 private:
  static float to_signed(uint64_t b) { return static_cast<float>(static_cast<int32_t>(b >> 32U)) * 0x1p-31F; }
  uint64_t state_;
};

}  // namespace reverie
