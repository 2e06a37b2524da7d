#include <algorithm>
#include <cstdio>
#include <span>

#include "control/desk.h"
#include "devices/midi_simulated_control.h"
#include "require.h"

namespace reverie {
namespace {

void check(std::span<const uint8_t> bytes) {
  static Desk desk(Preset("grade"), 1, [](const Event&) {});  // once: it reads all presets; a small effect
  const std::string wrong = check_learning(desk, {"hue", "tint"}, bytes);
  if (!wrong.empty()) std::fprintf(stderr, "%s\n", wrong.c_str());
  require(wrong.empty());

  // as they are, while two parameters are learned
  MidiController midi(desk, {}, {});
  const size_t half = std::min<size_t>(bytes.size() / 2, 64);
  midi.learn(MidiTarget{"hue", -1});
  midi.receive(bytes.first(half), 0);
  midi.learn(MidiTarget{"tint", -1});
  midi.receive(bytes.subspan(half, half), 0);
  for (const char* name : {"hue", "tint"}) require(desk.share(name) >= 0 && desk.share(name) <= 1);
  require(parse_midi_map(format_midi_map(midi.map()), "again.toml") == midi.map());
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check(std::span(data, size));
  return 0;
}
