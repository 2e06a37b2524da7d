// reverie demo: the first minute without reading anything.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "checks.h"
#include "command_line.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "media/sink.h"
#include "pipeline/tour.h"
#include "verbs.h"
#if REVERIE_WITH_PLAY
#include "play/show.h"
#include "play/window.h"
#endif

namespace reverie {
namespace {

constexpr const char* kUsualFile = "out/demo.mp4";

struct Options {
  std::string output, size = "640x360", fps = "30", stop;
  uint64_t seed = 1;
  int threads = 0, display = 0;
  bool window = false, quiet = false;
};

TourRequest request_of(const Options& o) {
  TourRequest r;
  r.output = o.output.empty() ? kUsualFile : o.output;
  std::tie(r.width, r.height) = parse_size(o.size);
  r.fps = parse_rate(o.fps);
  if (!o.stop.empty()) r.stop_seconds = parse_time("--each", o.stop, 0.1);
  r.seed = o.seed;
  r.threads = o.threads;
  r.quiet = o.quiet;
  return r;
}

int to_file(const TourRequest& request) {
  const RenderResult result = render_tour(request);
  if (result.frames == 0) {
    note("stopped before the first frame; nothing was written");
    return 130;
  }
  note(fmt::format("{}{}; a tour of {} presets, in {}", result.stopped ? "stopped; kept " : "", result.output,
                   tour().size(), format_duration(result.seconds)));
  return result.stopped ? 130 : 0;
}

#if REVERIE_WITH_PLAY
// Leads from preset to preset until somebody else does.
class Guide {
 public:
  Guide(Show& show, Panels& panels, double stop_seconds)
      : show_(show), panels_(panels), stop_seconds_(stop_seconds) {
    show.desk().set_fade(kTourFade);
    arrive();
  }

  void go_on() {
    const double since = std::chrono::duration<double>(Clock::now() - arrived_).count();
    if (!led_ || show_.desk().version() != version_) return leave(since);
    panels_.write_over(caption_, caption_light(since, stop_seconds_));
    if (since < stop_seconds_) return;
    stop_ = (stop_ + 1) % tour().size();
    show_.try_to([&] { show_.desk().load(tour()[stop_].preset); });
    arrive();
  }

 private:
  using Clock = std::chrono::steady_clock;

  void arrive() {
    show_.try_to([&] { caption_ = caption_of(tour()[stop_]); });
    version_ = show_.desk().version();
    arrived_ = Clock::now();
  }
  // Whoever turned something plays from here on.
  void leave(double since) {
    if (led_) {
      led_ = false;
      caption_ = {
          "yours", "the tour is over, and you play", {{"Tab", "a knob for everything"}, {"?", "all keys"}}};
      arrived_ = Clock::now();
      since = 0;
    }
    panels_.write_over(caption_, since < stop_seconds_ ? caption_light(since, stop_seconds_) : 0);
  }

  Show& show_;
  Panels& panels_;
  const double stop_seconds_;
  Caption caption_;
  size_t stop_ = 0;
  uint64_t version_ = 0;
  bool led_ = true;
  Clock::time_point arrived_;
};

int in_window(const Options& o, const TourRequest& tour_request) {
  ShowRequest r;
  r.set.chain = load_chain(tour().front().preset);
  r.set.width = tour_request.width;
  r.set.height = tour_request.height;
  r.set.fps = tour_request.fps;
  r.set.seed = tour_request.seed;
  r.set.threads = tour_request.threads;
  r.midi = true;
  Show show(std::move(r));
  Panels panels(show);
  Guide guide(show, panels, tour_request.stop_seconds);
  WindowOptions window;
  window.full_screen = !o.window;
  window.display = o.display;
  window.panels = PanelPlace::kHidden;
  run_window(show, panels, window, [&] { guide.go_on(); });
  show.set().stop();
  show.set().wait();
  return stop_requested() ? 130 : 0;
}
#endif

int act(const Options& o) {
  const TourRequest request = request_of(o);
#if REVERIE_WITH_PLAY
  if (o.output.empty() && has_display()) return in_window(o, request);
#endif
  if (o.window) throw Error("open", "the window", "there is no display", "give -o FILE.mp4");
  if (o.output.empty()) note(fmt::format("no display: the tour goes to {}", kUsualFile));
  return to_file(request);
}

}  // namespace

Action add_demo(CLI::App& app) {
  auto o = std::make_shared<Options>();
  app.add_option("-o,--output", o->output,
                 "a file instead of the screen; without a display default out/demo.mp4")
      ->type_name("OUT");
  app.add_option("--size", o->size, "frame size in pixels; default 640x360")->type_name("WxH");
  app.add_option("--fps", o->fps, "frames per second; default 30")->type_name("N");
  app.add_option("--each", o->stop, "seconds at each preset; default 6")->type_name("TIME");
  app.add_option("--seed", o->seed, "seed of all random draws; default 1")->check(whole_number(UINT64_MAX));
  app.add_option("--threads", o->threads, "0: one per core")->check(CLI::Range(0, kMostThreads));
  app.add_flag("--window", o->window, "a window, not the full screen");
  app.add_option("--display", o->display, "the display, 0 is the first")->check(CLI::Range(0, 63));
  app.add_flag("-q,--quiet", o->quiet, "no progress");
  return [o] { return act(*o); };
}

}  // namespace reverie
