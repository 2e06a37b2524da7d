#include "pipeline/replay.h"

#include <fmt/format.h>

#include "control/heard_signals.h"
#include "core/error.h"
#include "media/picture.h"
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
        input_({width, height, request.session.start.fps, request.fit.value_or(request.session.start.fit),
                request.session.start.deinterlace}) {}

  const Planes* read_input(int64_t ticks) { return input_.read(ticks); }

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
      if (const auto* e = std::get_if<OpenInput>(&event)) {
        open(e->spec);
      } else {
        input_.apply(event);
      }
      loop.player().apply(event);
    }
  }

 private:
  void open(const std::string& spec) {
    const std::string& own = request_.input.empty() || spec.empty() ? spec : request_.input;
    // a file from a stranger must not open cameras, screens or streams here
    if (is_device(own) || (is_address(own) && request_.input.empty())) {
      throw Error("replay", own, "it was live and cannot be replayed",
                  "replace it with --input, by a video of it or test:testsrc2");
    }
    input_.apply(OpenInput{own});
  }

  const ReplayRequest& request_;
  const std::vector<TimedEvent>& events_;
  ReplayedInput input_;
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
  setup.input = [&](int64_t ticks) { return set.read_input(ticks); };
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
