#include "sound/sound_on_clock.h"

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

constexpr int64_t kKept = 4 * SoundOnClock::kRate;     // frames
constexpr double kGap = 0.25;                          // seconds without a sample, or out of place
constexpr double kBucket = 0.25, kRemembers = 2;       // seconds
constexpr double kFastest = 0.004, kSlowest = 0.0003;  // by how much the sound is sped up, and slowed down

}  // namespace

void SoundOnClock::push(std::span<const float> block, double arrived) {
  const auto count = static_cast<int64_t>(block.size()) / kChannels;
  if (kept_.empty()) kept_.resize(kKept * kChannels);
  const double here = arrived - static_cast<double>(frames_ + count) / kRate;
  if (soonest_.empty() || std::abs(here - offset_) > kGap) {
    first_ = frames_;
    soonest_.clear();
    offset_ = here;
    settled_ = arrived;
  }
  for (int64_t i = 0; i < count * kChannels; ++i)
    kept_[static_cast<size_t>((frames_ * kChannels + i) % (kKept * kChannels))] =
        block[static_cast<size_t>(i)];
  frames_ += count;
  if (soonest_.empty() || arrived > soonest_.back().until) {
    soonest_.push_back({arrived + kBucket, here});
  } else {
    soonest_.back().offset = std::min(soonest_.back().offset, here);
  }
  while (soonest_.front().until < arrived - kRemembers) soonest_.pop_front();
  settle(arrived);
}

// At the beginning at once, since there is no better guess; later so slowly that nobody hears it.  Earlier
// than it was thought to be it certainly is; later, for some seconds, may be a machine that was busy.
void SoundOnClock::settle(double arrived) {
  double wanted = soonest_.front().offset;
  for (const Soonest& s : soonest_) wanted = std::min(wanted, s.offset);
  const double since = arrived - settled_;
  const bool begins = frames_ - first_ < kRate / 2;
  offset_ += begins ? wanted - offset_ : std::clamp(wanted - offset_, -kFastest * since, kSlowest * since);
  settled_ = arrived;
}

float SoundOnClock::at(int64_t frame, size_t channel) const {
  if (frame < std::max(first_, frames_ - kKept) || frame >= frames_) return 0;
  return kept_[static_cast<size_t>(frame % kKept) * kChannels + channel];
}

double SoundOnClock::newest() const {
  return soonest_.empty() ? -1e300 : offset_ + static_cast<double>(frames_) / kRate;
}

size_t SoundOnClock::read(double from, std::span<float> out) {
  const double begin = (from - offset_) * kRate;
  const size_t wanted = out.size() / kChannels;
  size_t known = 0;
  for (; known < wanted; ++known) {
    const double place = begin + static_cast<double>(known);
    const double whole = std::floor(place);
    if (soonest_.empty() || whole + 1 >= static_cast<double>(frames_)) break;
    const auto frame = static_cast<int64_t>(std::max(whole, -1e15));
    const auto share = static_cast<float>(place - whole);
    for (size_t c = 0; c < kChannels; ++c) {
      const float a = at(frame, c), b = at(frame + 1, c);
      out[known * kChannels + c] = a + share * (b - a);
    }
  }
  return known;
}

}  // namespace reverie
