#include "pipeline/session_log.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

#if !defined(_WIN32)
#include <unistd.h>
#endif

#include "core/error.h"
#include "core/log.h"

namespace reverie {
namespace {

std::FILE* create(const std::filesystem::path& path) {
  std::error_code code;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), code);
  std::FILE* file = std::fopen(path.c_str(), "wx");  // never over another session
  if (file != nullptr) return file;
  throw Error("write", path.string(), code ? code.message() : std::strerror(errno),
              errno == EEXIST ? "a session never overwrites another one: use another name" : "");
}

// Past the system's buffers, to survive a power cut.
void to_disk(std::FILE* file) {
#if !defined(_WIN32)
  fsync(fileno(file));
#endif
}

}  // namespace

SessionLog::SessionLog(std::filesystem::path path, const SessionStart& start)
    : path_(std::move(path)), file_(create(path_)), thread_([this] { work(); }) {
  add(format_session_start(start));
}

SessionLog::~SessionLog() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  thread_.join();
  std::fclose(file_);
}

void SessionLog::add(std::string line) {
  const std::lock_guard lock(mutex_);
  waiting_ += line;
  changed_.notify_all();
}

void SessionLog::work() {
  bool broken = false;
  for (;;) {
    std::string lines;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      std::swap(lines, waiting_);
    }
    if (broken) continue;  // a gap in the middle would be worse than an early end
    if (std::fwrite(lines.data(), 1, lines.size(), file_) == lines.size() && std::fflush(file_) == 0) {
      to_disk(file_);
      continue;
    }
    broken = true;
    warning(fmt::format("the session {} ends here: {}", path_.string(), std::strerror(errno)));
  }
}

}  // namespace reverie
