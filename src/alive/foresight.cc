#include "alive/foresight.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "control/modulation.h"
#include "core/error.h"
#include "core/stop.h"
#include "feedback/engine.h"

namespace reverie {
namespace {

constexpr size_t kShown = 8;  // frames that it is shown before
constexpr std::array<size_t, 4> kAhead = {1, 2, 4, 8};
constexpr size_t kMostTrials = 24;
constexpr size_t kBlurs = 36;  // up to three samples

double mean_square(const Planes& a, const Planes& b) {
  double sum = 0;
  for (size_t i = 0; i < a.data().size(); ++i) {
    const double d = a.data()[i] - b.data()[i];
    sum += d * d;
  }
  return sum / static_cast<double>(a.data().size());
}

// Along rows and columns, with a standard deviation of half a sample.
Planes blurred(const Planes& in) {
  const auto mixed = [](float before, float here, float after) {
    return 0.125F * (before + 6 * here + after);
  };
  Planes across(in.channels(), in.height(), in.width());
  Planes out(in.channels(), in.height(), in.width());
  const int right = in.width() - 1;
  const int bottom = in.height() - 1;
  for (int c = 0; c < in.channels(); ++c) {
    for (int y = 0; y <= bottom; ++y) {
      for (int x = 0; x <= right; ++x)
        across.at(c, y, x) =
            mixed(in.at(c, y, std::max(0, x - 1)), in.at(c, y, x), in.at(c, y, std::min(right, x + 1)));
    }
    for (int y = 0; y <= bottom; ++y) {
      for (int x = 0; x <= right; ++x)
        out.at(c, y, x) = mixed(across.at(c, std::max(0, y - 1), x), across.at(c, y, x),
                                across.at(c, std::min(bottom, y + 1), x));
    }
  }
  return out;
}

// Adds what is wrong at each of kAhead, of one preset, from frame `start` on.
class Foreseer {
 public:
  Foreseer(const Preset& preset, const std::vector<Planes>& frames, const JudgeOptions& options)
      : frames_(frames),
        fps_(options.fps),
        threads_(options.threads),
        automation_(preset, options.seed, options.read_picture),
        values_(preset.values) {
    values_.set_text("init", "picture");
    engine_ = std::make_unique<FeedbackEngine>(
        make_hourglass(values_, Random(options.seed).split(kWeightsStream),
                       [&](const std::string& name) { return find_asset(preset, name); }),
        frames[0].height(), frames[0].width(), values_, "auto", options.seed, threads_, &frames[0]);
  }

  void play(size_t start, uint64_t seed, std::array<double, kAhead.size()>& wrong) {
    engine_->restart(seed, values_, &frames_[start]);
    Planes shown;
    for (size_t f = 1; f < kShown + kAhead.back(); ++f) {
      automation_.apply(FrameTime{static_cast<int64_t>(f), static_cast<double>(f) / fps_}, nullptr, values_);
      engine_->step(static_cast<int64_t>(f), values_, nullptr);
      if (f < kShown) {
        engine_->hold(frames_[start + f]);
        continue;
      }
      engine_->look(values_, shown);
      for (size_t i = 0; i < kAhead.size(); ++i) {
        if (f + 1 == kShown + kAhead[i]) wrong[i] += mean_square(shown, frames_[start + f]);
      }
    }
  }

 private:
  const std::vector<Planes>& frames_;
  double fps_;
  Threads threads_;
  Automation automation_;
  ParameterValues values_;
  std::unique_ptr<FeedbackEngine> engine_;
};

}  // namespace

std::vector<Figure> judge_foresight(const Preset& preset, const std::vector<Planes>& frames,
                                    const JudgeOptions& options) {
  if (preset.effect != "feedback") throw Error("evaluate", preset.name, "it is not a feedback process");
  const size_t length = kShown + kAhead.back();
  if (frames.size() < length)
    throw Error("evaluate", preset.name,
                fmt::format("the clip has {} frames that it did not learn from, and {} are needed",
                            frames.size(), length),
                "take a longer clip, or a larger --held-out");
  Preset untrained = preset;
  untrained.values.set_text("weights", "normal");
  Foreseer learned(preset, frames, options);
  Foreseer random(untrained, frames, options);
  std::array<double, kAhead.size()> wrong = {};
  std::array<double, kAhead.size()> without = {};
  std::array<std::array<double, kAhead.size()>, kBlurs + 1> copied = {};  // by how often it was blurred
  const size_t places = frames.size() - length + 1;
  const size_t trials = std::min(kMostTrials, places);
  for (size_t t = 0; t < trials; ++t) {
    if (stop_requested()) return {};
    const size_t start = t * places / trials;
    learned.play(start, options.seed, wrong);
    random.play(start, options.seed, without);
    Planes last = frames[start + kShown - 1];
    for (auto& sums : copied) {
      for (size_t i = 0; i < kAhead.size(); ++i)
        sums[i] += mean_square(last, frames[start + kShown - 1 + kAhead[i]]);
      last = blurred(last);
    }
  }
  std::vector<Figure> out;
  for (size_t i = 0; i < kAhead.size(); ++i) {
    const auto mean = [&](double sum) { return sum / static_cast<double>(trials); };
    out.push_back({fmt::format("ahead_{}", kAhead[i]), mean(wrong[i]), 4});
    out.push_back({fmt::format("ahead_{}_copy", kAhead[i]), mean(copied[0][i]), 4});
    double least = copied[0][i];
    for (const auto& sums : copied) least = std::min(least, sums[i]);
    out.push_back({fmt::format("ahead_{}_blurred", kAhead[i]), mean(least), 4});
    out.push_back({fmt::format("ahead_{}_untrained", kAhead[i]), mean(without[i]), 4});
  }
  return out;
}

}  // namespace reverie
