#include "train/likelihood.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "core/random.h"
#include "core/stop.h"
#include "models/vae/vae.h"
#include "train/gan_task.h"
#include "train/input.h"

namespace reverie {
namespace {

constexpr int64_t kAtOnce = 500;  // samples
constexpr uint64_t kSeed = 1;
constexpr size_t kTuned = 1000;  // pictures of training that the deviation is chosen by
const double kLogTwoPi = std::log(2 * std::numbers::pi);

bool is_bernoulli(const VaeSettings& s) {
  return s.output == VaeActivation::kSigmoid && !s.variance;
}

// log of normal densities, summed over everything but the first dimension; squares in units of the variances
torch::Tensor log_normal(const torch::Tensor& squares, const torch::Tensor& log_variance) {
  return -(squares + log_variance + kLogTwoPi).flatten(1).sum(1, false, torch::kFloat64) / 2;
}

torch::Tensor log_of_picture(const VaeModel& model, const torch::Tensor& x, const torch::Tensor& z,
                             const VaeWeights& weights) {
  const DecodedCodes y = model.decode_whole(z, x.size(2), x.size(3), weights);
  const torch::Tensor same = x.expand(y.mean.sizes());
  if (is_bernoulli(model.settings()))
    return -torch::binary_cross_entropy(y.mean, same, {}, at::Reduction::None)
                .flatten(1)
                .sum(1, false, torch::kFloat64);
  const torch::Tensor v =
      y.log_variance.defined() ? y.log_variance.contiguous() : torch::zeros({1}).expand(y.mean.sizes());
  return log_normal((same - y.mean).square() * (-v).exp(), v);
}

}  // namespace

torch::Tensor binarised(const torch::Tensor& x, const torch::Tensor& normal) {
  return at::special_ndtr(normal).lt(x).to(x.scalar_type());
}

double log_likelihood(const VaeModel& model, const torch::Tensor& x, int64_t samples, uint64_t seed,
                      const torch::Tensor& label) {
  torch::NoGradGuard no_grad;
  const VaeWeights weights = model.constant();
  const Codes q = model.encode(x, weights);
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  std::vector<torch::Tensor> all;
  for (int64_t first = 0; first < samples; first += kAtOnce) {
    std::vector<int64_t> shape = q.mean.sizes().vec();
    shape[0] = std::min(kAtOnce, samples - first);
    const torch::Tensor noise = torch::randn(shape, generator);
    const torch::Tensor z = q.mean + noise * q.log_sigma.exp();
    const torch::Tensor prior = log_normal(z.square(), torch::zeros({1}).expand(shape));
    const torch::Tensor own = log_normal(noise.square(), (2 * q.log_sigma).expand(shape));
    all.push_back(log_of_picture(model, x, model.with_labels(z, label), weights) + prior - own);
  }
  return (torch::logsumexp(torch::cat(all), 0) - std::log(static_cast<double>(samples))).item<double>();
}

std::pair<double, double> parzen_log_likelihood(const torch::Tensor& points, const torch::Tensor& samples,
                                                double deviation) {
  torch::NoGradGuard no_grad;
  const double variance = deviation * deviation;
  const auto dimensions = static_cast<double>(points.size(1));
  const double constant =
      std::log(static_cast<double>(samples.size(0))) + dimensions / 2 * (kLogTwoPi + std::log(variance));
  std::vector<torch::Tensor> all;
  for (const torch::Tensor& some : points.split(kAtOnce)) {
    const torch::Tensor squares = torch::cdist(some, samples).to(torch::kFloat64).square();
    all.push_back(torch::logsumexp(squares / (-2 * variance), 1) - constant);
  }
  const torch::Tensor each = torch::cat(all);
  const double error = each.std(false).item<double>() / std::sqrt(static_cast<double>(each.numel()));
  return {each.mean().item<double>(), error};
}

std::vector<Figure> parzen_figures(const Model& any, const RecordSet& set, Split split, size_t limit,
                                   int64_t samples) {
  torch::NoGradGuard no_grad;
  const VaeModel& model = as_vae(any, "draw samples of");
  const auto [height, width] = set.common_size();
  std::vector<torch::Tensor> drawn;
  for (int64_t first = 0; first < samples; first += kAtOnce) {
    if (stop_requested()) throw Stopped();
    const torch::Tensor codes = sample_codes(model, std::min(kAtOnce, samples - first), height, width,
                                             static_cast<uint64_t>(first) + 1);
    drawn.push_back(pictures_of_codes(model, codes, height, width).flatten(1) / 255);
  }
  const torch::Tensor made = torch::cat(drawn);
  const auto pictures = [&](Split of, size_t most) {
    const size_t count = most == 0 ? set.size(of) : std::min(most, set.size(of));
    if (count == 0) throw Error("evaluate on", set.name(), "the split has no picture");
    return (read_pictures(set, of, 0, count) / 255).flatten(1);
  };
  const torch::Tensor tuned = pictures(Split::kTrain, kTuned);
  double best = -INFINITY;
  double deviation = 0;
  for (const double one : {0.05, 0.07, 0.1, 0.14, 0.2, 0.27, 0.38, 0.53, 0.73, 1.0}) {
    const double value = parzen_log_likelihood(tuned, made, one).first;
    if (value <= best) continue;
    best = value;
    deviation = one;
  }
  const auto [mean, error] = parzen_log_likelihood(pictures(split, limit), made, deviation);
  return {{"parzen_deviation", deviation, 3}, {"parzen", mean, 5}, {"parzen_error", error, 3}};
}

std::vector<Figure> likelihood_figures(const Model& any, const RecordSet& set, Split split, size_t limit,
                                       int64_t samples) {
  const VaeModel& model = as_vae(any, "find the likelihood of");
  const size_t count = limit == 0 ? set.size(split) : std::min(limit, set.size(split));
  if (count == 0) throw Error("evaluate on", set.name(), "the split has no picture");
  double sum = 0;
  double squares = 0;
  for (size_t i = 0; i < count; ++i) {
    if (stop_requested()) throw Stopped();
    const uint64_t seed = Random(kSeed).split(i).bits();
    torch::Tensor x = apply(model.input, read_pictures(set, split, i, 1));
    if (is_bernoulli(model.settings()))
      x = binarised(x, torch::randn(x.sizes(), at::detail::createCPUGenerator(seed)));
    const double nll = -log_likelihood(model, x, samples, seed + 1, read_labels(set, split, i, 1));
    sum += nll;
    squares += nll * nll;
  }
  const auto n = static_cast<double>(count);
  const double variance = std::max(squares / n - sum / n * sum / n, 0.0);
  return {{"samples", static_cast<double>(samples), 15},
          {"nll", sum / n, 5},
          {"nll_error", std::sqrt(variance / n), 3}};
}

}  // namespace reverie
