// The palette: recolours the shown picture like another one.  Output only, the state is not changed.
#pragma once

#include <array>
#include <string>

#include "core/parallel.h"
#include "core/planes.h"
#include "core/state.h"

namespace reverie {

// Mean and covariance of a picture's colours.
struct ColourStatistics {
  std::array<double, 3> mean{};
  std::array<double, 9> covariance{};  // 3 x 3, symmetric
};

void put(State& to, const std::string& name, const ColourStatistics& colours);
ColourStatistics colours_of(const State& from, const std::string& name);

ColourStatistics colour_statistics(const Planes& picture, Threads& threads);

// Colours are whitened by their own slow statistics (ZCA: C^-1/2 (x - m)), softly squashed by tanh, and given
// the mean and covariance of the palette: colour transfer after Reinhard et al. 2001 and Kessy et al. 2018.
class Palette {
 public:
  struct Settings {
    float mix = 1;       // 0 raw .. 1 palette
    float rate = 0.05F;  // how fast the slow statistics follow, per frame
    float contrast = 1;  // spread before the squash
  };

  // picture: [3, H, W] in 0..1, changed in place; colours: the palette's.
  void apply(Planes& picture, const ColourStatistics& colours, const Settings& settings, Threads& threads);

  // As Effect::save() and load().
  void save(State& to) const;
  void load(const State& from);

 private:
  ColourStatistics slow_;
  bool started_ = false;
};

}  // namespace reverie
