// The only interface that the frame loop knows: a stateful stage, frame in, frame out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/parallel.h"
#include "core/parameter.h"
#include "core/planes.h"
#include "core/signals.h"
#include "core/state.h"

namespace reverie {

// Which frame is being made.
struct FrameTime {
  int64_t frame = 0;   // 0 is the first
  double seconds = 0;  // frame / fps on the offline clock
};

// What an effect sees of one frame.
struct Frame {
  FrameTime time;
  // The input, or the picture of the part before: [3, height, width] in 0..1, or null where there is none.
  const Planes* picture = nullptr;
  Signals heard = {};
  // For effects whose kind needs the flow, else null: how the set's input moved since the frame before this
  // one, [2, H, W] in pixels.  What is at p now was at p + flow(p).  Null where there is no input, at its
  // first frame, after a cut, and while a process is made.
  const Planes* flow = nullptr;
  // Where the flow can be trusted, [1, H, W] in 0..1 (motion/warp.h); null where there is none.
  const Planes* trust = nullptr;
};

// Signals that an effect gives besides its picture, by the names that its entry in effects() lists; a
// modulation of any part can follow them.  Values in 0..1.
class Told {
 public:
  // wanted: the names that something follows, so that nothing is measured for nobody.
  explicit Told(std::vector<std::string> wanted = {}) : wanted_(std::move(wanted)) {}

  bool wants(std::string_view name) const;
  void tell(std::string_view name, double value);  // kept in 0..1; what is not a number is 0
  const std::map<std::string, double, std::less<>>& values() const { return values_; }

 private:
  std::vector<std::string> wanted_;
  std::map<std::string, double, std::less<>> values_;
};

// The result of --check, for all processes of one player together.
struct CheckReport {
  int64_t checks = 0;
  double largest = 0;  // relative difference from the reference
  int64_t frame = 0;   // the frame of that difference
};

// What an effect needs once, at construction.
struct EffectSetup {
  int width = 0, height = 0;  // of the frames it makes, in pixels
  uint64_t seed = 0;          // every random draw of the effect comes from it
  // The set's threads, shared by all its parts; null: one per core of the effect's own.
  std::shared_ptr<Threads> threads = nullptr;
  std::string kernel = "auto";
  // Where checks are reported; null: no frame is computed a second time to compare.
  std::shared_ptr<CheckReport> check = nullptr;
  // Finds a file that a parameter names (next to its preset, among the presets, or by its path); Error if
  // there is none.
  std::function<std::filesystem::path(const std::string& name)> find_file = nullptr;
  // Reads a picture file, [3, H, W]; injected, because effects know nothing of codecs.
  std::function<Planes(const std::filesystem::path& path)> read_picture = nullptr;
};

class Effect {
 public:
  virtual ~Effect() = default;

  // Whatever takes long and needs the first frame's values and picture.  Called at most once; process() calls
  // it if nobody did.  May run on another thread.  preroll: also makes the frames that are not shown.
  virtual void begin(const Frame& /*frame*/, const ParameterValues& /*values*/, bool /*preroll*/) {}

  // Takes over whatever fits from the state of `before`, a running effect that may be of another kind, so
  // that a new preset continues from the picture of the last one.  After begin().
  virtual void follow(const Effect& /*before*/) {}

  // Resets the state, as at the start but from other draws.
  virtual void restart(uint64_t /*seed*/, const Frame& /*frame*/, const ParameterValues& /*values*/) {}

  // Puts all that later frames depend on into `to`, between two frames, so that a job can go on where it
  // stopped.  Error where that is not possible.
  virtual void save(State& /*to*/) {}
  // Instead of begin(), and before the first process(): goes on from what save() of an effect of the same
  // setup and values has put.  values: those without modulations.  Error where it does not fit.
  virtual void load(const State& /*from*/, const ParameterValues& /*values*/) {}

  // Before begin(): the bytes that its frames will take on top of what it holds by now; 0: next to nothing,
  // or not known.
  virtual double bytes_ahead(const ParameterValues& /*values*/) const { return 0; }

  // Whether, offline, it wants to see the whole input first: then look_ahead() gets all its pictures, [3, H,
  // W], in their order before the first frame.
  virtual bool looks_ahead(const ParameterValues& /*values*/) const { return false; }
  virtual void look_ahead(const Planes& /*picture*/, const ParameterValues& /*values*/) {}

  // Makes the next frame.  out: [3, height, width] in 0..1.  values: this frame's, of the effect's own table.
  virtual void process(const Frame& frame, const ParameterValues& values, Planes& out, Told& told) = 0;

  void process(const Frame& frame, const ParameterValues& values, Planes& out) {
    Told nobody_listens;
    process(frame, values, out, nobody_listens);
  }
};

}  // namespace reverie
