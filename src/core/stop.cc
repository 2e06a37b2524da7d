#include "core/stop.h"

#include <csignal>
#include <cstdlib>

namespace reverie {
namespace {

volatile std::sig_atomic_t requested = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

extern "C" void reverie_on_signal(int) {
  if (requested != 0) std::_Exit(130);
  requested = 1;
}

}  // namespace

void install_stop_handler() {
  std::signal(SIGINT, reverie_on_signal);
  std::signal(SIGTERM, reverie_on_signal);
#if !defined(_WIN32)
  std::signal(SIGHUP, reverie_on_signal);  // the terminal was closed
  // a closed pipe or a file grown too large is an error of that write, which cleans up, and not the end of
  // the process
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
#endif
}

bool stop_requested() {
  return requested != 0;
}
void request_stop() {
  requested = 1;
}

}  // namespace reverie
