// How a picture is dreamed, as numbers: what the effect's parameters and the styles of `reverie dream` say.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/parameter.h"
#include "dream/terms.h"

namespace reverie {

// How activations become a number (neural-dream's loss modes; deepdream's own is L2).
enum class Measure { kL2, kMean, kSoftplus };

// What a gradient is divided by, or smoothed with, before a step.
enum class Smoothing {
  kNone,
  kLaplacian,  // every band of frequencies by its own deviation (TensorFlow's tutorial)
  kGaussian    // the mean of three Gaussians, widths 1/2, 1 and 2 times sigma (gordicaleksa's
               // pytorch-deepdream)
};

struct DreamSettings {
  double position = 0;
  int octaves = 4, steps = 10;
  double octave_scale = 1.4;
  double step = 1.5;    // mean change of a step, in 255ths
  double step_end = 1;  // the last step of an octave over its first
  int jitter = 32;      // pixels
  bool robust = false;  // each step takes the gradient of the picture transformed (transformed.h)
  Smoothing smoothing = Smoothing::kNone;
  int levels = 4;      // of the Laplacian pyramid
  double sigma = 1;    // of the Gaussians, pixels
  int leak_steps = 0;  // of each octave
  size_t memory = 0;   // bytes for a gradient; 0: whatever it takes
  double keep_colour = 0;
  double contrast = 0;  // percentile that becomes white; 0: clipped at every step
};

DreamSettings dream_settings(const ParameterValues& values);

// The effect's own, without those of every part.
std::vector<Parameter> dream_parameters();

// What --style asks for: values of parameters, as presets write them.
struct DreamStyle {
  std::string name, help;
  std::vector<std::pair<std::string, std::string>> values;
};
const std::vector<DreamStyle>& dream_styles();

}  // namespace reverie
