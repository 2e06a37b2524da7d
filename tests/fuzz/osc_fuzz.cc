#include <span>

#include "control/preset.h"
#include "core/error.h"
#include "devices/osc_command.h"
#include "devices/osc_packet.h"
#include "require.h"

namespace reverie {
namespace {

// Every value a parameter accepts is within its range, and every reply is valid OSC.
void check_set(const OscCommand& c) {
  static const Preset start;
  const ParameterTable& table = start.values.table();
  if (!table.has(c.parameter)) return;
  const Parameter& p = table[table.index(c.parameter)];
  Preset preset = start;
  try {
    override_value(preset, c.level < 0 ? p.name : p.name + "." + std::to_string(c.level),
                   osc_value(p, c.values));
  } catch (const Error&) {
    return;
  }
  for (const double v : preset.values.list(p.name)) require(v >= p.low && v <= p.high);
  const OscMessage echo = osc_echo("feedback", preset.values, p);
  require(parse_osc(format_osc(echo)).at(0).address == echo.address);
}

void check_message(const OscMessage& message) {
  const auto again = parse_osc(format_osc(message));
  require(again.size() == 1 && again[0].address == message.address &&
          again[0].arguments == message.arguments);
  OscCommand c;
  try {
    c = parse_osc_command(message);
  } catch (const Error&) {
    return;
  }
  names_a_file(c);
  if (c.kind == OscCommand::Kind::kSet) check_set(c);
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<reverie::OscMessage> messages;
  try {
    messages = reverie::parse_osc(std::span(data, size));
  } catch (const reverie::Error&) {
    return 0;
  }
  for (const auto& m : messages) reverie::check_message(m);
  return 0;
}
