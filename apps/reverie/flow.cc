// reverie flow: the optical flow of a video, or between two pictures.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "checks.h"
#include "command_line.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/text.h"
#include "pipeline/flow_job.h"
#include "preset_options.h"
#include "verbs.h"

namespace reverie {
namespace {

const std::vector<std::string> kLooks = {"colours", "arrows", "occlusion"};

struct Words {
  FlowRequest request;
  std::string method = "dis", view = "colours", size, start, seconds;
};

int act(Words w) {
  FlowRequest& r = w.request;
  r.method = flow_method(w.method);
  r.look = static_cast<FlowLook>(std::find(kLooks.begin(), kLooks.end(), w.view) - kLooks.begin());
  if (!w.size.empty()) std::tie(r.width, r.height) = parse_size(w.size);
  if (!w.start.empty()) r.start = parse_time("--start", w.start, 0);
  if (!w.seconds.empty()) r.seconds = parse_time("--seconds", w.seconds, 0.001);
  if (!r.second.empty() && (!w.size.empty() || !w.start.empty() || !w.seconds.empty()))
    throw UsageError("--size, --start and --seconds are for a video");
  refuse_overwriting(r.output, {r.input, r.second, r.truth});
  const FlowResult result = find_flow_of(r);
  std::string line =
      fmt::format("{}{}; {} flow{} by {} in {:.1f} s, {:.2f} pixels a frame on average",
                  result.stopped ? "stopped; kept " : "", printable(result.output), result.flows,
                  result.flows == 1 ? "" : "s", w.method, result.seconds, result.mean_speed);
  if (result.hidden > 0) line += fmt::format(", {:.1f} % hidden", 100 * result.hidden);
  if (result.cuts > 0) line += fmt::format(", {} cut{}", result.cuts, result.cuts == 1 ? "" : "s");
  note(line);
  if (result.error) fmt::print("mean endpoint error {:.3f} pixels\n", *result.error);
  return result.stopped ? 130 : 0;
}

}  // namespace

Action add_flow(CLI::App& app) {
  auto words = std::make_shared<Words>();
  FlowRequest& r = words->request;
  app.add_option("input", r.input, "a video, or the first of two pictures")->required()->type_name("INPUT");
  app.add_option("second", r.second, "the second picture")->type_name("SECOND");
  app.add_option(
         "-o,--output", r.output,
         "pictures of the flow: .mp4, .mkv, .png and so on, as `render` takes them; or the flow itself: "
         "flow.flo, flow%05d.flo")
      ->required()
      ->type_name("OUT");
  app.add_option("--method", words->method, join(flow_methods(), ", ") + "; default dis")->type_name("NAME");
  app.add_option(
         "--view", words->view,
         "colours: direction as hue, speed as strength; arrows over the frames; occlusion: black where "
         "what is seen is hidden in the next frame")
      ->check(CLI::IsMember(kLooks));
  app.add_option("--largest", r.largest,
                 "pixels of full colour; default the fastest of two pictures, 2 % of a video's width")
      ->check(finite_range(0.01, 10000))
      ->type_name("PIXELS");
  app.add_flag("--only-trusted", r.only_trusted,
               "leave out what is hidden in the next frame: black, and unknown in .flo files");
  app.add_option("--truth", r.truth, "a .flo file with the true flow: print the mean endpoint error")
      ->type_name("FILE.flo");
  app.add_option("--size", words->size, "frame size in pixels; default the video's")->type_name("WxH");
  app.add_option("--start", words->start, "where in the video to begin")->type_name("TIME");
  app.add_option("--seconds", words->seconds, "how much of it")->type_name("TIME");
  app.add_option("--threads", r.threads, "0: one per core; any number gives the same flow")
      ->check(CLI::Range(0, kMostThreads));
  app.add_flag("-q,--quiet", r.quiet, "no progress");
  return [words] { return act(*words); };
}

}  // namespace reverie
