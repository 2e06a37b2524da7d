#include "weights/hourglass_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"

namespace reverie {
namespace {

constexpr const char* kFamily = "hourglass";

const std::string* metadata(const TensorFile& file, const std::string& name) {
  const auto it = file.metadata.find(name);
  return it == file.metadata.end() || it->second.empty() ? nullptr : &it->second;
}

// The level's entry of a list.
std::optional<std::string> entry(const TensorFile& file, const std::string& name, size_t level) {
  const std::string* list = metadata(file, name);
  if (!list) return {};
  const std::vector<std::string> words = split(*list, ',');
  return std::string(trim(words[std::min(words.size() - 1, level)]));
}

template <class Enum>
std::optional<Enum> word(const TensorFile& file, const std::string& name, size_t level,
                         const std::vector<std::string>& words) {
  const std::optional<std::string> found = entry(file, name, level);
  if (!found) return {};
  const auto it = std::find(words.begin(), words.end(), *found);
  if (it == words.end()) {
    // pools that only the player has: what it plays is told by the preset
    if (name == "pool" && (*found == "stride" || *found == "maxmag")) return {};
    throw Error("read", file.name,
                fmt::format("{} is one of {}, not {}", name, join(words, ", "), in_quotes(*found)));
  }
  return static_cast<Enum>(it - words.begin());
}

std::optional<int> whole(const TensorFile& file, const std::string& name, size_t level, int high) {
  const std::optional<std::string> found = entry(file, name, level);
  if (!found) return {};
  const double value = to_number(*found).value_or(0);
  if (!(value >= 1 && value <= high && value == std::floor(value)))
    throw Error("read", file.name, fmt::format("{} is not a number from 1 to {}", name, high));
  return static_cast<int>(value);
}

void check_family(const TensorFile& file) {
  const std::string family = family_of(file);
  if (family.empty() || family == kFamily) return;
  throw Error("use", file.name, fmt::format("its family is {}, not hourglass", in_quotes(family)));
}

const Tensor& filters(const TensorFile& file, const std::string& name) {
  const Tensor& t = file.get(name);
  const bool ok = t.shape.size() == 4 && t.shape[2] == t.shape[3] && t.shape[2] >= 1 &&
                  t.shape[2] <= kLargestKernel && t.shape[0] >= 1 && t.shape[0] <= kMostChannels &&
                  t.shape[1] >= 1 && t.shape[1] <= kMostChannels;
  if (!ok) {
    throw Error("read", file.name,
                fmt::format("'{}' has shape {}, no filters [out, in, k, k]", name, shape_text(t.shape)));
  }
  return t;
}

const Tensor* finite(const TensorFile& file, const std::string& name, const std::vector<int64_t>& shape) {
  const Tensor& t = file.get(name, shape);
  if (!std::all_of(t.data.begin(), t.data.end(), [](float v) { return std::isfinite(v); })) {
    throw Error("use the weights", file.name,
                fmt::format("'{}' has a value that is infinite or not a number", name));
  }
  return &t;
}

HourglassFileLevel read_level(const TensorFile& file, size_t l, int lower) {
  const auto key = [&](const char* part, const char* what) {
    return fmt::format("{}{}.{}", part, l + 1, what);
  };
  HourglassFileLevel level;
  const std::string encode = key("encode", "weight");
  const std::string decode = key("decode", "weight");
  const int64_t up = filters(file, encode).shape[2];
  const int64_t down = filters(file, decode).shape[2];
  level.lower = lower;
  level.upper = static_cast<int>(file.get(encode).shape[0]);
  level.encode_kernel = static_cast<int>(up);
  level.decode_kernel = static_cast<int>(down);
  level.encode_weight = finite(file, encode, {level.upper, lower, up, up});
  level.encode_bias = finite(file, key("encode", "bias"), {level.upper});
  level.decode_weight = finite(file, decode, {level.upper, lower, down, down});
  level.decode_bias = finite(file, key("decode", "bias"), {lower});
  level.pool_size = whole(file, "pool_size", l, kLargestPool);
  level.pool = word<PoolKind>(file, "pool", l, pool_words());
  level.activation = word<ActivationKind>(file, "activation", l, activation_words());
  return level;
}

void read_input(const TensorFile& file, HourglassFile& glass) {
  if (const std::string* text = metadata(file, "scale")) {
    glass.scale = to_number(*text);
    if (!glass.scale || !std::isfinite(*glass.scale) || *glass.scale <= 0)
      throw Error("read", file.name, "scale is not a number above 0");
  }
  glass.subtract_mean = entry(file, "mean", 0).value_or("training") != "none";
  if (!file.has("mean")) return;
  glass.mean = &file.get("mean");
  if (glass.mean->shape.size() != 3 || glass.mean->shape[0] != 3) {
    throw Error("read", file.name,
                fmt::format("'mean' has shape {}, no [3, H, W]", shape_text(glass.mean->shape)));
  }
}

}  // namespace

const std::vector<std::string>& pool_words() {
  static const std::vector<std::string> words = {"max", "mean"};
  return words;
}

const std::vector<std::string>& activation_words() {
  static const std::vector<std::string> words = {"tanh", "relu", "linear", "sigmoid"};
  return words;
}

std::string family_of(const TensorFile& file) {
  const std::string* family = metadata(file, "family");
  return family ? *family : "";
}

HourglassFile read_hourglass_file(const TensorFile& file) {
  check_family(file);
  HourglassFile glass;
  glass.format = whole(file, "format", 0, kHourglassFormat).value_or(1);
  int lower = 3;
  for (size_t l = 0; file.has(fmt::format("encode{}.weight", l + 1)); ++l) {
    if (l == kMostLevels) throw Error("read", file.name, fmt::format("more than {} levels", kMostLevels));
    glass.levels.push_back(read_level(file, l, lower));
    lower = glass.levels.back().upper;
  }
  if (glass.levels.empty())
    throw Error("read the weights", file.name, "no tensor encode1.weight", "is it an hourglass?");
  glass.output = word<ActivationKind>(file, "output", 0, activation_words());
  read_input(file, glass);
  return glass;
}

std::map<std::string, std::string> hourglass_metadata(const HourglassWords& words) {
  return {{"family", kFamily},
          {"format", std::to_string(kHourglassFormat)},
          {"pool_size", join(words.pool_size, ",")},
          {"pool", join(words.pool, ",")},
          {"activation", join(words.activation, ",")},
          {"output", words.output},
          {"scale", fmt::format("{}", words.scale)},
          {"mean", words.subtract_mean ? "training" : "none"}};
}

}  // namespace reverie
