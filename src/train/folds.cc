#include "train/folds.h"

#include <fmt/format.h>

#include <chrono>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/text.h"
#include "models/video/video.h"
#include "sheets/png.h"
#include "train/video_task.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// The run of one group; false after Ctrl-C.
bool train_one(RunOptions options, const std::string& group) {
  options.run /= group.empty() ? "no group" : group;
  options.settings.leave_out = group;
  std::error_code code;
  if (fs::exists(options.run / "checkpoint.safetensors", code)) {
    const RunOptions there = read_run(options.run);
    if (find_difference(there.recipe, options.recipe) || there.settings.leave_out != group)
      throw Error("go on with", options.run.string(), "it is a run of another recipe or set", "another -o");
    options.resume = true;
  }
  return run_training(options) == RunEnd::kDone;
}

void count_answers(const VideoModel& model, const RecordSet& set, const std::string& group,
                   FoldsResult& result) {
  for (const VideoAnswer& answer : video_answers(model, set, Split::kTest)) {
    if (answer.label < 0) continue;
    const auto label = static_cast<size_t>(answer.label);
    const auto said = static_cast<size_t>(answer.shares.argmax().item<int64_t>());
    ++result.confusion[label][said];
    if (label != said)
      result.mistaken.push_back(fmt::format("{}: {} taken for {} ({:.2f})", group, model.labels()[label],
                                            model.labels()[said], answer.shares.max().item<double>()));
  }
}

}  // namespace

std::optional<FoldsResult> train_folds(const RunOptions& options) {
  RecordSet set = RecordSet::open(options.settings.data);
  const std::vector<std::string> groups = set.groups();
  if (options.recipe.family() != "video")
    throw Error("leave groups out with", "this recipe", "only the family video learns from clips");
  if (groups.size() < 2)
    throw Error("leave groups out of", set.name(), "it does not have two groups",
                "reverie data import FOLDER --clips FRAMES, with videos named GROUP_...");
  FoldsResult result;
  result.confusion.assign(set.labels().size(), std::vector<int>(set.labels().size()));
  for (const std::string& group : groups) {
    const auto began = Clock::now();
    if (stop_requested() || !train_one(options, group)) return {};
    result.seconds += std::chrono::duration<double>(Clock::now() - began).count();
    const std::unique_ptr<Model> model = read_model(options.run / group);
    set.leave_out(group);
    count_answers(as_video(*model, "evaluate"), set, group, result);
    note(fmt::format("{} left out: {} of {} videos right so far", printable(group),
                     right_answers(result.confusion), all_answers(result.confusion)));
  }
  const double right = 100.0 * right_answers(result.confusion) / all_answers(result.confusion);
  write_png(options.run / "confusion.png",
            confusion_sheet(result.confusion, set.labels(),
                            fmt::format("{}: {:.1f} % right", options.run.filename().string(), right)));
  return result;
}

}  // namespace reverie
