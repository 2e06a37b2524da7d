// What a run says on its way: events for TensorBoard, sheets.
#pragma once

#include <filesystem>
#include <memory>

#include "data/record_set.h"
#include "train/trainer.h"

namespace reverie {

class RunLog {
 public:
  // Sheets show the first test pictures (training pictures where there is no test split).  first: the
  // iteration at which the run begins or goes on.
  RunLog(const std::filesystem::path& run, const RecordSet& test, int64_t iterations, int64_t first);
  ~RunLog();

  void step(const StepReport& report, const Trainer& trainer);
  double recent_loss() const;  // a running mean

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace reverie
