// Training generators (families gan and lapgan) against discriminators.
#pragma once

#include "models/vae/vae.h"
#include "train/task.h"

namespace reverie {

TaskKind gan_task();
TaskKind lapgan_task();

// Of codes: [count, C], in a grid [count, C, h, w] for pictures of that size.
std::vector<int64_t> code_shape(const VaeModel& model, int64_t count, int64_t height, int64_t width);

// Normal numbers, the same for the same seed.
torch::Tensor sample_codes(const VaeModel& model, int64_t count, int64_t height, int64_t width,
                           uint64_t seed);

// Pictures [N, 3, height, width], 0..255, of these codes.
torch::Tensor pictures_of_codes(const VaeModel& model, const torch::Tensor& codes, int64_t height,
                                int64_t width);

}  // namespace reverie
