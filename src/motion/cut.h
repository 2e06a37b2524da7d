// Finds cuts: where one scene ends and another begins.
#pragma once

#include "core/parallel.h"
#include "core/planes.h"
#include "core/state.h"

namespace reverie {

// Looks at small pictures, so that it costs little.  A cut is where next to nothing of the structure of a
// picture is found in the one before, wherever it moved.  Fades, flashes and exposure change brightness and
// contrast, not structure; a picture without structure, black or white, is waited out.
class CutFinder {
 public:
  // Whether a cut lies between this picture, [3, H, W] or [1, H, W], and those before.
  bool next(const Planes& picture, Threads& threads);
  void restart() { last_.clear(); }

  // As Effect::save() and load().
  void save(State& to) const { to.put("structure", last_); }
  void load(const State& from) { last_ = from.planes("structure"); }

 private:
  Planes last_;  // the last picture with structure: its brightness, small
};

// The same for two pictures.
bool is_cut(const Planes& before, const Planes& after);

}  // namespace reverie
