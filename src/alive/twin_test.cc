// The twin is the engine's transition: frame by frame against the reference kernel, slope by slope against
// central differences.
#include "alive/twin.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "feedback/engine.h"
#include "feedback/flow.h"
#include "feedback/kernels/kernel.h"
#include "models/model.h"
#include "models/pictures.h"

namespace reverie {
namespace {

constexpr int kSide = 32;

ParameterValues small_values() {
  ParameterValues v(feedback_parameters());
  v.set("levels", 2);
  v.set("channels", std::vector<double>{3, 6, 8});
  v.set("decode_kernel", 4);
  v.set("self", std::vector<double>{0.7, 0.5, 0.4});
  v.set("encode", std::vector<double>{0.1, 0.5, -0.4});
  v.set("decode", std::vector<double>{0.4, -0.3, 0.2});
  v.set("gain", 1.1);
  v.set("sblur", 0.3);
  return v;
}

using Changes = std::vector<std::pair<const char*, const char*>>;

ParameterValues with(const Changes& changes) {
  ParameterValues v = small_values();
  for (const auto& [name, value] : changes) v.parse(name, value);
  return v;
}

// A fixture's parts for the values.
struct Pair {
  explicit Pair(const ParameterValues& values)
      : v(values),
        glass(make_hourglass(v, Random(3), nullptr)),
        sizes(level_sizes(glass, kSide, kSide + 16)),
        twin(glass, sizes),
        resolver(sizes) {}

  ParameterValues v;
  Hourglass glass;
  LevelSizes sizes;
  Twin twin;
  TransitionResolver resolver;
  Threads threads{1};
};

// RMS of the difference over that of what is right.
double relative_error(const std::vector<float>& right, const std::vector<float>& other) {
  double wrong = 0;
  double all = 0;
  for (size_t i = 0; i < right.size(); ++i) {
    wrong += (right[i] - other[i]) * (right[i] - other[i]);
    all += right[i] * right[i];
  }
  return std::sqrt(wrong / all);
}

// RMS of the difference over that of the reference, all levels together, after so many frames.
double error_after(const ParameterValues& values, int frames) {
  Pair p(values);
  const auto kernel = find_kernel("reference").make(p.glass, p.sizes, p.threads);
  TwinState state = p.twin.start(p.v, {Random(4)});
  for (int l = 0; l <= p.glass.levels(); ++l) {
    Planes h(p.glass.channels(l), p.sizes.height[static_cast<size_t>(l)],
             p.sizes.width[static_cast<size_t>(l)]);
    h.data() = to_plain(state.h[static_cast<size_t>(l)]).data;
    kernel->set_state(l, h);
  }
  Planes velocity;
  for (int f = 0; f < frames; ++f) {
    Transition t = p.resolver.resolve(p.v);
    const Random noise = Random(9).split(static_cast<uint64_t>(f));
    const auto own = p.twin.velocity(state, t, p.v, p.threads);
    if (own) {
      const int level = p.v.integer("advect_level");
      velocity = stream_velocity(
          kernel->state_channel(level, p.v.integer("advect_channel") % p.glass.channels(level)),
          static_cast<float>(p.v.number("advect_smooth")), p.sizes.height[0], p.sizes.width[0],
          t.border == Border::kWrap, p.threads);
    }
    state = p.twin.step(state, twin_weights(p.glass, t), {&t, own ? &*own : nullptr, {noise}});
    if (own) t.velocity = &velocity;
    kernel->step(t, noise);
  }
  std::vector<float> right;
  std::vector<float> twin;
  for (int l = 0; l <= p.glass.levels(); ++l) {
    const std::vector<float> theirs = kernel->state(l).data();
    const std::vector<float> mine = to_plain(state.h[static_cast<size_t>(l)]).data;
    right.insert(right.end(), theirs.begin(), theirs.end());
    twin.insert(twin.end(), mine.begin(), mine.end());
  }
  return relative_error(right, twin);
}

TEST(Twin, IsTheReferenceKernelForTenFrames) {
  const std::vector<Changes> settings = {
      {},
      {{"home_centre", "0.9"}, {"home_rate", "0.1"}, {"home_level", "0.45"}},
      {{"noise", "0.1,0.2,0.3"}, {"tblur", "0.2"}, {"bias", "0.05"}},
      {{"pool", "mean"}, {"activation", "relu"}},
      {{"pool", "mean"}},
      {{"pool", "stride"}},
      {{"pool", "maxmag"}},
      {{"squash", "sin"}},
      {{"squash", "clip"}},
      {{"squash", "rational"}},
      {{"border", "clamp"}, {"decode_kernel", "6"}},
      {{"border", "zero"}, {"encode_kernel", "5"}},
      {{"advect", "1.5"}, {"advect_level", "2"}, {"trail", "self"}, {"tblur", "0.3"}},
      {{"zoom", "1.02"}, {"rotate", "1"}, {"swirl", "2"}, {"border", "clamp"}},
      {{"shift_x", "1.3"}, {"shift_y", "-0.4"}, {"mirror", "both"}, {"border", "zero"}},
      {{"hue", "0,3,5"}, {"permute", "0,0,1"}},
  };
  for (const auto& changes : settings) {
    std::string name;
    for (const auto& [key, value] : changes) name += std::string(key) + "=" + value + " ";
    EXPECT_LT(error_after(with(changes), 10), 1e-5) << name;
  }
}

// Level 0 starts from a picture, is set to others for three frames, and runs by itself for ten.
TEST(Twin, PlaysOnFromPicturesAsTheEngine) {
  Pair p(with({{"init", "picture"}, {"border", "clamp"}, {"permute", "0,2,3"}, {"squash", "clip,tanh"}}));
  const auto picture = [](int n) {
    Planes out(3, kSide, kSide + 16);
    for (size_t i = 0; i < out.data().size(); ++i)
      out.data()[i] = 0.5F + 0.4F * Random(static_cast<uint64_t>(n)).signed_at(i);
    return out;
  };
  const auto tensor = [](const Planes& planes) { return from_picture(planes) / 127.5 - 1; };
  const Planes first = picture(0);
  FeedbackEngine engine(p.glass, kSide, kSide + 16, p.v, "reference", 5, p.threads, &first);
  TwinState state = p.twin.start(tensor(first));
  const Transition t = p.resolver.resolve(p.v);
  const TwinWeights weights = twin_weights(p.glass, t);
  constexpr int kHeld = 3;
  for (int f = 1; f <= kHeld + 10; ++f) {
    engine.step(f, p.v, nullptr);
    state = p.twin.step(state, weights, {&t, nullptr, {Random(6)}});
    if (f > kHeld) continue;
    engine.hold(picture(f));
    state.h[0] = tensor(picture(f));
  }
  for (int l = 0; l <= p.glass.levels(); ++l) {
    const std::vector<float> right = engine.kernel().state(l).data();
    const std::vector<float> twin = to_plain(state.h[static_cast<size_t>(l)]).data;
    EXPECT_LT(relative_error(right, twin), 1e-5) << "level " << l;
  }
}

// Squashes with corners are compared after one frame: they part where a sample meets the corner.
TEST(Twin, WrapsAndFoldsAsTheReferenceKernel) {
  for (const char* squash : {"wrap", "fold"}) {
    ParameterValues v = small_values();
    v.set("gain", 2.5);
    v.set_text("squash", squash);
    EXPECT_LT(error_after(v, 1), 1e-5) << squash;
  }
}

// Of the weights after four frames; moving: gradients go through the flow that the state makes.
void expect_slopes(ParameterValues v, bool moving, double tolerance) {
  v.parse("noise", "0.1");
  v.parse("home_centre", "0.8");
  v.parse("home_rate", "0.2");
  v.parse("tblur", "0.2");
  v.parse("pool", "mean");
  v.parse("zoom", "1.01");
  Pair p(v);
  const Transition t = p.resolver.resolve(p.v);
  const TwinState start = p.twin.start(p.v, {Random(4), Random(5)});
  TwinWeights w = twin_weights(p.glass, t);
  std::vector<torch::Tensor*> learned = {&w.self, &w.encode, &w.decode};
  for (TwinWeights::Layer& l : w.layers)
    learned.insert(learned.end(), {&l.encode_weight, &l.encode_bias, &l.decode_weight, &l.decode_bias});
  for (torch::Tensor* tensor : learned) tensor->set_requires_grad(true);
  const auto loss = [&] {
    TwinState state = start;
    torch::Tensor beyond;
    torch::Tensor sum = torch::zeros({}, torch::kFloat64);
    for (uint64_t f = 0; f < 4; ++f) {
      const auto velocity = p.twin.velocity(state, t, p.v, p.threads);
      const torch::Tensor stream = moving ? p.twin.stream(state, t, p.v) : torch::Tensor();
      state = p.twin.step(
          state, w, {&t, velocity ? &*velocity : nullptr, {Random(6).split(f), Random(7).split(f)}, stream},
          &beyond);
      sum = sum + beyond.to(torch::kFloat64);
    }
    for (const torch::Tensor& h : state.h) sum = sum + h.to(torch::kFloat64).pow(3).mean();
    return sum;
  };
  std::vector<torch::Tensor> plain;
  for (torch::Tensor* tensor : learned) plain.push_back(*tensor);
  const std::vector<torch::Tensor> slopes = torch::autograd::grad({loss()}, plain);
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < learned.size(); ++i) {
    // along a random direction of the whole tensor: single samples drown in float32's rounding
    torch::manual_seed(static_cast<int64_t>(i));
    const torch::Tensor direction = torch::randn_like(*learned[i]);
    constexpr double kStep = 2e-3;
    learned[i]->add_(direction, kStep);
    const double above = loss().item<double>();
    learned[i]->sub_(direction, 2 * kStep);
    const double below = loss().item<double>();
    learned[i]->add_(direction, kStep);
    const double expected = (above - below) / (2 * kStep);
    const double got = (slopes[i] * direction).sum().item<double>();
    EXPECT_NEAR(got, expected, tolerance * std::abs(expected) + 0.01 * tolerance) << "tensor " << i;
  }
}

TEST(Twin, GradientsAreThoseOfCentralDifferences) {
  expect_slopes(small_values(), false, 2e-3);
}

// Positions between samples are linear piece by piece, so that steps see a little of the next piece.
TEST(Twin, GradientsGoThroughTheFlowWhereAsked) {
  for (const char* border : {"wrap", "zero"})
    expect_slopes(with({{"advect", "0.8"}, {"advect_level", "1"}, {"border", border}}), true, 3e-2);
}

TEST(Twin, ItsStreamIsTheEnginesFlow) {
  for (const char* border : {"wrap", "clamp"}) {
    for (const char* level : {"0", "2"}) {
      Pair p(with({{"advect", "0.8"}, {"advect_level", level}, {"border", border}}));
      const Transition t = p.resolver.resolve(p.v);
      const TwinState state = p.twin.start(p.v, {Random(4), Random(5)});
      const auto right = p.twin.velocity(state, t, p.v, p.threads);
      const torch::Tensor stream = p.twin.stream(state, t, p.v);
      for (size_t n = 0; n < 2; ++n)
        EXPECT_LT(relative_error((*right)[n].data(), to_plain(stream[static_cast<int64_t>(n)]).data), 1e-5)
            << border << level;
    }
  }
}

TEST(Twin, SaysWhatItDoesNotKnow) {
  for (const auto& [name, value, said] : {std::tuple("input", "0.2", "an input"),
                                          {"schedule", "even", "schedule"},
                                          {"warp_by_flow", "1", "warp_by_flow"},
                                          {"precision", "bf16", "bf16"}}) {
    ParameterValues v = small_values();
    v.parse(name, value);
    Pair p(v);
    try {
      p.twin.check(p.resolver.resolve(p.v));
      FAIL() << name;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(said), std::string::npos) << e.what();
    }
  }
  ParameterValues v = small_values();
  v.set_map("sblur", {std::make_shared<const Planes>(1, 4, 4, 0.5F), 0.3});
  Pair p(v);
  EXPECT_THROW(p.twin.check(p.resolver.resolve(p.v)), Error);
}

}  // namespace
}  // namespace reverie
