// Progress of long work: done, rate, time left.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace reverie {

// On a terminal a line that renews itself; elsewhere a plain line every ten seconds.
class Progress {
 public:
  // what: "render"; unit: "frames"; total unknown for endless work.
  Progress(std::string what, std::string unit, std::optional<int64_t> total, bool quiet = false);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // detail: a few words more, "loss 1.23".
  void update(int64_t done, const std::string& detail = "");
  double seconds() const;

 private:
  std::string line(int64_t done) const;

  std::string what_, unit_;
  std::optional<int64_t> total_;
  bool terminal_, quiet_;
  std::chrono::steady_clock::time_point start_, shown_;
  std::optional<std::chrono::steady_clock::time_point>
      first_;  // the first update: what came before is no measure of speed
  int64_t first_done_ = 0;
};

// "1:05:09", "2:03", "0:07"
std::string format_duration(double seconds);

}  // namespace reverie
