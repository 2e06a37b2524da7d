#include "models/vae/vae_onnx.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "core/file.h"
#include "core/test_help.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// Every kind of layer, normalisation, padding and activation in some network.
std::vector<VaeSettings> all_kinds() {
  VaeSettings grid;
  grid.encoder = {"conv 6 5 2", "conv 8 3 2", "residual"};
  grid.decoder = {"residual", "up", "conv 6 3", "shuffle 3 5"};
  grid.codes = 7;
  grid.norm = VaeNorm::kStyle;
  grid.padding = VaePadding::kReflect;
  grid.refiner = 4;
  VaeSettings vector;
  vector.encoder = {"conv 3 5 2", "conv 4 3 2"};
  vector.codes = 5;
  vector.spatial = false;
  vector.width = 11;
  vector.height = 7;
  vector.norm = VaeNorm::kBatch;
  vector.output = VaeActivation::kElu;
  vector.output_norm = true;
  vector.refiner = 3;
  VaeSettings tied = vector;
  tied.tied = true;
  tied.activation = VaeActivation::kLeaky;
  tied.output = VaeActivation::kSoftplus;
  VaeSettings dense = vector;
  dense.encoder = {"dense 20", "dense 10"};
  dense.norm = VaeNorm::kNone;
  dense.output_norm = false;
  dense.variance = true;
  dense.output = VaeActivation::kSigmoid;
  VaeSettings generator;
  generator.decoder = {"deconv 8 4", "deconv 3 4"};
  generator.codes = 6;
  generator.top = 10;
  generator.spatial = false;
  generator.width = generator.height = 16;
  generator.norm = VaeNorm::kBatch;
  generator.activation = VaeActivation::kRelu;
  generator.output = VaeActivation::kTanh;
  return {grid, vector, tied, dense, generator};
}

VaeModel made(const VaeSettings& settings) {
  torch::manual_seed(4);
  InputTransform input;
  input.scale = 1.0 / 128;
  input.mean = torch::rand({3, 1, 1}) * 100 + 60;
  VaeModel model(settings, {}, input);
  model.initialise(3);
  torch::NoGradGuard no_grad;
  model.parameters().flat().add_(0.1 * torch::rand_like(model.parameters().flat()));
  model.parameters().buffers().add_(0.3 * torch::rand_like(model.parameters().buffers()));
  return model;
}

class VaeOnnx : public testing::Test {
 protected:
  std::string numbers(const torch::Tensor& t) {
    const torch::Tensor whole = t.contiguous();
    const std::string name = fmt::format("{}.raw", ++files_);
    write_file(folder_.path() / name, {reinterpret_cast<const uint8_t*>(whole.data_ptr<float>()),
                                       static_cast<size_t>(whole.numel()) * sizeof(float)});
    return name;
  }

  void expect(const std::string& graph, const std::string& input, const torch::Tensor& given,
              const std::vector<std::pair<std::string, torch::Tensor>>& outputs) {
    std::vector<std::string> wanted;
    for (const auto& [name, tensor] : outputs)
      wanted.push_back(fmt::format("[\"{}\", \"{}\"]", name, numbers(tensor)));
    cases_.push_back(
        fmt::format("{{\"graph\": \"{}\", \"input\": [\"{}\", [{}], \"{}\"], \"outputs\": [{}]}}", graph,
                    input, fmt::join(given.sizes(), ", "), numbers(given), fmt::join(wanted, ", ")));
  }

  void expect_all(const VaeModel& model, const std::string& name, int64_t height, int64_t width) {
    for (const auto& [part, bytes] : vae_onnx(model))
      write_file(folder_.path() / fmt::format("{}-{}.onnx", name, part), bytes);
    const VaeSettings& s = model.settings();
    const VaeWeights weights = model.constant();
    torch::Tensor codes;
    if (s.encoder.empty()) {
      codes = torch::randn({2, s.codes});
    } else {
      const torch::Tensor picture = torch::rand({2, 3, height, width});
      const Codes found = model.encode(apply(model.input, picture * 255), weights);
      codes = found.mean;
      expect(name + "-encoder.onnx", "picture", picture,
             {{"mean", found.mean}, {"log_sigma", found.log_sigma}});
    }
    const torch::Tensor y = model.decode(codes, height, width, weights);
    const auto shown = [&](const torch::Tensor& seen) { return unapply(model.input, seen) / 255; };
    expect(name + "-decoder.onnx", "codes", codes, {{"picture", shown(y)}});
    if (s.refiner > 0)
      expect(name + "-refiner.onnx", "picture", shown(y), {{"refined", shown(model.refine(y, weights))}});
  }

  TemporaryFolder folder_;
  std::vector<std::string> cases_;
  int files_ = 0;
};

// In another program the graphs make the same numbers.
TEST_F(VaeOnnx, OnnxRuntimeMakesTheSame) {
  if (!fs::exists("build/onnx-runtime/node_modules/onnxruntime-node"))
    GTEST_SKIP() << "needs ONNX Runtime: tests/onnx-runtime fetches it";
  torch::NoGradGuard no_grad;
  int number = 0;
  for (const VaeSettings& settings : all_kinds()) {
    const VaeModel model = made(settings);
    const std::string name = std::to_string(++number);
    if (settings.spatial) {
      expect_all(model, name, 12, 20);
      expect_all(model, name, 16, 8);
    } else {
      expect_all(model, name, settings.height, settings.width);
    }
  }
  const std::unique_ptr<Model> shipped = read_model("models/mogrify.safetensors");
  expect_all(as_vae(*shipped, "test"), "mogrify", 60, 80);
  std::ofstream(folder_.path() / "cases.json") << fmt::format("[{}]\n", fmt::join(cases_, ",\n"));
  const std::string command = fmt::format("node tests/onnx-runtime.mjs '{}'", folder_.path().string());
  EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(concurrency-mt-unsafe): one thread
}

TEST_F(VaeOnnx, APartForEachThatTheModelHas) {
  const auto parts = [](const VaeSettings& settings) {
    std::string names;
    for (const auto& [name, bytes] : vae_onnx(made(settings))) names += name + " ";
    return names;
  };
  EXPECT_EQ(parts(all_kinds()[0]), "encoder decoder refiner ");
  EXPECT_EQ(parts(all_kinds()[4]), "decoder ");
  VaeModel odd = made(all_kinds()[1]);
  odd.input.bgr = true;
  EXPECT_NE(message_of([&] { vae_onnx(odd); }).find("not a plain picture"), std::string::npos);
}

}  // namespace
}  // namespace reverie
