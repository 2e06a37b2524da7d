// A wrong kernel must be detected while it plays.
#include "feedback/kernels/checked_kernel.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "feedback/engine.h"
#include "feedback/kernels/cpu/cpu_kernel.h"

namespace reverie {
namespace {

// The fast kernel, except for one sample of level 1 after frame 60.
class WrongKernel final : public Kernel {
 public:
  explicit WrongKernel(std::unique_ptr<Kernel> right) : right_(std::move(right)) {}
  void set_state(int level, const Planes& state) override { right_->set_state(level, state); }
  Planes state(int level) const override { return right_->state(level); }
  Planes state_channel(int level, int channel) const override {
    return right_->state_channel(level, channel);
  }
  const float* state_row(int level, int channel, int y) const override {
    return right_->state_row(level, channel, y);
  }
  float home_gain(int level) const override { return right_->home_gain(level); }
  void set_home_gain(int level, float gain) override { right_->set_home_gain(level, gain); }
  Planes encoding(int level) const override { return right_->encoding(level); }
  Planes decoding(int level) const override { return right_->decoding(level); }
  void set_input(const Planes& picture, const Transition& t, int top) override {
    right_->set_input(picture, t, top);
  }
  void clear_input() override { right_->clear_input(); }
  void step(const Transition& t, const Random& noise) override {
    right_->step(t, noise);
    if (t.frame != 60) return;
    Planes h = right_->state(1);
    h.at(2, 3, 4) += 0.01F;
    right_->set_state(1, h);
  }
  Memory memory() const override { return right_->memory(); }

 private:
  std::unique_ptr<Kernel> right_;
};

std::unique_ptr<Kernel> make_wrong_kernel(const Hourglass& glass, const LevelSizes& sizes, Threads& threads) {
  return std::make_unique<WrongKernel>(make_cpu_kernel(glass, sizes, threads));
}

ParameterValues living_values() {
  ParameterValues v(feedback_parameters());
  v.set("channels", std::vector<double>{3, 6, 8});
  v.set("levels", 2);
  v.set("self", 0.6);
  v.set("input", 0.2);
  v.set("noise", 0.1);
  v.set("home_centre", 1);
  v.set("home_rate", 0.1);
  return v;
}

TEST(CheckedKernel, FindsAWrongKernelAndNamesThePlace) {
  const ParameterValues v = living_values();
  const Hourglass glass = make_hourglass(v, Random(1), nullptr);
  const LevelSizes sizes = level_sizes(glass, 24, 32);
  Threads threads(2);
  const KernelKind wrong = {"wrong", "", make_wrong_kernel};
  const auto report = std::make_shared<CheckReport>();
  const auto kernel = make_checked_kernel(wrong, glass, sizes, threads, report);
  TransitionResolver resolver(sizes);
  try {
    for (int frame = 0; frame < 100; ++frame) {
      Transition t = resolver.resolve(v);
      t.frame = frame;
      kernel->set_input(Planes(3, sizes.height[0], sizes.width[0], 0.3F), t, 1);
      kernel->step(t, Random(2).split(static_cast<uint64_t>(frame)));
    }
    FAIL() << "not detected";
  } catch (const Error& e) {
    const std::string line = e.what();
    EXPECT_TRUE(
        line.starts_with("cannot check feedback: frame 60: level 1 differs by 0.01 at channel 2, "
                         "row 3, column 4 from the reference kernel"))
        << line;
  }
  EXPECT_EQ(report->checks, 3);
}

TEST(CheckedKernel, FindsNothingInTheFastKernelAndChangesNothing) {
  for (const char* schedule : {"every", "even"}) {
    ParameterValues v = living_values();
    v.set_text("schedule", schedule);
    Threads threads(2);
    const auto play = [&](const std::shared_ptr<CheckReport>& report) {
      FeedbackEngine engine(make_hourglass(v, Random(1), nullptr), 37, 53, v, "cpu", 3, threads, nullptr,
                            report);
      const Planes input(3, 37, 53, 0.7F);
      for (int frame = -5; frame < 95; ++frame) engine.step(frame, v, &input);
      Planes seen;
      engine.look(v, seen);
      return seen;
    };
    const auto report = std::make_shared<CheckReport>();
    EXPECT_EQ(play(report).data(), play(nullptr).data()) << schedule;
    EXPECT_EQ(report->checks, 4) << schedule;
    EXPECT_GT(report->largest, 0) << schedule;
  }
}

}  // namespace
}  // namespace reverie
