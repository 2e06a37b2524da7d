#include "pipeline/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/error.h"

namespace reverie {
namespace {

void check(const std::string& step, int64_t frame, const Planes& p) {
  for (int c = 0; c < p.channels(); ++c) {
    for (int y = 0; y < p.height(); ++y) {
      for (int x = 0; x < p.width(); ++x) {
        const float v = p.at(c, y, x);
        if (std::isfinite(v) && v >= -1e-4F && v <= 1.0001F) continue;
        throw Error("check", step,
                    fmt::format("frame {}: {} at channel {}, row {}, column {}", frame, v, c, y, x));
      }
    }
  }
}

}  // namespace

void Step::run(int64_t frame, const std::function<void()>& work, const Planes* result) {
  if (!on_) return;
  const auto start = std::chrono::steady_clock::now();
  work();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  total_s_ += seconds;
  ms_.add(seconds * 1e3);
  slowest_ms_ = std::max(slowest_ms_, seconds * 1e3);
  if (check_ && result) check(name_, frame, *result);
}

StepReport Step::report() const {
  StepReport r;
  r.name = name_;
  r.runs = ms_.count();
  r.total_s = total_s_;
  r.median_ms = ms_.percentile(0.5);
  r.slowest_ms = slowest_ms_;
  return r;
}

std::string describe(const CheckReport& report) {
  if (report.checks == 0) return "no frame was checked against the reference kernel";
  return fmt::format(
      "checked {} frame{} against the reference kernel: largest difference {:.2g} (relative, frame {})",
      report.checks, report.checks == 1 ? "" : "s", report.largest, report.frame);
}

std::string format_reports(const std::vector<StepReport>& reports) {
  std::string s =
      fmt::format("{:<12} {:>8} {:>10} {:>10} {:>9}", "step", "runs", "median ms", "slowest ms", "total s");
  for (const StepReport& r : reports) {
    s += fmt::format("\n{:<12} {:>8} {:>10.2f} {:>10.2f} {:>9.2f}", r.name, r.runs, r.median_ms, r.slowest_ms,
                     r.total_s);
  }
  return s;
}

}  // namespace reverie
