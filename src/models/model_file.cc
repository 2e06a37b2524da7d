#include "models/model_file.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/text.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

std::string key(const char* part, int n, const char* what) {
  return fmt::format("{}{}.{}", part, n, what);
}

// The level's entry of a list in the metadata; the last one holds for the levels above.
std::string entry(const TensorFile& file, const std::string& name, int level, const std::string& fallback) {
  const auto it = file.metadata.find(name);
  if (it == file.metadata.end() || it->second.empty()) return fallback;
  const std::vector<std::string> words = split(it->second, ',');
  return std::string(trim(words[std::min(words.size() - 1, static_cast<size_t>(level))]));
}

template <class Enum>
Enum word(const TensorFile& file, const std::string& name, int level, const std::string& fallback,
          const std::vector<std::string>& words) {
  const std::string found = entry(file, name, level, fallback);
  const auto it = std::find(words.begin(), words.end(), found);
  if (it == words.end()) {
    throw Error("read", file.name, fmt::format("{} is one of {}, not '{}'", name, join(words, ", "), found));
  }
  return static_cast<Enum>(it - words.begin());
}

int filter_side(const TensorFile& file, const std::string& name) {
  const Tensor& t = file.get(name);
  const bool ok = t.shape.size() == 4 && t.shape[2] == t.shape[3] && t.shape[2] >= 1 &&
                  t.shape[2] <= kLargestKernel && t.shape[0] >= 1 && t.shape[0] <= kMostChannels;
  if (!ok)
    throw Error("read", file.name,
                fmt::format("'{}' has shape {}, no filters [out, in, k, k]", name, shape_text(t.shape)));
  return static_cast<int>(t.shape[2]);
}

HourglassConfig read_config(const TensorFile& file) {
  HourglassConfig config;
  for (int n = 1; file.has(key("encode", n, "weight")); ++n) {
    if (n > kMostLevels) throw Error("read", file.name, fmt::format("more than {} levels", kMostLevels));
    LevelConfig level;
    level.encode_kernel = filter_side(file, key("encode", n, "weight"));
    level.decode_kernel = filter_side(file, key("decode", n, "weight"));
    level.channels = static_cast<int>(file.get(key("encode", n, "weight")).shape[0]);
    const double pool = to_number(entry(file, "pool_size", n - 1, "2")).value_or(0);
    if (!(pool >= 1 && pool <= kLargestPool && pool == std::floor(pool)))
      throw Error("read", file.name, "pool_size is not a number from 1 to 8");
    level.pool_size = static_cast<int>(pool);
    level.pool = word<PoolKind>(file, "pool", n - 1, "max", pool_words());
    level.activation = word<ActivationKind>(file, "activation", n - 1, "tanh", activation_words());
    config.levels.push_back(level);
  }
  if (config.levels.empty())
    throw Error("read the model", file.name, "no tensor encode1.weight", "is it an hourglass?");
  config.output = word<ActivationKind>(file, "output", 0,
                                       activation_words()[static_cast<size_t>(config.levels[0].activation)],
                                       activation_words());
  check_hourglass(config, file.name);
  return config;
}

InputTransform read_input(const TensorFile& file) {
  InputTransform input;
  if (const auto it = file.metadata.find("scale"); it != file.metadata.end()) {
    const std::optional<double> scale = to_number(it->second);
    if (!scale || !std::isfinite(*scale) || *scale <= 0)
      throw Error("read", file.name, "scale is not a number above 0");
    input.scale = *scale;
  }
  input.subtract_mean = entry(file, "mean", 0, "training") != "none";
  if (file.has("mean")) {
    const Tensor& mean = file.get("mean");
    if (mean.shape.size() != 3 || mean.shape[0] != 3)
      throw Error("read", file.name,
                  fmt::format("'mean' has shape {}, no [3, H, W]", shape_text(mean.shape)));
    input.mean = torch::tensor(mean.data).view(mean.shape);
  }
  return input;
}

std::string list(const HourglassConfig& config, const std::function<std::string(const LevelConfig&)>& of) {
  std::vector<std::string> words;
  words.reserve(config.levels.size());
  for (const LevelConfig& level : config.levels) words.push_back(of(level));
  return join(words, ",");
}

}  // namespace

Tensor to_plain(const torch::Tensor& t) {
  const torch::Tensor c = t.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const auto* p = c.data_ptr<float>();
  return {c.sizes().vec(), std::vector<float>(p, p + c.numel())};
}

TensorFile model_tensors(const HourglassModel& model) {
  TensorFile file;
  const HourglassConfig& config = model.net.config();
  for (const NamedTensor& named : model.net.named()) file.tensors[named.name] = to_plain(named.tensor);
  if (model.input.mean.defined()) file.tensors["mean"] = to_plain(model.input.mean);
  file.metadata = {
      {"family", "hourglass"},
      {"pool_size", list(config, [](const LevelConfig& l) { return std::to_string(l.pool_size); })},
      {"pool", list(config, [](const LevelConfig& l) { return pool_words()[static_cast<size_t>(l.pool)]; })},
      {"activation",
       list(config,
            [](const LevelConfig& l) { return activation_words()[static_cast<size_t>(l.activation)]; })},
      {"output", activation_words()[static_cast<size_t>(config.output)]},
      {"scale", fmt::format("{}", model.input.scale)},
      {"mean", model.input.subtract_mean ? "training" : "none"},
  };
  return file;
}

HourglassModel model_from_tensors(const TensorFile& file) {
  HourglassModel model{HourglassNet(read_config(file)), read_input(file)};
  torch::NoGradGuard no_grad;
  for (const ParameterSlice& slice : model.net.slices()) {
    const Tensor& t = file.get(slice.name, slice.shape);
    const torch::Tensor values = torch::tensor(t.data);
    if (!torch::isfinite(values).all().item<bool>())
      throw Error("use the weights", file.name,
                  fmt::format("'{}' has a value that is infinite or not a number", slice.name));
    model.net.flat().narrow(0, slice.begin, slice.count).copy_(values);
  }
  return model;
}

fs::path model_path(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path, code) ? path / "model.safetensors" : path;
}

HourglassModel read_model(const fs::path& path) {
  return model_from_tensors(read_safetensors(model_path(path)));
}

int take_levels(HourglassNet& to, const HourglassNet& from) {
  torch::NoGradGuard no_grad;
  std::vector<bool> whole(to.config().levels.size(), true);
  for (const ParameterSlice& slice : to.slices()) {
    bool found = false;
    for (const NamedTensor& named : from.named()) {
      if (named.name != slice.name || named.tensor.sizes().vec() != slice.shape) continue;
      to.flat().narrow(0, slice.begin, slice.count).copy_(named.tensor.detach().reshape({slice.count}));
      found = true;
    }
    if (!found) whole[static_cast<size_t>(slice.level)] = false;
  }
  const auto first_other = std::find(whole.begin(), whole.end(), false);
  return static_cast<int>(first_other - whole.begin());
}

}  // namespace reverie
