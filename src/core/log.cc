#include "core/log.h"

#include <cstdio>
#include <mutex>
#include <utility>

#include "core/log_listener.h"

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

namespace reverie {
namespace {

std::mutex mutex;           // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::mutex listener_mutex;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::function<void(const std::string&)> listener;  // NOLINT
bool status_shown = false;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

bool stderr_is_terminal() {
#if defined(_WIN32)
  return _isatty(2) != 0;
#else
  return isatty(2) != 0;
#endif
}

void note(const std::string& line) {
  {
    const std::lock_guard lock(mutex);
    put((status_shown ? "\r\033[K" : "") + line + "\n");
    status_shown = false;
  }
  const std::lock_guard lock(listener_mutex);
  if (listener) listener(line);
}

void listen_to_log(std::function<void(const std::string&)> wanted) {
  const std::lock_guard lock(listener_mutex);
  listener = std::move(wanted);
}

void warning(const std::string& line) {
  note("warning: " + line);
}

void status_line(const std::string& line) {
  const std::lock_guard lock(mutex);
  if (line.empty() && !status_shown) return;
  put("\r\033[K" + line);
  status_shown = !line.empty();
  std::fflush(stderr);
}

}  // namespace reverie
