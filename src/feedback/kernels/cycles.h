// Which part of which level's step each frame computes: the implementation of schedule = "even".
#pragma once

#include <vector>

#include "feedback/hourglass.h"
#include "feedback/transition.h"

namespace reverie {

// With Schedule::kEvery each level makes a whole step in each frame.
//
// With Schedule::kEven a step of level l is spread over a cycle of 2^l frames, so that all frames cost the
// same (after Koutnik et al. 2014, "A Clockwork RNN", whose slow modules jump):
//
//   - Frame k of the cycle computes the k-th of 2^l bands of rows of e[l] and d[l], from the neighbours'
//     states as they are shown then, and of self, from the goal of level l: the result of its last step.
//   - A row of the next state is mixed as soon as the row below it is computed; the first and the last row,
//     whose neighbours depend on the border rule, with the last band.  Homeostasis and squash then follow in
//     that frame.
//   - The finished result is the new goal.  What is shown, h[l], moves to it in equal parts over 2^l frames.
//   - The parameters of a step are those of the frame in which its cycle begins, except for the border and
//     the flow.  Noise is that of the frame in which a row is mixed.
//   - The last bands of different levels fall into different frames.  At the start, and when its state has
//     been set, a level rests until its next cycle begins.
class Cycles {
 public:
  Cycles(const Hourglass& hourglass, const LevelSizes& sizes);

  // What one frame computes at one level.
  struct Part {
    const Transition* transition = nullptr;  // of the step; valid until the next call of next()
    int first = 0, end = 0;                  // the rows to compute
    int height = 0;
    bool last = true;  // the step ends
    float share = 1;   // of the distance from what is shown to the goal

    bool mixes(int y) const {
      if (y == 0 || y == height - 1) return last;
      return y >= first - 1 && y < end - 1;
    }
  };

  // The next frame; t must live until it is finished.
  void next(const Transition& t);
  const Part& operator[](int level) const { return parts_[static_cast<size_t>(level)]; }

  size_t bytes() const;  // of the stored maps

  // Abandons the level's current step.
  void drop(int level) { begun_[static_cast<size_t>(level)] = false; }

 private:
  // A step's parameters, stored with their maps.
  struct Kept {
    Transition transition;
    std::vector<Planes> maps;
    void keep(const Transition& t, int level);
  };
  Part part(const Transition& t, int level);
  int boundary(int level, int band) const;  // the first row of a band

  std::vector<int> heights_, multiples_;  // bands begin at multiples of this many rows
  std::vector<Part> parts_;
  std::vector<Kept> kept_;
  std::vector<bool> begun_;
  int64_t frame_ = -1;
};

}  // namespace reverie
