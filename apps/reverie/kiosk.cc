#include "kiosk.h"

#include <fmt/format.h>

#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#endif

#include "core/log.h"
#include "core/stop.h"

namespace reverie {

#if defined(_WIN32)
void come_back_after_failures() {}
#else
namespace {

constexpr int kStopped = 130;   // the status after Ctrl-C
constexpr unsigned kPause = 2;  // seconds before the next try
volatile pid_t child = 0;       // NOLINT: a signal handler reads it

extern "C" void reverie_pass_on(int signal) {
  request_stop();
  if (child > 0) ::kill(child, signal);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

void come_back_after_failures() {
  while (true) {
    const pid_t pid = ::fork();
    if (pid < 0) return;
    if (pid == 0) return install_stop_handler();
    child = pid;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, reverie_pass_on);
    const int status = wait_for(pid);
    child = 0;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (code == 0 || code == kStopped || stop_requested()) std::_Exit(code);
    warning(fmt::format("the set ended with status {}; it begins again", code));
    ::sleep(kPause);
    if (stop_requested()) std::_Exit(kStopped);
  }
}
#endif

}  // namespace reverie
