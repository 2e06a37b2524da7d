#include "feedback/kernels/cpu/peak.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "feedback/kernels/cpu/peak.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace reverie::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// As many sums as hide the latency of one, as in a product.  Returns the number of operations per round.
double MultiplyAdds(int rounds, float* result) {
  constexpr size_t kSums = 12;
  const hn::CappedTag<float, 16> d;
  const auto factor = hn::Set(d, 0.999F);
  const auto addend = hn::Set(d, 0.001F);
  hn::Vec<decltype(d)> sum[kSums];
  for (size_t i = 0; i < kSums; ++i) sum[i] = hn::Set(d, static_cast<float>(i));
  for (int r = 0; r < rounds; ++r) {
    // NOLINTNEXTLINE(modernize-loop-convert): unrolled by its index
    HWY_UNROLL(12) for (size_t i = 0; i < kSums; ++i) sum[i] = hn::MulAdd(sum[i], factor, addend);
  }
  auto all = sum[0];
  for (size_t i = 1; i < kSums; ++i) all = hn::Add(all, sum[i]);
  *result = hn::GetLane(hn::SumOfLanes(d, all));
  return 2.0 * kSums * static_cast<double>(hn::Lanes(d));
}

}  // namespace reverie::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reverie {
namespace cpu {
namespace {

HWY_EXPORT(MultiplyAdds);

double multiply_adds(int rounds, float* result) {
  return HWY_DYNAMIC_DISPATCH(MultiplyAdds)(rounds, result);
}

// Best rate of several rounds of work(thread), which does `amount` on each thread.
template <class Work>
double best_rate(Threads& threads, double amount, const Work& work) {
  constexpr int kRounds = 5;
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    threads.each(threads.count(), work);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    best = std::max(best, amount * threads.count() / taken.count());
  }
  return best;
}

}  // namespace
}  // namespace cpu

Peak measure_peak(Threads& threads) {
  constexpr int kRounds = 1 << 19;
  constexpr size_t kBytes = size_t{8} << 20U;
  const auto count = static_cast<size_t>(threads.count());
  std::vector<float> results(count);
  Peak peak;
  const double each = cpu::multiply_adds(1, results.data());
  peak.gflops = 1e-9 * cpu::best_rate(threads, each * kRounds, [&](int i) {
                  cpu::multiply_adds(kRounds, &results[static_cast<size_t>(i)]);
                });
  std::vector<std::vector<char>> from(count, std::vector<char>(kBytes, 1));
  std::vector<std::vector<char>> to = from;
  peak.gbytes_read_and_written =
      2e-9 * cpu::best_rate(threads, kBytes, [&](int i) {
        std::memcpy(to[static_cast<size_t>(i)].data(), from[static_cast<size_t>(i)].data(), kBytes);
      });
  return peak;
}

}  // namespace reverie
#endif  // HWY_ONCE
