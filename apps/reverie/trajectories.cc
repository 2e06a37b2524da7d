// reverie trajectories: what moves in a clip, as ways of points; what clips show, by them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "checks.h"
#include "command_line.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/text.h"
#include "media/picture.h"
#include "pipeline/trajectory_job.h"
#include "preset_options.h"
#include "verbs.h"

namespace reverie {
namespace {

struct Words {
  TrajectoryRequest request;
  RecognitionSettings recognition;
  std::string method = flow_methods()[static_cast<size_t>(TrackerSettings().method)], start, seconds;
  bool evaluate = false;
};

int follow(const TrajectoryRequest& r) {
  const TrajectoryResult result = find_trajectories(r);
  note(fmt::format("{}{}; {} trajectories in {} frames, {:.1f} frames a second ({:.1f} times real time)",
                   result.stopped ? "stopped; kept " : "", printable(result.output), result.tracks,
                   result.frames, static_cast<double>(result.frames) / result.seconds,
                   static_cast<double>(result.frames) / result.seconds / result.fps));
  return result.stopped ? 130 : 0;
}

int evaluate(const Words& w) {
  const std::string ending = std::filesystem::path(w.request.output).extension().string();
  if (ending != ".png" && ending != ".jpg")
    throw UsageError(
        fmt::format("--evaluate writes a sheet, .png or .jpg, not '{}'", printable(w.request.output)));
  Threads threads(w.request.threads);
  const ActionSet set = read_actions(w.request.input, w.request.tracker, threads, w.request.quiet);
  size_t tracks = 0;
  for (const LabelledClip& clip : set.clips) tracks += clip.tracks.size();
  note(fmt::format("{} clips, {} frames, {} trajectories in {}", set.clips.size(), set.frames, tracks,
                   format_duration(set.seconds)));
  Progress progress("evaluate", "folds", std::nullopt, w.request.quiet);
  const RecognitionResult result = leave_one_group_out(set.clips, set.labels, w.recognition, threads,
                                                       [&](int fold, int) { progress.update(fold); });
  for (const std::string& line : result.mistaken) fmt::print("{}\n", printable(line));
  fmt::print("{:.1f} % right, {} of {} clips, each of its group left out\n", 100 * result.right(),
             right_answers(result.confusion), set.clips.size());
  note(fmt::format("codebooks and machines in {}", format_duration(progress.seconds())));
  write_picture(w.request.output,
                confusion_sheet(result.confusion, set.labels,
                                fmt::format("trajectories: {:.1f} % right", 100 * result.right())));
  note(fmt::format("{}: the confusion matrix", printable(w.request.output)));
  return 0;
}

int act(Words w) {
  TrajectoryRequest& r = w.request;
  r.tracker.method = flow_method(w.method);
  if (!w.start.empty()) r.start = parse_time("--start", w.start, 0);
  if (!w.seconds.empty()) r.seconds = parse_time("--seconds", w.seconds, 0.001);
  refuse_overwriting(r.output, {r.input});
  if (w.evaluate && (!w.start.empty() || !w.seconds.empty()))
    throw UsageError("--evaluate takes whole clips: leave --start and --seconds out");
  return w.evaluate ? evaluate(w) : follow(r);
}

}  // namespace

Action add_trajectories(CLI::App& app) {
  auto w = std::make_shared<Words>();
  TrajectoryRequest& r = w->request;
  app.add_option("input", r.input, "a video; with --evaluate a folder with a folder of videos for each label")
      ->required()
      ->type_name("CLIP");
  app.add_option(
         "-o,--output", r.output,
         "the trajectories drawn over the clip: .mp4, .mkv, .png and so on, as `render` takes them; their "
         "features: .npy; with --evaluate the confusion matrix: .png")
      ->required()
      ->type_name("OUT");
  app.add_option("--scales", r.tracker.scales, "of the pictures, each the root of 2 smaller")
      ->check(CLI::Range(1, kMostScales))
      ->capture_default_str();
  app.add_option("--step", r.tracker.step, "pixels between new points")
      ->check(CLI::Range(2, 64))
      ->capture_default_str();
  app.add_option("--method", w->method, "of optical flow: " + join(flow_methods(), ", "))
      ->type_name("NAME")
      ->capture_default_str();
  app.add_flag("--without-camera", r.tracker.without_camera,
               "take away the camera's motion, by the homography that fits most of it");
  app.add_flag(
      "--evaluate", w->evaluate,
      "recognise the clips of a folder by bags of words and support vector machines, each group (file "
      "name up to the first _) left out in turn");
  app.add_option("--words", w->recognition.words, "of each codebook")
      ->check(CLI::Range(2, 65536))
      ->capture_default_str();
  app.add_option("--samples", w->recognition.samples, "trajectories that codebooks are made of")
      ->check(CLI::Range(2, 10'000'000))
      ->capture_default_str();
  app.add_option("--seed", w->recognition.seed, "of the codebooks; default 1")
      ->check(whole_number(UINT64_MAX));
  app.add_option("--start", w->start, "where in the clip to begin")->type_name("TIME");
  app.add_option("--seconds", w->seconds, "how much of it")->type_name("TIME");
  app.add_option("--threads", r.threads, "0: one per core; any number gives the same trajectories")
      ->check(CLI::Range(0, kMostThreads));
  app.add_flag("-q,--quiet", r.quiet, "no progress");
  return [w] { return act(*w); };
}

}  // namespace reverie
