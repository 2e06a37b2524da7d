// Pictures made from nothing but what a network asks for, as Lucid makes them: Adam in a Fourier space with
// decorrelated colours, through random transformations.
//
// Olah, Mordvintsev, Schubert 2017, "Feature Visualization"; figures from Lucid's code.
#pragma once

#include "dream/dreamer.h"

namespace reverie {

struct LucidSettings {
  int64_t height = 128, width = 128;
  int batch = 1;
  int steps = 512;
  double rate = 0.05;  // of Adam
  double position = 0;
  int leak_steps = 16;
};

// [batch, 3, height, width] in 0..255.
torch::Tensor lucid(Objective& objective, const LucidSettings& settings, Random draw,
                    const OnDreamStep& on_step);

// The picture of a spectrum [N, 3, H, W / 2 + 1, 2] in 0..255: frequencies scaled so that all steps count
// alike, colours decorrelated, squashed by a sigmoid.
torch::Tensor fourier_picture(const torch::Tensor& spectrum, int64_t height, int64_t width);

}  // namespace reverie
