// A session is either rejected with an Error, or survives a round trip.
#include "control/session.h"

#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"
#include "require.h"

namespace reverie {
namespace {

std::string text_of(const Session& session) {
  std::string text = format_session_start(session.start);
  for (const TimedEvent& e : session.events) text += format_event(e);
  return text + format_reached(session.frames);
}

void check_session(std::string_view bytes) {
  std::optional<Session> session;
  try {
    session = parse_session(bytes, "fuzz.session");
  } catch (const Error&) {
    return;
  }
  const std::string text = text_of(*session);
  require(text_of(parse_session(text, "again.session")) == text);
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  reverie::check_session({reinterpret_cast<const char*>(data), size});
  return 0;
}
