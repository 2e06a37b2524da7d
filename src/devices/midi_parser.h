// Parses the bytes of a MIDI 1.0 stream into messages.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace reverie {

struct MidiMessage {
  uint8_t status = 0;            // of a channel message, without its channel: 0x80 to 0xe0; else 0xf1 to 0xff
  uint8_t channel = 0;           // 0..15
  uint8_t data1 = 0, data2 = 0;  // 0..127; 0 if the message has none

  int fine() const { return data2 << 7 | data1; }  // of pitch bend and song position, 0..16383
};

inline constexpr uint8_t kNoteOff = 0x80, kNoteOn = 0x90, kControlChange = 0xb0, kChannelPressure = 0xd0,
                         kPitchBend = 0xe0, kSongPosition = 0xf2, kClockTick = 0xf8, kClockStart = 0xfa,
                         kClockContinue = 0xfb, kClockStop = 0xfc;

// Handles running status, realtime bytes within other messages, SysEx (skipped) and garbage: any bytes are
// safe, and truncated messages are dropped.
class MidiParser {
 public:
  // The message completed by this byte.
  std::optional<MidiMessage> feed(uint8_t byte);

 private:
  uint8_t status_ = 0;  // 0: none, data bytes are ignored
  std::array<uint8_t, 2> data_{};
  int have_ = 0;
};

}  // namespace reverie
