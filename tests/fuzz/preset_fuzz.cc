#include <string>
#include <string_view>

#include "control/chain.h"
#include "control/description.h"
#include "control/modulation.h"
#include "core/error.h"
#include "core/signals.h"
#include "require.h"

namespace reverie {
namespace {

Chain no_other(const std::string& name) {
  throw Error("there is no preset '" + name + "'");
}

// At any time every value is within its range.  (Maps are left out: drawing them takes milliseconds.)
void check_modulations(Preset preset) {
  preset.maps.clear();
  Automation automation(preset, 1, nullptr);
  ParameterValues values(preset.values.table());
  Signals loud = {1, 1, 1, 1, 1, 1e300};
  for (const double seconds : {-1.0, 0.0, 0.3, 100.0, 1e12}) {
    loud.level = loud.level > 0 ? 0 : 1;
    automation.apply({{0, seconds}, nullptr, loud}, {}, values);
    for (const Parameter& p : values.table().all()) {
      for (const double v : values.list(p.name)) require(v >= p.low && v <= p.high);
    }
  }
}

// A preset or chain is either rejected with an Error, or survives a round trip.
void check_chain(std::string_view text) {
  Chain chain = Preset();
  try {
    chain = parse_chain(text, "fuzz.toml", no_other);
  } catch (const Error&) {
    return;
  }
  const std::string written = format_chain(chain);
  require(format_chain(parse_chain(written, "fuzz.toml", no_other)) == written);
  for (const Part& part : chain.parts) check_modulations(part.preset);
}

void check_description(std::string_view text) {
  RenderDescription description;
  try {
    description = parse_description(text, "fuzz.mp4");
  } catch (const Error&) {
    return;
  }
  const std::string written = format_description(description);
  require(format_description(parse_description(written, "again.mp4")) == written);
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  reverie::check_chain(text);
  reverie::check_description(text);
  return 0;
}
