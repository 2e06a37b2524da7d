#include "feedback/cost.h"

#include <algorithm>

#include "core/stop.h"
#include "feedback/engine.h"
#include "feedback/hourglass.h"
#include "feedback/parameters.h"

namespace reverie {

EffectWork feedback_work(const EffectSetup& setup, const ParameterValues& values) {
  EffectWork work;
  const Hourglass glass = make_hourglass(values, Random(1), setup.find_file);
  const LevelSizes sizes = level_sizes(glass, setup.height, setup.width);
  for (int l = 0; l <= glass.levels(); ++l) {
    const auto at = static_cast<size_t>(l);
    const bool even = values.choice<Schedule>("schedule") == Schedule::kEven;
    const double share = even ? 1.0 / (1 << l) : 1;  // of the frames that step the level
    const double samples = static_cast<double>(sizes.height[at]) * sizes.width[at];
    work.bytes += share * 2 * sizeof(float) * samples * glass.channels(l);
    if (l == glass.levels()) continue;
    const Layer& layer = glass.layers[at];
    const double pairs = static_cast<double>(layer.lower) * layer.upper;
    const double taps = static_cast<double>(layer.encode_kernel) * layer.encode_kernel;
    const double reach = static_cast<double>(layer.decode_kernel) / layer.pool_size;
    const double share_above = even ? share / 2 : 1;
    if (values.number("encode", l + 1) != 0) work.flops += share_above * 2 * samples * pairs * taps;
    if (values.number("decode", l) != 0) work.flops += share * 2 * samples * pairs * reach * reach;
  }
  return work;
}

double feedback_bytes(const Hourglass& glass, int height, int width, const ParameterValues& values) {
  const LevelSizes sizes = level_sizes(glass, height, width);
  const bool even = values.choice<Schedule>("schedule") == Schedule::kEven;
  const auto used = [&](const char* name, int l, double at_rest) {
    return values.number(name, l) != at_rest;
  };
  const auto moves = [&](int l) {
    return used("zoom", l, 1) || used("rotate", l, 0) || used("shift_x", l, 0) || used("shift_y", l, 0) ||
           used("swirl", l, 0) || used("advect", l, 0) || used("hue", l, 0) || used("warp_by_flow", l, 0);
  };
  double samples = 0;
  for (int l = 0; l <= glass.levels(); ++l) {
    // the state and the next one; the goal; what is mixed
    const double copies = 2.0 + (even && l > 0 ? 1 : 0) + (moves(l) ? 1 : 0) + (used("input", l, 0) ? 1 : 0) +
                          (used("encode", l, 0) || used("decode", l, 0) ? 1 : 0);
    const auto at = static_cast<size_t>(l);
    samples += copies * glass.channels(l) * sizes.height[at] * sizes.width[at];
  }
  if (used("advect", 0, 0)) samples += 2.0 * sizes.height[0] * sizes.width[0];
  return sizeof(float) * samples;
}

std::vector<MemoryShare> feedback_memory(const EffectSetup& setup, const ParameterValues& values,
                                         bool has_picture) {
  const Planes grey(kPictureChannels, setup.height, setup.width, 0.5F);
  const Planes* input = has_picture ? &grey : nullptr;
  const auto threads = setup.threads ? setup.threads : std::make_shared<Threads>();
  FeedbackEngine engine(make_hourglass(values, Random(setup.seed), setup.find_file), setup.height,
                        setup.width, values, setup.kernel, setup.seed, *threads, nullptr);
  const bool even = values.choice<Schedule>("schedule") == Schedule::kEven;
  const int64_t frames = even ? (1 << engine.levels()) / 2 + 1 : 1;
  for (int64_t frame = 0; frame < frames && !stop_requested(); ++frame) engine.step(frame, values, input);
  const Memory m = engine.memory();
  return {{"states", m.states}, {"what they mix", m.sources}, {"weights", m.weights}, {"scratch", m.scratch}};
}

std::vector<Dispatch> feedback_dispatches(const EffectSetup& setup, const ParameterValues& values,
                                          bool has_picture) {
  const Planes grey(kPictureChannels, setup.height, setup.width, 0.5F);
  const auto threads = setup.threads ? setup.threads : std::make_shared<Threads>();
  FeedbackEngine engine(make_hourglass(values, Random(setup.seed), setup.find_file), setup.height,
                        setup.width, values, setup.kernel, setup.seed, *threads, nullptr);
  constexpr int64_t kFrames = 5;
  engine.kernel().measure();
  std::vector<Dispatch> all;
  std::vector<std::vector<double>> times;
  for (int64_t frame = 0; frame < kFrames && !stop_requested(); ++frame) {
    engine.step(frame, values, has_picture ? &grey : nullptr);
    all = engine.kernel().dispatches();
    times.resize(all.size());
    for (size_t i = 0; i < all.size(); ++i) times[i].push_back(all[i].ms);
  }
  for (size_t i = 0; i < all.size(); ++i) {
    std::sort(times[i].begin(), times[i].end());
    all[i].ms = times[i][times[i].size() / 2];
  }
  return all;
}

}  // namespace reverie
