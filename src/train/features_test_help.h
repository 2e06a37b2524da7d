// A network whose features tests compare pictures by.
#pragma once

#include <string>

#include "core/test_help.h"
#include "models/family.h"
#include "train/recipe.h"

namespace reverie {

// A classifier whose layers are features, in a file.
inline std::string write_features(const TemporaryFolder& folder) {
  const Recipe recipe = parse_recipe(
      "[classifier]\nlayers = [\"conv 8\", \"max 2\", \"conv 8\", \"max\"]\n[[stage]]\n", "f.toml");
  BuildOptions options;
  options.labels = {"a", "b"};
  options.input = {1.0 / 64, false, {}};
  const std::string path = (folder.path() / "features.safetensors").string();
  write_model(path, *recipe.network().build(options));
  return path;
}

}  // namespace reverie
