#include "train/evaluate.h"

#include <fmt/format.h>

#include "core/error.h"
#include "train/input.h"

namespace reverie {
namespace {

constexpr size_t kAtOnce = 100;

double psnr(double squares, double samples) {
  return squares > 0 ? 10 * std::log10(255.0 * 255.0 * samples / squares) : INFINITY;
}

void check_size(int height, int width, int64_t factor, const RecordSet& set) {
  if (height % factor != 0 || width % factor != 0)
    throw Error(
        "evaluate on", set.name(),
        fmt::format("its pictures are {}x{}, the model needs multiples of {}", width, height, factor));
}

// `count` pictures of a split, every step-th, as a task sees those that it does not learn from.
Sight test_sight(Task& task, const RecordSet& set, Split split, size_t first, size_t count, size_t step) {
  const torch::Device device = task.networks()[0].parameters->flat().device();
  Sight sight;
  sight.pictures = read_pictures(set, split, first * step, count, step).to(device);
  sight.labels = read_labels(set, split, first * step, count, step).to(device);
  sight.first = static_cast<int64_t>(first);
  sight.count = static_cast<int64_t>(count);
  sight.learning = false;
  return sight;
}

}  // namespace

InputTransform complete_transform(const Model& model, const RecordSet& set) {
  InputTransform transform = model.input;
  if (!transform.subtract_mean || transform.mean.defined()) return transform;
  if (set.size(Split::kTrain) == 0)
    throw Error(
        "take the mean picture of", set.name(),
        "the model was trained on pictures minus the training split's mean, but this set has no training "
        "split");
  InputSettings settings;
  settings.scale = transform.scale;
  return make_transform(settings, set);
}

torch::Tensor cubic_and_back(const torch::Tensor& pictures, int factor) {
  const int64_t height = pictures.size(2);
  const int64_t width = pictures.size(3);
  const std::vector<int64_t> small = {height / factor, width / factor};
  const torch::Tensor plain = pictures.contiguous();
  const torch::Tensor down = at::_upsample_bicubic2d_aa(plain, small, false, {}, {});
  return torch::upsample_bicubic2d(down, {height, width}, false, {}, {});
}

Evaluation evaluate(const HourglassModel& model, const RecordSet& set, Split split, size_t limit) {
  torch::NoGradGuard no_grad;
  const InputTransform transform = complete_transform(model, set);
  const HourglassConfig& config = model.net.config();
  const auto [height, width] = set.common_size();
  check_size(height, width, model.multiple(), set);
  const int factor = config.shrink(config.count());
  const HourglassNet::Weights weights = model.net.weights();
  Evaluation result;
  result.cubic_factor = factor;
  result.pictures = limit == 0 ? set.size(split) : std::min(limit, set.size(split));
  if (result.pictures == 0)
    throw Error("evaluate on", set.name(), "it has no pictures of that split",
                split == Split::kTest ? "--split train" : "--split test");
  const int levels = config.count();
  std::vector<double> squares(static_cast<size_t>(levels));
  double picture_squares = 0;
  double cubic_squares = 0;
  const auto sum = [](const torch::Tensor& a, const torch::Tensor& b) {
    return (a - b).to(torch::kFloat64).square().sum().item<double>();
  };
  for (size_t first = 0; first < result.pictures; first += kAtOnce) {
    const torch::Tensor pictures =
        read_pictures(set, split, first, std::min(kAtOnce, result.pictures - first));
    const std::vector<torch::Tensor> h = weights.encode_up(apply(transform, pictures), levels);
    torch::Tensor down = h.back();
    for (int l = levels - 1; l >= 0; --l) {
      down = weights.decode(l, down);
      squares[static_cast<size_t>(l)] += sum(down, h[static_cast<size_t>(l)]);
    }
    picture_squares += sum(unapply(transform, down).clamp(0, 255), pictures);
    cubic_squares += sum(cubic_and_back(pictures, factor).clamp(0, 255), pictures);
  }
  const auto count = static_cast<double>(result.pictures);
  for (const double s : squares) result.l2_errors.push_back(s / (2 * count));
  const double samples = count * 3 * height * width;
  result.psnr = psnr(picture_squares, samples);
  result.cubic_l2_error = cubic_squares * transform.scale * transform.scale / (2 * count);
  result.cubic_psnr = psnr(cubic_squares, samples);
  return result;
}

TestLoss test_loss(Task& task, const Stage& stage, const RecordSet& set, size_t limit) {
  torch::NoGradGuard no_grad;
  const auto [height, width] = set.common_size();
  check_size(height, width, task.multiple(), set);
  const size_t pictures = std::min(limit, set.size(Split::kTest));
  if (pictures == 0) throw Error("test on", set.name(), "it has no test pictures");
  TestLoss result;
  for (size_t first = 0; first < pictures; first += kAtOnce) {
    const size_t count = std::min(kAtOnce, pictures - first);
    const size_t step = task.spreads_test() ? set.size(Split::kTest) / pictures : 1;
    Sight sight = test_sight(task, set, Split::kTest, first, count, step);
    sight.count = static_cast<int64_t>(pictures);
    size_t at = 0;
    for (const Turn& turn : task.turns()) {
      const Losses losses = task.losses(sight, stage, turn);
      result.total += losses.total.item<double>();
      for (const NamedLoss& part : losses.parts) {
        if (at == result.parts.size()) result.parts.emplace_back(part.name, 0);
        if (part.value.defined()) result.parts[at].second += part.value.item<double>();
        ++at;
      }
    }
  }
  return result;
}

std::optional<LossBesideMean> loss_beside_mean(Task& task, const Stage& stage, const RecordSet& set) {
  torch::NoGradGuard no_grad;
  const Split split = set.size(Split::kTest) > 0 ? Split::kTest : Split::kTrain;
  const size_t count = std::min(kAtOnce, set.size(split));
  if (count == 0) return {};
  const Sight sight = test_sight(task, set, split, 0, count, set.size(split) / count);
  const std::optional<NamedLoss> mean = task.mean_loss(sight, stage);
  if (!mean) return {};
  for (const Turn& turn : task.turns()) {
    for (const NamedLoss& part : task.losses(sight, stage, turn).parts) {
      if (part.name == mean->name && part.value.defined())
        return LossBesideMean{part.value.item<double>(), mean->value.item<double>()};
    }
  }
  return {};
}

}  // namespace reverie
