// The logs of a run: events for TensorBoard, sheets.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "data/record_set.h"
#include "train/trainer.h"

namespace reverie {

// What is shown beside the sheets of every run.
struct RunViews {
  std::filesystem::path watch;  // a PNG that always shows the newest sheet, written again every two seconds
  int64_t film_every = 0;       // iterations between sheets in film_folder(); 0: none
};

// Where a film of the learning waits: its sheets by the number of their iteration.
std::filesystem::path film_folder(const std::filesystem::path& run);

class RunLog {
 public:
  // Sheets show the first test pictures (training pictures if there is no test split). first: the iteration
  // at which the run starts or resumes.  The recipe and the set must outlive this.
  RunLog(const std::filesystem::path& run, const Recipe& recipe, const RecordSet& test, int64_t first,
         RunViews views = {});
  ~RunLog();

  void step(const TrainingStep& report, const Trainer& trainer);
  // The loss on test pictures, if the last step was one of the twenty of a run after which it is computed.
  std::optional<double> tested() const;
  std::string losses() const;  // the mean of the last 20, and the latest one on test pictures

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace reverie
