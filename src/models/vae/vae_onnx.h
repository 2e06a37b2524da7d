// A VAE as ONNX graphs, for other programs.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "models/vae/vae.h"

namespace reverie {

// "encoder" (picture [N, 3, H, W] in 0..1 -> mean, log_sigma), "decoder" (codes -> picture, not clamped) and
// "refiner" (picture -> refined), whichever the model has, each with its file's content.  N is free; where
// codes are spatial so are the sides, as long as they are multiples of the model's step (of 2 at least).  To
// a conditional decoder the codes are followed by one weight for each label; they add up to 1.
// Error for inputs that are no plain pictures.
std::vector<std::pair<std::string, std::vector<uint8_t>>> vae_onnx(const VaeModel& model);

}  // namespace reverie
