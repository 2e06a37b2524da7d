#include "feedback/kernels/checked_kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "feedback/flow.h"
#include "feedback/kernels/reference/reference_kernel.h"

namespace reverie {
namespace {

constexpr size_t kJumpsOneIn = 10000;  // samples

bool jumps(const Transition& t, Precision precision) {
  const bool coarse = precision == Precision::kBf16;
  return t.sampling == Sampling::kNearest ||
         std::any_of(t.level.begin(), t.level.end(), [coarse](const LevelTransition& l) {
           return l.squash == Squash::kWrap || (coarse && l.pool == Pool::kMaxMagnitude);
         });
}

// Compares level by level.
class Comparison {
 public:
  void add(int level, const Planes& a, const Planes& b) {
    for (int c = 0; c < b.channels(); ++c) {
      for (int y = 0; y < b.height(); ++y) {
        for (int x = 0; x < b.width(); ++x) {
          const double difference = std::abs(static_cast<double>(a.at(c, y, x)) - b.at(c, y, x));
          squares_.push_back(difference * difference);
          norm_ += static_cast<double>(b.at(c, y, x)) * b.at(c, y, x);
          if (difference <= worst_ && std::isfinite(difference)) continue;
          worst_ = difference;
          place_ = fmt::format("level {} differs by {:.2g} at channel {}, row {}, column {}", level,
                               difference, c, y, x);
        }
      }
    }
  }

  double error(bool jumps) {
    const size_t counted = squares_.size() - (jumps ? squares_.size() / kJumpsOneIn + 1 : 0);
    const auto end = squares_.begin() + static_cast<std::ptrdiff_t>(counted);
    std::nth_element(squares_.begin(), end, squares_.end());
    double sum = 0;
    for (auto s = squares_.begin(); s != end; ++s) sum += *s;
    return std::sqrt(sum / std::max(norm_, 1e-12));
  }
  const std::string& place() const { return place_; }

 private:
  std::vector<double> squares_;
  double norm_ = 0, worst_ = 0;
  std::string place_;
};

class CheckedKernel final : public Kernel {
 public:
  CheckedKernel(const KernelKind& kind, const Hourglass& hourglass, const LevelSizes& sizes, Threads& threads,
                std::shared_ptr<CheckReport> report)
      : kind_(kind),
        glass_(hourglass),
        sizes_(sizes),
        threads_(threads),
        report_(std::move(report)),
        played_(kind.make(hourglass, sizes, threads)),
        reference_(make_reference_kernel(hourglass, sizes, threads)) {}

  void set_state(int level, const Planes& state) override { played_->set_state(level, state); }
  Planes state(int level) const override { return played_->state(level); }
  Planes state_channel(int level, int channel) const override {
    return played_->state_channel(level, channel);
  }
  const float* state_row(int level, int channel, int y) const override {
    return played_->state_row(level, channel, y);
  }
  float home_gain(int level) const override { return played_->home_gain(level); }
  void set_home_gain(int level, float gain) override { played_->set_home_gain(level, gain); }
  Planes encoding(int level) const override { return played_->encoding(level); }
  Planes decoding(int level) const override { return played_->decoding(level); }

  void set_input(const Planes& picture, const Transition& t, int top) override {
    input_ = picture;
    input_top_ = top;
    played_->set_input(picture, t, top);
  }
  void clear_input() override {
    input_ = Planes();
    played_->clear_input();
  }

  bool makes_velocity() const override { return played_->makes_velocity(); }

  void step(const Transition& t, const Random& noise) override {
    if (t.frame % kCheckEvery != 0) return played_->step(t, noise);
    Transition whole = t;
    whole.schedule = Schedule::kEvery;
    if (t.stream.flows() && t.velocity == nullptr) {
      velocity_ = stream_velocity(*played_, t, sizes_, threads_);
      whole.velocity = &velocity_;
    }
    const bool spread = t.schedule == Schedule::kEven;
    if (spread && !beside_) beside_ = kind_.make(glass_, sizes_, threads_);
    step_from_here(*reference_, whole, noise);
    if (spread) step_from_here(*beside_, whole, noise);
    played_->step(t, noise);
    Comparison all;
    for (int l = 0; l <= glass_.levels(); ++l)
      all.add(l, (spread && l > 0 ? beside_ : played_)->state(l), reference_->state(l));
    judge(t, all);
  }

  Memory memory() const override { return played_->memory(); }

 private:
  // A step of another kernel from the state being played.
  void step_from_here(Kernel& other, const Transition& t, const Random& noise) const {
    for (int l = 0; l <= glass_.levels(); ++l) {
      other.set_state(l, played_->state(l));
      other.set_home_gain(l, played_->home_gain(l));
    }
    other.clear_input();
    if (!input_.empty()) other.set_input(input_, t, input_top_);
    other.step(t, noise);
  }

  void judge(const Transition& t, Comparison& all) const {
    const double error = all.error(jumps(t, glass_.precision));
    ++report_->checks;
    if (error > report_->largest) {
      report_->largest = error;
      report_->frame = t.frame;
    }
    const double most = glass_.precision == Precision::kBf16 ? kBf16Tolerance : kCheckTolerance;
    if (error <= most) return;  // NaN is an error too
    throw Error("check", "feedback",
                fmt::format("frame {}: {} from the reference kernel, {:.2g} of all levels together", t.frame,
                            all.place(), error));
  }

  const KernelKind& kind_;
  const Hourglass& glass_;
  LevelSizes sizes_;
  Threads& threads_;
  std::shared_ptr<CheckReport> report_;
  std::unique_ptr<Kernel> played_, reference_;
  std::unique_ptr<Kernel> beside_;  // of the same kind as the one playing
  Planes input_, velocity_;
  int input_top_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_checked_kernel(const KernelKind& kind, const Hourglass& hourglass,
                                            const LevelSizes& sizes, Threads& threads,
                                            std::shared_ptr<CheckReport> report) {
  return std::make_unique<CheckedKernel>(kind, hourglass, sizes, threads, std::move(report));
}

}  // namespace reverie
