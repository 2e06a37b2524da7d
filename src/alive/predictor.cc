// Feedback that makes frame t + 1 of a clip from frame t.  Level 0 is set to frame after frame of the clip
// for a while (teacher forcing), so that the levels above take in how it moves; then the process runs by
// itself, at first for one frame, in the end for many, and each frame is compared with the clip's.
#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "alive/learner.h"
#include "alive/looks.h"
#include "core/error.h"
#include "models/pictures.h"

namespace reverie {
namespace {

constexpr double kGrowth = 0.7;      // share of the iterations until it runs free for all frames
constexpr double kMostNorm = 1;      // of a gradient
constexpr int kDrift = 4;            // frames that are unrolled after a long run
constexpr int64_t kMostStyle = 24;   // frames of the clip that say what it looks like
constexpr double kLeastStep = 1e-5;  // mean square below which a clip does not move

torch::Tensor frames_of(const std::vector<Planes>& clip, torch::Device device) {
  std::vector<torch::Tensor> frames;
  for (const Planes& frame : clip) frames.push_back(from_picture(frame));
  return (at::cat(frames) / 127.5 - 1).to(device);
}

class Predictor final : public Learner {
 public:
  Predictor(AliveSetup setup, int height, int width)
      : Learner(std::move(setup), height, width),
        clip_(frames_of(setup_.clip, device_)),
        warm_(s_.integer("warm")),
        ahead_(s_.integer("ahead")) {
    const int64_t learned = learned_frames(clip_.size(0), s_.number("held_out"));
    last_start_ = learned - 1 - warm_ - ahead_;
    if (last_start_ < 0)
      throw Error("learn from", "the clip", fmt::format("it has {} frames", clip_.size(0)),
                  "take a longer one, or --set ahead=2 --set warm=2");
    for (int n = 0; n <= ahead_; ++n) {  // the error of showing the last frame again
      const int64_t pairs = learned - n;
      const torch::Tensor d = clip_.narrow(0, n, pairs) - clip_.narrow(0, 0, pairs);
      copied_.push_back(std::max(d.square().mean().item<double>(), kLeastStep));
    }
    if (s_.number("looks_share") > 0) {
      std::vector<Planes> style;
      const int64_t every = 1 + learned / kMostStyle;
      for (int64_t n = 0; n < learned; n += every) style.push_back(setup_.clip[static_cast<size_t>(n)]);
      looks_.emplace(looks_settings(std::min(height, width)), style, device_);
    }
    if (s_.number("feature_weight") > 0) {
      layers_ = chosen_layers(s_.text("network"), s_.text("layers"));
      network_ = std::make_unique<Perceptual>(s_.text("network"),
                                              std::vector<std::vector<std::string>>{layers_}, device_);
    }
  }

  AliveStep step() override {
    Random choice = step_draws().split(kChoiceKey);
    AliveStep report;
    report.iteration = iteration();
    std::vector<int64_t> starts;
    for (int n = 0; n < s_.integer("batch"); ++n)
      starts.push_back(static_cast<int64_t>(choice.uniform() * static_cast<double>(last_start_ + 1)));
    const torch::Tensor index = torch::tensor(starts).to(device_);
    const torch::Tensor loss = looks_ && choice.uniform() < s_.number("looks_share")
                                   ? drifting(index, choice, report)
                                   : predicting(index, choice, report);
    report.parts = told_;
    learn(loss, report);
    return report;
  }

  // It starts from the first frame of what it is given.
  Preset preset(const std::string& name, const std::string& file) const override {
    Preset out = Learner::preset(name, file);
    out.input = InputNeed::kRequired;
    out.values.set_text("init", "picture");
    out.values.set("init_frames", std::max(1, out.values.integer("init_frames")));
    return out;
  }

 private:
  enum Part { kWrong, kLast, kFeatures, kLooks, kBeyond };
  void tell(Part part, double value) { told_[part].value = value; }

  // Frames in which much moves say more than those in which little does: only the largest are made smaller.
  void tame(torch::Tensor& gradient, const std::vector<ParameterSlice>& /*slices*/) const override {
    gradient.div_(std::max(1.0, gradient.norm().item<double>() / kMostNorm));
  }

  // How far it is from the clip, frame by frame.
  torch::Tensor predicting(const torch::Tensor& index, Random& choice, AliveStep& report) {
    const Random draws = step_draws();
    const int warm = static_cast<int>(choice.uniform() * (warm_ + 1));
    const int ahead = ahead_now();
    TwinState state = twin_.start(clip_.index_select(0, index));
    const TwinWeights weights = learned();
    report.frames = warm + ahead;
    torch::Tensor wrong;
    torch::Tensor beyond;
    torch::Tensor seen;
    double last = 0;
    for (int f = 1; f <= report.frames; ++f) {
      torch::Tensor more;
      state = next(state, weights, draws, f, &more);
      const torch::Tensor right = clip_.index_select(0, index + f);
      const int n = std::max(1, f - warm);  // frames since it was last told
      const torch::Tensor error = (state.h[0] - right).square().mean() / copied_[static_cast<size_t>(n)];
      wrong = wrong.defined() ? wrong + error : error;
      beyond = beyond.defined() ? beyond + more : more;
      last = error.item<double>();
      if (f == report.frames && network_) seen = seen_otherwise(state.h[0], right);
      if (f <= warm) state.h[0] = right;
    }
    wrong = wrong / report.frames;
    beyond = beyond / report.frames;
    torch::Tensor loss = s_.number("pixel_weight") * wrong + s_.number("range_weight") * beyond;
    if (seen.defined()) loss = loss + s_.number("feature_weight") * seen;
    tell(kWrong, wrong.item<double>());
    tell(kLast, last);
    if (seen.defined()) tell(kFeatures, seen.item<double>());
    tell(kBeyond, beyond.item<double>());
    return loss;
  }

  // How little it looks like the clip when it has run by itself for longer than it can know what comes.
  torch::Tensor drifting(const torch::Tensor& index, Random& choice, AliveStep& report) {
    const Random draws = step_draws();
    TwinState state = twin_.start(clip_.index_select(0, index));
    const int free = 1 + static_cast<int>(choice.uniform() * (ahead_ + s_.integer("free")));
    {
      const torch::NoGradGuard no_grad;
      const TwinWeights weights = constant();
      for (int f = 1; f <= free; ++f) state = next(state, weights, draws, f, nullptr);
    }
    const TwinWeights weights = learned();
    report.frames = kDrift;
    torch::Tensor beyond;
    for (int f = 1; f <= kDrift; ++f) {
      torch::Tensor more;
      state = next(state, weights, draws, free + f, &more);
      beyond = beyond.defined() ? beyond + more : more;
    }
    const torch::Tensor looks = looks_->distance((state.h[0] + 1) / 2, draws.split(kLooksKey));
    tell(kLooks, looks.item<double>());
    return looks + s_.number("range_weight") * beyond / kDrift;
  }

  // 1, 2, 4, ... of equal numbers of steps, then all.
  int ahead_now() const {
    int stages = 1;
    for (int n = 1; n < ahead_; n *= 2) ++stages;
    const double done = static_cast<double>(iteration()) / (kGrowth * s_.integer("iterations"));
    const int stage = static_cast<int>(done * (stages - 1));
    return stage >= stages - 1 ? ahead_ : std::min(ahead_, 1 << stage);
  }

  torch::Tensor seen_otherwise(const torch::Tensor& made, const torch::Tensor& right) const {
    const auto features = [&](const torch::Tensor& h) {
      return network_->features((h + 1) * 127.5, layers_);
    };
    std::vector<torch::Tensor> theirs;
    {
      const torch::NoGradGuard no_grad;
      theirs = features(right);
    }
    const std::vector<torch::Tensor> mine = features(made);
    torch::Tensor sum;
    for (size_t i = 0; i < mine.size(); ++i) {
      const torch::Tensor d = relative_difference(mine[i], theirs[i]).mean();
      sum = sum.defined() ? sum + d : d;
    }
    return sum / static_cast<double>(mine.size());
  }

  torch::Tensor clip_;  // [T, 3, H, W], -1..1
  int warm_, ahead_;
  int64_t last_start_ = 0;
  std::vector<double> copied_;  // by frames ahead
  std::vector<std::string> layers_;
  std::unique_ptr<Perceptual> network_;
  std::optional<Looks> looks_;
  std::vector<Figure> told_ = {// newest of each; by Part
                               {"wrong", 0, 3},
                               {"last", 0, 3},
                               {"features", 0, 3},
                               {"looks", 0, 3},
                               {"beyond", 0, 4}};
};

}  // namespace

int64_t learned_frames(int64_t frames, double held_out) {
  return frames - std::llround(held_out * static_cast<double>(frames));
}

std::unique_ptr<Learner> make_predictor(AliveSetup setup) {
  const int height = setup.clip[0].height();
  const int width = setup.clip[0].width();
  return std::make_unique<Predictor>(std::move(setup), height, width);
}

std::pair<int, int> prediction_size(const Preset& preset, int shorter, int width, int height) {
  int step = 1;
  for (int l = 0; l < preset.values.integer("levels"); ++l) step *= preset.values.integer("pool_size", l);
  const double scale = static_cast<double>(shorter) / std::min(width, height);
  const auto side = [&](int n) {
    return step * std::max(1, static_cast<int>(std::lround(n * scale / step)));
  };
  return {side(width), side(height)};
}

}  // namespace reverie
