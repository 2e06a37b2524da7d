#include "core/stop.h"

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace reverie {
namespace {

// Only what a signal handler may touch; other threads poll it.
std::atomic<bool> requested{false};    // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<bool> interrupted{false};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<bool>::is_always_lock_free);

// A closing terminal sends SIGHUP twice, and launchers send SIGTERM after SIGINT: only a second Ctrl-C means
// impatience.
extern "C" void reverie_on_signal(int signal) {
  if (signal == SIGINT && interrupted.exchange(true)) std::_Exit(130);
  requested = true;
}

#if defined(_WIN32)
void handle(int signal) {
  std::signal(signal, reverie_on_signal);
}
#else
// A call that waits (opening a pipe, say) fails with EINTR instead of waiting again, as std::signal() has it.
void handle(int signal) {
  struct sigaction action = {};
  action.sa_handler = reverie_on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}
#endif

}  // namespace

void install_stop_handler() {
  handle(SIGINT);
  handle(SIGTERM);
#if !defined(_WIN32)
  handle(SIGHUP);  // the terminal was closed
  // a closed pipe or a file grown too large is an error of that write, which cleans up, and must not end the
  // process
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
#endif
}

bool stop_requested() {
  return requested;
}
void request_stop() {
  requested = true;
}

}  // namespace reverie
