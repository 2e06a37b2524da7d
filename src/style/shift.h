// A sheet of what becomes of pictures whose codes are changed.
#pragma once

#include <string>
#include <vector>

#include "core/planes.h"
#include "models/vae/vae.h"

namespace reverie {

// pictures: [1, 3, H, W] each, 0..255, of one size.  A row for each: the picture, its reconstruction, with
// noise of deviation 1 added to its codes (salted), with its codes in reverse order, moved to each of the
// labels (empty: all), and halfway to the next picture; below them a walk from each label to the next one.
Planes shift_sheet(const VaeModel& model, const std::vector<torch::Tensor>& pictures,
                   const std::vector<std::string>& labels, uint64_t seed);

}  // namespace reverie
