#include "devices/midi_controller.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace reverie {
namespace {

constexpr double kNear = 2.0 / 127;  // of the range: an absolute control this close takes over
constexpr double kTicksPerWord =
    4;  // the most a relative control needs to reach the next word or whole number

// Tables live as long as the program.
const Parameter& parameter_of(const Chain& chain, const std::string& address) {
  const Address a = find_address(chain, address);
  const ParameterTable& table = chain.part(a.part).preset.values.table();
  return table[table.index(a.parameter)];
}

// The distance, in parts of the range, between two values that the parameter can take; 0 if it is continuous.
double gap(const Parameter& p) {
  return p.kind == ParameterKind::kNumber || p.high <= p.low ? 0 : 1 / (p.high - p.low);
}

std::optional<MidiControlKind> kind_of(const MidiMessage& m) {
  switch (m.status) {
    case kControlChange:
      return MidiControlKind::kControl;
    case kPitchBend:
      return MidiControlKind::kPitchBend;
    case kChannelPressure:
      return MidiControlKind::kAftertouch;
    default:
      return {};
  }
}

bool is_control_change(MidiControlKind kind) {
  return kind != MidiControlKind::kPitchBend && kind != MidiControlKind::kAftertouch;
}

// 120 to 127 are commands to a synthesizer ("all notes off"), not controls.
bool is_mode(const MidiMessage& m) {
  return m.status == kControlChange && m.data1 >= 120;
}

}  // namespace

MidiController::MidiController(Desk& desk, DeviceActions actions, MidiMap map)
    : desk_(desk), actions_(std::move(actions)), map_(std::move(map)), grips_(map_.bindings.size()) {}

bool MidiController::forget(const std::string& parameter) {
  bool found = false;
  for (size_t i = map_.bindings.size(); i-- > 0;) {
    if (map_.bindings[i].parameter != parameter) continue;
    map_.bindings.erase(map_.bindings.begin() + static_cast<std::ptrdiff_t>(i));
    grips_.erase(grips_.begin() + static_cast<std::ptrdiff_t>(i));
    found = true;
  }
  changed_ = changed_ || found;
  return found;
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
  const bool learned = learn_ && learn_from(m);
  if (m.status == kNoteOn && m.data2 > 0 && !learned) {
    for (const MidiNote& note : map_.notes) {
      if (note.channel == m.channel && note.note == m.data1) return play_note(note), false;
    }
    return false;
  }
  if (!kind_of(m)) return learned;
  if (!learned) guess(m);
  for (size_t i = 0; i < map_.bindings.size(); ++i) {
    const MidiBinding& b = map_.bindings[i];
    if (b.channel != m.channel || is_control_change(b.kind) != (m.status == kControlChange)) continue;
    if (m.status == kControlChange) {
      control_change(i, m.data1, m.data2);
    } else if (b.kind == *kind_of(m)) {
      turn_to(i, m.status == kPitchBend ? m.fine() / 16383.0 : m.data1 / 127.0);
    }
  }
  return learned;
}

bool MidiController::learn_from(const MidiMessage& m) {
  if (const auto* target = std::get_if<MidiTarget>(&*learn_)) {
    const auto kind = kind_of(m);
    if (!kind || is_mode(m)) return false;
    bind(*kind, m, *target);
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
void MidiController::bind(MidiControlKind kind, const MidiMessage& m, const MidiTarget& target) {
  MidiBinding binding{kind, m.channel, kind == MidiControlKind::kControl ? m.data1 : 0, target.parameter,
                      target.level};
  for (size_t i = map_.bindings.size(); i-- > 0;) {
    const MidiBinding& b = map_.bindings[i];
    const bool same_target = b.parameter == binding.parameter && b.level == binding.level;
    const bool same_control = b.channel == binding.channel && b.number == binding.number &&
                              (b.kind == kind || (is_control_change(b.kind) && is_control_change(kind)));
    if (!same_target && !same_control) continue;
    map_.bindings.erase(map_.bindings.begin() + static_cast<std::ptrdiff_t>(i));
    grips_.erase(grips_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  map_.bindings.push_back(binding);
  grips_.emplace_back();
  guess_.reset();
  if (kind != MidiControlKind::kControl) return;
  guess_.emplace(binding.channel, binding.number);
  guessed_ = binding;
  guess_->hear(m.channel, m.data1, m.data2);
}

void MidiController::guess(const MidiMessage& m) {
  if (!guess_ || m.status != kControlChange) return;
  const auto kind = guess_->hear(m.channel, m.data1, m.data2);
  if (kind) {
    const auto it = std::find(map_.bindings.begin(), map_.bindings.end(), guessed_);
    if (it != map_.bindings.end()) {
      it->kind = *kind;
      grips_[static_cast<size_t>(it - map_.bindings.begin())] = {};
      changed_ = true;
    }
  }
  if (guess_->done()) guess_.reset();
}

void MidiController::control_change(size_t i, int number, int value) {
  const MidiBinding& b = map_.bindings[i];
  Grip& grip = grips_[i];
  if (b.kind == MidiControlKind::kFine && number == b.number + 32) {
    if (grip.upper >= 0) grip.last_upper = grip.upper;
    grip.upper = -1;
    return turn_to(i, (grip.last_upper << 7 | value) / 16383.0);
  }
  if (number != b.number) return;
  switch (b.kind) {
    case MidiControlKind::kControl:
      return turn_to(i, value / 127.0);
    case MidiControlKind::kFine: {
      // alone it would jump by up to 1/128 and back; a device without lower halves sends two in a row
      const bool alone = grip.upper >= 0;
      grip.upper = grip.last_upper = value;
      return alone ? turn_to(i, value / 127.0) : void();
    }
    case MidiControlKind::kOffset:
      return turn_by(i, value - 64);
    default:
      return turn_by(i, value == 64 ? 0 : value < 64 ? value : value - 128);
  }
}

// An absolute control takes over a parameter when it reaches its value.
void MidiController::turn_to(size_t i, double position) {
  const MidiBinding& b = map_.bindings[i];
  Grip& grip = grips_[i];
  const double before = std::exchange(grip.position, position);
  const double now = desk_.share(b.parameter, b.level);
  if (now != grip.share) grip.caught = false;  // it was changed from elsewhere
  if (!grip.caught) {
    const double near = std::max(kNear, gap(parameter_of(desk_.chain(), b.parameter)) / 2);
    const bool passed = before >= 0 && (before - now) * (position - now) <= 0;
    grip.caught = passed || std::abs(position - now) <= near;
  }
  if (!grip.caught) {
    grip.share = now;
    return;
  }
  desk_.set_share(b.parameter, b.level, position);
  grip.share = desk_.share(b.parameter, b.level);
}

void MidiController::turn_by(size_t i, int steps) {
  if (steps == 0) return;
  const MidiBinding& b = map_.bindings[i];
  Grip& grip = grips_[i];
  const double now = desk_.share(b.parameter, b.level);
  if (now != grip.share) grip.wanted = now;  // it was changed from elsewhere
  const double step = std::max(1.0 / 127, gap(parameter_of(desk_.chain(), b.parameter)) / kTicksPerWord);
  grip.wanted = std::clamp(grip.wanted + steps * step, 0.0, 1.0);
  desk_.set_share(b.parameter, b.level, grip.wanted);
  grip.share = desk_.share(b.parameter, b.level);
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
    case MidiAction::kRecord:
      return actions_.toggle_record ? actions_.toggle_record() : void();
    case MidiAction::kSnapshot:
      return actions_.snapshot ? actions_.snapshot() : void();
  }
}

}  // namespace reverie
