// Messages to the page's server: whatever is obeyed leaves every value of the desk in its range.
#include <cstdint>

#include "core/error.h"
#include "remote/remote_command.h"
#include "require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reverie;
  static Desk desk(Preset(), 1, [](const Event&) {});
  try {
    const RemoteCommand c = parse_remote_command({reinterpret_cast<const char*>(data), size});
    require(size <= kLongestRemoteMessage);
    if (c.kind != RemoteCommand::Kind::kLoad && c.kind != RemoteCommand::Kind::kStep) obey(c, desk, {});
  } catch (const Error&) {
    return 0;
  }
  const ParameterValues values = desk.preset().values;
  for (const Parameter& p : values.table().all()) {
    if (p.kind == ParameterKind::kText) continue;
    for (const double v : values.list(p.name)) require(v >= p.low && v <= p.high);
  }
  return 0;
}
