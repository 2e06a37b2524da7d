#include <cmath>
#include <span>
#include <string_view>

#include "control/desk.h"
#include "core/error.h"
#include "devices/midi_controller.h"
#include "devices/midi_map.h"
#include "require.h"

namespace reverie {
namespace {

// The bytes as a stream, to a device that has one control of each kind and is learning another.
void check_stream(std::span<const uint8_t> bytes) {
  static Desk desk(Preset(), 1, [](const Event&) {});  // once: it reads all presets
  desk.change(
      "", [](Preset& p) { p = Preset(); }, 0);
  MidiMap map;
  for (size_t kind = 0; kind < midi_control_words().size(); ++kind) {
    const int i = static_cast<int>(kind);
    map.bindings.push_back({static_cast<MidiControlKind>(kind), 0, i % 2, i % 2 ? "gain" : "squash", i - 1,
                            i % 3 ? MidiSource::kControlChange : MidiSource::kNrpn});
  }
  MidiController controller(desk, {}, map);
  controller.learn(MidiTarget{"zoom", 1});
  double seconds = 0;
  for (size_t i = 0; i < bytes.size(); i += 16) {
    controller.receive(bytes.subspan(i, std::min<size_t>(16, bytes.size() - i)), seconds);
    seconds += bytes[i] * 1e-3;
    const MidiTempo t = controller.clock().at(seconds);
    require(std::isfinite(t.tempo) && t.tempo > 0 && std::isfinite(t.beats) && t.beats >= 0);
  }
  const Preset preset = desk.preset();
  for (const Parameter& p : preset.values.table().all()) {
    for (const double v : preset.values.list(p.name)) require(v >= p.low && v <= p.high);
  }
}

// ... and as a map file, which is either rejected or survives a round trip.
void check_map(std::string_view text) {
  MidiMap map;
  try {
    map = parse_midi_map(text, "fuzz.toml");
  } catch (const Error&) {
    return;
  }
  require(parse_midi_map(format_midi_map(map), "again.toml") == map);
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check_stream(std::span(data, size));
  reverie::check_map(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
