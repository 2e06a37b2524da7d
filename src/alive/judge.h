// How a process lives and what it looks like, as figures.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "alive/looks.h"
#include "control/preset.h"
#include "motion/flow.h"
#include "train/task.h"

namespace reverie {

struct JudgeOptions {
  int width = 256, height = 256;
  int frames = 600;  // that it plays before it is damaged
  double fps = 30;
  uint64_t seed = 1;
  int threads = 0;
  std::function<Planes(const std::filesystem::path&)> read_picture;
  Flow motion;  // how it should move: the mean flow of a clip; or empty
  double motion_speed = 1;
};

// Plays a preset of feedback, as `reverie render` would, and says
//   looks            distance from the style (Looks), mean of frames after a third, two thirds and the end
//   change           mean change from frame to frame, 0..1, in the second before `frames`
//   change_early     ... in the tenth second, or before the first third where there is none
//   slope, grid      spectrum, the same frames; style_slope: of the style
//   reach            largest of |h| over level 0 at the end
//   looks_damaged    after a quarter of the state has become noise
//   looks_healed     300 frames later
//   motion           how otherwise than the clip it moves (WantedMotion), mean from the first third on
//   motion_along     of its own mean flow there, how much goes along the clip's: 1 as far, 0 nothing, below 0
//                    against it
// What has to do with looks only with a style; with motion only where there is one.  Error for a preset of
// another effect, or one that needs an input. Empty after Ctrl-C.
std::vector<Figure> judge(const Preset& preset, const std::vector<Planes>& style,
                          const std::optional<LooksSettings>& looks, const JudgeOptions& options);

}  // namespace reverie
