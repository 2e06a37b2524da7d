// A clip through the style transfer of 2017 with its refiner, end to end, against its network alone and
// against a plain LibTorch loop frame by frame, in one run:
//
//   bench/mogrify REVERIE CLIP [ROUNDS]     (default 3 rounds, two threads)
//
// Weights are random: speed does not depend on them.  Plain: NCHW, weights that ask for gradients, decoding,
// network and encoding one after the other.  End to end is what `reverie mogrify` takes for each further
// frame: the time of 60 frames less that of 20.
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/torch.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "core/error.h"
#include "core/file.h"
#include "core/fit.h"
#include "media/sink.h"
#include "media/source.h"
#include "models/pictures.h"
#include "models/vae/refiner.h"
#include "models/vae/vae.h"
#include "train/recipe.h"
#include "weights/safetensors.h"

namespace {

using namespace reverie;
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr int kThreads = 2;
constexpr int kFew = 20, kMany = 60;  // frames

// The network of the recipe vae-2017, with random weights and one label that has been seen.
std::unique_ptr<Model> reference() {
  const fs::path file = find_recipe("vae-2017");
  const Recipe recipe = parse_recipe(read_text_file(file), file.string());
  BuildOptions options;
  options.labels = {"style"};
  options.input = {recipe.input.scale, false, {}};
  std::unique_ptr<Model> model = recipe.network().build(options);
  torch::NoGradGuard no_grad;
  const VaeWeights weights = as_vae(*model, "time").constant();
  weights.buffers.at("label.seen").variable_data().fill_(1);
  weights.buffers.at("label.deviation").variable_data().fill_(1);
  return model;
}

// The network as one would write it after LibTorch's tutorial.
class PlainNet : public torch::nn::Module {
 public:
  explicit PlainNet(const VaeModel& model) : layers_(parse_vae(model.settings())) {
    for (const auto& [name, tensor] : model.tensors().tensors)
      weights_[name] = from_plain(tensor).clone().requires_grad_(true);
    refiner_ = refiner_layers(model.settings().refiner);
    refiner_[5].height = model.settings().height;
    refiner_[5].width = model.settings().width;
  }

  torch::Tensor forward(torch::Tensor x) {
    for (const VaeLayer& l : layers_.encoder) x = torch::elu(normalised(l.name, convolved(x, l)));
    x = dense("mean", x.flatten(1));
    x = torch::elu(normalised("decode0", dense("decode0", x)));
    x = x.view({x.size(0), layers_.top, layers_.top_height, layers_.top_width});
    for (const VaeLayer& l : layers_.decoder) x = torch::elu(normalised(l.name, widened(x, l)));
    const torch::Tensor beside = torch::elu(convolved(torch::relu(x), refiner_[0]));
    x = beside;
    for (size_t i = 1; i < 5; ++i) x = torch::elu(convolved(x, refiner_[i]));
    x = torch::elu(widened(x, refiner_[5])) + beside;
    return torch::relu(convolved(x, refiner_[6]));
  }

 private:
  torch::Tensor dense(const std::string& name, const torch::Tensor& x) {
    return torch::linear(x, weights_.at(name + ".weight"), weights_.at(name + ".bias"));
  }
  torch::Tensor convolved(const torch::Tensor& x, const VaeLayer& l) {
    std::vector<int64_t> border;
    for (const int64_t side : {x.size(3), x.size(2)}) {
      const int64_t all =
          std::max<int64_t>(((side + l.stride - 1) / l.stride - 1) * l.stride + l.kernel - side, 0);
      border.insert(border.end(), {all / 2, all - all / 2});
    }
    return torch::conv2d(torch::constant_pad_nd(x, border), weights_.at(l.name + ".weight"),
                         weights_.at(l.name + ".bias"), l.stride);
  }
  torch::Tensor widened(const torch::Tensor& x, const VaeLayer& l) {
    const torch::Tensor y =
        torch::conv_transpose2d(x, weights_.at(l.name + ".weight"), weights_.at(l.name + ".bias"), l.stride);
    return y.narrow(2, (y.size(2) - l.height) / 2, l.height).narrow(3, (y.size(3) - l.width) / 2, l.width);
  }
  torch::Tensor normalised(const std::string& name, const torch::Tensor& x) {
    const std::string n = name + ".norm.";
    return torch::batch_norm(x, weights_.at(n + "weight"), weights_.at(n + "bias"),
                             weights_.at(n + "mean").detach(), weights_.at(n + "variance").detach(), false,
                             0.1, kVaeEpsilon, false);
  }

  VaeLayers layers_;
  std::vector<VaeLayer> refiner_;
  std::map<std::string, torch::Tensor> weights_;
};

template <class Work>
double seconds(const Work& work) {
  const auto begin = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

torch::Tensor network(const VaeModel& model, const VaeWeights& weights, const torch::Tensor& picture) {
  torch::NoGradGuard no_grad;
  const torch::Tensor z = model.encode(apply(model.input, picture), weights).mean;
  return model.refine(model.decode(z, 180, 320, weights), weights);
}

void plain_loop(PlainNet& net, const InputTransform& input, const std::string& clip,
                const std::string& output) {
  const std::unique_ptr<Source> source = open_source(clip);
  const std::unique_ptr<Sink> sink = open_sink(output, sink_options(320, 180, source->info().fps));
  Planes frame;
  for (int n = 0; n < kFew && source->read(frame); ++n) {
    const torch::Tensor x = apply(input, from_picture(fit_picture(frame, 180, 320, Fit::kStretch)));
    sink->write(to_picture(unapply(input, net.forward(x))));
  }
  sink->finish();
}

int run(const std::string& reverie, const std::string& clip, int rounds) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("bench-mogrify-{}", ::getpid());
  fs::create_directories(folder);
  const std::string file = (folder / "m.safetensors").string();
  const std::unique_ptr<Model> made = reference();
  const VaeModel& model = as_vae(*made, "time");
  write_model(file, model);
  const auto whole = [&](int frames) {
    const std::string line = fmt::format(
        "OMP_NUM_THREADS={0} '{1}' mogrify '{2}' --model '{3}' --toward style --from style --set smooth=0 "
        "--set inertia=0 "
        "--size 320x180 "
        "--threads {0} --frames {4} -q -o '{5}'",
        kThreads, reverie, clip, file, frames, (folder / "whole.mp4").string());
    if (std::system(line.c_str()) != 0) throw Error("run", reverie, "it failed");
  };
  at::set_num_threads(kThreads);
  PlainNet net(model);
  const VaeWeights weights = model.packed();
  const torch::Tensor picture = torch::rand({1, 3, 180, 320}) * 255;
  const double apart = (net.forward(apply(model.input, picture)).detach() - network(model, weights, picture))
                           .abs()
                           .max()
                           .item<double>();
  std::vector<double> all;
  std::vector<double> alone;
  std::vector<double> plain;
  for (int i = 0; i < rounds; ++i) {
    const double few = seconds([&] { whole(kFew); });
    all.push_back((seconds([&] { whole(kMany); }) - few) / (kMany - kFew));
    alone.push_back(seconds([&] {
                      for (int n = 0; n < kFew; ++n) network(model, weights, picture);
                    }) /
                    kFew);
    plain.push_back(seconds([&] { plain_loop(net, model.input, clip, (folder / "plain.mp4").string()); }) /
                    kFew);
  }
  fs::remove_all(folder);
  fmt::print(
      "end to end {:.1f} ms a frame ({:.1f} a second)  network alone {:.1f} ms ({:.2f})  plain loop {:.1f} "
      "ms "
      "({:.2f} times)  networks differ by at most {:.1e}\n",
      1e3 * median(all), 1 / median(all), 1e3 * median(alone), median(all) / median(alone),
      1e3 * median(plain), median(plain) / median(all), apart);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: bench/mogrify REVERIE CLIP [ROUNDS]\n");
    return 2;
  }
  try {
    return run(argv[1], argv[2], argc > 3 ? std::atoi(argv[3]) : 3);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
