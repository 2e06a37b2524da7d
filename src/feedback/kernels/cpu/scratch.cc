#include "feedback/kernels/cpu/scratch.h"

#include <array>

namespace reverie::cpu {

Scratch& scratch(int number) {
  thread_local std::array<Scratch, 4> mine;
  return mine.at(static_cast<size_t>(number));
}

}  // namespace reverie::cpu
