#include "alive/judge.h"

#include <cmath>

#include "alive/wanted_motion.h"
#include "control/modulation.h"
#include "core/error.h"
#include "core/stop.h"
#include "discover/spectrum.h"
#include "feedback/engine.h"
#include "feedback/palette.h"
#include "models/pictures.h"
#include "motion/mean_motion.h"

namespace reverie {
namespace {

// Random streams, split off the seed, as feedback's effect has them.
enum Stream : uint64_t { kEngineStream = kWeightsStream + 1, kDamageStream };

constexpr int kHealing = 300;  // frames
constexpr double kEarly = 10;  // seconds
constexpr int kSideForFlow = 192;

// Plays one preset as the effect does, and lets its state be damaged.
class Playing {
 public:
  Playing(const Preset& preset, const JudgeOptions& options)
      : options_(options),
        threads_(options.threads),
        automation_(preset, options.seed, options.read_picture),
        values_(preset.values),
        engine_(make_hourglass(values_, Random(options.seed).split(kWeightsStream),
                               [&](const std::string& name) { return find_asset(preset, name); }),
                options.height, options.width, values_, "auto",
                Random(options.seed).split(kEngineStream).bits(), threads_, nullptr) {
    const std::string& palette = values_.text("palette");
    if (!palette.empty() && palette != "input")
      colours_ = colour_statistics(options.read_picture(find_asset(preset, palette)), threads_);
    for (int n = values_.integer("preroll"); n > 0; --n) step(-n);
  }

  const Planes& next() {
    step(frame_++);
    engine_.look(values_, shown_);
    if (colours_) {
      palette_.apply(shown_, *colours_,
                     {static_cast<float>(values_.number("palette_mix")),
                      static_cast<float>(values_.number("palette_rate")),
                      static_cast<float>(values_.number("palette_contrast"))},
                     threads_);
    }
    return shown_;
  }

  void damage() { engine_.damage(Random(options_.seed).split(kDamageStream), 0.25); }
  double reach() const { return engine_.reach(); }

 private:
  void step(int64_t frame) {
    automation_.apply(FrameTime{frame, static_cast<double>(frame) / options_.fps}, nullptr, values_);
    engine_.step(frame, values_, nullptr);
  }

  const JudgeOptions& options_;
  Threads threads_;
  Automation automation_;
  ParameterValues values_;
  FeedbackEngine engine_;
  Palette palette_;
  std::optional<ColourStatistics> colours_;
  Planes shown_;
  int64_t frame_ = 0;
};

class Means {
 public:
  void add(double v) { sum_ += v, ++count_; }
  double mean() const { return count_ > 0 ? sum_ / count_ : 0; }

 private:
  double sum_ = 0;
  int count_ = 0;
};

// How frames in a row move, beside how they should.
class MotionJudge {
 public:
  explicit MotionJudge(const JudgeOptions& options)
      : threads_(options.threads),
        velocity_(motion_of_clip(options.motion, options.motion_speed, options.height, options.width)),
        wanted_(velocity_) {}

  void next(const Planes& shown) {
    own_.next(large_enough(shown), threads_);
    last_.push_back(from_picture(shown) / 127.5 - 1);
    if (std::ssize(last_) > WantedMotion::kFrames) last_.erase(last_.begin());
    if (std::ssize(last_) < WantedMotion::kFrames) return;
    const torch::NoGradGuard no_grad;
    otherwise_.add(wanted_.otherwise(last_).item<double>());
  }

  void tell(std::vector<Figure>& out) const {
    if (std::ssize(last_) < WantedMotion::kFrames || own_.pairs() == 0) return;
    out.push_back({"motion", otherwise_.mean(), 4});
    Flow mean =
        resize_flow(own_.mean(), static_cast<int>(velocity_.size(1)), static_cast<int>(velocity_.size(2)));
    const torch::Tensor own = torch::from_blob(mean.data().data(), velocity_.sizes(), torch::kFloat32);
    out.push_back({"motion_along", ((own * velocity_).sum() / velocity_.square().sum()).item<double>(), 4});
  }

 private:
  // Optical flow is coarse in small pictures.
  static Planes large_enough(const Planes& shown) {
    const int times = (kSideForFlow + shown.height() - 1) / shown.height();
    return times > 1 ? resize(shown, times * shown.height(), times * shown.width()) : shown;
  }

  Threads threads_;
  torch::Tensor velocity_;
  WantedMotion wanted_;
  MeanMotion own_;
  std::vector<torch::Tensor> last_;
  Means otherwise_;
};

}  // namespace

std::vector<Figure> judge(const Preset& preset, const std::vector<Planes>& style,
                          const std::optional<LooksSettings>& looks, const JudgeOptions& options) {
  if (preset.effect != "feedback" || preset.input == InputNeed::kRequired)
    throw Error("evaluate", preset.name, "it is not a feedback process that runs without an input");
  std::optional<Looks> judge_of_looks;
  if (looks && !style.empty()) judge_of_looks.emplace(*looks, style);
  const auto distance = [&](const Planes& picture) {
    const torch::NoGradGuard no_grad;
    return judge_of_looks->distance(from_picture(picture) / 255, Random(options.seed)).item<double>();
  };
  std::optional<MotionJudge> motion;
  if (!options.motion.empty()) motion.emplace(options);
  Playing playing(preset, options);
  const int second = std::max(1, static_cast<int>(std::lround(options.fps)));
  const int early =
      std::min(static_cast<int>(std::lround(kEarly * options.fps)), std::max(second, options.frames / 3));
  Means change;
  Means change_early;
  Means looked;
  Means slope;
  Means grid;
  Planes last;
  for (int f = 1; f <= options.frames; ++f) {
    if (stop_requested()) return {};
    const Planes& shown = playing.next();
    if (!last.empty()) {
      const double moved = mean_absolute_difference(shown, last);
      if (f > options.frames - second) change.add(moved);
      if (f > early - second && f <= early) change_early.add(moved);
    }
    if (f == options.frames || f == options.frames / 3 || f == 2 * options.frames / 3) {
      if (judge_of_looks) looked.add(distance(shown));
      const PictureSpectrum s = spectrum_of(shown);
      slope.add(s.slope);
      grid.add(s.grid);
    }
    if (motion && f >= options.frames / 3) motion->next(shown);
    last = shown;
  }
  std::vector<Figure> out;
  if (judge_of_looks) out.push_back({"looks", looked.mean(), 4});
  out.push_back({"change", change.mean(), 4});
  out.push_back({"change_early", change_early.mean(), 4});
  out.push_back({"slope", slope.mean(), 3});
  if (!style.empty()) {
    Means own;
    for (const Planes& picture : style) own.add(spectrum_of(picture).slope);
    out.push_back({"style_slope", own.mean(), 3});
  }
  out.push_back({"grid", grid.mean(), 3});
  out.push_back({"reach", playing.reach(), 4});
  if (motion) motion->tell(out);
  if (!judge_of_looks) return out;
  playing.damage();
  out.push_back({"looks_damaged", distance(playing.next()), 4});
  for (int f = 1; f < kHealing && !stop_requested(); ++f) playing.next();
  out.push_back({"looks_healed", distance(playing.next()), 4});
  return stop_requested() ? std::vector<Figure>{} : out;
}

}  // namespace reverie
