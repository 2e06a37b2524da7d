// reverie export: a trained network as ONNX graphs, for other programs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "core/file.h"
#include "core/text.h"
#include "models/vae/vae_onnx.h"
#include "verbs.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

struct Words {
  std::string model, output;
};

int run(const Words& w) {
  torch::NoGradGuard no_grad;
  const std::unique_ptr<Model> model = read_model(w.model);
  for (const auto& [name, bytes] : vae_onnx(as_vae(*model, "export"))) {
    const fs::path file = fs::path(w.output) / (name + ".onnx");
    write_file(file, bytes);
    fmt::print("{}\n", printable(file.string()));
  }
  return 0;
}

}  // namespace

Action add_export(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("MODEL", w->model, "a VAE or generator: its .safetensors file, or its run's folder")
      ->required();
  app.add_option("-o,--output", w->output,
                 "the folder of encoder.onnx, decoder.onnx and refiner.onnx, whichever the model has")
      ->required();
  return [w] { return run(*w); };
}

}  // namespace reverie
