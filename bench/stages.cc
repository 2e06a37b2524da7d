// The stages of the plain transition at 400x400 with 3, 12, 48 and 192 channels (work W1), on one thread;
// items are floating-point operations of plain convolutions.  bf16: 1 with precision = "bf16".
#include <benchmark/benchmark.h>

#include "feedback/kernels/cpu/layer.h"
#include "feedback/kernels/cpu/mix.h"
#include "feedback/kernels/kernel.h"

namespace reverie {
namespace {

constexpr int kSide = 400;

ParameterValues w1_values() {
  return ParameterValues(feedback_parameters());
}

const Hourglass& w1_glass() {
  static const Hourglass glass = make_hourglass(w1_values(), Random(1), nullptr);
  return glass;
}

Precision precision(const benchmark::State& state) {
  return state.range(1) == 0 ? Precision::kFp32 : Precision::kBf16;
}

cpu::Grid noise_grid(int level) {
  const int side = kSide / w1_glass().shrink(level);
  Planes planes(w1_glass().channels(level), side, side);
  const Random random(static_cast<uint64_t>(level));
  for (size_t i = 0; i < planes.data().size(); ++i) planes.data()[i] = random.signed_at(i);
  cpu::Grid grid(planes.channels(), side, side, 4);
  grid.load(planes, Border::kWrap);
  return grid;
}

template <class Work>
void run(benchmark::State& state, double work, const Work& make) {
  for ([[maybe_unused]] auto _ : state) make();
  state.SetItemsProcessed(static_cast<int64_t>(work * static_cast<double>(state.iterations())));
}

// From level n to n + 1.
void encode(benchmark::State& state) {
  const int l = static_cast<int>(state.range(0));
  const Layer& layer = w1_glass().layers[static_cast<size_t>(l)];
  const cpu::Grid in = noise_grid(l);
  cpu::Grid out = noise_grid(l + 1);
  const cpu::Encoder encoder(layer, precision(state));
  run(state, 2.0 * in.height() * in.width() * layer.lower * layer.upper * 9, [&] {
    encoder.rows(in, Pool::kMax, Activation::kTanh, 1, 0, out.height(), out);
    out.finish_rows(0, out.height(), Border::kWrap);
  });
}
BENCHMARK(encode)->ArgsProduct({{0, 1, 2}, {0, 1}})->ArgNames({"", "bf16"})->Unit(benchmark::kMicrosecond);

// From level n + 1 to n.
void decode(benchmark::State& state) {
  const int l = static_cast<int>(state.range(0));
  const Layer& layer = w1_glass().layers[static_cast<size_t>(l)];
  const cpu::Grid in = noise_grid(l + 1);
  cpu::Grid out = noise_grid(l);
  const cpu::Decoder decoder(layer, precision(state));
  run(state, 2.0 * out.height() * out.width() * layer.lower * layer.upper, [&] {
    decoder.rows(in, Activation::kTanh, {}, 0, out.height(), out);
    out.finish_rows(0, out.height(), Border::kWrap);
  });
}
BENCHMARK(decode)->ArgsProduct({{0, 1, 2}, {0, 1}})->ArgNames({"", "bf16"})->Unit(benchmark::kMicrosecond);

// A whole frame without (0) and with (1) its convolutions.
void step(benchmark::State& state) {
  ParameterValues values = w1_values();
  if (state.range(0) == 0) {
    values.set("self", 1);
    values.set("encode", 0);
    values.set("decode", 0);
  }
  const LevelSizes sizes = level_sizes(w1_glass(), kSide, kSide);
  Threads threads(1);
  Hourglass glass = w1_glass();
  glass.precision = precision(state);
  const auto kernel = find_kernel("cpu").make(glass, sizes, threads);
  for (int l = 0; l <= w1_glass().levels(); ++l) kernel->set_state(l, noise_grid(l).planes());
  TransitionResolver resolver(sizes);
  for ([[maybe_unused]] auto _ : state) kernel->step(resolver.resolve(values), Random(1));
}
BENCHMARK(step)->ArgsProduct({{0, 1}, {0, 1}})->ArgNames({"", "bf16"})->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace reverie
