// reverie classify: what a classifier takes pictures for.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/error.h"
#include "core/fit.h"
#include "core/stop.h"
#include "models/classifier/classifier.h"
#include "verbs.h"
#if REVERIE_WITH_MEDIA
#include "media/picture.h"
#endif

namespace reverie {
namespace {

struct Words {
  std::vector<std::string> pictures;
  std::string model;
  int64_t top = 5;
};

// A picture as the model saw those of its training: its middle, of their size.
torch::Tensor look_at(const std::string& name, int side) {
#if REVERIE_WITH_MEDIA
  const Planes picture = fit_picture(read_picture(name), side, side, Fit::kCrop);
  return torch::tensor(std::vector<float>(picture.data().begin(), picture.data().end()))
             .view({1, 3, side, side}) *
         255;
#else
  (void)side;
  throw Error("read", name, "this build has no FFmpeg", "build with -DREVERIE_MEDIA=ON");
#endif
}

int run(const Words& w) {
  torch::NoGradGuard no_grad;
  const std::unique_ptr<Model> read = read_model(w.model);
  const ClassifierModel& model = as_classifier(*read, "classify with");
  const int64_t top = std::min(w.top, static_cast<int64_t>(model.labels().size()));
  for (const std::string& picture : w.pictures) {
    if (stop_requested()) return 130;
    const torch::Tensor seen = apply(model.input, look_at(picture, model.side));
    const auto [share, place] = torch::softmax(model.scores(seen), 1)[0].topk(top);
    if (w.pictures.size() > 1) fmt::print("{}\n", picture);
    for (int64_t i = 0; i < top; ++i) {
      fmt::print("{:.4f} {}\n", share[i].item<double>(),
                 model.labels()[static_cast<size_t>(place[i].item<int64_t>())]);
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

Action add_classify(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("PICTURE", w->pictures, "picture files of any kind; the middle square is looked at")
      ->required();
  app.add_option("--model", w->model, "a classifier: its .safetensors file, or its run's folder")->required();
  app.add_option("--top", w->top, "so many labels of each picture; default 5")->check(CLI::Range(1, 100000));
  return [w] { return run(*w); };
}

}  // namespace reverie
