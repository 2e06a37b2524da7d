#include "devices/midi_guess.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace reverie {
namespace {

constexpr int kPairs = 2;
constexpr int kFewest = 3;  // values of an encoder
constexpr int kMost = 16;   // values, then it is a knob
constexpr int kRun = 5;     // values that rise or fall
constexpr int kSlow = 4;    // steps that an encoder makes at once while learning

// Quarters of the values.  Encoders start from 0, 64 or 128 and make fewer than 32 steps at once, so that
// none sends the multiples of 32.
enum Zone { kUp, kBelow, kAbove, kDown };

Zone zone_of(int value) {
  return static_cast<Zone>(value / 32);
}

constexpr unsigned bit(Zone zone) {
  return 1U << zone;
}

bool is_between(int value) {
  return value % 32 == 0;
}

bool is_slow(int value) {
  const int from_64 = std::abs(value - 64);
  return std::min({value, from_64, 128 - value}) <= kSlow;
}

// Two values next to each other that an encoder sends when it turns back, and no knob.
bool turns_back(int a, int b) {
  if (!is_slow(a) || !is_slow(b)) return false;
  const unsigned both = bit(zone_of(a)) | bit(zone_of(b));
  return both == (bit(kUp) | bit(kDown)) || both == (bit(kUp) | bit(kAbove));
}

}  // namespace

MidiGuess::MidiGuess(const MidiBinding& learned) {
  if (learned.source != MidiSource::kControlChange) return;
  alone_ = learned.number >= 64;
  if (learned.number >= 32 && !alone_) own_ = MidiPart::kLsb;
}

std::optional<MidiControlKind> MidiGuess::hear(MidiPart part, int value) {
  if (part == MidiPart::kIncrement || part == MidiPart::kDecrement) return MidiControlKind::kIncrement;
  const bool again = last_ == part;
  // a half is left out only if it has not changed, and only after the other one has come
  if (!last_ || (again && part == MidiPart::kLsb)) lsb_first_ = part == MidiPart::kLsb && !again;
  if (last_ && !again && part == (lsb_first_ ? MidiPart::kMsb : MidiPart::kLsb)) ++pairs_;
  last_ = part;
  if (pairs_ >= kPairs) return lsb_first_ ? MidiControlKind::kFineLsbFirst : MidiControlKind::kFine;
  if (part != own_) return {};
  alone_ = alone_ || again;
  add(value);
  return alone_ && pairs_ == 0 ? kind_of_values() : std::nullopt;
}

void MidiGuess::add(int value) {
  const int before = std::exchange(last_value_, value);
  const unsigned zone = bit(zone_of(value));
  if (is_encoder()) {  // 65 came: only the other side tells more
    if (!is_between(value) && (zone & (bit(kUp) | bit(kBelow)))) zones_ |= zone;
    return;
  }
  ++count_;
  zones_ |= zone;
  if (before >= 0) {
    clicks_ = clicks_ || value == before || turns_back(value, before);
    const int way = value > before ? 1 : -1;
    run_ = value == before ? 0 : run_ * way > 0 ? run_ + way : 2 * way;
  }
  knob_ = knob_ || is_between(value) || (!clicks_ && !is_slow(value)) || std::abs(run_) >= kRun ||
          count_ >= kMost;
}

bool MidiGuess::is_encoder() const {
  return clicks_ && !knob_ && count_ >= kFewest;
}

std::optional<MidiControlKind> MidiGuess::kind_of_values() const {
  if (knob_) return MidiControlKind::kControl;
  if (!is_encoder()) return {};
  switch (zones_) {
    case bit(kAbove):
      return {};
    case bit(kBelow):
    case bit(kBelow) | bit(kAbove):
      return MidiControlKind::kOffset;
    case bit(kUp):
    case bit(kDown):
    case bit(kUp) | bit(kDown):
    case bit(kUp) | bit(kAbove):
      return MidiControlKind::kRelative;
    default:
      return MidiControlKind::kControl;
  }
}

}  // namespace reverie
