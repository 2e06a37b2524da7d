// The families of networks there are.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/toml_reader.h"
#include "models/model.h"

namespace reverie {

// What a network is built with beside what its recipe says.
struct BuildOptions {
  InputTransform input;
  std::vector<std::string> labels;  // of the training's record set
  int side = 32;                    // of the pictures it is trained on, the smaller one
  uint64_t seed = 1;                // of its random weights: the same ones everywhere
  torch::Device device = torch::kCPU;
};

// What a recipe says of a network.
class NetworkSettings {
 public:
  virtual ~NetworkSettings() = default;
  virtual std::string text() const = 0;  // its table of a recipe, with all keys
  virtual std::vector<std::string> parameter_names() const = 0;
  virtual std::unique_ptr<Model> build(const BuildOptions& options) const = 0;
  // Numbers that it learns, and that a training step keeps of each picture, at least: what does not fit is
  // said before it is taken.
  virtual double weights() const = 0;
  virtual double activations(int height, int width) const = 0;
};

struct Family {
  std::string name;               // of its table in recipes, and metadata `family` of its files
  std::vector<std::string> keys;  // of that table
  std::shared_ptr<const NetworkSettings> (*read_recipe)(const TomlReader& table);
  std::unique_ptr<Model> (*read_file)(const TensorFile& file);
};

const std::vector<Family>& families();
// Null where there is none of that name.
const Family* find_family(const std::string& name);

// A model file, or a run's folder.  A file that does not say its family is an hourglass.  Error names the
// file for whatever does not fit.
std::unique_ptr<Model> read_model(const std::filesystem::path& path);
std::unique_ptr<Model> model_from_tensors(const TensorFile& file);
void write_model(const std::filesystem::path& path, const Model& model);

}  // namespace reverie
