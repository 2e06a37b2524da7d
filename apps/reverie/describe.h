// A VAE that describes what a search finds.
#pragma once

#include <filesystem>

#include "discover/life.h"

namespace reverie {

struct Describer {
  int codes = 0;
  Describe describe;  // them, each as the share of the normal distribution of its training that is below it
  std::function<void(const std::filesystem::path& file)> write;  // the network
};

// Error unless it is a VAE with one code vector.  Needs LibTorch: in reverie it becomes reverie-lab (lab.h).
Describer read_describer(const std::filesystem::path& model);

}  // namespace reverie
