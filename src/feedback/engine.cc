#include "feedback/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "feedback/flow.h"
#include "feedback/kernels/checked_kernel.h"
#include "feedback/kernels/spared_kernel.h"

namespace reverie {
namespace {

// Random streams, split off the engine's seed.
constexpr uint64_t kStartStream = 1;
constexpr uint64_t kNoiseStream = 2;

constexpr double kMostSamples = 1.5e9;  // of all levels together: 6 GB per copy

size_t z(int i) {
  return static_cast<size_t>(i);
}

LevelSizes checked_sizes(const Hourglass& glass, int height, int width) {
  LevelSizes sizes = level_sizes(glass, height, width);
  double samples = 0;
  for (int l = 0; l <= glass.levels(); ++l) {
    samples += static_cast<double>(glass.channels(l)) * sizes.height[z(l)] * sizes.width[z(l)];
  }
  if (samples > kMostSamples) {
    throw Error("play", fmt::format("{}x{}", width, height),
                fmt::format("its levels would take {:.0f} GB per copy", samples * 4e-9),
                "choose a smaller --size, fewer levels or fewer channels");
  }
  return sizes;
}

}  // namespace

FeedbackEngine::FeedbackEngine(Hourglass hourglass, int height, int width, const ParameterValues& values,
                               const std::string& kernel, uint64_t seed, Threads& threads,
                               const Planes* first_picture, const std::shared_ptr<CheckReport>& check)
    : glass_(std::move(hourglass)),
      height_(height),
      width_(width),
      sizes_(checked_sizes(glass_, height, width)),
      seed_(seed),
      random_(seed),
      threads_(threads),
      kernel_(check ? make_checked_kernel(find_kernel(kernel), glass_, sizes_, threads, check)
                    : make_playing_kernel(find_kernel(kernel), glass_, sizes_, threads)),
      resolver_(sizes_) {
  start(values, first_picture);
}

void FeedbackEngine::start(const ParameterValues& values, const Planes* first_picture) {
  const auto init = values.choice<InitialState>("init");
  for (int l = 0; l <= glass_.levels(); ++l) {
    Planes h(glass_.channels(l), sizes_.height[z(l)], sizes_.width[z(l)]);
    const auto scale = static_cast<float>(values.number("init_scale", l));
    const Random level = random_.split(kStartStream).split(static_cast<uint64_t>(l));
    if (init == InitialState::kNoise || init == InitialState::kBinary) {
      for (size_t i = 0; i < h.data().size(); ++i) {
        const float v = level.signed_at(i);
        h.data()[i] = scale * (init == InitialState::kNoise ? v : std::copysign(1.0F, v));
      }
    } else if (init == InitialState::kPicture && l == 0 && first_picture) {
      h = pad(resize(*first_picture, height_, width_));
    }
    kernel_->set_state(l, h);
  }
}

void FeedbackEngine::hold(const Planes& picture) {
  kernel_->set_state(0, pad(resize(picture, height_, width_)));
}

void FeedbackEngine::restart(uint64_t seed, const ParameterValues& values, const Planes* first_picture) {
  seed_ = seed;
  random_ = Random(seed);
  start(values, first_picture);
}

void FeedbackEngine::damage(const Random& noise, double share) {
  const double side = std::sqrt(std::clamp(share, 0.0, 1.0));
  for (int l = 0; l <= levels(); ++l) {
    Planes h = kernel_->state(l);
    const Random draws = noise.split(z(l));
    const int height = static_cast<int>(std::ceil(side * h.height()));
    const int width = static_cast<int>(std::ceil(side * h.width()));
    const int top = (h.height() - height) / 2;
    const int left = (h.width() - width) / 2;
    uint64_t i = 0;
    for (int c = 0; c < h.channels(); ++c) {
      for (int y = top; y < top + height; ++y) {
        for (int x = left; x < left + width; ++x) h.at(c, y, x) = draws.signed_at(i++);
      }
    }
    kernel_->set_state(l, h);
  }
}

float FeedbackEngine::reach() const {
  const Planes h = kernel_->state(0);
  float most = 0;
  for (const float v : h.data()) most = std::max(most, std::abs(v));
  return most;
}

void FeedbackEngine::follow(const FeedbackEngine& before) {
  for (int l = 0; l <= std::min(levels(), before.levels()); ++l) {
    const bool fits = glass_.channels(l) == before.glass_.channels(l) &&
                      sizes_.height[z(l)] == before.sizes_.height[z(l)] &&
                      sizes_.width[z(l)] == before.sizes_.width[z(l)];
    if (fits) kernel_->set_state(l, before.kernel_->state(l));
  }
}

void FeedbackEngine::save(State& to) const {
  if (spread_) {
    throw Error("keep the state of", "feedback",
                "with schedule = \"even\" steps of its levels last many frames",
                "render with --set schedule=every, or without --resume");
  }
  to.put_seed("seed", seed_);
  std::vector<double> gains;
  for (int l = 0; l <= levels(); ++l) {
    to.put(fmt::format("level/{}", l), kernel_->state(l));
    gains.push_back(kernel_->home_gain(l));
  }
  to.put_numbers("gains", gains);
}

void FeedbackEngine::load(const State& from) {
  seed_ = from.seed("seed");
  random_ = Random(seed_);
  const std::vector<double> gains = from.numbers("gains", z(levels()) + 1);
  for (int l = 0; l <= levels(); ++l) {
    kernel_->set_state(l, from.planes(fmt::format("level/{}", l), glass_.channels(l), sizes_.height[z(l)],
                                      sizes_.width[z(l)]));
    kernel_->set_home_gain(l, static_cast<float>(gains[z(l)]));
  }
}

Planes FeedbackEngine::pad(const Planes& planes, float scale, float offset) const {
  Planes out(planes.channels(), sizes_.height[0], sizes_.width[0]);
  const int top = (out.height() - height_) / 2;
  const int left = (out.width() - width_) / 2;
  for (int c = 0; c < out.channels(); ++c) {
    for (int y = 0; y < out.height(); ++y) {
      const float* from = planes.row(c, std::clamp(y - top, 0, height_ - 1));
      float* to = out.row(c, y);
      for (int x = 0; x < out.width(); ++x)
        to[x] = scale * from[std::clamp(x - left, 0, width_ - 1)] + offset;
    }
  }
  return out;
}

void FeedbackEngine::feed(const Transition& transition, const Planes* input) {
  int top = -1;
  for (int l = 0; input && l <= levels(); ++l) {
    if (!transition.level[z(l)].input.is(0)) top = l;
  }
  if (top < 0) return kernel_->clear_input();
  kernel_->set_input(pad(*input), transition, top);
}

void FeedbackEngine::step(int64_t frame, const ParameterValues& values, const Planes* input,
                          const Planes* flow) {
  Transition transition = resolver_.resolve(values);
  transition.frame = frame;
  spread_ = transition.schedule == Schedule::kEven;
  feed(transition, input);
  const bool advected = std::any_of(transition.level.begin(), transition.level.end(),
                                    [](const LevelTransition& l) { return !l.advect.is(0); });
  if (advected) {
    const int level = std::min(values.integer("advect_level"), levels());
    transition.stream = {level, values.integer("advect_channel") % glass_.channels(level),
                         static_cast<float>(values.number("advect_smooth"))};
  }
  if (advected && !kernel_->makes_velocity()) {
    velocity_ = stream_velocity(*kernel_, transition, sizes_, threads_);
    transition.velocity = &velocity_;
  }
  const bool carried = flow && std::any_of(transition.level.begin(), transition.level.end(),
                                           [](const LevelTransition& l) { return !l.warp_by_flow.is(0); });
  if (carried) {
    input_flow_ = pad(*flow, 1, 0);
    transition.input_flow = &input_flow_;
  }
  kernel_->step(transition, random_.split(kNoiseStream).split(static_cast<uint64_t>(frame)));
}

Memory FeedbackEngine::memory() const {
  Memory m = kernel_->memory();
  m.sources += velocity_.bytes() + input_flow_.bytes() + resolver_.bytes();
  m.weights += glass_.bytes();
  return m;
}

void FeedbackEngine::look(const ParameterValues& values, Planes& out) const {
  const int level = std::min(values.integer("view_level"), levels());
  const auto view = values.choice<View>("view");
  const int first = values.integer("view_channel");
  const bool mono = values.flag("view_mono");
  const auto channel = [&](int c) { return (first + (mono ? 0 : c)) % glass_.channels(level); };
  const auto gain = static_cast<float>(values.number("view_gain"));
  const int top = (sizes_.height[0] - height_) / 2;
  const int left = (sizes_.width[0] - width_) / 2;
  out.reshape(kPictureChannels, height_, width_);
  const auto show = [&](const auto& row) {  // row(c, y): at level 0's size
    threads_.each(height_, [&](int y) {
      for (int c = 0; c < kPictureChannels; ++c) {
        const float* from = row(c, y + top) + left;
        float* to = out.row(c, y);
        for (int x = 0; x < width_; ++x) to[x] = std::clamp(0.5F + 0.5F * gain * from[x], 0.0F, 1.0F);
      }
    });
  };
  // the most common case, without a copy
  if (view == View::kState && level == 0)
    return show([&](int c, int y) { return kernel_->state_row(0, channel(c), y); });

  Planes seen;
  if (view == View::kEncoding) seen = kernel_->encoding(level);
  if (view == View::kDecoding) seen = kernel_->decoding(level);
  Planes triple(kPictureChannels, sizes_.height[z(level)], sizes_.width[z(level)]);
  for (int c = 0; c < kPictureChannels; ++c) {
    for (int y = 0; y < triple.height(); ++y) {
      const float* from =
          view == View::kState ? kernel_->state_row(level, channel(c), y) : seen.row(channel(c), y);
      std::copy(from, from + triple.width(), triple.row(c, y));
    }
  }
  if (level > 0) triple = resize(triple, sizes_.height[0], sizes_.width[0]);
  show([&](int c, int y) { return triple.row(c, y); });
}

}  // namespace reverie
