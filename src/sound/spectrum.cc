#include "sound/spectrum.h"

#include <fftw3.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <new>
#include <numbers>

namespace reverie {
namespace {

// FFTW can only plan one transform at a time ("Thread safety" in its manual); executing needs no lock.
std::mutex& planner() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

struct Spectrum::Transform {
  Transform() : in(fftwf_alloc_real(kWindow)), out(fftwf_alloc_complex(kBins)) {
    if (in == nullptr || out == nullptr) throw std::bad_alloc();
    const std::lock_guard lock(planner());
    // Estimated, not measured, and without SIMD: the same algorithm, and so the same bits, in each run
    plan = fftwf_plan_dft_r2c_1d(kWindow, in, out, FFTW_ESTIMATE | FFTW_UNALIGNED);
    if (plan == nullptr) throw std::bad_alloc();
  }
  ~Transform() {
    {
      const std::lock_guard lock(planner());
      fftwf_destroy_plan(plan);
    }
    fftwf_free(in);
    fftwf_free(out);
  }
  Transform(const Transform&) = delete;
  Transform& operator=(const Transform&) = delete;

  float* in;
  fftwf_complex* out;
  fftwf_plan plan = nullptr;
};

Spectrum::Spectrum() : transform_(std::make_unique<Transform>()), window_(kWindow), power_(kBins) {
  // the squares of a Hann window sum to 3/8 of its length
  const double scale = std::sqrt(8.0 / (3.0 * kWindow));
  for (int i = 0; i < kWindow; ++i)
    window_[static_cast<size_t>(i)] =
        static_cast<float>(scale * (0.5 - 0.5 * std::cos(2 * std::numbers::pi * i / kWindow)));
}

Spectrum::~Spectrum() = default;

std::span<const float> Spectrum::power(std::span<const float> samples) {
  Transform& t = *transform_;
  for (size_t i = 0; i < window_.size(); ++i) t.in[i] = samples[i] * window_[i];
  fftwf_execute(t.plan);
  for (size_t b = 0; b < power_.size(); ++b) {
    const float sides = b == 0 || b + 1 == power_.size() ? 1 : 2;  // negative frequencies are the same
    power_[b] = (t.out[b][0] * t.out[b][0] + t.out[b][1] * t.out[b][1]) * (sides / kWindow);
  }
  return power_;
}

}  // namespace reverie
