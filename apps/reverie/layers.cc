// reverie layers: what the layers of a model are.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <tuple>

#include "command_line.h"
#include "core/text.h"
#include "models/family.h"
#include "verbs.h"

namespace reverie {
namespace {

constexpr int64_t kUnknownSide = 224;

struct Words {
  std::string model, size;
};

int run(const Words& w) {
  const std::unique_ptr<Model> model = read_model(w.model);
  int64_t width = model->trained_side() > 0 ? model->trained_side() : kUnknownSide;
  int64_t height = width;
  if (!w.size.empty()) std::tie(width, height) = parse_size(w.size);
  const std::vector<LayerInfo> layers = model->layers(height, width);
  std::vector<std::string> names = {"layer"};
  for (const LayerInfo& layer : layers) names.push_back(printable(layer.name));
  const auto wider = [](const std::string& a, const std::string& b) { return a.size() < b.size(); };
  const size_t column = std::max_element(names.begin(), names.end(), wider)->size();
  fmt::print("{:<{}}  channels  {:>11}  sees  step\n", names[0], column, "size");
  for (size_t i = 0; i < layers.size(); ++i) {
    const LayerInfo& layer = layers[i];
    fmt::print("{:<{}}  {:>8}  {:>11}  {:>4}  {:>4g}{}\n", names[i + 1], column, layer.channels,
               fmt::format("{}x{}", layer.width, layer.height), layer.receptive, layer.step,
               layer.name == model->scores_layer() ? "  scores" : "");
  }
  return 0;
}

}  // namespace

Action add_layers(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("MODEL", w->model,
                 "a model's .safetensors file, a run's folder, or a .caffemodel beside its .prototxt")
      ->required();
  app.add_option("--size", w->size, "of the pictures; default that of the training")->type_name("WxH");
  return [w] { return run(*w); };
}

}  // namespace reverie
