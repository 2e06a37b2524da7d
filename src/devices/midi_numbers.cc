#include "devices/midi_numbers.h"

#include <utility>

namespace reverie {

MidiChange MidiNumbers::hear(const MidiMessage& m) {
  Channel& channel = channels_[m.channel];
  MidiChange c{MidiSource::kControlChange, m.channel, m.data1, MidiPart::kMsb, m.data2};
  const bool again = std::exchange(channel.last, m.data1) == m.data1;
  const auto enter = [&](MidiPart part) {
    if (channel.selected()) c = {channel.source, m.channel, channel.number(), part, m.data2};
  };
  switch (m.data1) {
    case 6:
      enter(MidiPart::kMsb);
      break;
    case 38:
      enter(MidiPart::kLsb);
      break;
    case 96:
      enter(MidiPart::kIncrement);
      break;
    case 97:
      enter(MidiPart::kDecrement);
      break;
    case 98:
    case 99:
    case 100:
    case 101: {
      const MidiSource source = m.data1 < 100 ? MidiSource::kNrpn : MidiSource::kRpn;
      if (again || source != channel.source) channel = {source, -1, -1, m.data1};
      c.selects = !again;
      if (c.selects) (m.data1 % 2 ? channel.msb : channel.lsb) = m.data2;
      break;
    }
    case 121:  // "reset all controllers" selects none
      channel = {};
      break;
    default:
      break;
  }
  return c;
}

}  // namespace reverie
