// What goes on where a card is lost.
#include "feedback/kernels/spared_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "feedback/engine.h"
#include "feedback/kernels/reference/reference_kernel.h"
#include "feedback/kernels/vulkan/availability.h"

namespace reverie {
namespace {

// The reference kernel, until it is lost in a step.
class Fragile final : public Kernel {
 public:
  explicit Fragile(std::unique_ptr<Kernel> inner) : inner_(std::move(inner)) {}
  void set_state(int level, const Planes& state) override { inner_->set_state(level, state); }
  Planes state(int level) const override {
    if (steps_ > kSteps && level > 0) throw Error("use", "it", "it is lost");
    return inner_->state(level);
  }
  Planes state_channel(int level, int channel) const override {
    return inner_->state_channel(level, channel);
  }
  const float* state_row(int level, int channel, int y) const override {
    return inner_->state_row(level, channel, y);
  }
  float home_gain(int level) const override { return inner_->home_gain(level); }
  void set_home_gain(int level, float gain) override { inner_->set_home_gain(level, gain); }
  Planes encoding(int level) const override { return inner_->encoding(level); }
  Planes decoding(int level) const override { return inner_->decoding(level); }
  void set_input(const Planes& picture, const Transition& t, int top) override {
    inner_->set_input(picture, t, top);
  }
  void clear_input() override { inner_->clear_input(); }
  void step(const Transition& t, const Random& noise) override {
    if (++steps_ > kSteps) throw Error("use", "it", "it is lost");
    inner_->step(t, noise);
  }
  Memory memory() const override { return inner_->memory(); }

  static constexpr int kSteps = 3;

 private:
  std::unique_ptr<Kernel> inner_;
  int steps_ = 0;
};

std::unique_ptr<Kernel> make_fragile(const Hourglass& glass, const LevelSizes& sizes, Threads& threads) {
  return std::make_unique<Fragile>(make_reference_kernel(glass, sizes, threads));
}

std::unique_ptr<Kernel> make_none(const Hourglass& /*glass*/, const LevelSizes& /*sizes*/,
                                  Threads& /*threads*/) {
  throw Error("use", "it", "too little memory");
}

const Availability& here() {
  static const Availability yes;
  return yes;
}

double rms(const Planes& p) {
  double sum = 0;
  for (const float v : p.data()) sum += static_cast<double>(v) * v;
  return std::sqrt(sum / static_cast<double>(p.data().size()));
}

struct Start {
  ParameterValues values{feedback_parameters()};
  Hourglass glass = make_hourglass(values, Random(5), nullptr);
  LevelSizes sizes = level_sizes(glass, 32, 40);

  void set(Kernel& kernel) const {
    for (int l = 0; l <= glass.levels(); ++l) {
      Planes h(glass.channels(l), sizes.height[static_cast<size_t>(l)], sizes.width[static_cast<size_t>(l)]);
      const Random random = Random(3).split(static_cast<uint64_t>(l));
      for (size_t i = 0; i < h.data().size(); ++i) h.data()[i] = random.signed_at(i);
      kernel.set_state(l, h);
    }
  }
};

TEST(SparedKernel, GoesOnFromTheLastPicture) {
  want_spare_kernels();
  const Start start;
  Threads threads(2);
  const KernelKind fragile = {"fragile", "", make_fragile, here};
  const auto kernel = make_playing_kernel(fragile, start.glass, start.sizes, threads);
  start.set(*kernel);
  TransitionResolver resolver(start.sizes);
  for (int i = 0; i < Fragile::kSteps; ++i) kernel->step(resolver.resolve(start.values), Random(1));
  const Planes before = kernel->state(0);
  testing::internal::CaptureStderr();
  kernel->step(resolver.resolve(start.values), Random(1));
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_NE(told.find("it is lost; kernel cpu goes on"), std::string::npos) << told;
  EXPECT_GT(rms(kernel->state(0)), 0.05);
  // tblur keeps half of the last frame
  EXPECT_LT(mean_absolute_difference(before, kernel->state(0)), rms(before));
  for (int i = 0; i < 5; ++i) kernel->step(resolver.resolve(start.values), Random(1));
  EXPECT_GT(rms(kernel->state(3)), 0.05);
}

TEST(SparedKernel, BeginsWithTheSpareWhereTheCardIsTooSmall) {
  want_spare_kernels();
  const Start start;
  Threads threads(2);
  const KernelKind none = {"none", "", make_none, here};
  const auto kernel = make_playing_kernel(none, start.glass, start.sizes, threads);
  const auto cpu = find_kernel("cpu").make(start.glass, start.sizes, threads);
  TransitionResolver resolver(start.sizes);
  for (Kernel* k : {kernel.get(), cpu.get()}) {
    start.set(*k);
    k->step(resolver.resolve(start.values), Random(1));
  }
  EXPECT_EQ(kernel->state(0).data(), cpu->state(0).data());
}

TEST(SparedKernel, GoesOnWhereACardIsTakenAway) {
  if (!vulkan_availability().why_not.empty()) GTEST_SKIP() << vulkan_availability().why_not;
  const Start start;
  Threads threads(2);
  ASSERT_EQ(::setenv("REVERIE_VULKAN_LOSE_AFTER", "40", 1), 0);  // NOLINT(concurrency-mt-unsafe)
  const auto play = [&] {
    FeedbackEngine engine(start.glass, 32, 40, start.values, "vulkan", 3, threads, nullptr);
    Planes seen;
    for (int frame = 0; frame < 60; ++frame) {
      engine.step(frame, start.values, nullptr);
      engine.look(start.values, seen);
    }
    return rms(seen);
  };
  want_spare_kernels();
  testing::internal::CaptureStderr();
  const double shown = play();
  const std::string told = testing::internal::GetCapturedStderr();
  ::unsetenv("REVERIE_VULKAN_LOSE_AFTER");  // NOLINT(concurrency-mt-unsafe)
  EXPECT_NE(told.find("the card was lost"), std::string::npos) << told;
  EXPECT_EQ(told.find("kernel cpu goes on"), told.rfind("kernel cpu goes on")) << told;
  EXPECT_GT(shown, 0.05);
}

}  // namespace
}  // namespace reverie
