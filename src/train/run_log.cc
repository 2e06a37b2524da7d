#include "train/run_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/log.h"
#include "sheets/png.h"
#include "train/evaluate.h"
#include "train/event_log.h"
#include "train/input.h"
#include "train/inspect.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kScalarEvery = 20;  // iterations
constexpr int kSheets = 20;           // of a run
constexpr size_t kPictures = 12;      // on a sheet
constexpr size_t kTested = 1000;      // pictures whose loss is followed

}  // namespace

class RunLog::Work {
 public:
  Work(const fs::path& run, const Recipe& recipe, const RecordSet& test, int64_t first)
      : run_(run),
        recipe_(recipe),
        set_(test),
        events_(run, first),
        first_(first),
        last_(recipe.iterations()),
        look_every_(std::max<int64_t>(1, last_ / kSheets)) {
    const Split split = test.size(Split::kTest) > 0 ? Split::kTest : Split::kTrain;
    pictures_ = read_pictures(test, split, 0, std::min(kPictures, test.size(split)));
  }

  void step(const StepReport& report, const Trainer& trainer) {
    mean_ = mean_ < 0 ? report.loss : mean_ + 0.02 * (report.loss - mean_);
    const int64_t done = report.iteration + 1;
    if (done % kScalarEvery == 0) scalars(report);
    const bool looks = done % look_every_ == 0 || done == last_;
    // after the first step too: a test set that does not fit is told at once
    if (looks || report.iteration == first_) test(report, trainer.model());
    if (looks) look(done, trainer.model());
  }

  std::string losses() const {
    return fmt::format("loss {:.4g}{}", mean_, test_ ? fmt::format(", test {:.4g}", *test_) : "");
  }

 private:
  void scalars(const StepReport& report) {
    events_.scalar("loss/total", report.iteration, report.loss);
    for (size_t l = 0; l < report.errors.size(); ++l)
      events_.scalar(fmt::format("loss/l2_error{}", l + 1), report.iteration, report.errors[l]);
    events_.scalar("rate", report.iteration, report.rate);
  }

  void test(const StepReport& report, const HourglassModel& model) {
    if (set_.size(Split::kTest) == 0) return;
    const TestLoss loss = test_loss(model, recipe_, report.stage, set_, kTested);
    test_ = loss.total;
    events_.scalar("loss/test_total", report.iteration, loss.total);
    for (size_t l = 0; l < loss.errors.size(); ++l)
      events_.scalar(fmt::format("loss/test_l2_error{}", l + 1), report.iteration, loss.errors[l]);
  }

  // What the model gives back of the first test pictures, level by level, and its weights.
  void look(int64_t done, const HourglassModel& model) {
    const Planes sheet = reconstruction_sheet(model, model.input, pictures_);
    path_ = run_ / "sheets" / fmt::format("reconstructions-{:07}.png", done);
    write_png(path_, sheet);
    events_.image("reconstructions", done, sheet);
    for (const NamedTensor& named : model.net.named()) {
      const torch::Tensor flat = named.tensor.contiguous();
      events_.histogram(named.name, done, {flat.data_ptr<float>(), static_cast<size_t>(flat.numel())});
    }
    events_.flush();
    if (!told_) note(fmt::format("sheets: {}", path_.parent_path().string()));
    told_ = true;
  }

  fs::path run_, path_;
  const Recipe& recipe_;
  const RecordSet& set_;
  EventLog events_;
  int64_t first_, last_, look_every_;
  torch::Tensor pictures_;
  double mean_ = -1;
  std::optional<double> test_;
  bool told_ = false;
};

RunLog::RunLog(const fs::path& run, const Recipe& recipe, const RecordSet& test, int64_t first)
    : work_(std::make_unique<Work>(run, recipe, test, first)) {}
RunLog::~RunLog() = default;

void RunLog::step(const StepReport& report, const Trainer& trainer) {
  work_->step(report, trainer);
}
std::string RunLog::losses() const {
  return work_->losses();
}

}  // namespace reverie
