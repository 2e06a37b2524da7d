#include <cmath>
#include <cstdio>
#include <span>

#include "control/desk.h"
#include "devices/midi_simulated_control.h"
#include "require.h"

namespace reverie {
namespace {

void check(std::span<const uint8_t> bytes) {
  static Desk desk(Preset(), 1, [](const Event&) {});  // once: it reads all presets
  const std::string wrong = check_learning(desk, bytes);
  if (!wrong.empty()) std::fprintf(stderr, "%s\n", wrong.c_str());
  require(wrong.empty());

  // as they are, of a device that is learned from after each message or so
  MidiController midi(desk, {}, {});
  for (size_t i = 0; i < bytes.size() && i < 256; i += 8) {
    if (i % 64 == 0) midi.learn(MidiTarget{i % 128 == 0 ? "gain" : "zoom", -1});
    midi.receive(bytes.subspan(i, std::min<size_t>(8, bytes.size() - i)), 0);
    for (const char* name : {"gain", "zoom"}) require(desk.share(name) >= 0 && desk.share(name) <= 1);
  }
  require(parse_midi_map(format_midi_map(midi.map()), "again.toml") == midi.map());
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check(std::span(data, size));
  return 0;
}
