#include "devices/midi_clock.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/signals.h"

namespace reverie {
namespace {

constexpr size_t kWindow = 48;  // ticks
constexpr int kTicksPerBeat = 24;
constexpr double kLost = 0.5;  // seconds without a tick: the clock is lost
constexpr size_t kFewest = 6;  // ticks needed to measure a tempo

struct Fit {
  double at_zero = 0, slope = 0;
};

// Least squares of times over 0, -1, -2, ... for the last, the last but one, ...
Fit least_squares(const std::deque<double>& times, const std::vector<bool>& used) {
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (size_t i = 0; i < times.size(); ++i) {
    if (!used[i]) continue;
    const double x = static_cast<double>(i) - static_cast<double>(times.size() - 1);
    const double y = times[i] - times.back();
    n += 1, sx += x, sy += y, sxx += x * x, sxy += x * y;
  }
  const double spread = n * sxx - sx * sx;
  if (spread <= 0) return {};
  const double slope = (n * sxy - sx * sy) / spread;
  return {(sy - slope * sx) / n, slope};
}

}  // namespace

// Twice: the second time without the ticks that were far too late.
void MidiClock::fit() {
  state_.smoothed = times_.back();
  state_.interval = 0;
  if (times_.size() < kFewest) return;
  std::vector<bool> used(times_.size(), true);
  Fit f = least_squares(times_, used);
  std::vector<double> away(times_.size());
  for (size_t i = 0; i < times_.size(); ++i) {
    const double x = static_cast<double>(i) - static_cast<double>(times_.size() - 1);
    away[i] = std::abs(times_[i] - times_.back() - (f.at_zero + f.slope * x));
  }
  std::vector<double> sorted = away;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double allowed = 3 * *middle + 1e-6;
  for (size_t i = 0; i < times_.size(); ++i) used[i] = away[i] <= allowed;
  const Fit again = least_squares(times_, used);
  if (again.slope > 0) f = again;
  state_.smoothed = times_.back() + f.at_zero;
  state_.interval = std::max(f.slope, 0.0);
}

void MidiClock::tick(double seconds) {
  if (!times_.empty() && seconds - state_.last > kLost) times_.clear();
  state_.heard = true;
  state_.last = seconds;
  times_.push_back(seconds);
  if (times_.size() > kWindow) times_.pop_front();
  fit();
  if (state_.stopped) return;
  if (!state_.at_start) ++state_.ticks;
  state_.at_start = false;
}

void MidiClock::start() {
  state_.ticks = 0;
  state_.at_start = true;
  state_.stopped = false;
}

void MidiClock::stop() {
  state_.stopped = true;
}

void MidiClock::go_on() {
  state_.stopped = false;
}

void MidiClock::place(int sixteenths) {
  state_.ticks = sixteenths * (kTicksPerBeat / 4);
  state_.at_start = true;
}

MidiTempo MidiClockState::at(double seconds) const {
  MidiTempo t;
  t.ticking = heard && seconds - last <= kLost;
  t.running = t.ticking && !stopped;
  if (interval > 0) t.tempo = std::clamp(60 / (kTicksPerBeat * interval), kSlowestTempo, kFastestTempo);
  t.beats = static_cast<double>(ticks) / kTicksPerBeat;
  // beats continue between two ticks; when the clock is lost they stop where they are
  if (t.running && !at_start && interval > 0)
    t.beats += std::clamp((seconds - smoothed) / interval, -1.0, 2.0) / kTicksPerBeat;
  t.beats = std::max(t.beats, 0.0);
  return t;
}

}  // namespace reverie
