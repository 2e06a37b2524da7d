#include "devices/midi_feedback.h"

#include <cmath>
#include <optional>

#include "devices/midi_parser.h"

namespace reverie {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr int kFinest = 16383, kCoarsest = 127;

uint8_t byte(int value) {
  return static_cast<uint8_t>(value);
}

bool is_fine(const MidiBinding& b) {
  return b.kind == MidiControlKind::kFine || b.kind == MidiControlKind::kFineLsbFirst ||
         b.kind == MidiControlKind::kPitchBend;
}

bool can_show(const MidiBinding& b) {
  return b.kind != MidiControlKind::kIncrement && b.kind != MidiControlKind::kAftertouch &&
         b.kind != MidiControlKind::kAuto;
}

int value_of(const MidiBinding& b, double share) {
  return static_cast<int>(std::lround(share * (is_fine(b) ? kFinest : kCoarsest)));
}

Bytes message(const MidiBinding& b, int value) {
  const uint8_t status = byte(0xb0 | b.channel);
  if (b.kind == MidiControlKind::kPitchBend)
    return {byte(0xe0 | b.channel), byte(value & 127), byte(value >> 7)};
  Bytes bytes;
  int msb = b.number;
  int lsb = b.number + 32;
  if (b.source != MidiSource::kControlChange) {
    const bool registered = b.source == MidiSource::kRpn;
    bytes = {status, byte(registered ? 101 : 99), byte(b.number >> 7),
             status, byte(registered ? 100 : 98), byte(b.number & 127)};
    msb = 6;
    lsb = 38;
  }
  const auto add = [&](int number, int v) { bytes.insert(bytes.end(), {status, byte(number), byte(v)}); };
  if (!is_fine(b)) return add(msb, value), bytes;
  const bool msb_first = b.kind == MidiControlKind::kFine;
  if (msb_first) add(msb, value >> 7);
  add(lsb, value & 127);
  if (!msb_first) add(msb, value >> 7);
  return bytes;
}

// Nothing where it has no state that is on or off.
std::optional<bool> is_on(const MidiNote& note, const Desk& desk, const std::string& playing,
                          const std::vector<PresetEntry>& presets) {
  if (note.action == MidiAction::kBlackout) return desk.is_black();
  if (note.action == MidiAction::kInputPause) return desk.input_stands();
  if (note.action == MidiAction::kInputBPause) return desk.input_stands(InputSide::kB);
  if (note.action == MidiAction::kFreeze) return desk.is_frozen();
  if (note.action == MidiAction::kCue) return !desk.cued().empty();
  if (note.action) return {};
  if (note.preset_number == 0) return note.preset == playing;
  const auto place = static_cast<size_t>(note.preset_number) - 1;
  return place < presets.size() && presets[place].name == playing;
}

}  // namespace

MidiFeedback::Place MidiFeedback::place_of(const MidiBinding& b) {
  if (b.kind == MidiControlKind::kPitchBend) return {0xe0 | b.channel, 0};
  const int kind = b.source == MidiSource::kControlChange ? 0xb0
                   : b.source == MidiSource::kNrpn        ? 0x00
                                                          : 0x10;
  return {kind | b.channel, b.number};
}

void MidiFeedback::moved(const MidiBinding& b, double position) {
  if (can_show(b)) sent_[place_of(b)] = value_of(b, position);
}

std::vector<std::vector<uint8_t>> MidiFeedback::next(const MidiMap& map, const Desk& desk) {
  std::vector<Bytes> messages;
  const auto send = [&](const Place& place, int value, const auto& bytes_of) {
    const auto it = sent_.find(place);
    if (it != sent_.end() && it->second == value) return;
    sent_[place] = value;
    messages.push_back(bytes_of());
  };
  for (const MidiBinding& b : map.bindings) {
    if (!can_show(b)) continue;
    int value = 0;  // where its part does not play
    try {
      value = value_of(b, desk.share(b.parameter, b.level, b.range));
    } catch (const std::exception&) {
    }
    send(place_of(b), value, [&] { return message(b, value); });
  }
  const std::string playing = map.notes.empty() ? "" : desk.chain().name();
  const std::vector<PresetEntry> presets = map.notes.empty() ? std::vector<PresetEntry>() : desk.presets();
  for (const MidiNote& note : map.notes) {
    const std::optional<bool> on = is_on(note, desk, playing, presets);
    if (!on) continue;
    const int light = *on ? note.light : 0;
    const int status = kNoteOn | note.channel;
    send({status, note.note}, light, [&] { return Bytes{byte(status), byte(note.note), byte(light)}; });
  }
  return messages;
}

}  // namespace reverie
