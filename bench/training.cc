// A training step of Reverie against plain LibTorch loops, in one run:
//
//   bench/training SET [STEPS] [RECIPE ...]     (default 60 steps, recipes hourglass-00 and hourglass-16, two
//   threads)
//
// Plain: convolution, activation, pooling, transposed convolution, autograd, one update per parameter; once
// in NCHW, once with pictures and weights in channels-last.  All start with the same weights and see the same
// batches; their losses are compared over the first 100 steps, then blocks of steps are timed in turn.
// Medians.
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "core/file.h"
#include "models/hourglass/layers.h"
#include "train/hourglass_task.h"
#include "train/input.h"
#include "train/trainer.h"

namespace {

using namespace reverie;
using Clock = std::chrono::steady_clock;

constexpr int kCompared = 100;  // steps whose losses are compared
constexpr int kBlock = 10;      // steps timed together

// What one would write after LibTorch's tutorial.
class PlainLoop {
 public:
  PlainLoop(const Recipe& recipe, const Model& begin, const RecordSet& set, const BatchOptions& options,
            torch::MemoryFormat format)
      : recipe_(recipe), input_(begin.input), batches_(set, Split::kTrain, options), format_(format) {
    for (const NamedTensor& named : as_hourglass(begin, "compare").net.named()) {
      const torch::Tensor plain = named.tensor.detach().contiguous().clone();
      weights_.push_back((plain.dim() == 4 ? plain.contiguous(format) : plain).requires_grad_(true));
      velocity_.push_back(torch::zeros_like(weights_.back()));
    }
  }

  double step() {
    const Stage& stage = recipe_.stages[0];
    const Batch batch = batches_.next();
    const torch::Tensor x =
        apply(input_, as_tensor(batch, batches_.height(), batches_.width())).contiguous(format_);
    torch::Tensor h = x;
    const auto& levels = hourglass_settings(recipe_).net.levels;
    for (size_t l = 0; l < levels.size(); ++l) {
      h = torch::conv2d(h, weights_[4 * l], weights_[4 * l + 1], 1, (levels[l].encode_kernel - 1) / 2);
      h = activate(h, levels[l].activation);
      h = levels[l].pool == PoolKind::kMax ? torch::max_pool2d(h, levels[l].pool_size)
                                           : torch::avg_pool2d(h, levels[l].pool_size);
    }
    for (size_t l = levels.size(); l-- > 0;) {
      h = torch::conv_transpose2d(h, weights_[4 * l + 2], weights_[4 * l + 3], levels[l].pool_size,
                                  (levels[l].decode_kernel - levels[l].pool_size) / 2);
      h = activate(h, levels[l].activation);
    }
    const torch::Tensor loss = (h - x).square().sum() / (2.0 * stage.batch);
    loss.backward();
    torch::NoGradGuard no_grad;
    for (size_t i = 0; i < weights_.size(); ++i) {
      velocity_[i].mul_(stage.momentum).add_(weights_[i].grad(), rate_at(stage, done_));
      weights_[i].sub_(velocity_[i]);
      weights_[i].grad().zero_();
    }
    ++done_;
    return loss.item<double>();
  }

 private:
  const Recipe& recipe_;
  InputTransform input_;
  Batches batches_;
  torch::MemoryFormat format_;
  std::vector<torch::Tensor> weights_, velocity_;
  int64_t done_ = 0;
};

template <class Step>
double milliseconds(const Step& step) {
  const auto begin = Clock::now();
  for (int i = 0; i < kBlock; ++i) step();
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count() / kBlock;
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

void compare(const std::string& name, const RecordSet& set, int steps) {
  const auto file = find_recipe(name);
  const Recipe recipe = parse_recipe(read_text_file(file), file.string(), {"iterations=1000000"});
  if (recipe.stages.size() != 1 || recipe.stages[0].solver != SolverKind::kSgd ||
      hourglass_stage(recipe.stages[0]).loss_weights.size() != 1)
    throw Error("compare", name, "the plain loop supports only one stage of sgd, end to end");
  Group alone;
  const RunSettings settings;
  Trainer ours(recipe, set, settings, alone, nullptr);
  PlainLoop plain(recipe, *ours.model(), set, ours.batch_options(), torch::MemoryFormat::Contiguous);
  PlainLoop last(recipe, *ours.model(), set, ours.batch_options(), torch::MemoryFormat::ChannelsLast);
  double apart = 0;
  for (int i = 0; i < kCompared; ++i) {
    const double loss = ours.step().loss;
    for (PlainLoop* loop : {&plain, &last}) {
      const double theirs = loop->step();
      apart = std::max(apart, std::abs(loss - theirs) / theirs);
    }
  }
  std::vector<double> plain_ms, last_ms, our_ms;
  for (int i = 0; i < std::max(1, steps / kBlock); ++i) {
    plain_ms.push_back(milliseconds([&] { plain.step(); }));
    last_ms.push_back(milliseconds([&] { last.step(); }));
    our_ms.push_back(milliseconds([&] { ours.step(); }));
  }
  const double best = std::min(median(plain_ms), median(last_ms));
  fmt::print(
      "{:<16} plain {:7.2f} ms  channels-last {:7.2f} ms  ours {:7.2f} ms  {:.2f}x the best of them; losses "
      "of {} "
      "steps differ by at most {:.1e}\n",
      name, median(plain_ms), median(last_ms), median(our_ms), best / median(our_ms), kCompared, apart);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw Error("usage: bench/training SET [STEPS] [RECIPE ...]");
    at::set_num_threads(2);
    const RecordSet set = RecordSet::open(argv[1]);
    const int steps = argc > 2 ? std::atoi(argv[2]) : 60;
    std::vector<std::string> names(argv + std::min(argc, 3), argv + argc);
    if (names.empty()) names = {"hourglass-00", "hourglass-16"};
    for (const std::string& name : names) compare(name, set, steps);
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
