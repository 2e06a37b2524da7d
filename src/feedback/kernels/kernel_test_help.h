// Random cases of all parameters, for tests that compare a kernel with the reference kernel.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "feedback/engine.h"

namespace reverie {

inline Planes random_planes(int channels, int height, int width, Random random, float scale = 1) {
  Planes p(channels, height, width);
  for (size_t i = 0; i < p.data().size(); ++i) p.data()[i] = scale * random.signed_at(i);
  return p;
}

struct Case {
  Hourglass glass;
  LevelSizes sizes;
  ParameterValues values{feedback_parameters()};
  int input_top = -1;
  uint64_t seed = 0;
};

// Draws for the test's settings.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  int whole(int low, int high) { return low + static_cast<int>(random_.uniform() * (high - low + 1)); }
  double number(double low, double high) { return low + (high - low) * random_.uniform(); }
  bool chance(double p) { return random_.uniform() < p; }
  Random random() { return Random(random_.bits()); }

 private:
  Random random_;
};

inline void draw_shape(Dice& dice, ParameterValues& v) {
  const int levels = dice.whole(0, 3);
  v.set("levels", levels);
  std::vector<double> channels = {3};
  std::vector<double> encode;
  std::vector<double> decode;
  std::vector<double> pool;
  for (int l = 0; l < levels; ++l) {
    channels.push_back(dice.chance(0.3) ? dice.whole(16, 40) : dice.whole(1, 20));
    encode.push_back(dice.chance(0.6) ? 3 : 2 * dice.whole(0, 3) + 1);
    pool.push_back(dice.chance(0.6) ? 2 : dice.whole(1, 8));
    decode.push_back(pool.back() + 2 * dice.whole(0, 2));
  }
  if (levels == 0) return;
  v.set("channels", channels);
  v.set("encode_kernel", encode);
  v.set("decode_kernel", decode);
  v.set("pool_size", pool);
}

inline void draw_choices(Dice& dice, ParameterValues& v) {
  const ParameterTable& table = v.table();
  for (size_t i = 0; i < table.size(); ++i) {
    const Parameter& p = table[i];
    if (p.kind != ParameterKind::kChoice || p.structural) continue;
    v.set(p.name, dice.whole(0, static_cast<int>(p.high)));
  }
}

// Moderate numbers: no gain or sharpness that would amplify rounding.
inline void draw_numbers(Dice& dice, ParameterValues& v) {
  const auto maybe = [&](const char* name, double low, double high, double chance = 0.4) {
    if (dice.chance(chance)) v.set(name, dice.number(low, high));
  };
  maybe("gain", 0.5, 1.2, 1);
  maybe("self", -0.6, 0.6);
  maybe("encode", -0.6, 0.6);
  maybe("decode", -0.6, 0.6);
  maybe("input", -0.6, 0.6);
  maybe("bias", -0.3, 0.3);
  maybe("noise", 0, 0.5);
  maybe("sblur", -0.5, 1);
  maybe("tblur", 0, 1);
  maybe("zoom", 0.5, 2);
  maybe("rotate", -90, 90);
  maybe("shift_x", -40, 40);
  maybe("shift_y", -40, 40);
  maybe("swirl", -40, 40);
  maybe("centre_x", -0.5, 1.5);
  maybe("advect", -5, 5);
  maybe("hue", -90, 90);
  maybe("warp_by_flow", -3, 3);
  maybe("home_centre", 0, 1);
  maybe("home_rate", 0, 0.3);
  if (dice.chance(0.3)) v.set("permute", dice.whole(0, 7));
  for (const char* share : {"self", "encode", "decode", "input"}) {
    if (dice.chance(0.15)) v.set(share, 0);
  }
  for (const char* name : {"gain", "self", "sblur", "tblur", "hue", "noise", "zoom", "encode", "bias"}) {
    if (!dice.chance(0.15)) continue;
    v.set_map(name, {std::make_shared<Planes>(random_planes(1, 5, 7, dice.random())), 0.2});
  }
}

inline Case draw_case(uint64_t seed) {
  Dice dice(seed);
  Case c;
  c.seed = seed;
  draw_shape(dice, c.values);
  draw_choices(dice, c.values);
  draw_numbers(dice, c.values);
  c.glass = make_hourglass(c.values, dice.random(), nullptr);
  c.sizes = level_sizes(c.glass, dice.whole(1, 70), dice.whole(1, 90));
  c.input_top = dice.chance(0.5) ? dice.whole(0, c.glass.levels()) : -1;
  return c;
}

// ||a - b|| / ||b|| over all levels, for one view of the state.
template <class Look>
double relative_error(const Kernel& a, const Kernel& b, int levels, Look&& look) {
  double difference = 0;
  double norm = 0;
  for (int l = 0; l <= levels; ++l) {
    const Planes pa = look(a, l);
    const Planes pb = look(b, l);
    EXPECT_TRUE(pa.same_shape(pb));
    for (size_t i = 0; i < pb.data().size(); ++i) {
      const double d = static_cast<double>(pa.data()[i]) - pb.data()[i];
      difference += d * d;
      norm += static_cast<double>(pb.data()[i]) * pb.data()[i];
    }
  }
  return std::sqrt(difference / std::max(norm, 1e-12));
}

inline double state_error(const Kernel& a, const Kernel& b, int levels) {
  return relative_error(a, b, levels, [](const Kernel& k, int l) { return k.state(l); });
}

// A kernel and the reference kernel, from the same start.
struct Pair {
  Pair(const Case& c, const std::string& kernel, Threads& threads)
      : fast(find_kernel(kernel).make(c.glass, c.sizes, threads)),
        reference(find_kernel("reference").make(c.glass, c.sizes, threads)) {
    TransitionResolver resolver(c.sizes);
    Transition t = resolver.resolve(c.values);
    const Random random(c.seed);
    velocity = random_planes(2, c.sizes.height[0], c.sizes.width[0], random.split(1));
    for (Kernel* k : {fast.get(), reference.get()}) {
      for (int l = 0; l <= c.glass.levels(); ++l) {
        k->set_state(l, random_planes(c.glass.channels(l), c.sizes.height[static_cast<size_t>(l)],
                                      c.sizes.width[static_cast<size_t>(l)],
                                      random.split(7).split(static_cast<uint64_t>(l))));
      }
    }
    picture = random_planes(3, c.sizes.height[0], c.sizes.width[0], random.split(2));
    step(c, t);
  }

  void step(const Case& c, Transition t) const {
    t.velocity = t.input_flow = &velocity;
    for (Kernel* k : {fast.get(), reference.get()}) {
      k->clear_input();
      if (c.input_top >= 0) k->set_input(picture, t, c.input_top);
      k->step(t, Random(c.seed).split(3));
    }
  }

  std::unique_ptr<Kernel> fast, reference;
  Planes velocity, picture;
};

inline std::string describe(const Case& c) {
  std::string text =
      fmt::format("seed {} {}x{} levels {}", c.seed, c.sizes.height[0], c.sizes.width[0], c.glass.levels());
  for (const Layer& l : c.glass.layers)
    text +=
        fmt::format(" [{}->{} e{} d{} p{}]", l.lower, l.upper, l.encode_kernel, l.decode_kernel, l.pool_size);
  return text;
}

// Removes whatever jumps on a small difference: that is no longer a rounding error.
inline void make_steady(Case& c) {
  Dice dice(c.seed);
  for (const char* name : {"squash", "sampling"}) c.values.set(name, dice.whole(0, 1));
}

// A case whose steps are spread over frames.
inline Case draw_even_case(uint64_t seed) {
  Case c = draw_case(seed);
  c.values.set_text("schedule", "even");
  make_steady(c);
  return c;
}

// Every parameter at the ends of its range.
inline void expect_finite_at_extremes(const std::string& kernel) {
  ParameterValues v(feedback_parameters());
  v.set("channels", std::vector<double>{3, 8, 16, 20});
  const ParameterTable& table = v.table();
  Threads threads(2);
  for (const bool high : {false, true}) {
    ParameterValues extreme = v;
    for (size_t i = 0; i < table.size(); ++i) {
      const Parameter& p = table[i];
      if (p.kind != ParameterKind::kText && !p.structural) extreme.set(p.name, high ? p.high : p.low);
    }
    for (int squash = 0; squash < 6; ++squash) {
      extreme.set("squash", squash);
      FeedbackEngine engine(make_hourglass(v, Random(5), nullptr), 24, 24, v, kernel, 3, threads, nullptr);
      Planes seen;
      for (int frame = 0; frame < 20; ++frame) engine.step(frame, extreme, nullptr);
      engine.look(extreme, seen);
      for (const float x : seen.data()) ASSERT_TRUE(std::isfinite(x)) << squash;
    }
  }
}

}  // namespace reverie
