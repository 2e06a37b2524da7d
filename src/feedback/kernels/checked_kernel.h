// A kernel that is held against the reference kernel while it plays.
#pragma once

#include <memory>

#include "core/effect.h"
#include "feedback/kernels/kernel.h"

namespace reverie {

constexpr int64_t kCheckEvery = 30;       // frames
constexpr double kCheckTolerance = 1e-5;  // ||a - b|| / ||b|| over all levels together
constexpr double kBf16Tolerance = 1e-2;   // the same of precision bf16

// The kernel of this kind; every kCheckEvery-th frame (Transition::frame) its step is also computed by the
// reference kernel from the same state.  The largest difference is kept in the report; one above
// the tolerance is an Error that names frame, level and place.  Where the transition jumps (squash =
// "wrap", sampling = "nearest", in bf16 pool = "maxmag"), rounding may send single samples to its other side:
// the worst ten-thousandth of them does not count.  With Schedule::kEven a second kernel of this kind makes a
// whole step for the check, and what is played is compared at level 0.
std::unique_ptr<Kernel> make_checked_kernel(const KernelKind& kind, const Hourglass& hourglass,
                                            const LevelSizes& sizes, Threads& threads,
                                            std::shared_ptr<CheckReport> report);

}  // namespace reverie
