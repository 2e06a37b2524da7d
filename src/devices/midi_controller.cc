#include "devices/midi_controller.h"

#include <algorithm>
#include <cmath>

#include "control/set_controls.h"
#include "core/error.h"

namespace reverie {
namespace {

constexpr double kNear = 2.0 / 127;  // of the range: an absolute control this close takes over
constexpr double kTicksPerWord =
    4;  // the most a relative control needs to reach the next word or whole number

// The distance, in parts of the range, between two values that the parameter can take; 0 if it is continuous.
double gap(const Parameter& p) {
  return p.kind == ParameterKind::kNumber || p.high <= p.low ? 0 : 1 / (p.high - p.low);
}

// What a control is learned as from its first message.
std::optional<MidiControlKind> kind_of(const MidiMessage& m) {
  switch (m.status) {
    case kControlChange:
      return MidiControlKind::kAuto;
    case kPitchBend:
      return MidiControlKind::kPitchBend;
    case kChannelPressure:
      return MidiControlKind::kAftertouch;
    default:
      return {};
  }
}

// 120 to 127 are commands to a synthesizer ("all notes off"), not controls.
bool is_mode(const MidiMessage& m) {
  return m.status == kControlChange && m.data1 >= 120;
}

// The part of the binding's control that has changed; {} if it is another control.
std::optional<MidiPart> part_of(const MidiBinding& b, const MidiChange& c) {
  if (!has_number(b.kind) || b.channel != c.channel || b.source != c.source) return {};
  if (b.source != MidiSource::kControlChange)
    return b.number == c.number ? std::optional(c.part) : std::nullopt;
  // control change n + 32 may be the lower half of n
  const bool may_be_lower = b.kind == MidiControlKind::kAuto && b.number >= 32 && b.number < 64;
  if (c.number == b.number) return may_be_lower ? MidiPart::kLsb : MidiPart::kMsb;
  if (b.number < 32 && c.number == b.number + 32) return MidiPart::kLsb;
  if (may_be_lower && c.number == b.number - 32) return MidiPart::kMsb;
  return {};
}

bool same_control(const MidiBinding& a, const MidiBinding& b) {
  if (a.channel != b.channel) return false;
  if (!has_number(a.kind) || !has_number(b.kind)) return a.kind == b.kind;
  return a.source == b.source && a.number == b.number;
}

// Of an encoder.  Before it turned back nobody knows whether it counts down from 127 or from 65: the smaller
// step is right for both, because none makes more than 31 at once.
int steps(MidiControlKind kind, int value) {
  if (kind == MidiControlKind::kOffset) return value - 64;
  return value < 64 ? value : -std::min(value - 64, 128 - value);
}

}  // namespace

MidiController::MidiController(Desk& desk, DeviceActions actions, MidiMap map)
    : desk_(desk), actions_(std::move(actions)), map_(std::move(map)) {
  for (const MidiBinding& b : map_.bindings) grips_.push_back({.guess = MidiGuess(b)});
}

template <class Which>
bool MidiController::erase_bindings(const Which& which) {
  bool found = false;
  for (size_t i = map_.bindings.size(); i-- > 0;) {
    if (!which(map_.bindings[i])) continue;
    map_.bindings.erase(map_.bindings.begin() + static_cast<std::ptrdiff_t>(i));
    grips_.erase(grips_.begin() + static_cast<std::ptrdiff_t>(i));
    found = true;
  }
  changed_ = changed_ || found;
  return found;
}

bool MidiController::forget(const std::string& parameter) {
  return erase_bindings([&](const MidiBinding& b) { return b.parameter == parameter; });
}

bool MidiController::change(const MidiBinding& from, const MidiBinding& to) {
  for (size_t i = 0; i < map_.bindings.size(); ++i) {
    if (!(map_.bindings[i] == from)) continue;
    map_.bindings[i].range = to.range;
    map_.bindings[i].smooth = to.smooth;
    grips_[i].caught = false;
    changed_ = true;
    return true;
  }
  return false;
}

bool MidiController::receive(std::span<const uint8_t> bytes, double seconds) {
  bool learned = false;
  for (const uint8_t byte : bytes) {
    const auto message = parser_.feed(byte);
    if (!message) continue;
    try {
      learned = handle(*message, seconds) || learned;
    } catch (const std::exception&) {
      // the parameter belongs to another effect, or the preset is gone: the control does nothing
    }
  }
  return learned;
}

bool MidiController::handle(const MidiMessage& m, double seconds) {
  switch (m.status) {
    case kClockTick:
      return clock_.tick(seconds), false;
    case kClockStart:
      return clock_.start(), false;
    case kClockContinue:
      return clock_.go_on(), false;
    case kClockStop:
      return clock_.stop(), false;
    case kSongPosition:
      return clock_.place(m.fine()), false;
    default:
      break;
  }
  std::optional<MidiChange> change;
  if (m.status == kControlChange) change = numbers_.hear(m);
  const bool learned = learn_ && learn_from(m, change);
  if (m.status == kNoteOn && m.data2 > 0 && !learned) {
    for (const MidiNote& note : map_.notes) {
      if (note.channel == m.channel && note.note == m.data1) return play_note(note), false;
    }
    return false;
  }
  const auto kind = kind_of(m);
  if (!kind) return learned;
  if (change) recognise(*change);
  for (size_t i = 0; i < map_.bindings.size(); ++i) {
    const MidiBinding& b = map_.bindings[i];
    if (change) {
      if (const auto part = part_of(b, *change)) turn(i, *part, change->value);
    } else if (b.kind == *kind && b.channel == m.channel) {
      turn_to(i, m.status == kPitchBend ? m.fine() / 16383.0 : m.data1 / 127.0);
    }
  }
  return learned;
}

bool MidiController::learn_from(const MidiMessage& m, const std::optional<MidiChange>& change) {
  if (const auto* target = std::get_if<MidiTarget>(&*learn_)) {
    const auto kind = kind_of(m);
    if (!kind || is_mode(m) || (change && change->selects)) return false;
    MidiBinding binding{*kind, m.channel, 0, target->parameter, target->level};
    if (change) {
      binding.number = change->number;
      binding.source = change->source;
    }
    bind(std::move(binding));
  } else {
    if (m.status != kNoteOn || m.data2 == 0) return false;
    MidiNote note{m.channel, m.data1};
    if (const auto* action = std::get_if<MidiAction>(&*learn_)) {
      note.action = *action;
    } else {
      note.preset = std::get<std::string>(*learn_);
    }
    std::erase_if(map_.notes,
                  [&](const MidiNote& n) { return n.channel == note.channel && n.note == note.note; });
    map_.notes.push_back(std::move(note));
  }
  learn_.reset();
  changed_ = true;
  return true;
}

// A control moves one parameter, and a parameter has one control of this device.
void MidiController::bind(MidiBinding binding) {
  erase_bindings([&](const MidiBinding& b) {
    return same_control(b, binding) || (b.parameter == binding.parameter && b.level == binding.level);
  });
  grips_.push_back({.guess = MidiGuess(binding)});
  map_.bindings.push_back(std::move(binding));
}

// Settles what kind a control is that was bound before this was clear.
void MidiController::recognise(const MidiChange& change) {
  for (size_t i = map_.bindings.size(); i-- > 0;) {
    MidiBinding& b = map_.bindings[i];
    const auto part = part_of(b, change);
    if (b.kind != MidiControlKind::kAuto || !part) continue;
    Grip& grip = grips_[i];
    const auto kind = grip.guess.hear(*part, change.value);
    if (!kind) continue;
    b.kind = *kind;
    changed_ = true;
    if (*kind != MidiControlKind::kFine && *kind != MidiControlKind::kFineLsbFirst) return;
    grip.position = -1;
    if (b.source != MidiSource::kControlChange) return;
    // a half that was bound alone is no control of its own
    b.number %= 32;
    const MidiBinding fine = b;
    erase_bindings([&](const MidiBinding& other) {
      return !(other == fine) && has_number(other.kind) && other.source == fine.source &&
             other.channel == fine.channel &&
             (other.number == fine.number || other.number == fine.number + 32);
    });
    return;
  }
}

void MidiController::turn(size_t i, MidiPart part, int value) {
  const MidiControlKind kind = map_.bindings[i].kind;
  const bool steps_only = part == MidiPart::kIncrement || part == MidiPart::kDecrement;
  if (steps_only != (kind == MidiControlKind::kIncrement)) return;
  Grip& grip = grips_[i];
  switch (kind) {
    case MidiControlKind::kControl:
      return part == MidiPart::kMsb ? turn_to(i, value / 127.0) : void();
    case MidiControlKind::kFine:
    case MidiControlKind::kFineLsbFirst:
      return turn_half(i, part, value);
    case MidiControlKind::kRelative:
    case MidiControlKind::kOffset:
      return part == MidiPart::kMsb ? turn_by(i, steps(kind, value)) : void();
    case MidiControlKind::kIncrement:  // by the standard the value means nothing
      return turn_by(i, part == MidiPart::kIncrement ? 1 : -1);
    default:  // where the control is when its kind gets known
      (part == MidiPart::kMsb ? grip.msb : grip.lsb) = value;
      if (part == grip.guess.own()) grip.position = value / 127.0;
  }
}

// A value is complete with its second half, and a half that has not changed may be left out.
void MidiController::turn_half(size_t i, MidiPart part, int value) {
  Grip& grip = grips_[i];
  const bool msb_first = map_.bindings[i].kind == MidiControlKind::kFine;
  const bool first = (part == MidiPart::kMsb) == msb_first;
  const bool again = first && grip.waiting;  // the value before had no second half
  grip.waiting = first;
  const auto turn_whole = [&] {
    if (grip.msb >= 0 && grip.lsb >= 0) turn_to(i, (grip.msb << 7 | grip.lsb) / 16383.0);
  };
  if (again && !msb_first) turn_whole();
  (part == MidiPart::kMsb ? grip.msb : grip.lsb) = value;
  if (again && msb_first) turn_to(i, value / 127.0);  // a device without lower halves
  if (!first) turn_whole();  // the first half alone would jump by up to 1/128 and back
}

// An absolute control takes over a parameter when it reaches its value.
void MidiController::turn_to(size_t i, double position) {
  const MidiBinding& b = map_.bindings[i];
  Grip& grip = grips_[i];
  const double before = std::exchange(grip.position, position);
  const double now = desk_.share(b.parameter, b.level, b.range);
  if (now != grip.share) grip.caught = false, grip.goal.reset();  // it was changed from elsewhere
  if (!grip.caught) {
    const double near = std::max(kNear, gap(parameter_at(desk_.chain(), b.parameter)) / 2);
    const bool passed = before >= 0 && (before - now) * (position - now) <= 0;
    grip.caught = passed || std::abs(position - now) <= near;
  }
  if (!grip.caught) {
    grip.share = now;
    return;
  }
  if (b.smooth <= 0) return move(i, position);
  grip.share = now;
  if (!grip.goal) grip.reached = before >= 0 ? before : now;
  grip.goal = position;
}

void MidiController::move(size_t i, double share) {
  const MidiBinding& b = map_.bindings[i];
  desk_.set_share(b.parameter, b.level, share, b.range);
  grips_[i].share = desk_.share(b.parameter, b.level, b.range);
}

std::vector<std::vector<uint8_t>> MidiController::feedback() {
  if (!map_.feedback) return {};
  for (size_t i = 0; i < grips_.size(); ++i) {
    Grip& grip = grips_[i];
    if (grip.position == grip.told_position) continue;
    grip.told_position = grip.position;
    feedback_.moved(map_.bindings[i], grip.position);
  }
  return feedback_.next(map_, desk_);
}

bool MidiController::glide(double seconds) {
  constexpr double kThere = 1.0 / 16384, kTimes = 3;  // in its time a glide does all but e^-3 of the way
  const double since = std::clamp(seconds - std::exchange(glided_, seconds), 0.0, 0.1);
  bool any = false;
  for (size_t i = 0; i < grips_.size(); ++i) {
    Grip& grip = grips_[i];
    if (!grip.goal) continue;
    const MidiBinding& b = map_.bindings[i];
    try {
      if (desk_.share(b.parameter, b.level, b.range) != grip.share) {  // another hand has it
        grip.goal.reset();
        continue;
      }
      grip.reached += (*grip.goal - grip.reached) * (1 - std::exp(-kTimes * since / b.smooth));
      const bool there = std::abs(*grip.goal - grip.reached) < kThere;
      move(i, there ? *grip.goal : grip.reached);
      if (there) grip.goal.reset();
      any |= !there;
    } catch (const std::exception&) {
      grip.goal.reset();  // its part is gone
    }
  }
  return any;
}

void MidiController::turn_by(size_t i, int steps) {
  if (steps == 0) return;
  const MidiBinding& b = map_.bindings[i];
  Grip& grip = grips_[i];
  const double now = desk_.share(b.parameter, b.level, b.range);
  if (now != grip.share) grip.wanted = now;  // it was changed from elsewhere
  const double step = std::max(1.0 / 127, gap(parameter_at(desk_.chain(), b.parameter)) / kTicksPerWord);
  const double wanted = std::clamp(grip.wanted + steps * step, 0.0, 1.0);
  if (wanted == grip.wanted) return;  // at the end, or beyond it by another hand
  grip.wanted = wanted;
  move(i, wanted);
}

void MidiController::play_note(const MidiNote& note) {
  if (note.action) {
    act(*note.action);
  } else if (note.preset_number > 0) {
    desk_.load_number(static_cast<size_t>(note.preset_number) - 1);
  } else {
    desk_.load(note.preset);
  }
}

void MidiController::act(MidiAction action) {
  const InputSide side = action >= MidiAction::kInputBPause ? InputSide::kB : InputSide::kA;
  switch (action) {
    case MidiAction::kNoise:
      return desk_.new_noise();
    case MidiAction::kWeights:
      return desk_.new_weights();
    case MidiAction::kNext:
      return desk_.step(1);
    case MidiAction::kPrevious:
      return desk_.step(-1);
    case MidiAction::kRandomize:
      return desk_.randomize();
    case MidiAction::kUndo:
      return desk_.undo();
    case MidiAction::kRedo:
      return desk_.redo();
    case MidiAction::kBlackout:
      return desk_.blackout(!desk_.is_black());
    case MidiAction::kFreeze:
      return desk_.freeze(!desk_.is_frozen());
    case MidiAction::kCue:
      return desk_.cue_step(1);
    case MidiAction::kSetlistNext:
      return actions_.setlist_step ? actions_.setlist_step(1) : void();
    case MidiAction::kSetlistPrevious:
      return actions_.setlist_step ? actions_.setlist_step(-1) : void();
    case MidiAction::kInputPause:
    case MidiAction::kInputBPause:
      return desk_.pause_input(side);
    case MidiAction::kInputStart:
    case MidiAction::kInputBStart:
      return desk_.play_input({.seek = InputTime(), .side = side});
    case MidiAction::kInputIn:
    case MidiAction::kInputBIn:
      return desk_.play_input({.from = PlayInput::kNow, .side = side});
    case MidiAction::kInputOut:
    case MidiAction::kInputBOut:
      return desk_.play_input({.to = PlayInput::kNow, .side = side});
    case MidiAction::kInputWhole:
    case MidiAction::kInputBWhole:
      return desk_.play_input(PlayInput::whole(side));
    case MidiAction::kPanic:
      return actions_.panic ? actions_.panic() : void();
    case MidiAction::kTap:
      return actions_.tap ? actions_.tap() : void();
    case MidiAction::kDownbeat:
      return actions_.downbeat ? actions_.downbeat() : void();
    case MidiAction::kRecord:
      return actions_.toggle_record ? actions_.toggle_record() : void();
    case MidiAction::kSnapshot:
      return actions_.snapshot ? actions_.snapshot() : void();
  }
}

}  // namespace reverie
