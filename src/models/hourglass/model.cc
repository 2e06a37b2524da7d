#include "models/hourglass/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "models/family.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

HourglassConfig config_of(const HourglassFile& file, const std::string& name) {
  HourglassConfig config;
  for (const HourglassFileLevel& from : file.levels) {
    LevelConfig level;
    level.channels = from.upper;
    level.encode_kernel = from.encode_kernel;
    level.decode_kernel = from.decode_kernel;
    level.pool_size = from.pool_size.value_or(2);
    level.pool = from.pool.value_or(PoolKind::kMax);
    level.activation = from.activation.value_or(ActivationKind::kTanh);
    config.levels.push_back(level);
  }
  config.output = file.output.value_or(config.levels[0].activation);
  check_hourglass(config, name);
  return config;
}

InputTransform input_of(const HourglassFile& file) {
  InputTransform input;
  input.scale = file.scale.value_or(input.scale);
  input.subtract_mean = file.subtract_mean;
  if (file.mean) input.mean = from_plain(*file.mean);
  return input;
}

std::vector<std::string> layer_names(const HourglassConfig& config) {
  std::vector<std::string> names;
  for (int n = 1; n <= config.count(); ++n) names.push_back(fmt::format("encode{}", n));
  for (int n = config.count(); n >= 1; --n) names.push_back(fmt::format("decode{}", n));
  return names;
}

}  // namespace

const std::string& HourglassModel::family() const {
  static const std::string name = "hourglass";
  return name;
}

std::vector<LayerInfo> HourglassModel::layers(int64_t height, int64_t width) const {
  const HourglassConfig& config = net.config();
  const std::vector<std::string> names = layer_names(config);
  std::vector<LayerInfo> all;
  int64_t receptive = 1;
  const auto add = [&](int level) {
    const int shrink = config.shrink(level);
    all.push_back({names[all.size()], config.channels(level), height / shrink, width / shrink, receptive,
                   static_cast<double>(shrink)});
  };
  for (int l = 0; l < config.count(); ++l) {
    const LevelConfig& level = config.levels[static_cast<size_t>(l)];
    receptive += static_cast<int64_t>(level.encode_kernel + level.pool_size - 2) * config.shrink(l);
    add(l + 1);
  }
  const int64_t top = receptive;
  for (int l = config.count() - 1; l >= 0; --l) {
    // so many neighbours of each level above reach one sample of this one
    int64_t wide = 1;
    for (int u = l; u < config.count(); ++u) {
      const LevelConfig& level = config.levels[static_cast<size_t>(u)];
      wide = (wide + level.decode_kernel - 2) / level.pool_size + 1;
    }
    receptive = top + (wide - 1) * config.shrink(config.count());
    add(l);
  }
  return all;
}

std::vector<torch::Tensor> HourglassModel::forward(const torch::Tensor& x,
                                                   const std::vector<std::string>& wanted,
                                                   const PassOptions& /*options*/) const {
  const std::vector<size_t> places = places_of(wanted, layer_names(net.config()));
  const HourglassNet::Weights weights = net.constant_weights();
  const auto levels = static_cast<size_t>(net.config().count());
  const size_t last = layers_for(places);
  std::vector<torch::Tensor> all;
  for (size_t i = 0; i < last; ++i) {
    const torch::Tensor& below = all.empty() ? x : all.back();
    all.push_back(i < levels ? weights.encode(static_cast<int>(i), below)
                             : weights.decode(static_cast<int>(2 * levels - 1 - i), below));
  }
  return at_places(all, places);
}

TensorFile HourglassModel::tensors() const {
  TensorFile file;
  const HourglassConfig& config = net.config();
  for (const NamedTensor& named : net.named()) file.tensors[named.name] = to_plain(named.tensor);
  if (input.mean.defined()) file.tensors["mean"] = to_plain(input.mean);
  HourglassWords words;
  for (const LevelConfig& level : config.levels) {
    words.pool_size.push_back(std::to_string(level.pool_size));
    words.pool.push_back(pool_words()[static_cast<size_t>(level.pool)]);
    words.activation.push_back(activation_words()[static_cast<size_t>(level.activation)]);
  }
  words.output = activation_words()[static_cast<size_t>(config.output)];
  words.scale = input.scale;
  words.subtract_mean = input.subtract_mean;
  file.metadata = hourglass_metadata(words);
  return file;
}

HourglassModel hourglass_from_tensors(const TensorFile& file) {
  const HourglassFile read = read_hourglass_file(file);
  HourglassModel model(HourglassNet(config_of(read, file.name)), input_of(read));
  torch::NoGradGuard no_grad;
  for (const ParameterSlice& slice : model.net.slices()) {
    const torch::Tensor values = torch::tensor(file.get(slice.name, slice.shape).data);
    model.net.flat().narrow(0, slice.begin, slice.count).copy_(values);
  }
  return model;
}

HourglassModel read_hourglass(const fs::path& path) {
  return hourglass_from_tensors(read_safetensors(model_path(path)));
}

const HourglassModel& as_hourglass(const Model& model, std::string_view doing) {
  if (const auto* glass = dynamic_cast<const HourglassModel*>(&model)) return *glass;
  throw Error(std::string(doing), "this model",
              fmt::format("its family is '{}', not hourglass", model.family()));
}

int take_levels(HourglassNet& to, const Parameters& from) {
  const std::vector<std::string> taken = take_parameters(to.parameters(), from);
  int levels = 0;
  while (levels < to.config().count()) {
    const std::string number = std::to_string(levels + 1);
    for (const ParameterSlice& slice : to.slices()) {
      const bool here = is_within("encode" + number, slice.name) || is_within("decode" + number, slice.name);
      if (here && std::find(taken.begin(), taken.end(), slice.name) == taken.end()) return levels;
    }
    ++levels;
  }
  return levels;
}

}  // namespace reverie
