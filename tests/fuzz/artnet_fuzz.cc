// Packets of lighting consoles: channels lie within the packet, and every value of the desk stays in its
// range.
#include <cstdint>

#include "core/error.h"
#include "devices/artnet.h"
#include "require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reverie;
  static Desk desk(Preset(), 1, [](const Event&) {});
  static DmxController controller(
      desk, {0, {{1, DmxAction::kParameter, "gain"}, {2, DmxAction::kParameter, "zoom", -1, true}}});
  const std::span<const uint8_t> bytes(data, size);
  try {
    const auto packet = parse_artnet(bytes);
    if (!packet) return 0;
    require(!packet->channels.empty() && packet->channels.size() <= kDmxChannels);
    require(packet->channels.data() >= data &&
            packet->channels.data() + packet->channels.size() <= data + size);
    controller.receive(*packet, {});
  } catch (const Error&) {
    return 0;
  }
  const ParameterValues values = desk.preset().values;
  for (const char* name : {"gain", "zoom"}) {
    const Parameter& p = values.table()[values.table().index(name)];
    for (const double v : values.list(name)) require(v >= p.low && v <= p.high);
  }
  return 0;
}
