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
  int height = 0, width = 0;        // of them, or of the frames of clips
  int frames = 1;                   // of clips
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
  std::string name;  // metadata `family` of its files, and of its table in recipes
  std::unique_ptr<Model> (*read_file)(const TensorFile& file) = nullptr;

  // Of those that recipes train: the keys of that table.
  std::vector<std::string> keys = {};
  std::shared_ptr<const NetworkSettings> (*read_recipe)(const TomlReader& table) = nullptr;

  // Of those that come in files of others: the endings of these.
  std::vector<std::string> endings = {};
  std::unique_ptr<Model> (*read_own)(const std::filesystem::path& path) = nullptr;
};

const std::vector<Family>& families();
// Null where there is none of that name.
const Family* find_family(const std::string& name);
// Those that recipes train.
std::vector<Family> trained_families();

// A model file, a run's folder, a family's own files (NET.caffemodel, NAME.pth), or the name of a network
// that was fetched.  A file that does not say its family is one of torchvision's networks where its tensors
// are, else an hourglass.  Error names the file for whatever does not fit.
std::unique_ptr<Model> read_model(const std::filesystem::path& path);
std::unique_ptr<Model> model_from_tensors(const TensorFile& file);
void write_model(const std::filesystem::path& path, const Model& model);

}  // namespace reverie
