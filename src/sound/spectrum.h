// The power spectrum of a short piece of sound.  Internal to sound/.
#pragma once

#include <memory>
#include <span>
#include <vector>

namespace reverie {

class Spectrum {
 public:
  static constexpr int kWindow = 2048;           // samples
  static constexpr int kBins = kWindow / 2 + 1;  // bin b is at b * rate / kWindow Hz

  Spectrum();
  ~Spectrum();
  Spectrum(const Spectrum&) = delete;
  Spectrum& operator=(const Spectrum&) = delete;

  // samples: [kWindow].  Distributes the mean square of the samples under a Hann window over the bins: a sum
  // over bins is the mean square of their band; a sine of amplitude 1 gives 1/2.  Does not allocate.
  std::span<const float> power(std::span<const float> samples);

  // The weights of the samples, [kWindow]; their squares sum to 1.
  std::span<const float> window() const { return window_; }

 private:
  struct Transform;
  std::unique_ptr<Transform> transform_;
  std::vector<float> window_, power_;
};

}  // namespace reverie
