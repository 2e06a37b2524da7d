#include "feedback/golden.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "feedback/kernels/kernel.h"

namespace reverie {
namespace {

constexpr int kLongestGolden = 100000;

const std::string& metadata(const TensorFile& file, const char* key) {
  const auto it = file.metadata.find(key);
  if (it == file.metadata.end())
    throw Error("replay", file.name, fmt::format("its metadata has no '{}'", key), "is it a golden?");
  return it->second;
}

ParameterValues golden_values(const TensorFile& file) {
  ParameterValues values(feedback_parameters());
  values.parse("gain", metadata(file, "fb"));
  for (const char* key : {"tblur", "pool", "activation", "border", "pool_size"})
    values.parse(key, metadata(file, key));
  return values;
}

std::set<int> recorded_frames(const TensorFile& file) {
  std::set<int> frames;
  for (const auto& [name, tensor] : file.tensors) {
    if (!name.starts_with("frame") || !name.ends_with(".h0")) continue;
    const auto n = to_number(std::string_view(name).substr(5, name.size() - 8));
    if (n && *n >= 1 && *n <= kLongestGolden && *n == std::floor(*n)) frames.insert(static_cast<int>(*n));
  }
  return frames;
}

Planes planes_of(const Tensor& t, const TensorFile& file) {
  constexpr int64_t kMost = 1 << 14;
  bool ok = t.shape.size() == 3;
  for (const int64_t n : t.shape) ok = ok && n > 0 && n <= kMost;
  if (!ok) throw Error("replay", file.name, fmt::format("a state has shape {}", shape_text(t.shape)));
  Planes p(static_cast<int>(t.shape[0]), static_cast<int>(t.shape[1]), static_cast<int>(t.shape[2]));
  p.data() = t.data;
  return p;
}

double relative_error(const Kernel& kernel, int levels, int frame, const TensorFile& file) {
  double difference = 0;
  double reference = 0;
  for (int l = 0; l <= levels; ++l) {
    const Planes out = kernel.state(l);
    const Tensor& ref =
        file.get(fmt::format("frame{}.h{}", frame, l), {out.channels(), out.height(), out.width()});
    for (size_t i = 0; i < ref.data.size(); ++i) {
      const double d = static_cast<double>(out.data()[i]) - ref.data[i];
      difference += d * d;
      reference += static_cast<double>(ref.data[i]) * ref.data[i];
    }
  }
  return std::sqrt(difference / std::max(reference, 1e-300));
}

}  // namespace

std::vector<GoldenFrame> replay_golden(const TensorFile& file, const std::string& kernel_name,
                                       Threads& threads, Precision precision) {
  const ParameterValues values = golden_values(file);
  Hourglass glass = hourglass_from_tensors(file, [&](int) { return values.integer("pool_size"); });
  glass.precision = precision;
  const Planes first = planes_of(file.get("frame0.h0"), file);
  const LevelSizes sizes = level_sizes(glass, first.height(), first.width());
  const std::unique_ptr<Kernel> kernel = find_kernel(kernel_name).make(glass, sizes, threads);
  for (int l = 0; l <= glass.levels(); ++l) {
    const std::vector<int64_t> shape = {glass.channels(l), sizes.height[static_cast<size_t>(l)],
                                        sizes.width[static_cast<size_t>(l)]};
    kernel->set_state(l, planes_of(file.get(fmt::format("frame0.h{}", l), shape), file));
  }
  const std::set<int> recorded = recorded_frames(file);
  if (recorded.empty()) throw Error("replay", file.name, "it contains no recorded frame");
  TransitionResolver resolver(sizes);
  std::vector<GoldenFrame> out;
  for (int frame = 1; frame <= *recorded.rbegin(); ++frame) {
    kernel->step(resolver.resolve(values), Random(static_cast<uint64_t>(frame)));
    if (recorded.contains(frame))
      out.push_back({frame, relative_error(*kernel, glass.levels(), frame, file)});
  }
  return out;
}

}  // namespace reverie
