// How well a preset foresees a clip.
#pragma once

#include "alive/judge.h"

namespace reverie {

// Level 0 of the hierarchy is set to frame after frame of the clip; then it plays on by itself, through the
// engine.  Of 1, 2, 4 and 8 frames ahead, the mean squared error of pixels in 0..1 over many such trials:
//   ahead_N            of the preset
//   ahead_N_copy       of the last frame that it was shown, again
//   ahead_N_blurred    of that frame, blurred as much as is best at that distance: what mere uncertainty
//                      would gain
//   ahead_N_untrained  of the preset with random weights
// frames: those that it did not learn from, of any size (options.width and height are not read).  Error for a
// preset of another effect, or a clip too short.  Empty after Ctrl-C.
std::vector<Figure> judge_foresight(const Preset& preset, const std::vector<Planes>& frames,
                                    const JudgeOptions& options);

}  // namespace reverie
