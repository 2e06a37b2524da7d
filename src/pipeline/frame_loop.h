// THE frame loop: source -> effects -> sinks, one frame at a time.  Who calls it decides about the clock.
#pragma once

#include <memory>
#include <vector>

#include "control/modulation.h"
#include "core/effect.h"
#include "media/sink.h"
#include "media/source.h"
#include "pipeline/step.h"

namespace reverie {

// An effect in the loop and what moves its parameters.
struct EffectSlot {
  std::string name;
  std::unique_ptr<Effect> effect;
  std::unique_ptr<Automation> automation;
  const ParameterTable* table = nullptr;
};

// What receives the finished frames besides the sinks: a sheet, a test.
using Watcher = std::function<void(int64_t frame, const Planes& picture)>;

struct FrameLoopSetup {
  std::unique_ptr<Source> source;  // null: no input
  std::vector<EffectSlot> effects;
  std::vector<std::unique_ptr<Sink>> sinks;
  std::vector<Watcher> watchers;
  double fps = 30;
  bool check = false;  // check every step's result
};

class FrameLoop {
 public:
  explicit FrameLoop(FrameLoopSetup setup);

  // Makes the next frame; false when the source has ended.
  bool next();
  int64_t frames() const { return frame_; }

  // Closes the sinks: their files appear under their final names.
  void finish();

  Step& step(const std::string& name);  // Error with the nearest name
  std::vector<StepReport> reports() const;

 private:
  FrameLoopSetup setup_;
  std::vector<ParameterValues> values_;  // one per effect
  std::vector<Step> steps_;              // source, the effects, output
  Planes input_, picture_;
  int64_t frame_ = 0;
};

}  // namespace reverie
