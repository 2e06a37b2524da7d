// Resampling along one axis, then the other, with any start and step.  Internal to media/.
#pragma once

#include <cstddef>
#include <vector>

namespace reverie::ffmpeg {

// For each output sample, where reading begins and with which weights: Catmull-Rom cubic (Keys 1981), widened
// when shrinking.  Samples beyond the edges repeat the edge.
class Axis {
 public:
  Axis() = default;
  // Output sample i lies at position first + i * step among the `from` input samples, which lie at 0, 1, 2,
  // ...
  Axis(int from, int to, double first, double step);

  int to() const { return to_; }
  bool identity() const { return identity_; }
  int taps() const { return taps_; }
  int begin(int i) const { return begin_[static_cast<size_t>(i)]; }
  const float* weights(int i) const { return &weights_[static_cast<size_t>(i) * static_cast<size_t>(taps_)]; }

 private:
  int to_ = 0, taps_ = 1;
  bool identity_ = false;
  std::vector<int> begin_;
  std::vector<float> weights_;  // [to, taps]
};

// One plane [height, width] -> [down.to(), across.to()]; `out` and `room` are resized as needed.
void resample(const std::vector<float>& in, int width, const Axis& across, const Axis& down,
              std::vector<float>& room, std::vector<float>& out);

}  // namespace reverie::ffmpeg
