#include "train/input.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <cstring>

#include "core/random.h"

namespace reverie {

torch::Tensor as_tensor(const Batch& batch, int height, int width) {
  const auto n = static_cast<int64_t>(batch.labels.size());
  auto* data = const_cast<float*>(batch.pixels.data());  // NOLINT: from_blob takes no const, but only reads
  return torch::from_blob(data, {n, height, width, 3}).permute({0, 3, 1, 2});
}

torch::Tensor read_pictures(const RecordSet& set, Split split, size_t first, size_t count, size_t step) {
  const auto [height, width] = set.common_size();
  torch::Tensor bytes = torch::empty({static_cast<int64_t>(count), height, width, 3}, torch::kUInt8);
  const size_t size = static_cast<size_t>(height) * static_cast<size_t>(width) * 3;
  for (size_t i = 0; i < count; ++i)
    std::memcpy(bytes.data_ptr<uint8_t>() + i * size, set.record(split, first + i * step).pixels.data(),
                size);
  return bytes.to(torch::kFloat32).permute({0, 3, 1, 2});
}

torch::Tensor read_labels(const RecordSet& set, Split split, size_t first, size_t count, size_t step) {
  std::vector<int64_t> labels;
  for (size_t i = 0; i < count; ++i) labels.push_back(set.record(split, first + i * step).label);
  return torch::tensor(labels, torch::kInt64);
}

torch::Tensor labels_of(const Batch& batch) {
  return torch::tensor(std::vector<int64_t>(batch.labels.begin(), batch.labels.end()), torch::kInt64);
}

InputTransform make_transform(const InputSettings& settings, const RecordSet& set) {
  InputTransform transform;
  transform.scale = settings.scale;
  transform.subtract_mean = settings.mean != MeanKind::kNone;
  if (!transform.subtract_mean) return transform;
  if (settings.mean == MeanKind::kMiddle) {
    transform.mean = torch::full({3, 1, 1}, 127.5);
    return transform;
  }
  const auto [height, width] = set.common_size();
  const std::vector<double> mean = set.mean_picture(Split::kTrain);
  transform.mean = torch::tensor(mean, torch::kFloat64)
                       .view({height, width, 3})
                       .permute({2, 0, 1})
                       .to(torch::kFloat32)
                       .contiguous();
  if (settings.mean == MeanKind::kChannel)
    transform.mean = transform.mean.mean(at::IntArrayRef({1, 2}), true);
  return transform;
}

torch::Tensor corrupt(const torch::Tensor& target, const InputSettings& settings, uint64_t seed,
                      int64_t iteration, int64_t first, int64_t batch) {
  if (settings.corrupt == 0 && settings.drop == 0) return target;
  const uint64_t place = Random(seed).split(static_cast<uint64_t>(iteration)).bits();
  const torch::Generator generator = at::detail::createCPUGenerator(place);
  const std::vector<int64_t> shape = {batch, target.size(2), target.size(3), target.size(1)};
  const auto mine = [&](const torch::Tensor& all) {
    return all.narrow(0, first, target.size(0)).permute({0, 3, 1, 2}).to(target.device());
  };
  torch::Tensor out = target;
  if (settings.corrupt > 0)
    out = out + mine(torch::randn(shape, generator)) * (settings.corrupt * 255 * settings.scale);
  if (settings.drop > 0) out = out * mine(torch::rand(shape, generator)).ge(settings.drop);
  return out;
}

}  // namespace reverie
