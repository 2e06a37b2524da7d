// A look inside a model: sheets of its reconstructions, filters and responses.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include "core/planes.h"
#include "data/record_set.h"
#include "models/hourglass/model.h"
#include "models/torch.h"

namespace reverie {

// t: [C, H, W] of any type, on any device.
Planes to_planes(const torch::Tensor& t);

// pictures: [N, 3, H, W], 0..255, sides multiples of the hourglass's factor.  Rows: the pictures, their
// reconstructions from each level, and below each of these the pictures shrunk by the level's factor and
// enlarged again by cubic resampling; with the PSNR of the pictures shown. transform: including its mean
// picture.
Planes reconstruction_sheet(const HourglassModel& model, const InputTransform& transform,
                            const torch::Tensor& pictures);

enum class ResponseColours {
  kDiverging,  // each channel in the colours of cool_warm
  kTriples     // channels 1 to 3, 4 to 6, ... as red, green and blue
};

// The responses of one level: to the right of each picture all channels, row by row, on one scale. pictures:
// [N, 3, H, W], 0..255; h: [N, C, h, w].
Planes response_sheet(const torch::Tensor& pictures, const torch::Tensor& h, int level,
                      ResponseColours colours);

struct InspectRequest {
  std::filesystem::path model;   // a .safetensors file or a run's folder
  std::filesystem::path data;    // a record set
  std::filesystem::path output;  // folder of the sheets
  std::filesystem::path run;     // its events are drawn; empty: the model's folder
  Split split = Split::kTest;
  size_t limit = 24;  // pictures on a sheet of reconstructions, the first of the split
};

// Writes reconstructions.png, and for each level N filters-encodeN.png, filters-decodeN.png (from level 2 up
// also -colour.png), responses-levelN.png and responses-levelN-colour.png; for the run's events
// curve-TAG.png. written is called for each file once it is complete.  False if stopped by Ctrl-C.  Error if
// model, set and sizes do not match, or if `run` has no events.
bool inspect(const InspectRequest& request,
             const std::function<void(const std::filesystem::path& file, const std::string& what)>& written);

}  // namespace reverie
