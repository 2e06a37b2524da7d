// The transition beyond the goldens: what each part must do.
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "feedback/cost.h"
#include "feedback/effect.h"
#include "feedback/engine.h"
#include "feedback/flow.h"
#include "feedback/kernels/cycles.h"
#include "feedback/kernels/reference/operators.h"
#include "feedback/warp.h"

namespace reverie {
namespace {

Planes random_planes(int channels, int height, int width, uint64_t seed) {
  Planes p(channels, height, width);
  const Random r(seed);
  for (size_t i = 0; i < p.data().size(); ++i) p.data()[i] = r.signed_at(i);
  return p;
}

double rms(const Planes& p) {
  double sum = 0;
  for (const float v : p.data()) sum += static_cast<double>(v) * v;
  return std::sqrt(sum / static_cast<double>(p.data().size()));
}

Hourglass glass_of(const ParameterValues& values) {
  return make_hourglass(values, Random(5), nullptr);
}

// Values for a loop of level 0 only that keeps its state unchanged.
ParameterValues still_values() {
  ParameterValues v(feedback_parameters());
  v.set("levels", 0);
  v.set("gain", 1);
  v.set("self", 1);
  v.set("encode", 0);
  v.set("decode", 0);
  v.set("sblur", 0);
  v.set("tblur", 0);
  v.set_text("squash", "clip");
  return v;
}

// One step of level 0 from a given state.
Planes step_once(const ParameterValues& v, const Planes& state, int threads = 2) {
  const Hourglass glass = glass_of(v);
  const LevelSizes sizes = level_sizes(glass, state.height(), state.width());
  Threads pool(threads);
  const auto kernel = find_kernel("reference").make(glass, sizes, pool);
  kernel->set_state(0, state);
  TransitionResolver resolver(sizes);
  kernel->step(resolver.resolve(v), Random(1));
  return kernel->state(0);
}

TEST(Transition, IdentityKeepsTheState) {
  const Planes state = random_planes(3, 9, 14, 1);
  EXPECT_EQ(step_once(still_values(), state).data(), state.data());
}

TEST(Transition, ShiftMovesToTheRightAndDownAndWraps) {
  ParameterValues v = still_values();
  v.set("shift_x", 3);
  v.set("shift_y", 2);
  Planes state(3, 8, 10);
  state.at(0, 1, 9) = 1;
  const Planes out = step_once(v, state);
  EXPECT_FLOAT_EQ(out.at(0, 3, 2), 1);
  EXPECT_FLOAT_EQ(out.at(0, 1, 9), 0);
}

TEST(Transition, AQuarterTurnIsCounterClockwise) {
  ParameterValues v = still_values();
  v.set("rotate", 90);
  Planes state(3, 9, 9);
  state.at(0, 4, 8) = 1;                                  // right of the centre
  EXPECT_NEAR(step_once(v, state).at(0, 0, 4), 1, 1e-4);  // above it
}

TEST(Transition, ZoomEnlarges) {
  ParameterValues v = still_values();
  v.set("zoom", 2);
  Planes state(3, 9, 9);
  state.at(1, 4, 6) = 1;
  EXPECT_NEAR(step_once(v, state).at(1, 4, 8), 1, 1e-4);
}

TEST(Transition, MirrorsAreSymmetric) {
  const Planes state = random_planes(3, 12, 16, 3);
  ParameterValues v = still_values();
  v.set_text("mirror", "both");
  const Planes out = step_once(v, state);
  for (int y = 0; y < 12; ++y) {
    for (int x = 0; x < 16; ++x) {
      EXPECT_NEAR(out.at(2, y, x), out.at(2, y, 15 - x), 1e-5);
      EXPECT_NEAR(out.at(2, y, x), out.at(2, 11 - y, x), 1e-5);
    }
  }
}

TEST(Transition, HueTurnsRedToGreenAndBackInThree) {
  ParameterValues v = still_values();
  v.set("hue", 120);
  Planes state(3, 4, 4);
  std::fill(state.plane(0), state.plane(0) + 16, 0.5F);
  Planes out = step_once(v, state);
  EXPECT_NEAR(out.at(0, 0, 0), 0, 1e-6);
  EXPECT_NEAR(out.at(1, 0, 0), 0.5, 1e-6);
  out = step_once(v, step_once(v, out));
  EXPECT_NEAR(out.at(0, 0, 0), 0.5, 1e-6);
}

TEST(Transition, PermuteTurnsTheChannels) {
  ParameterValues v = still_values();
  v.set("permute", 1);
  const Planes state = random_planes(3, 4, 4, 2);
  EXPECT_EQ(step_once(v, state).at(0, 1, 1), state.at(1, 1, 1));
}

TEST(Transition, BlurSpreadsAndSharpenUndoesItToFirstOrder) {
  ParameterValues v = still_values();
  v.set("sblur", 1);
  Planes state(3, 5, 5);
  state.at(0, 2, 2) = 0.8F;
  const Planes blurred = step_once(v, state);
  EXPECT_FLOAT_EQ(blurred.at(0, 2, 2), 0.4F);
  EXPECT_FLOAT_EQ(blurred.at(0, 2, 1), 0.1F);
  v.set("sblur", -1);
  EXPECT_FLOAT_EQ(step_once(v, state).at(0, 2, 1), -0.1F);
}

TEST(Transition, BordersDiffer) {
  Planes state(3, 4, 4);
  std::fill(state.data().begin(), state.data().end(), 0.5F);
  ParameterValues v = still_values();
  v.set("sblur", 1);
  v.set_text("border", "zero");
  EXPECT_FLOAT_EQ(step_once(v, state).at(0, 0, 0), 0.375F);
  v.set_text("border", "clamp");
  EXPECT_FLOAT_EQ(step_once(v, state).at(0, 0, 0), 0.5F);
}

TEST(Transition, SquashesKeepEverythingWithinOne) {
  using reference::squash;
  for (int i = -400; i <= 400; ++i) {
    const float u = static_cast<float>(i) * 0.05F;
    for (const Squash s :
         {Squash::kTanh, Squash::kSin, Squash::kWrap, Squash::kFold, Squash::kClip, Squash::kRational}) {
      EXPECT_LE(std::abs(squash(s, u)), 1.0001F) << u;
    }
  }
  EXPECT_NEAR(squash(Squash::kWrap, 1.25F), -0.75F, 1e-6);
  EXPECT_NEAR(squash(Squash::kFold, 1.25F), 0.75F, 1e-6);
  EXPECT_NEAR(squash(Squash::kFold, -3.5F), 0.5F, 1e-6);
  EXPECT_NEAR(squash(Squash::kRational, 0.5F), 1, 1e-6);
}

TEST(Transition, TrailKeepsTheStateOrTheMovedOne) {
  ParameterValues v = still_values();
  v.set("tblur", 1);
  v.set("shift_x", 1);
  const Planes state = random_planes(3, 6, 6, 4);
  EXPECT_EQ(step_once(v, state).data(), state.data());
  v.set_text("trail", "self");
  EXPECT_NEAR(step_once(v, state).at(0, 2, 3), state.at(0, 2, 2), 1e-6);
}

TEST(Transition, MapVariesAParameterOverTheFrame) {
  ParameterValues v = still_values();
  v.set("bias", 0.1);
  auto map = std::make_shared<Planes>(1, 2, 4);
  for (int x = 2; x < 4; ++x) map->at(0, 0, x) = map->at(0, 1, x) = 1;
  v.set_map("bias", {map, 0.3});
  const Planes out = step_once(v, Planes(3, 2, 4));
  EXPECT_NEAR(out.at(0, 0, 0), -0.2, 1e-6);
  EXPECT_NEAR(out.at(0, 0, 3), 0.4, 1e-6);
}

TEST(Transition, HomeostasisLeadsToItsLevelFromFarBelowAndAbove) {
  for (const double scale : {0.001, 3.0}) {
    ParameterValues v = still_values();
    v.set("levels", 2);
    v.set("encode", 0.5);
    v.set("decode", 0.5);
    v.set("home_centre", 1);
    v.set("home_level", 0.4);
    v.set("home_rate", 0.2);
    v.set("init_scale", scale);
    Threads threads(2);
    FeedbackEngine engine(glass_of(v), 32, 32, v, "reference", 3, threads, nullptr);
    Planes picture;
    for (int frame = 0; frame < 60; ++frame) engine.step(frame, v, nullptr);
    engine.look(v, picture);
    for (float& x : picture.data()) x = 2 * x - 1;
    EXPECT_NEAR(rms(picture), 0.4, 0.08) << scale;
    double mean = 0;
    for (size_t i = 0; i < picture.plane_size(); ++i) mean += picture.plane(1)[i];
    EXPECT_NEAR(mean / static_cast<double>(picture.plane_size()), 0, 0.05);
  }
}

TEST(Flow, IsFreeOfDivergenceAndOfRmsOne) {
  Threads threads(2);
  const Planes v = stream_velocity(random_planes(1, 8, 12, 9), 1, 64, 96, true, threads);
  EXPECT_NEAR(rms(v) * std::sqrt(2.0), 1, 1e-3);
  double divergence = 0;
  double gradient = 0;
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 96; ++x) {
      const double dx = v.at(0, y, (x + 1) % 96) - v.at(0, y, (x + 95) % 96);
      const double dy = v.at(1, (y + 1) % 64, x) - v.at(1, (y + 63) % 64, x);
      divergence += (dx + dy) * (dx + dy);
      gradient += dx * dx + dy * dy;
    }
  }
  EXPECT_LT(std::sqrt(divergence / gradient), 0.02);
}

// Rows of every level are computed and mixed once in each of its cycles, and no two levels end in the same
// frame.
TEST(Schedule, EvenMakesEveryRowOnceACycle) {
  ParameterValues v(feedback_parameters());
  v.set_text("schedule", "even");
  for (const int side : {1, 3, 16, 100, 360}) {
    const Hourglass glass = glass_of(v);
    const LevelSizes sizes = level_sizes(glass, side, side);
    TransitionResolver resolver(sizes);
    Cycles cycles(glass, sizes);
    for (int frame = 0; frame < 8; ++frame)
      cycles.next(resolver.resolve(v));  // before the first complete cycles
    std::vector<std::vector<int>> made;
    for (const int height : sizes.height) made.emplace_back(height);
    std::vector<std::vector<int>> mixed = made;
    for (int frame = 0; frame < 16; ++frame) {
      cycles.next(resolver.resolve(v));
      int ends = 0;
      for (int l = 0; l <= 3; ++l) {
        ends += l > 0 && cycles[l].last ? 1 : 0;
        for (int y = 0; y < cycles[l].height; ++y) {
          made[static_cast<size_t>(l)][static_cast<size_t>(y)] += y >= cycles[l].first && y < cycles[l].end;
          mixed[static_cast<size_t>(l)][static_cast<size_t>(y)] += cycles[l].mixes(y);
        }
      }
      EXPECT_LE(ends, 1) << frame;
    }
    for (size_t l = 0; l <= 3; ++l) {
      const std::vector<int> each(made[l].size(), 16 >> l);
      EXPECT_EQ(made[l], each) << side << " level " << l;
      EXPECT_EQ(mixed[l], each) << side << " level " << l;
    }
  }
}

TEST(Schedule, EvenMovesEachLevelInEqualParts) {
  ParameterValues v(feedback_parameters());
  v.set("channels", std::vector<double>{3, 6, 10, 12});
  v.set_text("schedule", "even");
  const Hourglass glass = glass_of(v);
  const LevelSizes sizes = level_sizes(glass, 32, 32);
  Threads threads(1);
  TransitionResolver resolver(sizes);
  const auto kernel = find_kernel("reference").make(glass, sizes, threads);
  for (int l = 0; l <= 3; ++l)
    kernel->set_state(l, random_planes(glass.channels(l), sizes.height[static_cast<size_t>(l)],
                                       sizes.width[static_cast<size_t>(l)], 1));
  std::vector<Planes> seen;
  for (int frame = 0; frame < 40; ++frame) {
    kernel->step(resolver.resolve(v), Random(1).split(static_cast<uint64_t>(frame)));
    seen.push_back(kernel->state(3));
  }
  int turns = 0;
  for (size_t i = 1; i + 1 < seen.size(); ++i) {
    double turn = 0;
    for (size_t j = 0; j < seen[0].data().size(); ++j)
      turn =
          std::max(turn, std::abs(seen[i + 1].data()[j] - 2.0 * seen[i].data()[j] + seen[i - 1].data()[j]));
    turns += turn > 1e-5 ? 1 : 0;
  }
  EXPECT_EQ(turns, 4);  // a new goal every 8 frames, the first after 12
}

TEST(Engine, AnySizeAnyThreadsSameBytes) {
  ParameterValues v(feedback_parameters());
  v.set("channels", std::vector<double>{3, 6, 10, 12});
  v.set("self", 0.5);
  v.set("advect", 1.5);
  v.set("noise", 0.1);
  v.set("rotate", 2);
  v.set("home_centre", 1);
  v.set("home_rate", 0.1);
  for (const auto& [h, w] : {std::pair{16, 16}, std::pair{37, 53}, std::pair{1, 5}}) {
    std::vector<Planes> pictures;
    for (const int n : {1, 2, 5}) {
      Threads threads(n);
      FeedbackEngine engine(glass_of(v), h, w, v, "reference", 3, threads, nullptr);
      for (int frame = 0; frame < 4; ++frame) engine.step(frame, v, nullptr);
      engine.look(v, pictures.emplace_back());
    }
    EXPECT_EQ(pictures[0].height(), h);
    EXPECT_EQ(pictures[0].width(), w);
    EXPECT_EQ(pictures[0].data(), pictures[1].data());
    EXPECT_EQ(pictures[0].data(), pictures[2].data());
  }
}

// Nothing but its own state, carried along.
TEST(Engine, WarpByFlowMovesTheStateAsTheInputMoved) {
  for (const char* kernel : {"reference", "cpu"}) {
    ParameterValues v(feedback_parameters());
    v.set("levels", 0);
    v.set("self", 1);
    for (const char* none : {"encode", "decode", "sblur", "tblur"}) v.set(none, 0);
    v.set("gain", 1);
    v.set_text("squash", "clip");
    v.set_text("init", "picture");
    Planes dot(3, 32, 32, 0.5F);
    for (int c = 0; c < 3; ++c) dot.at(c, 10, 12) = 1;
    Planes back(2, 32, 32);  // where things were: they move by 3 to the right and 2 down
    for (size_t i = 0; i < back.plane_size(); ++i) back.plane(0)[i] = -3, back.plane(1)[i] = -2;
    Threads threads(1);
    const auto after = [&](double amount, const Planes* flow) {
      v.set("warp_by_flow", amount);
      FeedbackEngine engine(glass_of(v), 32, 32, v, kernel, 3, threads, &dot);
      engine.step(0, v, nullptr, flow);
      Planes out;
      engine.look(v, out);
      return out;
    };
    EXPECT_NEAR(after(1, &back).at(1, 12, 15), 1, 1e-5) << kernel;
    EXPECT_NEAR(after(1, &back).at(1, 10, 12), 0.5, 1e-5) << kernel;
    EXPECT_NEAR(after(-2, &back).at(1, 6, 6), 1, 1e-5) << kernel;
    EXPECT_EQ(after(0, &back).data(), after(0, nullptr).data()) << kernel;
    EXPECT_NEAR(after(1, nullptr).at(1, 10, 12), 1, 1e-5) << kernel;
  }
}

TEST(Engine, KnowsItsMemoryWhichDoesNotGrow) {
  for (const char* kernel : {"reference", "cpu"}) {
    ParameterValues v(feedback_parameters());
    v.set("channels", std::vector<double>{3, 6, 10, 12});
    v.set("self", 0.5);
    v.set("advect", 1);
    v.set("home_rate", 0.1);
    Threads threads(1);
    FeedbackEngine engine(glass_of(v), 64, 64, v, kernel, 3, threads, nullptr);
    engine.step(0, v, nullptr);
    const Memory first = engine.memory();
    // three samples per pixel, six of 4, ..; twice; and the weights at least once
    const size_t samples =
        size_t{64 * 64} * 3 + size_t{32 * 32} * 6 + size_t{16 * 16} * 10 + size_t{8 * 8} * 12;
    EXPECT_GE(first.states, 2 * samples * sizeof(float)) << kernel;
    EXPECT_GE(first.weights, engine.hourglass().bytes()) << kernel;
    for (int frame = 1; frame < 50; ++frame) engine.step(frame, v, nullptr);
    EXPECT_EQ(engine.memory().all(), first.all()) << kernel;
  }
}

// As little as 0.7 of it: threads' scratch and rims are not counted.
TEST(Engine, ItsMemoryIsKnownBefore) {
  ParameterValues v(feedback_parameters());
  v.set("channels", std::vector<double>{3, 16, 48});
  v.set("levels", 2);
  v.set("zoom", 1.02);
  v.set("advect", 1);
  Threads threads(1);
  FeedbackEngine engine(glass_of(v), 240, 320, v, "cpu", 3, threads, nullptr);
  const double before = feedback_bytes(engine.hourglass(), 240, 320, v);
  engine.step(0, v, nullptr);
  const Memory m = engine.memory();
  EXPECT_NEAR(before / static_cast<double>(m.states + m.sources), 1, 0.3);
}

TEST(Engine, GoesOnFromWhatItSaved) {
  ParameterValues v(feedback_parameters());
  v.set("channels", std::vector<double>{3, 6, 10});
  v.set("levels", 2);
  v.set("self", 0.5);
  v.set("noise", 0.1);
  v.set("advect", 1);
  v.set("home_rate", 0.1);
  v.set_text("border", "clamp");
  Threads threads(2);
  for (const char* kernel : {"reference", "cpu"}) {
    FeedbackEngine whole(glass_of(v), 30, 41, v, kernel, 3, threads, nullptr);
    for (int frame = 0; frame < 5; ++frame) whole.step(frame, v, nullptr);
    State state;
    whole.save(state);
    FeedbackEngine other(glass_of(v), 30, 41, v, kernel, 4, threads, nullptr);
    other.load(state);
    Planes a;
    Planes b;
    for (int frame = 5; frame < 8; ++frame) {
      whole.step(frame, v, nullptr);
      other.step(frame, v, nullptr);
      whole.look(v, a);
      other.look(v, b);
      EXPECT_EQ(a.data(), b.data()) << kernel << " " << frame;
    }
    FeedbackEngine larger(glass_of(v), 64, 64, v, kernel, 3, threads, nullptr);
    EXPECT_THROW(larger.load(state), Error);
  }
}

TEST(Engine, InputReachesTheLevelItIsMixedInto) {
  ParameterValues v(feedback_parameters());
  v.set("input", std::vector<double>{0, 0, 1, 0});
  Threads threads(2);
  const Planes input(3, 32, 32, 0.9F);
  FeedbackEngine with(glass_of(v), 32, 32, v, "reference", 3, threads, nullptr);
  FeedbackEngine without(glass_of(v), 32, 32, v, "reference", 3, threads, nullptr);
  with.step(0, v, &input);
  without.step(0, v, nullptr);
  ParameterValues view = v;
  const auto difference = [&](int level) {
    view.set("view_level", level);
    Planes a;
    Planes b;
    with.look(view, a);
    without.look(view, b);
    return mean_absolute_difference(a, b);
  };
  EXPECT_GT(difference(2), 0.01);
  EXPECT_EQ(difference(0), 0);
  EXPECT_EQ(difference(3), 0);
}

TEST(Engine, StartsFromAPictureAndViewsChannels) {
  ParameterValues v = still_values();
  v.set_text("init", "picture");
  Planes picture(3, 8, 8, 0.25F);
  std::fill(picture.plane(2), picture.plane(2) + 64, 0.75F);
  Threads threads(1);
  FeedbackEngine engine(glass_of(v), 8, 8, v, "reference", 3, threads, &picture);
  engine.step(0, v, nullptr);
  Planes seen;
  engine.look(v, seen);
  EXPECT_NEAR(mean_absolute_difference(seen, picture), 0, 1e-6);
  v.set("view_channel", 2);
  v.set("view_mono", 1);
  engine.look(v, seen);
  EXPECT_NEAR(seen.at(0, 3, 3), 0.75, 1e-6);
}

// In the first frames level 0 is the input itself; then it goes on alone, also after a break.
TEST(Effect, HoldsLevelZeroAtTheInputForSomeFrames) {
  ParameterValues v = still_values();
  v.set_text("init", "picture");
  v.set("init_frames", 3);
  v.set("shift_x", 1);
  EffectSetup setup;
  setup.width = setup.height = 8;
  const EffectKind kind = feedback_effect();
  std::unique_ptr<Effect> effect = kind.make(setup, v);
  Told told;
  Planes out;
  const auto play = [&](int n) {
    Planes input(3, 8, 8, 0.5F);
    input.at(0, 4, 2 * n % 8) = 1;
    effect->process({FrameTime{n, n / 30.0}, &input}, v, out, told);
    return mean_absolute_difference(out, input);
  };
  for (int n = 0; n < 3; ++n) {
    EXPECT_LT(play(n), 1e-6) << n;
    if (n != 1) continue;
    State state;
    effect->save(state);
    effect = kind.make(setup, v);
    effect->load(state, v);
  }
  for (int n = 3; n < 5; ++n) {
    EXPECT_GT(play(n), 1e-3) << n;
    EXPECT_NEAR(out.at(0, 4, 4 + n - 2), 1, 1e-5) << n;
  }
}

TEST(Engine, ExtremeValuesStayFinite) {
  ParameterValues v(feedback_parameters());
  const ParameterTable& table = v.table();
  Threads threads(2);
  for (const bool high : {false, true}) {
    ParameterValues extreme = v;
    for (size_t i = 0; i < table.size(); ++i) {
      const Parameter& p = table[i];
      if (p.kind == ParameterKind::kText || p.structural) continue;
      extreme.set(p.name, high ? p.high : p.low);
    }
    FeedbackEngine engine(glass_of(v), 24, 24, v, "reference", 3, threads, nullptr);
    Planes seen;
    for (int frame = 0; frame < 20; ++frame) {
      engine.step(frame, extreme, nullptr);
      engine.look(extreme, seen);
      for (const float x : seen.data()) ASSERT_TRUE(std::isfinite(x)) << frame;
    }
  }
}

}  // namespace
}  // namespace reverie
