// The one wrapper through which every step of the frame loop runs: it times the step, can switch it off and
// can check its result, so that a slow or wrong step is noticed immediately.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/effect.h"
#include "core/planes.h"
#include "pipeline/frame_times.h"

namespace reverie {

struct StepReport {
  std::string name;
  int64_t runs = 0;
  double median_ms = 0, slowest_ms = 0, total_s = 0;
};

class Step {
 public:
  explicit Step(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  void switch_off() { on_ = false; }
  bool on() const { return on_; }
  void check_results() { check_ = true; }

  // Runs work unless switched off, and times it; then checks what result points to (null: nothing to check):
  // every sample must be finite and in 0..1.  Error names step, frame and position.
  void run(int64_t frame, const std::function<void()>& work, const Planes* result = nullptr);

  StepReport report() const;

 private:
  std::string name_;
  bool on_ = true, check_ = false;
  double total_s_ = 0;
  FrameTimes ms_;
  double slowest_ms_ = 0;
};

// "checked 10 frames against the reference kernel: ..."
std::string describe(const CheckReport& report);

// A table of the steps for printing, one line each.
std::string format_reports(const std::vector<StepReport>& reports);

}  // namespace reverie
