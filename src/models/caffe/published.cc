#include "models/caffe/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Mean = std::array<float, 3>;  // of B, G, R

constexpr Mean kImageNet = {104, 117, 123};
constexpr Mean kVgg = {103.939F, 116.779F, 123.68F};
constexpr Mean kPlaces205 = {105.417F, 113.753F, 116.047F};
constexpr Mean kPlaces365 = {104.051F, 112.514F, 116.676F};

bool is_vgg(const CaffeNet& net) {
  if (lower(net.title).find("vgg") != std::string::npos) return true;
  const auto has = [&](const std::string& name) {
    return std::any_of(net.layers.begin(), net.layers.end(), [&](const CaffeLayer& layer) {
      return layer.name == name && layer.convolution && layer.convolution->outputs == 64;
    });
  };
  return has("conv1_1") && has("conv1_2");
}

Mean published_mean(const CaffeNet& net, int64_t labels) {
  if (labels == 205) return kPlaces205;
  if (labels == 365) return kPlaces365;
  return is_vgg(net) ? kVgg : kImageNet;
}

// Nothing where it says there is none.
std::optional<Mean> own_mean(const CaffeNet& net, const CaffeTransform& transform, const Mean& published) {
  const std::vector<float>& values = transform.mean_values;
  for (const float value : values) {
    if (!std::isfinite(value)) throw Error("use", net.file, "a mean_value is not a number");
  }
  if (values.size() == 1) return Mean{values[0], values[0], values[0]};
  if (values.size() == 3) return Mean{values[0], values[1], values[2]};
  if (!values.empty()) throw Error("use", net.file, fmt::format("it has {} mean_values", values.size()));
  // of pictures of the training, which published networks come without
  return transform.mean_file.empty() ? std::nullopt : std::optional(published);
}

std::string clean_label(std::string_view line) {
  line = trim(line);
  const auto digits = [](std::string_view s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const size_t first = line.find(' ');
  if (first == 9 && line[0] == 'n' && digits(line.substr(1, 8))) return std::string(trim(line.substr(first)));
  const bool places = line.size() > 3 && line[0] == '/' && line[2] == '/';
  const size_t last = line.rfind(' ');
  if (places && last != std::string_view::npos && digits(line.substr(last + 1))) line = line.substr(0, last);
  return std::string(places ? line.substr(3) : line);
}

std::vector<std::string> lines_of(const fs::path& file) {
  constexpr uint64_t kLargest = 1U << 20U;
  std::vector<std::string> lines;
  for (const std::string& line : split(read_text_file(file, kLargest), '\n')) {
    if (!trim(line).empty()) lines.push_back(clean_label(line));
  }
  return lines;
}

bool sounds_like_labels(const fs::path& file) {
  const std::string name = lower(file.filename().string());
  const std::array<const char*, 5> words = {"label", "class", "synset", "categor", "words"};
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return name.find(word) != std::string::npos; });
}

}  // namespace

InputTransform caffe_input(const CaffeNet& net, const CaffeGraph& graph) {
  InputTransform input;
  input.scale = 1;
  input.bgr = true;
  std::optional<Mean> mean = published_mean(net, graph.score_count);
  if (graph.data != nullptr && graph.data->transform) {
    const CaffeTransform& transform = *graph.data->transform;
    if (!std::isfinite(transform.scale) || transform.scale <= 0)
      throw Error("use", net.file, fmt::format("the scale of its pictures is {}", transform.scale));
    input.scale = transform.scale;
    mean = own_mean(net, transform, *mean);
  }
  input.subtract_mean = mean.has_value();
  if (mean) input.mean = torch::tensor({(*mean)[2], (*mean)[1], (*mean)[0]}).view({3, 1, 1});
  return input;
}

std::vector<std::string> find_labels(const fs::path& folder, int64_t count) {
  if (count == 0) return {};
  std::vector<fs::path> files;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, code)) {
    if (entry.path().extension() == ".txt" && entry.is_regular_file(code)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::stable_partition(files.begin(), files.end(), sounds_like_labels);
  for (const fs::path& file : files) {
    try {
      const std::vector<std::string> lines = lines_of(file);
      if (static_cast<int64_t>(lines.size()) == count) return lines;
    } catch (const Error&) {  // one that cannot be read, or is too large, is not it
    }
  }
  return {};
}

}  // namespace reverie
