// A kernel: the hierarchy's state and the code that advances it from one frame to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/parallel.h"
#include "core/random.h"
#include "feedback/hourglass.h"
#include "feedback/transition.h"

namespace reverie {

// Memory held, in bytes.
struct Memory {
  size_t states = 0;   // of all levels: shown, goal and next
  size_t sources = 0;  // terms of the mix: encodings, decodings, moved states, the input, the flow, maps
  size_t weights = 0;
  size_t scratch = 0;  // working memory of the threads

  size_t all() const { return states + sources + weights + scratch; }
};

// What one piece of a step's work cost, on a card.
struct Dispatch {
  std::string what;             // "encode 1"
  double bytes = 0, flops = 0;  // that it must move and compute
  double ms = 0;                // that it took; 0: not measured
};

// All kernels compute the same transition (documented in kernels/reference/reference_kernel.cc); they differ
// in speed and in rounding.  Level l has hourglass.channels(l) planes of sizes.height[l] x sizes.width[l]
// samples.
class Kernel {
 public:
  virtual ~Kernel() = default;

  virtual void set_state(int level, const Planes& state) = 0;
  // A level's state as shown; with Schedule::kEven on its way to the result of the last step.
  virtual Planes state(int level) const = 0;
  // One plane of a level's state, [1, H_l, W_l].
  virtual Planes state_channel(int level, int channel) const = 0;
  // One row of it, W_l samples, valid until the next step.
  virtual const float* state_row(int level, int channel, int y) const = 0;

  // The gain by which homeostasis controls a level; 1 at first.
  virtual float home_gain(int level) const = 0;
  virtual void set_home_gain(int level, float gain) = 0;

  // The encoding e[l] and decoding d[l] that the last step mixed into level l; with Schedule::kEven, whose
  // steps see many states, those of the states as shown.
  virtual Planes encoding(int level) const = 0;
  virtual Planes decoding(int level) const = 0;

  // The input of the next steps: picture [3, H_0, W_0] in -1..1 for level 0, its encodings up to level top
  // above it.
  virtual void set_input(const Planes& picture, const Transition& transition, int top) = 0;
  virtual void clear_input() = 0;

  // Whether a step makes the velocity of Transition::stream itself.  Where it does not, it must be given.
  virtual bool makes_velocity() const { return false; }

  // h := the next frame's.  noise: this frame's stream; sample i of channel c of level l is
  // noise.split(l).split(c).signed_at(i).
  virtual void step(const Transition& transition, const Random& noise) = 0;

  // What it holds now.  What only some transitions need is allocated in the first step that needs it.
  virtual Memory memory() const = 0;

  // From now on, times the pieces of its steps one by one, which makes them slower.
  virtual void measure() {}
  // Those of the last step; none where a kernel is no list of pieces.
  virtual std::vector<Dispatch> dispatches() { return {}; }
};

// Whether a kernel can play on this machine.
struct Availability {
  std::string why_not;    // empty: it can
  std::string what;       // what it runs on, where that is not the processor
  bool automatic = true;  // whether "auto" may choose it
};

struct KernelKind {
  std::string name;
  std::string help;
  std::unique_ptr<Kernel> (*make)(const Hourglass& hourglass, const LevelSizes& sizes, Threads& threads);
  const Availability& (*availability)() = nullptr;  // null: it always can
};

// All kernels, fastest first.
const std::vector<KernelKind>& kernels();
const Availability& availability(const KernelKind& kernel);

// "auto" is the first that can play here and may be chosen so.  Error if there is none of this name, or it
// cannot.
const KernelKind& find_kernel(const std::string& name);

// Sizes of all levels of an hourglass over a picture of at least height x width: padded up to a multiple of
// the top's shrink.
LevelSizes level_sizes(const Hourglass& hourglass, int height, int width);

}  // namespace reverie
