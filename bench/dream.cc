// A step of a dream in Reverie against the same step written plainly with LibTorch, in one run:
//
//   bench/dream SQUEEZENET [LAYER] [ROUNDS]     (v1.0, .caffemodel beside its .prototxt; default
//                                                fire6/concat, 40 rounds, two threads)
//
// Plain: NCHW, a module's parameters as its graph has them, autograd from the layer's mean square.  Both make
// the same picture; steps at 512x384 are timed in turn, medians.  Then one step at 2048x1536, each in a
// process of its own: the most memory that it took beyond the network's.
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <torch/torch.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "core/error.h"
#include "dream/picture.h"
#include "models/family.h"
#include "models/pictures.h"

namespace {

using namespace reverie;
using Clock = std::chrono::steady_clock;

constexpr int kThreads = 2;
constexpr double kStep = 1.5;
constexpr size_t kDefaultMemory = 2'000'000'000;

// SqueezeNet up to a layer, as one would write it after LibTorch's tutorial.
class PlainNet : public torch::nn::Module {
 public:
  PlainNet(const Model& model, std::string last) : last_(std::move(last)) {
    for (const ParameterSlice& s : model.parameters().slices()) {
      const torch::Tensor values = model.parameters().flat().detach().narrow(0, s.begin, s.count);
      weights_[s.name] = values.view(s.shape).clone().requires_grad_(true);
    }
    for (const LayerInfo& layer : model.layers(kSide, kSide)) names_.push_back(layer.name);
  }

  torch::Tensor forward(torch::Tensor x) {
    for (const std::string& name : names_) {
      const bool fire = name.starts_with("fire");
      const std::string stem = name.substr(0, name.find('/'));
      if (name == "conv1") x = torch::relu(convolved(x, name, 2));
      if (name.starts_with("pool")) x = torch::max_pool2d(x, 3, 2, 0, 1, true);
      if (fire && name.ends_with("/conv1x1_1")) {
        x = torch::relu(convolved(x, name, 1));
        x = torch::cat({torch::relu(convolved(x, stem + "/conv1x1_2", 1)),
                        torch::relu(convolved(x, stem + "/conv3x3_2", 1))},
                       1);
      }
      if (name == last_ || (fire && stem + "/concat" == last_ && name.ends_with("/conv1x1_1"))) return x;
    }
    throw Error("run", last_, "the plain network has no such layer");
  }

 private:
  static constexpr int64_t kSide = 224;

  torch::Tensor convolved(const torch::Tensor& x, const std::string& name, int64_t stride) {
    const torch::Tensor& w = weights_.at(name + ".weight");
    return torch::conv2d(x, w, weights_.at(name + ".bias"), stride, w.size(2) == 3 && stride == 1 ? 1 : 0);
  }

  std::string last_;
  std::map<std::string, torch::Tensor> weights_;
  std::vector<std::string> names_;
};

torch::Tensor plain_step(PlainNet& net, const InputTransform& input, const torch::Tensor& picture) {
  torch::Tensor x = picture.detach().clone().requires_grad_(true);
  const torch::Tensor value = net.forward(apply(input, x)).square().mean();
  value.backward();
  torch::NoGradGuard no_grad;
  const torch::Tensor g = x.grad();
  return (picture + g * (kStep / g.abs().mean())).clamp(0, 255);
}

torch::Tensor our_step(Objective& objective, const torch::Tensor& picture, size_t memory) {
  torch::NoGradGuard no_grad;
  DreamSettings s;
  s.octaves = s.steps = 1;
  s.jitter = 0;
  s.step = kStep;
  s.memory = memory;
  return dream(objective, picture, s, Random(1));
}

template <class Step>
double milliseconds(const Step& step) {
  const auto begin = Clock::now();
  step();
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

// What `step` takes at most in a process of its own, in bytes.
template <class Step>
double peak_of(const Step& step) {
  const pid_t child = fork();
  if (child == 0) {
    at::set_num_threads(kThreads);
    step();
    _exit(0);
  }
  int status = 0;
  rusage used{};
  if (wait4(child, &status, 0, &used) != child || status != 0) throw Error("measure", "a step", "it failed");
  return static_cast<double>(used.ru_maxrss) * 1024;
}

torch::Tensor picture_of(int64_t height, int64_t width) {
  return from_picture(dream_noise(static_cast<int>(height), static_cast<int>(width), 1));
}

int run(const std::string& file, const std::string& layer, int rounds) {
  const std::shared_ptr<const Model> model = read_model(file);
  ObjectiveSettings asked;
  asked.sums = parse_dream_layers(layer);
  const auto objective = [&] {
    return Objective({{"", model}}, asked,
                     [](const std::string& name) { return std::filesystem::path(name); });
  };
  // before any thread is started here: a fork has none of them
  const double rest = peak_of([] {});
  const double plain_peak = peak_of([&] {
    PlainNet net(*model, layer);
    plain_step(net, model->input, picture_of(1536, 2048));
  });
  const auto our_peak = [&](size_t memory) {
    return peak_of([&] {
      Objective o = objective();
      our_step(o, picture_of(1536, 2048), memory);
    });
  };
  const double whole = our_peak(0);
  const double bounded = our_peak(kDefaultMemory);

  at::set_num_threads(kThreads);
  PlainNet net(*model, layer);
  Objective ours = objective();
  const torch::Tensor picture = picture_of(384, 512);
  const double apart =
      (plain_step(net, model->input, picture) - our_step(ours, picture, 0)).abs().max().item<double>();
  std::vector<double> plain_ms;
  std::vector<double> our_ms;
  for (int i = 0; i < rounds; ++i) {
    plain_ms.push_back(milliseconds([&] { plain_step(net, model->input, picture); }));
    our_ms.push_back(milliseconds([&] { our_step(ours, picture, 0); }));
  }
  fmt::print(
      "{} 512x384  plain {:.1f} ms  ours {:.1f} ms  {:.2f}x  pictures differ by at most {:.1e} of 255\n",
      layer, median(plain_ms), median(our_ms), median(plain_ms) / median(our_ms), apart);
  const auto gigabytes = [&](double peak) { return (peak - rest) / 1e9; };
  fmt::print("{} 2048x1536  plain {:.2f} GB  ours {:.2f} GB ({:.2f} of it), within 2 GB {:.2f} GB ({:.2f})\n",
             layer, gigabytes(plain_peak), gigabytes(whole), gigabytes(whole) / gigabytes(plain_peak),
             gigabytes(bounded), gigabytes(bounded) / gigabytes(plain_peak));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: bench/dream SQUEEZENET.caffemodel [LAYER] [ROUNDS]\n");
    return 2;
  }
  try {
    return run(argv[1], argc > 2 ? argv[2] : "fire6/concat", argc > 3 ? std::atoi(argv[3]) : 40);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
