// reverie bench: how fast this machine plays a preset.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <thread>

#include "command_line.h"
#include "control/modulation.h"
#include "control/preset.h"
#include "core/limits.h"
#include "core/stop.h"
#include "effects/effects.h"
#include "feedback/cost.h"
#include "feedback/effect.h"
#include "feedback/kernels/cpu/peak.h"
#include "feedback/kernels/kernel.h"
#include "media/picture.h"
#include "preset_options.h"
#include "verbs.h"

namespace reverie {
namespace {

constexpr double kSecondsEach = 1.5;  // for each line of the table, unless --frames is given

struct Options {
  std::string preset = "first-light";
  std::vector<std::string> sizes = {"512x512"}, kernels, set;
  std::vector<int> threads;
  int frames = 0;
};

EffectSetup setup_of(const Preset& preset, const std::string& kernel, std::shared_ptr<Threads> threads,
                     int width, int height) {
  EffectSetup setup;
  setup.width = width;
  setup.height = height;
  setup.seed = 1;
  setup.threads = std::move(threads);
  setup.kernel = kernel;
  setup.find_file = [&preset](const std::string& name) { return find_asset(preset, name); };
  setup.read_picture = read_picture;
  return setup;
}

// Milliseconds of every frame after the first.
std::vector<double> time_frames(const Preset& preset, const EffectSetup& setup, int frames) {
  const auto effect = find_effect(preset.effect).make(setup, preset.values);
  const Automation automation(preset, setup.seed, read_picture);
  const Planes input(3, setup.height, setup.width, 0.5F);
  const Planes* fed = preset.input == InputNeed::kNone ? nullptr : &input;

  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point t) {
    return std::chrono::duration<double>(Clock::now() - t).count();
  };
  std::vector<double> times;
  Planes out;
  ParameterValues values = preset.values;
  const auto start = Clock::now();
  for (int i = 0;
       !stop_requested() && (frames > 0 ? i <= frames : i < 3 || seconds_since(start) < kSecondsEach); ++i) {
    const FrameTime time{i, i / 30.0};
    const auto begun = Clock::now();
    automation.apply(time, fed, values);
    const Frame frame = {time, fed, silent_signals(time.seconds)};
    if (i == 0) effect->begin(frame, values, false);  // no preroll: frames are timed one by one
    effect->process(frame, values, out);
    if (i > 0) times.push_back(1e3 * seconds_since(begun));
  }
  return times;
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

// How much slower than the others the slowest frame of a cycle is: of all frames at the same position modulo
// 2^kMostLevels only the fastest counts, to exclude whatever else the machine does.
double dearest(const std::vector<double>& times) {
  constexpr size_t kCycle = size_t{1} << kMostLevels;
  std::vector<double> places;
  for (size_t i = 0; i < times.size(); ++i) {
    if (i < kCycle) {
      places.push_back(times[i]);
    } else {
      places[i % kCycle] = std::min(places[i % kCycle], times[i]);
    }
  }
  return *std::max_element(places.begin(), places.end()) / median(places);
}

void bench_line(const Preset& preset, const std::string& kernel, const std::shared_ptr<Threads>& threads,
                const std::string& size, const Peak& peak, int frames) {
  const auto [width, height] = parse_size(size);
  const EffectSetup setup = setup_of(preset, kernel, threads, width, height);
  const std::vector<double> times = time_frames(preset, setup, frames);
  if (times.empty()) return;
  const double ms = median(times);
  const EffectKind& effect = find_effect(preset.effect);
  if (!effect.work) {
    fmt::print("{:>7} {:>10} {:>8} {:>10.2f} {:>8.2f} {:>10.1f}\n", threads->count(), size, times.size(), ms,
               dearest(times), 1e3 / ms);
    std::fflush(stdout);
    return;
  }
  const EffectWork work = effect.work(setup, preset.values);
  const double gflops = work.flops / ms * 1e-6;
  const double gbytes = work.bytes / ms * 1e-6;
  fmt::print(
      "{:<10} {:>7} {:>10} {:>8} {:>10.2f} {:>8.2f} {:>10.1f} {:>10.1f} {:>5.0f}% {:>8.2f} {:>5.0f}%\n",
      kernel, threads->count(), size, times.size(), ms, dearest(times), 1e3 / ms, gflops,
      100 * gflops / peak.gflops, gbytes, 100 * gbytes / peak.gbytes_read_and_written);
  std::fflush(stdout);
}

// What each piece of a frame's work moves, computes and takes, for a kernel on a card.
void bench_pieces(const Preset& preset, const std::string& kernel, const std::string& size) {
  if (preset.effect != feedback_effect().name) return;
  const auto [width, height] = parse_size(size);
  const EffectSetup setup = setup_of(preset, kernel, nullptr, width, height);
  const std::vector<Dispatch> all =
      feedback_dispatches(setup, preset.values, preset.input != InputNeed::kNone);
  if (all.empty()) return;
  fmt::print("\n{} at {}, piece by piece: what it must move and compute, and the time it took alone\n",
             kernel, size);
  fmt::print("{:<12} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "piece", "MB", "GFLOP", "ms", "GB/s", "GFLOP/s");
  Dispatch sum{"all", 0, 0, 0};
  const auto line = [](const Dispatch& d) {
    const auto rate = [&](double n) {
      return d.ms > 0 && n > 0 ? fmt::format("{:.1f}", n / d.ms * 1e-6) : std::string("-");
    };
    fmt::print("{:<12} {:>9.2f} {:>9.3f} {:>9.3f} {:>9} {:>9}\n", d.what, d.bytes * 1e-6, d.flops * 1e-9,
               d.ms, rate(d.bytes), rate(d.flops));
  };
  for (const Dispatch& d : all) {
    line(d);
    sum.bytes += d.bytes;
    sum.flops += d.flops;
    sum.ms += d.ms;
  }
  line(sum);
}

int act(Options o) {
  Chain chain = load_preset(o.preset);
  need_programs(chain);
  apply_sets(o.set, chain);
  const Preset& preset = chain.parts.front().preset;
  const bool has_kernels = find_effect(preset.effect).work != nullptr;
  if (!has_kernels) {
    if (!o.kernels.empty())
      throw UsageError(fmt::format("bench: --kernel is for feedback, not for {}", preset.effect));
    o.kernels = {""};
  } else if (o.kernels.empty()) {
    for (const KernelKind& k : kernels()) {
      if (availability(k).why_not.empty()) o.kernels.push_back(k.name);
    }
  }
  for (const std::string& k : o.kernels) {
    if (has_kernels) find_kernel(k);  // an error before the long work
  }
  for (const std::string& s : o.sizes) parse_size(s);
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  if (o.threads.empty()) o.threads = cores > 1 ? std::vector<int>{1, cores} : std::vector<int>{1};

  fmt::print("preset {}; slowest: of the frames of a cycle, over the median{}\n", preset.name,
             has_kernels ? "; GFLOP/s of its convolutions and GB/s of its state, each with its share of this "
                           "machine's peak"
                         : "");
  if (!has_kernels)
    fmt::print("{:>7} {:>10} {:>8} {:>10} {:>8} {:>10}\n", "threads", "size", "frames", "median ms",
               "slowest", "frames/s");
  for (const int threads : o.threads) {
    const auto pool = std::make_shared<Threads>(threads);
    const Peak peak = has_kernels ? measure_peak(*pool) : Peak();
    if (has_kernels) {
      fmt::print("\npeak with {} thread{}: {:.0f} GFLOP/s, {:.1f} GB/s\n", pool->count(),
                 pool->count() == 1 ? "" : "s", peak.gflops, peak.gbytes_read_and_written);
      fmt::print("{:<10} {:>7} {:>10} {:>8} {:>10} {:>8} {:>10} {:>10} {:>6} {:>8} {:>6}\n", "kernel",
                 "threads", "size", "frames", "median ms", "slowest", "frames/s", "GFLOP/s", "", "GB/s", "");
    }
    for (const std::string& size : o.sizes) {
      for (const std::string& kernel : o.kernels) {
        if (stop_requested()) return 130;
        bench_line(preset, kernel, pool, size, peak, o.frames);
      }
    }
  }
  for (const std::string& size : o.sizes) {
    for (const std::string& kernel : o.kernels) {
      if (!stop_requested()) bench_pieces(preset, kernel, size);
    }
  }
  return 0;
}

}  // namespace

Action add_bench(CLI::App& app) {
  auto o = std::make_shared<Options>();
  app.add_option("preset", o->preset, "name or file of a preset")->type_name("PRESET")->capture_default_str();
  app.add_option("--size", o->sizes, "frame size in pixels; one or more")
      ->type_name("WxH")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--threads", o->threads, "numbers of threads; default 1 and one per core")
      ->check(CLI::Range(1, kMostThreads))
      ->delimiter(',');
  app.add_option("--kernel", o->kernels, "kernels; default all")->type_name("NAME")->delimiter(',');
  app.add_option("--set", o->set, "a parameter's value: schedule=even")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--frames", o->frames, "frames per line; 0: as many as fit into 1.5 s")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  return [o] { return act(*o); };
}

}  // namespace reverie
