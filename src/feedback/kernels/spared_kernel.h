// A kernel with a spare: where a graphics card is lost, or has too little memory, the CPU kernel goes on.
#pragma once

#include "feedback/kernels/kernel.h"

namespace reverie {

// From now on kernels of a card get a spare: for live sets, which must not end.  Until then a failure is an
// Error.
void want_spare_kernels();

// A kernel of this kind; with a spare where that is wanted and the kind can fail.  At a failure one warning
// says why, and the CPU kernel starts from the last picture that came down and, above it, from states at most
// kSpareEvery frames old.
std::unique_ptr<Kernel> make_playing_kernel(const KernelKind& kind, const Hourglass& hourglass,
                                            const LevelSizes& sizes, Threads& threads);
constexpr int kSpareEvery = 64;  // frames

}  // namespace reverie
