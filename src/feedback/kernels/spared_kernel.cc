#include "feedback/kernels/spared_kernel.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>

#include "core/error.h"
#include "core/log.h"
#include "feedback/flow.h"
#include "feedback/kernels/cpu/cpu_kernel.h"

namespace reverie {
namespace {

std::atomic<bool> spares_wanted = false;

size_t z(int i) {
  return static_cast<size_t>(i);
}

class SparedKernel final : public Kernel {
 public:
  SparedKernel(const KernelKind& kind, const Hourglass& hourglass, const LevelSizes& sizes, Threads& threads)
      : glass_(hourglass), sizes_(sizes), threads_(threads) {
    for (int l = 0; l <= glass_.levels(); ++l) kept_.emplace_back();
    kept_gain_.resize(kept_.size(), 1);
    try {
      played_ = kind.make(hourglass, sizes, threads);
    } catch (const Error& e) {
      take_over(e);
    }
  }

  void set_state(int level, const Planes& state) override {
    kept_[z(level)] = state;
    attempt([&](Kernel& k) { k.set_state(level, state); });
  }
  Planes state(int level) const override {
    return attempt([&](Kernel& k) { return k.state(level); });
  }
  Planes state_channel(int level, int channel) const override {
    return attempt([&](Kernel& k) { return k.state_channel(level, channel); });
  }
  const float* state_row(int level, int channel, int y) const override {
    return attempt([&](Kernel& k) { return k.state_row(level, channel, y); });
  }
  float home_gain(int level) const override {
    return attempt([&](Kernel& k) { return k.home_gain(level); });
  }
  void set_home_gain(int level, float gain) override {
    kept_gain_[z(level)] = gain;
    attempt([&](Kernel& k) { k.set_home_gain(level, gain); });
  }
  Planes encoding(int level) const override {
    return attempt([&](Kernel& k) { return k.encoding(level); });
  }
  Planes decoding(int level) const override {
    return attempt([&](Kernel& k) { return k.decoding(level); });
  }
  void set_input(const Planes& picture, const Transition& t, int top) override {
    attempt([&](Kernel& k) { k.set_input(picture, t, top); });
  }
  void clear_input() override {
    attempt([&](Kernel& k) { k.clear_input(); });
  }
  bool makes_velocity() const override { return !spare_ && played_->makes_velocity(); }

  void step(const Transition& t, const Random& noise) override {
    attempt([&](Kernel& k) {
      Transition given = t;
      Planes velocity;
      if (given.stream.flows() && given.velocity == nullptr && !k.makes_velocity()) {
        velocity = stream_velocity(k, t, sizes_, threads_);
        given.velocity = &velocity;
      }
      k.step(given, noise);
    });
    keep();
  }

  Memory memory() const override { return spare_ ? spare_.load()->memory() : played_->memory(); }
  void measure() override {
    attempt([&](Kernel& k) { k.measure(); });
  }
  std::vector<Dispatch> dispatches() override {
    return attempt([&](Kernel& k) { return k.dispatches(); });
  }

 private:
  template <class Work>
  auto attempt(const Work& work) const -> decltype(work(std::declval<Kernel&>())) {
    if (Kernel* spare = spare_) return work(*spare);
    try {
      return work(*played_);
    } catch (const Error& e) {
      take_over(e);
    }
    return work(*spare_);
  }

  // Level 0 comes down with every frame; now and then the others are fetched, one at a time.
  void keep() {
    const int level = frames_++ % kSpareEvery;
    if (spare_ || level < 1 || level > glass_.levels()) return;
    kept_[z(level)] = state(level);
    kept_gain_[z(level)] = home_gain(level);
  }

  // Rows are read by several threads: the first that fails does this.
  void take_over(const Error& why) const {
    const std::lock_guard lock(mutex_);
    if (spare_) return;
    warning(fmt::format("{}; kernel cpu goes on", why.what()));
    made_ = make_cpu_kernel(glass_, sizes_, threads_);
    for (int l = 0; l <= glass_.levels(); ++l) {
      const Planes state = last_state(l);
      if (!state.empty()) made_->set_state(l, state);
      made_->set_home_gain(l, kept_gain_[z(l)]);
    }
    spare_ = made_.get();
  }

  Planes last_state(int level) const {
    if (!played_) return {};
    try {
      return played_->state(level);
    } catch (const Error&) {
      return kept_[z(level)];
    }
  }

  const Hourglass& glass_;
  LevelSizes sizes_;
  Threads& threads_;
  std::unique_ptr<Kernel> played_;
  std::vector<Planes> kept_;  // states, per level; empty: none yet
  std::vector<float> kept_gain_;
  int frames_ = 0;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<Kernel> made_;
  mutable std::atomic<Kernel*> spare_ = nullptr;  // what plays now, where the first has failed
};

}  // namespace

void want_spare_kernels() {
  spares_wanted = true;
}

std::unique_ptr<Kernel> make_playing_kernel(const KernelKind& kind, const Hourglass& hourglass,
                                            const LevelSizes& sizes, Threads& threads) {
  if (spares_wanted && kind.availability)
    return std::make_unique<SparedKernel>(kind, hourglass, sizes, threads);
  return kind.make(hourglass, sizes, threads);
}

}  // namespace reverie
