#include "models/hourglass/family.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "models/hourglass/model.h"

namespace reverie {
namespace {

using Words = std::vector<std::string>;

// The value of a list for a level: the last one holds for the levels above.
template <class T, class Read>
T per_level(const TomlReader& reader, std::string_view key, size_t level, T fallback, const Read& read) {
  const auto items = reader.list(key);
  if (items.empty()) return fallback;
  return static_cast<T>(read(*items[std::min(level, items.size() - 1)]));
}

LevelConfig read_level(const TomlReader& reader, size_t l) {
  const auto whole = [&](int64_t low, int64_t high) {
    return [&reader, low, high](const TomlNode& n) { return reader.whole_at(n, low, high); };
  };
  const auto word = [&](const Words& words) {
    return [&reader, &words](const TomlNode& n) { return reader.word_at(n, words); };
  };
  LevelConfig level;
  level.channels = per_level(reader, "channels", l, level.channels, whole(1, kMostChannels));
  level.encode_kernel = per_level(reader, "encode_kernel", l, level.encode_kernel, whole(1, kLargestKernel));
  level.pool_size = per_level(reader, "pool_size", l, level.pool_size, whole(1, kLargestPool));
  level.decode_kernel = per_level(reader, "decode_kernel", l, level.pool_size, whole(1, kLargestKernel));
  level.pool = per_level(reader, "pool", l, level.pool, word(pool_words()));
  level.activation = per_level(reader, "activation", l, level.activation, word(activation_words()));
  return level;
}

std::shared_ptr<const NetworkSettings> read_recipe(const TomlReader& reader) {
  auto settings = std::make_shared<HourglassSettings>();
  const auto channels = reader.list("channels");
  if (channels.empty() || channels.size() > kMostLevels)
    fail_at_line(reader.file_name(), reader.line(),
                 fmt::format("'channels' is to list 1 to {} levels", kMostLevels));
  for (size_t l = 0; l < channels.size(); ++l) settings->net.levels.push_back(read_level(reader, l));
  settings->net.output =
      reader.word("output", activation_words(), std::optional(settings->net.levels[0].activation));
  settings->net.tied = reader.flag("tied", false);
  settings->init = reader.word("init", init_words(), std::optional(InitKind::kGaussian));
  settings->init_std = reader.number("init_std", 0, 100, settings->init_std);
  reader.at(*channels[0], [&] { check_hourglass(settings->net, "this recipe"); });
  return settings;
}

std::unique_ptr<Model> read_file(const TensorFile& file) {
  return std::make_unique<HourglassModel>(hourglass_from_tensors(file));
}

}  // namespace

Family hourglass_family() {
  return {"hourglass",
          read_file,
          {"channels", "encode_kernel", "pool_size", "pool", "decode_kernel", "activation", "output", "tied",
           "init", "init_std"},
          read_recipe};
}

std::string HourglassSettings::text() const {
  const auto list = [&](const char* key, const auto& show) {
    Words words;
    for (const LevelConfig& level : net.levels) words.push_back(show(level));
    return fmt::format("{} = [{}]\n", key, join(words, ", "));
  };
  const auto whole = [&](const char* key, int LevelConfig::*member) {
    return list(key, [&](const LevelConfig& l) { return std::to_string(l.*member); });
  };
  const auto word = [](const Words& words, auto value) {
    return quote_toml(words[static_cast<size_t>(value)]);
  };
  std::string s = "[hourglass]\n";
  s += whole("channels", &LevelConfig::channels);
  s += whole("encode_kernel", &LevelConfig::encode_kernel);
  s += whole("pool_size", &LevelConfig::pool_size);
  s += whole("decode_kernel", &LevelConfig::decode_kernel);
  s += list("pool", [&](const LevelConfig& l) { return word(pool_words(), l.pool); });
  s += list("activation", [&](const LevelConfig& l) { return word(activation_words(), l.activation); });
  s += fmt::format("output = {}\n", word(activation_words(), net.output));
  s += fmt::format("tied = {}\ninit = {}\ninit_std = {}\n", net.tied, word(init_words(), init), init_std);
  return s;
}

std::vector<std::string> HourglassSettings::parameter_names() const {
  // tied decoders have no weight of their own, but recipes may name it
  Words names;
  for (int n = 1; n <= net.count(); ++n) {
    for (const char* part : {"encode", "decode"}) {
      names.push_back(fmt::format("{}{}.weight", part, n));
      names.push_back(fmt::format("{}{}.bias", part, n));
    }
  }
  return names;
}

std::unique_ptr<Model> HourglassSettings::build(const BuildOptions& options) const {
  auto model = std::make_unique<HourglassModel>(HourglassNet(net, options.device), options.input);
  model->net.initialise(init, init_std, options.seed);
  return model;
}

double HourglassSettings::weights() const {
  double weights = 0;
  double below = net.channels(0);
  for (const LevelConfig& level : net.levels) {
    const double above = level.channels;
    weights += below * above * (std::pow(level.encode_kernel, 2) + std::pow(level.decode_kernel, 2));
    below = above;
  }
  return weights;
}

double HourglassSettings::activations(int height, int width) const {
  double activations = 0;
  double below = net.channels(0);
  double samples = static_cast<double>(height) * width;
  for (const LevelConfig& level : net.levels) {
    activations += samples * (level.channels + below);
    samples /= std::pow(level.pool_size, 2);
    below = level.channels;
  }
  return activations;
}

}  // namespace reverie
