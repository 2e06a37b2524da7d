// Which part of which level's step a frame makes: what schedule = "even" is.
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
//   - In frame k of the cycle the k-th of 2^l bands of rows is made of e[l] and d[l], from the neighbours'
//     states as they are shown then, and of self, from the goal of level l: the result of its last step.
//   - A row of the next state is mixed as soon as the row below it is made; the first and the last row, whose
//     neighbours the border rule names, with the last band.  Homeostasis and squash then follow in that
//     frame.
//   - The finished result is the new goal.  What is shown, h[l], moves to it in equal parts of 2^l frames.
//   - The parameters of a step are those of the frame in which its cycle begins, but for the border and the
//     flow. Noise is that of the frame in which a row is mixed.
//   - The last bands of different levels fall into different frames.  At first, and where its state was set
//     anew, a level rests until its next cycle begins.
class Cycles {
 public:
  Cycles(const Hourglass& hourglass, const LevelSizes& sizes);

  // What one frame does at one level.
  struct Part {
    const Transition* transition = nullptr;  // of the step; valid until the next call of next()
    int first = 0, end = 0;                  // the rows that are made
    int height = 0;
    bool last = true;  // the step ends
    float share = 1;   // of the way from what is shown to the goal

    bool mixes(int y) const {
      if (y == 0 || y == height - 1) return last;
      return y >= first - 1 && y < end - 1;
    }
  };

  // The next frame; t must live until it is made.
  void next(const Transition& t);
  const Part& operator[](int level) const { return parts_[static_cast<size_t>(level)]; }

  size_t bytes() const;  // of the maps that are kept

  // Gives up the step that the level is at.
  void drop(int level) { begun_[static_cast<size_t>(level)] = false; }

 private:
  // A step's parameters, kept with their maps.
  struct Kept {
    Transition transition;
    std::vector<Planes> maps;
    void keep(const Transition& t, int level);
  };
  Part part(const Transition& t, int level);
  int boundary(int level, int band) const;  // the first row of a band

  std::vector<int> heights_, multiples_;  // bands begin at multiples of so many rows
  std::vector<Part> parts_;
  std::vector<Kept> kept_;
  std::vector<bool> begun_;
  int64_t frame_ = -1;
};

}  // namespace reverie
