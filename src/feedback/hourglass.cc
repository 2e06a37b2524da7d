#include "feedback/hourglass.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file_kind.h"
#include "core/limits.h"
#include "core/stop.h"
#include "weights/npy_folder.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr double kMostWeights = 5e8;               // random ones of all levels together: 2 GB
constexpr int kHighestOrder = 3;                   // of the B-splines of decode filters
constexpr size_t kDrawsBetween = size_t{1} << 16;  // between checks for Ctrl-C

size_t square(int side) {
  return static_cast<size_t>(side) * static_cast<size_t>(side);
}

void check_layer(const Layer& layer, int level, const std::string& what) {
  const auto fail = [&](const std::string& why) {
    throw Error("use", what, fmt::format("level {}: {}", level + 1, why));
  };
  if (layer.encode_kernel % 2 == 0) fail(fmt::format("encode kernel {} is not odd", layer.encode_kernel));
  if (layer.decode_kernel < layer.pool_size || (layer.decode_kernel - layer.pool_size) % 2 != 0) {
    fail(fmt::format("decode kernel {} is not pool size {} plus an even number", layer.decode_kernel,
                     layer.pool_size));
  }
}

enum class Draw { kNormal, kUniform, kSharp };

// All three have standard deviation 1 before scaling: only their sharpness differs.
double draw(Draw how, Random& random) {
  if (how == Draw::kNormal) return random.normal();
  const double u = 2 * random.uniform() - 1;
  return how == Draw::kUniform ? u * std::sqrt(3.0) : std::pow(u, 5) * std::sqrt(11.0);
}

std::vector<float> draws(size_t n, double deviation, Draw how, Random random) {
  std::vector<float> v(n);
  for (size_t i = 0; i < n; ++i) {
    if (i % kDrawsBetween == 0 && stop_requested()) break;  // they will never be used
    v[i] = static_cast<float>(deviation * draw(how, random));
  }
  return v;
}

// Normalises each filter (one run of n weights) to mean 0 and norm 1: it responds to shape, not to
// brightness.
void normalise_encode(std::vector<float>& w, size_t n, double gain) {
  for (size_t at = 0; at < w.size(); at += n) {
    double mean = 0;
    for (size_t i = 0; i < n; ++i) mean += w[at + i] / static_cast<double>(n);
    double power = 0;
    for (size_t i = 0; i < n; ++i) power += (w[at + i] - mean) * (w[at + i] - mean);
    const double scale = gain / std::max(std::sqrt(power), 1e-12);
    for (size_t i = 0; i < n; ++i) w[at + i] = static_cast<float>((w[at + i] - mean) * scale);
  }
}

// Gives every output phase of a decode filter the same sum, so that a flat state decodes to a flat picture
// rather than a checkerboard (Odena, Dumoulin, Olah 2016, "Deconvolution and Checkerboard Artifacts").
void even_out_phases(Layer& layer) {
  const int k = layer.decode_kernel;
  const int p = layer.pool_size;
  const size_t taps = square(k);
  for (size_t at = 0; at < layer.decode_weight.size(); at += taps) {
    float* w = layer.decode_weight.data() + at;
    std::vector<double> sum(square(p));
    std::vector<int> count(sum.size());
    double total = 0;
    const auto each = [&](auto&& f) {
      for (int y = 0; y < k; ++y) {
        for (int x = 0; x < k; ++x)
          f(w[y * k + x], static_cast<size_t>(y % p) * static_cast<size_t>(p) + static_cast<size_t>(x % p));
      }
    };
    each([&](float v, size_t phase) {
      sum[phase] += v;
      ++count[phase];
      total += v;
    });
    const double even = total / (p * p);
    each([&](float& v, size_t phase) { v += static_cast<float>((even - sum[phase]) / count[phase]); });
  }
}

// Gives every output phase the same sum within each row and within each column of a filter.  That is what a
// filter convolved with a box of pool_size has: it does not answer to patterns of that period, whatever
// is decoded; to what is close to them it answers weakly.
void box(Layer& layer) {
  const int k = layer.decode_kernel;
  const int p = layer.pool_size;
  const auto even_out = [&](float* w, int step) {  // k weights
    std::vector<double> sum(static_cast<size_t>(p));
    double total = 0;
    for (int i = 0; i < k; ++i) {
      sum[static_cast<size_t>(i % p)] += w[i * step];
      total += w[i * step];
    }
    for (int i = 0; i < k; ++i) {
      const int count = (k - i % p + p - 1) / p;
      w[i * step] += static_cast<float>((total / p - sum[static_cast<size_t>(i % p)]) / count);
    }
  };
  for (size_t at = 0; at < layer.decode_weight.size(); at += square(k)) {
    float* w = layer.decode_weight.data() + at;
    for (int y = 0; y < k; ++y) even_out(w + y * k, 1);
    for (int x = 0; x < k; ++x) even_out(w + x, k);
  }
}

// Makes decode filters of a smaller random one and a B-spline: of order 1 (a box of pool_size) for kernels of
// one pool_size, 2 (linear interpolation) for two, 3 for more.  What is decoded is then interpolated, so that
// the images of its spectrum, which are seen as a grid of blocks, are suppressed over a wide band, not at
// single frequencies (Unser 1999, "Splines: A Perfect Fit for Signal and Image Processing").
void spline(Layer& layer) {
  const int k = layer.decode_kernel;
  const int p = layer.pool_size;
  const int order = std::min(kHighestOrder, k / p);
  const int raw = k - order * (p - 1);
  const auto add_box = [&](float* w, int step) {  // along one row or column of k weights
    for (int i = k - 1; i >= 0; --i) {
      for (int j = 1; j < p && j <= i; ++j) w[i * step] += w[(i - j) * step];
    }
  };
  for (size_t at = 0; at < layer.decode_weight.size(); at += square(k)) {
    float* w = layer.decode_weight.data() + at;
    for (int y = 0; y < k; ++y) {
      for (int x = 0; x < k; ++x) {
        if (y >= raw || x >= raw) w[y * k + x] = 0;
      }
    }
    for (int n = 0; n < order; ++n) {
      for (int y = 0; y < k; ++y) add_box(w + y * k, 1);
      for (int x = 0; x < k; ++x) add_box(w + x, k);
    }
  }
}

// Normalises what contributes to one decoded sample (k/p x k/p taps of every upper channel) to norm 1.
void normalise_decode(Layer& layer, double gain) {
  const size_t taps = square(layer.decode_kernel);
  for (int o = 0; o < layer.lower; ++o) {
    double power = 0;
    const auto each = [&](auto&& f) {
      for (int c = 0; c < layer.upper; ++c) {
        const size_t at =
            (static_cast<size_t>(c) * static_cast<size_t>(layer.lower) + static_cast<size_t>(o)) * taps;
        for (size_t i = 0; i < taps; ++i) f(layer.decode_weight[at + i]);
      }
    };
    each([&](float w) { power += static_cast<double>(w) * w; });
    const auto scale = static_cast<float>(gain * layer.pool_size / std::max(std::sqrt(power), 1e-12));
    each([&](float& w) { w *= scale; });
  }
}

Layer random_layer(const ParameterValues& values, int level, int lower, Draw how, Random random) {
  Layer layer;
  layer.lower = lower;
  layer.upper = values.integer("channels", level + 1);
  layer.encode_kernel = values.integer("encode_kernel", level);
  layer.decode_kernel = values.integer("decode_kernel", level);
  layer.pool_size = values.integer("pool_size", level);
  check_layer(layer, level, "these settings");
  const double gain = values.number("weights_gain");
  const double bias = values.number("weights_bias");
  const auto between = static_cast<size_t>(layer.upper) * static_cast<size_t>(layer.lower);
  const size_t encode_taps = square(layer.encode_kernel);
  const size_t decode_taps = square(layer.decode_kernel);
  const double fan_in = static_cast<double>(lower) * static_cast<double>(encode_taps);
  const double reach = std::max(1, layer.decode_kernel / layer.pool_size);
  layer.encode_weight = draws(between * encode_taps, gain / std::sqrt(fan_in), how, random.split(0));
  layer.encode_bias = draws(static_cast<size_t>(layer.upper), bias, Draw::kNormal, random.split(1));
  layer.decode_weight =
      draws(between * decode_taps, gain / std::sqrt(layer.upper * reach * reach), how, random.split(2));
  layer.decode_bias = draws(static_cast<size_t>(layer.lower), bias, Draw::kNormal, random.split(3));
  const auto filters = values.choice<Filters>("filters");
  if (filters == Filters::kRaw || stop_requested()) return layer;
  normalise_encode(layer.encode_weight, static_cast<size_t>(lower) * encode_taps, gain);
  if (filters == Filters::kSmooth || filters == Filters::kBoxed) even_out_phases(layer);
  if (filters == Filters::kBoxed) box(layer);
  if (filters == Filters::kSpline) spline(layer);
  normalise_decode(layer, gain);
  return layer;
}

// Checks before drawing whether that many weights fit.
void check_weights(const ParameterValues& values, int levels) {
  double weights = 0;
  double lower = kPictureChannels;
  for (int l = 0; l < levels; ++l) {
    const double upper = values.integer("channels", l + 1);
    const double encode = values.integer("encode_kernel", l);
    const double decode = values.integer("decode_kernel", l);
    weights += lower * upper * (encode * encode + decode * decode);
    lower = upper;
  }
  if (weights <= kMostWeights) return;
  throw Error("play", fmt::format("{} levels", levels),
              fmt::format("their weights would take {:.1f} GB or more", weights * sizeof(float) * 1e-9),
              "choose fewer channels, smaller kernels or fewer levels");
}

Hourglass read_hourglass(const std::string& name, const fs::path& path,
                         const std::function<int(int)>& pool_size) {
  std::error_code code;
  if (fs::is_directory(path, code)) return hourglass_from_npy_folder(path, pool_size);
  const FileKind kind = kind_of(path);
  if (kind.type == FileType::kSafetensors ||
      fs::path(uncompressed_name(path.string())).extension() == ".safetensors")
    return hourglass_from_tensors(read_safetensors(path), pool_size);
  constexpr const char* kTaken = "neither a .safetensors file nor a folder of .npy files";
  throw Error("read the weights", name,
              kind.what.empty() ? kTaken : fmt::format("it is {}, {}", kind.what, kTaken),
              std::string(kind.use));
}

}  // namespace

int Hourglass::shrink(int level) const {
  int s = 1;
  for (int l = 0; l < level; ++l) s *= layers[static_cast<size_t>(l)].pool_size;
  return s;
}

size_t Hourglass::bytes() const {
  size_t values = 0;
  for (const Layer& l : layers)
    values += l.encode_weight.size() + l.encode_bias.size() + l.decode_weight.size() + l.decode_bias.size();
  return values * sizeof(float);
}

Hourglass hourglass_from_tensors(const TensorFile& file, const std::function<int(int)>& pool_size) {
  const HourglassFile read = read_hourglass_file(file);
  Hourglass glass;
  glass.format = read.format;
  for (size_t l = 0; l < read.levels.size(); ++l) {
    const HourglassFileLevel& level = read.levels[l];
    Layer layer;
    layer.lower = level.lower;
    layer.upper = level.upper;
    layer.encode_kernel = level.encode_kernel;
    layer.decode_kernel = level.decode_kernel;
    layer.encode_weight = level.encode_weight->data;
    layer.encode_bias = level.encode_bias->data;
    layer.decode_weight = level.decode_weight->data;
    layer.decode_bias = level.decode_bias->data;
    layer.pool_size = level.pool_size.value_or(pool_size(static_cast<int>(l)));
    layer.pool = level.pool;
    layer.activation = level.activation;
    check_layer(layer, static_cast<int>(l), file.name);
    glass.layers.push_back(std::move(layer));
  }
  return glass;
}

Hourglass hourglass_from_npy_folder(const fs::path& folder, const std::function<int(int)>& pool_size) {
  return hourglass_from_tensors(read_npy_folder(folder), pool_size);
}

Hourglass make_hourglass(const ParameterValues& values, Random random,
                         const std::function<fs::path(const std::string&)>& find_file) {
  if (const int seed = values.integer("weights_seed"); seed != 0)
    random = Random(static_cast<uint64_t>(seed)).split(kWeightsStream);
  const int levels = values.integer("levels");
  const std::string& weights = values.text("weights");
  const auto pool_size = [&](int level) { return values.integer("pool_size", level); };
  Hourglass glass;
  glass.precision = values.choice<Precision>("precision");
  const std::vector<std::string> kinds = {"normal", "uniform", "sharp"};
  const auto kind = std::find(kinds.begin(), kinds.end(), weights);
  if (kind == kinds.end() && levels > 0) {
    Hourglass read = read_hourglass(weights, find_file(weights), pool_size);
    glass.layers = std::move(read.layers);
    glass.format = read.format;
    if (glass.levels() > levels) glass.layers.resize(static_cast<size_t>(levels));  // use only the lower ones
    if (values.choice<Filters>("filters") >= Filters::kBoxed) {
      for (Layer& layer : glass.layers) box(layer);
    }
    return glass;
  }
  check_weights(values, levels);
  for (int l = 0; l < levels; ++l) {
    const auto how = static_cast<Draw>(kind - kinds.begin());
    glass.layers.push_back(
        random_layer(values, l, glass.channels(l), how, random.split(static_cast<uint64_t>(l))));
  }
  return glass;
}

}  // namespace reverie
