// Learned feedback, as `reverie train alive` and `reverie evaluate PRESET` ask for it.
#pragma once

#include <string>
#include <vector>

#include "core/planes.h"

namespace reverie {

struct AliveOptions;

// What `reverie evaluate PRESET` is asked for.
struct JudgeWords {
  std::string preset, network, layers = "auto", size;
  std::vector<std::string> style;
  std::string predict;    // a clip
  double held_out = 0.2;  // share of it that was not learned from
  std::string motion;     // a clip, or a .flo file
  double motion_speed = 1;
  int frames = 600, style_size = 192, scales = 2, threads = 0;
  uint64_t seed = 1;
};

// Pictures, frames of clips spread over them, and folders of pictures, as [3, H, W] in 0..1.
std::vector<Planes> read_style(const std::vector<std::string>& names);

// Trains; the program's status.
int train_alive(AliveOptions options);

// Prints the figures; the program's status.
int judge_preset(const JudgeWords& words);

}  // namespace reverie
