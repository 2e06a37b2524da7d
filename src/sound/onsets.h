// Onsets: the moments at which something in a sound begins.  Internal to sound/.
//
// Spectral flux (Bello et al., "A Tutorial on Onset Detection in Music Signals", 2005): how much louder each
// of a few bands has become since the last hop, compared with recent values.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace reverie {

class Onsets {
 public:
  // bin_hz: the spacing of the spectrum's bins.
  explicit Onsets(double bin_hz);

  // Takes the next hop's power spectrum; true at an onset.
  bool push(std::span<const float> power);

  // The strength of the onset in the last hop, 0..1: the flux above its median, relative to its recent
  // maximum.
  double strength() const { return strength_; }

 private:
  static constexpr size_t kBands = 20;
  static constexpr size_t kMedianHops = 64;

  double flux_of(std::span<const float> power);
  double median() const;

  std::array<size_t, kBands + 1> edges_{};  // the first bin of each band, and the end
  std::array<double, kBands> last_{};       // compressed amplitudes of the last hop
  std::array<double, kMedianHops> recent_{};
  size_t place_ = 0;
  double maximum_ = 0, strength_ = 0;
  int quiet_hops_ = 0;  // left before the next onset is possible
};

}  // namespace reverie
