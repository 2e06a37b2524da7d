// Goldens: recorded frames of the plain transition, to compare a kernel with.
#pragma once

#include <string>
#include <vector>

#include "core/parallel.h"
#include "feedback/parameters.h"
#include "weights/tensor.h"

namespace reverie {

struct GoldenFrame {
  int frame = 0;
  double error = 0;  // ||out - ref|| / ||ref|| over all levels together
};

constexpr double kGoldenTolerance = 1e-5;

// file: weights, frame0.h0 .. (the state before), frameN.h0 .. (after N frames), and metadata fb, tblur,
// pool, pool_size, activation, border.  Compares every recorded frame in turn; Error if something is missing.
std::vector<GoldenFrame> replay_golden(const TensorFile& file, const std::string& kernel, Threads& threads,
                                       Precision precision = Precision::kFp32);

}  // namespace reverie
