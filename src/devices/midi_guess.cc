#include "devices/midi_guess.h"

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

constexpr size_t kMostMessages = 8;
constexpr size_t kFewest = 3;  // messages needed for a decision
constexpr int kPairs = 2;
constexpr int kSmallStep = 4;  // of an encoder turned while learning

// 1 or -2 of a relative control, by its kind.
int steps(MidiControlKind kind, int value) {
  if (kind == MidiControlKind::kOffset) return value - 64;
  return value < 64 ? value : value - 128;
}

bool looks_like(MidiControlKind kind, const std::vector<int>& values) {
  bool twice = false;
  for (size_t i = 0; i < values.size(); ++i) {
    const int s = steps(kind, values[i]);
    if (s == 0 || std::abs(s) > kSmallStep) return false;
    if (i == 0) continue;
    const int before = steps(kind, values[i - 1]);
    // 1 to 127: a knob would need to travel all the way.  63 to 65 it might do at once.
    twice = twice || s == before || (kind == MidiControlKind::kRelative && (s < 0) != (before < 0));
  }
  return twice;
}

}  // namespace

std::optional<MidiControlKind> MidiGuess::decide(MidiControlKind kind) {
  done_ = true;
  return kind;
}

std::optional<MidiControlKind> MidiGuess::hear(int channel, int number, int value) {
  if (done_ || channel != channel_) return {};
  if (number_ < 32 && number == number_ + 32) {
    if (last_was_ours_) ++pairs_;
    last_was_ours_ = false;
    if (pairs_ >= kPairs) return decide(MidiControlKind::kFine);
    return {};
  }
  last_was_ours_ = number == number_;
  if (!last_was_ours_) return {};
  values_.push_back(value);
  if (values_.size() >= kFewest && pairs_ == 0) {
    for (const MidiControlKind kind : {MidiControlKind::kRelative, MidiControlKind::kOffset}) {
      if (looks_like(kind, values_)) return decide(kind);
    }
  }
  done_ = values_.size() >= kMostMessages;
  return {};
}

}  // namespace reverie
