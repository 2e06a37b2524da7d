// THE frame loop: source -> effects -> sinks, one frame at a time.  The caller provides the clock.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "control/chain_player.h"
#include "media/sink.h"
#include "media/source.h"
#include "motion/input_motion.h"
#include "pipeline/step.h"

namespace reverie {

// What receives the finished frames besides the sinks: a sheet, a test.
using Watcher = std::function<void(int64_t frame, const Planes& picture)>;

struct FrameLoopSetup {
  std::unique_ptr<Source> source;  // null: no input
  // Instead of a source, for inputs that come and go: the frame to show this many ticks after the last, or
  // null.
  std::function<const Planes*(int64_t ticks)> input;
  std::unique_ptr<ChainPlayer> player;  // its first part sees the source
  std::vector<std::unique_ptr<Sink>> sinks;
  std::vector<Watcher> watchers;
  std::function<void(const FrameTime&, Planes& picture)> draw_over;  // before the sinks; null: nothing
  std::function<Signals(const FrameTime&)> signals;                  // what is heard; null: silence
  FlowMethod flow = kLiveFlow;                                       // of the input, where a part looks at it
  int flow_side = kLiveFlowSide;                                     // see InputMotion
  double fps = 30;                                                   // ticks of the clock per second
  bool check = false;                                                // check every step's result
  std::vector<std::string> without;  // steps to switch off; Error for an unknown name
};

class FrameLoop {
 public:
  explicit FrameLoop(FrameLoopSetup setup);

  // Computes the next frame; false once the source has ended.
  bool next();
  int64_t frames() const { return frame_; }

  // Between two frames: what later ones depend on, and going on from it before the first one.  A source that
  // is opened again is read up to there; false where it ends before, or after Ctrl-C.
  void save(State& to);
  bool load(const State& from, const std::function<void(int64_t)>& skipped);

  // The clock: the next frame is for time tick() / fps.  One tick per frame, unless some are skipped; the
  // sinks then hold the last picture.
  int64_t tick() const { return tick_; }
  void skip_ticks(int64_t ticks);

  ChainPlayer& player() { return *setup_.player; }
  // Hands over the last picture, in exchange for memory for another.
  void take_picture(Planes& to) { std::swap(picture_, to); }

  // What the sinks have so far outlasts this process (Sink::keep()).
  void keep();
  // Closes the sinks: their files get their final names.
  void finish();

  std::vector<StepReport> reports() const;

 private:
  Step& step(const std::string& part);
  void switch_off(const std::string& name);  // Error with the nearest step
  void find_motion(Frame& frame);

  FrameLoopSetup setup_;
  Step source_{"source"}, flow_step_{"input.flow"}, output_{"output"};
  std::deque<Step> parts_;  // of all that have played, in the order in which they came
  InputMotion motion_;
  Planes input_, picture_;
  int64_t frame_ = 0, tick_ = 0;
  int64_t ticks_ = 1;  // from the last frame to the next
};

}  // namespace reverie
