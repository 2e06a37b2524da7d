#include "feedback/kernels/cpu/scratch.h"

#include <array>

namespace reverie::cpu {

std::atomic<size_t>& Scratch::all() {
  static std::atomic<size_t> samples{0};
  return samples;
}

Scratch& scratch(int number) {
  thread_local std::array<Scratch, 4> mine;
  return mine.at(static_cast<size_t>(number));
}

}  // namespace reverie::cpu
