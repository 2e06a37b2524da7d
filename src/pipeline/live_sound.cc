#include "pipeline/live_sound.h"

#include <algorithm>
#include <cmath>

#include "media/sink.h"

namespace reverie {
namespace {

constexpr int64_t kPiece = kSoundRate / 10;
constexpr int64_t kBehind = kSoundRate / 4;    // of what nobody wants yet
constexpr int64_t kPatience = kSoundRate / 2;  // with a device from which nothing comes

}  // namespace

LiveSound::~LiveSound() {
  if (input_) input_->end();
}

void LiveSound::open_input(const std::string& spec, double now, double place) {
  input_ = may_have_sound(spec) ? std::make_unique<InputSound>(spec, fps_, place) : nullptr;
  silent_ = false;
  input_began_ = now;
}

double LiveSound::reached() const {
  return static_cast<double>(at_) / kSoundRate;
}

void LiveSound::pump(double now, SoundFeed::Clock::time_point origin, bool wanted, const Give& give) {
  sounds_ = (feed_ && feed_->listening()) || (input_ && input_->sounds());
  const auto end = static_cast<int64_t>(std::floor(now * kSoundRate));
  if (!wanted) at_ = std::max(at_, end - kBehind);
  while (wanted && at_ < end) {
    piece_.assign(static_cast<size_t>(std::min(kPiece, end - at_)) * kSoundChannels, 0);
    const size_t known = read(end - at_, origin);
    if (known == 0) return;
    give(at_, std::span<const float>(piece_).first(known * kSoundChannels));
    at_ += static_cast<int64_t>(known);
  }
}

// The number of frames in piece_ that are known.
size_t LiveSound::read(int64_t behind, SoundFeed::Clock::time_point origin) {
  const size_t all = piece_.size() / kSoundChannels;
  if (feed_ && feed_->listening()) {
    const std::chrono::nanoseconds from(std::llround(static_cast<double>(at_) * (1e9 / kSoundRate)));
    const size_t known = feed_->read(origin + from, piece_);
    return known < all && behind > kPatience ? all : known;
  }
  if (input_ && !silent_) input_->read(at_ - std::llround(input_began_ * kSoundRate), piece_);
  return all;
}

}  // namespace reverie
