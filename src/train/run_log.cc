#include "train/run_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <numeric>
#include <optional>

#include "core/log.h"
#include "sheets/png.h"
#include "train/evaluate.h"
#include "train/event_log.h"
#include "train/task.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int64_t kScalarEvery = 20;  // iterations
constexpr int kSheets = 20;           // per run
constexpr size_t kPictures = 12;      // per sheet
constexpr size_t kMeanOf = 20;        // iterations; an average that began with the first loss would lag
constexpr size_t kTested = 1000;      // pictures whose loss is tracked
constexpr int64_t kSettled = 50;      // iterations before the loss says anything
constexpr double kShowSeconds = 2;
constexpr double kFalls = 0.98;  // from one sheet to the next

}  // namespace

fs::path film_folder(const fs::path& run) {
  return run / "film";
}

class RunLog::Work {
 public:
  Work(const fs::path& run, const Recipe& recipe, const RecordSet& test, int64_t first, RunViews views)
      : run_(run),
        views_(std::move(views)),
        recipe_(recipe),
        set_(test),
        events_(run, first),
        first_(first),
        last_(recipe.iterations()),
        look_every_(std::max<int64_t>(1, last_ / kSheets)) {}

  void step(const TrainingStep& report, const Trainer& trainer) {
    latest_.push_back(report.loss);
    if (latest_.size() > kMeanOf) latest_.pop_front();
    const int64_t done = report.iteration + 1;
    if (done % kScalarEvery == 0) scalars(report);
    const bool looks = done % look_every_ == 0 || done == last_;
    // after the first step too: a test set that does not match is reported immediately
    if (looks || report.iteration == first_) test(report, trainer.task());
    tested_ = looks ? test_ : std::nullopt;
    if (looks) look(done, *trainer.model());
    if (!views_.watch.empty()) show(done == last_ || report.iteration == first_, trainer);
    if (views_.film_every > 0 && (done % views_.film_every == 0 || done == 1))
      write_png(film_folder(run_) / fmt::format("{:09}.png", done), sheet_of(*trainer.model()));
    if (looks && !warned_) judge(report, trainer.task());
  }

  std::optional<double> tested() const { return tested_; }

  std::string losses() const {
    const double mean =
        std::accumulate(latest_.begin(), latest_.end(), 0.0) / static_cast<double>(latest_.size());
    return fmt::format("loss {:.4g}{}", mean, test_ ? fmt::format(", test {:.4g}", *test_) : "");
  }

 private:
  // Warns of a training that has stopped above what the mean picture would give: a rate too high has
  // saturated it.
  void judge(const TrainingStep& report, Task& task) {
    const auto now = loss_beside_mean(task, recipe_.stages[report.stage], set_);
    const bool falls = !now || !before_ || before_stage_ != report.stage || now->loss < kFalls * *before_;
    before_stage_ = report.stage;
    before_ = now ? std::optional(now->loss) : std::nullopt;
    if (falls || report.iteration < kSettled || now->loss <= now->mean) return;
    warning(
        fmt::format("nothing is learned: the loss stays at {:.4g}, and that of the mean picture is {:.4g} (a "
                    "smaller rate?)",
                    now->loss, now->mean));
    warned_ = true;
  }

  void scalars(const TrainingStep& report) {
    events_.scalar("loss/total", report.iteration, report.loss);
    for (const auto& [name, value] : report.parts) events_.scalar("loss/" + name, report.iteration, value);
    events_.scalar("rate", report.iteration, report.rate);
    events_.flush();  // a checkpoint promises what was logged before it, even if the run is killed
  }

  void test(const TrainingStep& report, Task& task) {
    if (set_.size(Split::kTest) == 0) return;
    const TestLoss loss = test_loss(task, recipe_.stages[report.stage], set_, kTested);
    test_ = loss.total;
    events_.scalar("loss/test_total", report.iteration, loss.total);
    for (const auto& [name, value] : loss.parts) events_.scalar("loss/test_" + name, report.iteration, value);
    events_.flush();
  }

  // What the model makes of the first test pictures.
  Planes sheet_of(const Model& model) const {
    const Split split = set_.size(Split::kTest) > 0 ? Split::kTest : Split::kTrain;
    return task_kind(recipe_.family()).sheet(model, set_, split, kPictures);
  }

  // The picture that is watched, if it is time.
  void show(bool now, const Trainer& trainer) {
    const auto time = Clock::now();
    if (!now && std::chrono::duration<double>(time - shown_).count() < kShowSeconds) return;
    write_png(views_.watch, sheet_of(*trainer.model()));
    shown_ = time;
  }

  // A sheet and the weights.
  void look(int64_t done, const Model& model) {
    const TaskKind& kind = task_kind(recipe_.family());
    const Planes sheet = sheet_of(model);
    path_ = run_ / "sheets" / fmt::format("{}-{:07}.png", kind.sheet_name, done);
    write_png(path_, sheet);
    events_.image(kind.sheet_name, done, sheet);
    for (const auto& [name, tensor] : model.tensors().tensors)
      events_.histogram(name, done, {tensor.data.data(), tensor.data.size()});
    events_.flush();
    if (!told_) note(fmt::format("sheets: {}", path_.parent_path().string()));
    told_ = true;
  }

  fs::path run_, path_;
  RunViews views_;
  Clock::time_point shown_;
  const Recipe& recipe_;
  const RecordSet& set_;
  EventLog events_;
  int64_t first_, last_, look_every_;
  std::deque<double> latest_;
  std::optional<double> test_, tested_;
  bool told_ = false;
  std::optional<double> before_;  // the loss that judge() saw last
  size_t before_stage_ = 0;
  bool warned_ = false;
};

RunLog::RunLog(const fs::path& run, const Recipe& recipe, const RecordSet& test, int64_t first,
               RunViews views)
    : work_(std::make_unique<Work>(run, recipe, test, first, std::move(views))) {}
RunLog::~RunLog() = default;

void RunLog::step(const TrainingStep& report, const Trainer& trainer) {
  work_->step(report, trainer);
}
std::optional<double> RunLog::tested() const {
  return work_->tested();
}
std::string RunLog::losses() const {
  return work_->losses();
}

}  // namespace reverie
