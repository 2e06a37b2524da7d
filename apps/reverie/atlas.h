// `reverie layers M --atlas`: a sheet for each layer of what its channels look for.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/model.h"

namespace reverie {

struct AtlasWords {
  std::filesystem::path output;
  std::vector<std::string> layers;  // empty: those worth a sheet
  int steps = 96, threads = 0;
  uint64_t seed = 1;
  bool quiet = false;
};

// Writes DIR/LAYER.png, and DIR/LAYER/N.png as it goes: what is there is not made again.  The exit status.
int write_atlas(const std::shared_ptr<const Model>& model, const AtlasWords& words);

}  // namespace reverie
