#include "pipeline/replay.h"

#include <fmt/format.h>

#include "control/heard_signals.h"
#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "media/picture.h"
#include "media/sink.h"
#include "pipeline/frame_loop.h"
#include "pipeline/live_input.h"
#include "pipeline/queued_sink.h"
#include "pipeline/sheet.h"

namespace reverie {
namespace {

// What the session says, given to the loop at its frames.
class Replay {
 public:
  Replay(const ReplayRequest& request, int width, int height)
      : request_(request),
        events_(request.session.events),
        input_({width, height, request.session.start.fps, request.fit.value_or(request.session.start.fit)}) {}

  const Planes* read_input(int64_t ticks) { return input_.read(ticks); }

  Signals hear(const FrameTime& time) {
    Signals now = told_ ? *told_ : heard_.expected(time.seconds);
    told_.reset();
    heard_.keep(now, time.seconds);
    return now;
  }

  // All that happened before the loop's next frame.
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
    // a file from a stranger must not open cameras or streams here
    if (own.starts_with("camera:") || (own.find("://") != std::string::npos && request_.input.empty())) {
      throw Error("replay", own, "it was live and cannot be had again",
                  "give another input with --input, a video of it or test:testsrc2");
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
  if (request.session.frames == 0) throw Error("replay", start.preset.name, "the session has no frames");
  RenderResult result;
  result.width = request.width ? request.width : start.width;
  result.height = request.height ? request.height : start.height;
  result.fps = start.fps;
  Replay set(request, result.width, result.height);

  FrameLoopSetup setup;
  const auto checked = request.check ? std::make_shared<CheckReport>() : nullptr;
  const PlayerSetup player = {result.width,    result.height,
                              request.threads, request.kernel.empty() ? start.kernel : request.kernel,
                              read_picture,    checked};
  setup.players.push_back(std::make_unique<Player>(player, start.preset, start.seed));
  setup.input = [&](int64_t ticks) { return set.read_input(ticks); };
  setup.signals = [&](const FrameTime& time) { return set.hear(time); };
  setup.fps = start.fps;
  setup.check = request.check;
  SinkOptions options;
  options.width = result.width;
  options.height = result.height;
  options.fps = start.fps;
  options.title = start.preset.name;
  setup.sinks.push_back(std::make_unique<QueuedSink>(open_sink(request.output, options)));
  result.output = setup.sinks.front()->description();
  SheetMaker sheet(4, 3, 320);
  if (!request.sheet.empty())
    setup.watchers.emplace_back([&](int64_t frame, const Planes& p) { sheet.add(frame, p); });

  FrameLoop loop(std::move(setup));
  Progress progress("render", "frames", request.session.frames, request.quiet);
  while (!stop_requested() && loop.frames() < request.session.frames) {
    set.happen(loop);
    loop.next();
    progress.update(loop.frames());
  }
  result.stopped = stop_requested();
  result.frames = loop.frames();
  if (result.frames == 0) return result;
  loop.finish();
  if (checked) note(describe(*checked));
  if (!request.sheet.empty()) write_picture(request.sheet, sheet.sheet());
  result.seconds = progress.seconds();
  result.steps = loop.reports();
  return result;
}

}  // namespace reverie
