// Compares a kernel with the reference kernel while it plays.
#pragma once

#include <memory>

#include "core/effect.h"
#include "feedback/kernels/kernel.h"

namespace reverie {

constexpr int64_t kCheckEvery = 30;       // frames
constexpr double kCheckTolerance = 1e-5;  // ||a - b|| / ||b|| over all levels together
constexpr double kBf16Tolerance = 1e-2;   // the same for precision bf16

// A kernel of this kind; on every kCheckEvery-th frame (Transition::frame) the reference kernel also computes
// the step from the same state.  The report keeps the largest difference; one above the tolerance is an Error
// that names frame, level and position.  Where the transition jumps (squash = "wrap", sampling = "nearest",
// in bf16 pool = "maxmag"), rounding may send single samples to the other side, so the worst ten-thousandth
// of them is ignored.  With Schedule::kEven a second kernel of this kind makes a whole step for the check,
// and what is played is compared at level 0.
std::unique_ptr<Kernel> make_checked_kernel(const KernelKind& kind, const Hourglass& hourglass,
                                            const LevelSizes& sizes, Threads& threads,
                                            std::shared_ptr<CheckReport> report);

}  // namespace reverie
