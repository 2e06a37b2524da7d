// The one interface that the frame loop knows: a stateful stage, frame in, frame out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/parameter.h"
#include "core/planes.h"

namespace reverie {

// Which frame is being made.
struct FrameTime {
  int64_t frame = 0;   // 0 is the first
  double seconds = 0;  // frame / fps on the offline clock
};

// What --check found: of all processes of one player together.
struct CheckReport {
  int64_t checks = 0;
  double largest = 0;  // relative difference from the reference
  int64_t frame = 0;   // in which it was
};

// What an effect needs once, when it is made.
struct EffectSetup {
  int width = 0, height = 0;  // of the frames it gives out, in pixels
  uint64_t seed = 0;          // every random draw of the effect comes from it
  int threads = 0;            // 0 = one per core
  std::string kernel = "auto";
  // Where to tell of checks; null: no frames are made a second time in a slow and plain way to compare.
  std::shared_ptr<CheckReport> check;
  // Finds a file that a parameter names (beside its preset, among the presets, or as it is); Error when there
  // is none.
  std::function<std::filesystem::path(const std::string& name)> find_file;
  // Reads a picture file, [3, H, W]; injected, because effects know nothing of codecs.
  std::function<Planes(const std::filesystem::path& path)> read_picture;
};

class Effect {
 public:
  virtual ~Effect() = default;

  // What takes long and needs the first frame's values and input: makes the state.  Once; process() does it
  // where nobody did.  May run on another thread.  preroll: also makes the frames that are not shown.
  virtual void begin(const FrameTime& time, const ParameterValues& values, const Planes* input,
                     bool preroll) = 0;

  // Takes over of the state of `before`, an effect of the same kind in the middle of its play, what fits; so
  // that a new preset goes on with the picture of the last one.  After begin().
  virtual void follow(const Effect& before) = 0;

  // Starts the state anew, as at first but from other draws.
  virtual void restart(uint64_t seed, const ParameterValues& values, const Planes* input) = 0;

  // Makes the next frame.  input: [3, height, width] in 0..1, or null where there is none; out: the same
  // shape. values: this frame's, of the effect's own table.
  virtual void process(const FrameTime& time, const ParameterValues& values, const Planes* input,
                       Planes& out) = 0;
};

}  // namespace reverie
