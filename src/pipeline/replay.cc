#include "pipeline/replay.h"

#include <fmt/format.h>

#include <array>

#include "control/heard_signals.h"
#include "core/error.h"
#include "media/picture.h"
#include "pipeline/input_fader.h"
#include "pipeline/live_input.h"
#include "pipeline/offline.h"

namespace reverie {
namespace {

// Feeds the events of a session to the loop at their frames.
class Replay {
 public:
  Replay(const ReplayRequest& request, int width, int height)
      : request_(request),
        events_(request.session.events),
        inputs_{ReplayedInput(format(width, height), InputSide::kA),
                ReplayedInput(format(width, height), InputSide::kB)} {}

  const Planes* read_inputs(int64_t ticks) {
    const Planes* a = inputs_[0].read(ticks);
    return fader_.mix(a, inputs_[1].read(ticks));
  }

  Signals hear(const FrameTime& time) {
    Signals now = told_ ? *told_ : heard_.expected(time.seconds);
    told_.reset();
    heard_.keep(now, time.seconds);
    return now;
  }

  // Everything that happened before the loop's next frame.
  void happen(FrameLoop& loop) {
    for (; next_ < events_.size() && events_[next_].frame <= loop.frames(); ++next_) {
      const Event& event = events_[next_].event;
      if (const auto* e = std::get_if<SkipTicks>(&event)) loop.skip_ticks(e->ticks);
      if (const auto* e = std::get_if<Signals>(&event)) told_ = *e;
      if (const auto* e = std::get_if<FadeInput>(&event)) fader_.move(e->share);
      const auto* e = std::get_if<OpenInput>(&event);
      const Event shown = e ? Event(opened(*e)) : event;
      for (ReplayedInput& input : inputs_) input.apply(shown);
      loop.player().apply(event);
    }
  }

 private:
  InputFormat format(int width, int height) const {
    const SessionStart& start = request_.session.start;
    return {width, height, start.fps, request_.fit.value_or(start.fit), start.deinterlace};
  }

  OpenInput opened(const OpenInput& of_set) const {
    const bool b = of_set.side == InputSide::kB;
    const std::string& other = b ? request_.input_b : request_.input;
    const std::string& own = other.empty() || of_set.spec.empty() ? of_set.spec : other;
    // a file from a stranger must not open cameras, screens or streams here
    if (is_device(own) || (is_address(own) && other.empty())) {
      throw Error("replay", own, "it was live and cannot be replayed",
                  std::string("replace it with ") + (b ? "--input-b" : "--input") +
                      ", by a video of it or test:testsrc2");
    }
    return {own, of_set.side};
  }

  const ReplayRequest& request_;
  const std::vector<TimedEvent>& events_;
  std::array<ReplayedInput, 2> inputs_;  // by InputSide
  InputFader fader_;
  HeardSignals heard_;
  std::optional<Signals> told_;
  size_t next_ = 0;
};

}  // namespace

RenderResult replay(const ReplayRequest& request) {
  const SessionStart& start = request.session.start;
  if (request.session.frames == 0) throw Error("replay", start.chain.name(), "the session has no frames");
  check_sheet(request.sheet);
  const int width = request.width ? request.width : start.width;
  const int height = request.height ? request.height : start.height;
  Replay set(request, width, height);

  FrameLoopSetup setup;
  const auto checked = request.check ? std::make_shared<CheckReport>() : nullptr;
  const PlayerSetup player = {width,           height,
                              request.threads, request.kernel.empty() ? start.kernel : request.kernel,
                              read_picture,    checked};
  Chain chain = start.chain;
  draw_seeds(chain, start.seed);
  setup.player = std::make_unique<ChainPlayer>(player, chain);
  setup.input = [&](int64_t ticks) { return set.read_inputs(ticks); };
  setup.signals = [&](const FrameTime& time) { return set.hear(time); };
  setup.fps = start.fps;
  setup.check = request.check;
  SinkOptions options = sink_options(width, height, start.fps, start.chain.name());
  for (const TimedEvent& e : request.session.events) {
    const auto* kept = std::get_if<KeepSound>(&e.event);
    if (kept && !is_address(kept->file)) options.sound = SinkOptions::Sound{kept->file};
  }
  return play_offline(std::move(setup), {request.output, options, request.sheet, checked, request.quiet},
                      request.session.frames, [&](FrameLoop& loop) { set.happen(loop); });
}

}  // namespace reverie
