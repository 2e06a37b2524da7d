// reverie classify: what a network that gives scores takes pictures for.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "asked_model.h"
#include "core/error.h"
#include "core/file_kind.h"
#include "core/fit.h"
#include "core/stop.h"
#include "core/text.h"
#include "models/family.h"
#include "verbs.h"
#if REVERIE_WITH_MEDIA
#include "media/picture.h"
#include "media/source.h"
#endif

namespace reverie {
namespace {

struct Words {
  std::vector<std::string> pictures;
  std::string model, fit;
  int64_t top = 5;
  bool mirrored = false;
};

struct Answer {
  double share = 0;
  std::string label;
};

// Looks at pictures with one model.
class Classifier {
 public:
  Classifier(const std::string& path, const std::string& fit_word, bool mirrored)
      : model_(read_model(path)), mirrored_(mirrored) {
    if (model_->scores_layer().empty())
      throw Error("classify with", "this model",
                  fmt::format("its family is '{}', not classifier: it gives no scores", model_->family()));
    side_ = static_cast<int>(model_->trained_side());
    if (side_ <= 0) throw Error("classify with", path, "it does not say the size of its pictures");
    // published networks were measured with whole pictures, ours with their middle
    fit_ = !fit_word.empty() ? fit_of(fit_word)
                             : (model_->family() == "classifier" ? Fit::kCrop : Fit::kStretch);
  }

  // The likeliest labels of a picture of any size.
  std::vector<Answer> answers(const Planes& picture, int64_t top) const {
    const torch::Tensor seen = apply(model_->input, look_at(picture) * 255);
    torch::Tensor shares = shares_of(seen);
    if (mirrored_) shares = (shares + shares_of(seen.flip({3}))) / 2;
    const auto [share, place] = shares.topk(std::min(top, shares.size(0)));
    std::vector<Answer> all;
    for (int64_t i = 0; i < share.size(0); ++i)
      all.push_back({share[i].item<double>(), label(place[i].item<int64_t>())});
    return all;
  }

 private:
  torch::Tensor shares_of(const torch::Tensor& seen) const {
    return torch::softmax(model_->forward(seen, {model_->scores_layer()})[0].flatten(), 0);
  }

  torch::Tensor look_at(const Planes& picture) const {
    const bool whole = fit_ == Fit::kStretch;
    const Planes fitted = whole ? picture : fit_picture(picture, side_, side_, fit_);
    const torch::Tensor x = torch::tensor(std::vector<float>(fitted.data().begin(), fitted.data().end()))
                                .view({1, 3, fitted.height(), fitted.width()});
    // as published answers were made: bicubic, over all pixels that fall into one
    return whole ? torch::_upsample_bicubic2d_aa(x, at::IntArrayRef({side_, side_}), false).clamp(0, 1) : x;
  }

  std::string label(int64_t place) const {
    const std::vector<std::string>& labels = model_->labels();
    const auto i = static_cast<size_t>(place);
    return i < labels.size() ? printable(labels[i]) : fmt::format("class {}", place);
  }

  std::unique_ptr<Model> model_;
  bool mirrored_ = false;
  int side_ = 0;
  Fit fit_ = Fit::kCrop;
};

#if REVERIE_WITH_MEDIA
// A line a frame; whether it came to the end.
bool classify_video(const Classifier& classifier, const std::string& name) {
  const std::unique_ptr<Source> source = open_source(name);
  Planes frame;
  for (int64_t n = 0; source->read(frame); ++n) {
    if (stop_requested()) return false;
    const Answer best = classifier.answers(frame, 1)[0];
    fmt::print("{:.3f} {:.4f} {}\n", static_cast<double>(n) / source->info().fps, best.share, best.label);
    std::fflush(stdout);
  }
  return true;
}
#endif

void classify_picture(const Classifier& classifier, const std::string& name, int64_t top) {
#if REVERIE_WITH_MEDIA
  for (const Answer& a : classifier.answers(read_picture(name), top))
    fmt::print("{:.4f} {}\n", a.share, a.label);
  std::fflush(stdout);
#else
  (void)classifier;
  (void)top;
  throw Error("read", name, "this build has no FFmpeg", "build with -DREVERIE_MEDIA=ON");
#endif
}

int run(const Words& w) {
  torch::NoGradGuard no_grad;
  const Classifier classifier(asked_model(w.model, "dream"), w.fit, w.mirrored);
  for (const std::string& name : w.pictures) {
    if (stop_requested()) return 130;
    if (w.pictures.size() > 1) fmt::print("{}\n", name);
#if REVERIE_WITH_MEDIA
    if (kind_of(std::filesystem::path(name)).type == FileType::kVideo) {
      if (!classify_video(classifier, name)) return 130;
      continue;
    }
#endif
    classify_picture(classifier, name, w.top);
  }
  return 0;
}

}  // namespace

Action add_classify(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("PICTURE", w->pictures,
                 "picture files of any kind; of videos each frame gets a line: time, share, label")
      ->required();
  app.add_option("--model", w->model,
                 "a classifier: its .safetensors file, its run's folder, or a .caffemodel beside its "
                 ".prototxt; default "
                 "the one that ships, which knows CIFAR-10's ten labels")
      ->type_name("M");
  app.add_option("--top", w->top, "so many labels of each picture; default 5")->check(CLI::Range(1, 100000));
  app.add_flag(
      "--mirrored", w->mirrored,
      "the mean of the answers to a picture and to its mirror image: takes twice as long, errs less");
  app.add_option("--fit", w->fit,
                 "how pictures become square: crop, pad or stretch; default as the network was measured: "
                 "crop for those "
                 "of train, else stretch")
      ->check(CLI::IsMember(fit_words()));
  return [w] { return run(*w); };
}

}  // namespace reverie
