// Progress of long jobs: done, rate, time left.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace reverie {

// On a terminal, a line that updates itself; elsewhere, a plain line every ten seconds.
class Progress {
 public:
  // what: "render"; unit: "frames"; total: nothing for endless jobs.
  Progress(std::string what, std::string unit, std::optional<int64_t> total, bool quiet = false);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // detail: extra text, such as "loss 1.23".
  void update(int64_t done, const std::string& detail = "");
  double seconds() const;

 private:
  std::string line(int64_t done) const;

  std::string what_, unit_;
  std::optional<int64_t> total_;
  bool terminal_, quiet_;
  std::chrono::steady_clock::time_point start_, shown_;
  std::optional<std::chrono::steady_clock::time_point>
      first_;  // the first update: the time before it says nothing about the speed
  int64_t first_done_ = 0;
};

// "1:05:09", "2:03", "0:07"
std::string format_duration(double seconds);

}  // namespace reverie
