#include "devices/midi_parser.h"

namespace reverie {
namespace {

// Data bytes of a message; -1 if it has none (SysEx, undefined).
int data_bytes(uint8_t status) {
  switch (status & 0xf0) {
    case 0xc0:
    case kChannelPressure:
      return 1;
    case 0xf0:
      break;
    default:
      return 2;
  }
  switch (status) {
    case 0xf1:
    case 0xf3:
      return 1;
    case kSongPosition:
      return 2;
    case 0xf6:
      return 0;
    default:
      return -1;
  }
}

MidiMessage message_of_bytes(uint8_t status, uint8_t data1, uint8_t data2) {
  if (status >= 0xf0) return {status, 0, data1, data2};
  return {static_cast<uint8_t>(status & 0xf0), static_cast<uint8_t>(status & 0x0f), data1, data2};
}

}  // namespace

std::optional<MidiMessage> MidiParser::feed(uint8_t byte) {
  if (byte >= 0xf8) return message_of_bytes(byte, 0, 0);  // realtime: the interrupted message continues
  if (byte >= 0x80) {
    have_ = 0;
    const int count = data_bytes(byte);
    status_ = count > 0 ? byte : uint8_t{0};
    if (count == 0) return message_of_bytes(byte, 0, 0);
    return {};
  }
  if (status_ == 0) return {};
  data_[static_cast<size_t>(have_++)] = byte;
  if (have_ < data_bytes(status_)) return {};
  const MidiMessage message = message_of_bytes(status_, data_[0], have_ == 2 ? data_[1] : uint8_t{0});
  have_ = 0;
  if (status_ >= 0xf0) status_ = 0;  // only channel messages have a running status
  return message;
}

}  // namespace reverie
