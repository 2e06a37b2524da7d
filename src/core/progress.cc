#include "core/progress.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "core/log.h"

namespace reverie {

using std::chrono::steady_clock;

Progress::Progress(std::string what, std::string unit, std::optional<int64_t> total, bool quiet)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      terminal_(stderr_is_terminal()),
      quiet_(quiet),
      start_(steady_clock::now()),
      shown_(start_) {}

Progress::~Progress() {
  if (terminal_ && !quiet_) status_line("");
}

double Progress::seconds() const {
  return std::chrono::duration<double>(steady_clock::now() - start_).count();
}

void Progress::update(int64_t done, const std::string& detail) {
  if (quiet_) return;
  const auto now = steady_clock::now();
  if (!first_) {
    first_ = now;
    first_done_ = done;
  }
  if (now - shown_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(10000))) return;
  shown_ = now;
  const std::string text = line(done) + (detail.empty() ? "" : ", " + detail);
  if (terminal_) {
    status_line(text);
  } else {
    note(text);
  }
}

std::string Progress::line(int64_t done) const {
  const double since = std::chrono::duration<double>(steady_clock::now() - *first_).count();
  const double rate = static_cast<double>(done - first_done_) / std::max(since, 1e-9);
  std::string s = fmt::format("{}: {}", what_, done);
  if (total_) s += fmt::format(" of {}", *total_);
  s += fmt::format(" {}, {:.1f} a second", unit_, rate);
  if (total_ && done > first_done_)
    s += fmt::format(", {} left", format_duration(static_cast<double>(*total_ - done) / rate));
  return s;
}

std::string format_duration(double seconds) {
  const auto s = std::llround(std::max(0.0, seconds));
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace reverie
