#include "play/unsaved.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#endif

#include "core/file.h"
#include "core/folders.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockEnding = ".lock";

#if defined(_WIN32)
int open_locked(const fs::path& /*file*/, bool /*make*/) {
  return -1;
}
void close_locked(int /*lock*/) {}
bool is_locked(const fs::path& /*file*/) {
  return false;
}
#else
// -1: another process holds it, or it cannot be made.
int open_locked(const fs::path& file, bool make) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
  if (fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  if (fd >= 0) ::close(fd);
  return -1;
}

void close_locked(int lock) {
  if (lock >= 0) ::close(lock);
}

bool is_locked(const fs::path& file) {
  std::error_code code;
  if (!fs::exists(file, code)) return false;
  const int lock = open_locked(file, false);
  close_locked(lock);
  return lock < 0;
}
#endif

fs::path lock_of(const fs::path& file) {
  return fs::path(file).replace_extension(kLockEnding);
}

}  // namespace

UnsavedPreset::UnsavedPreset(fs::path folder) : folder_(std::move(folder)) {}

UnsavedPreset::~UnsavedPreset() {
  std::error_code code;
  if (lock_ >= 0) fs::remove(lock_file_, code);
  close_locked(lock_);
}

// One for the whole set, taken when it first has something to keep.
void UnsavedPreset::lock() {
  if (!lock_file_.empty()) return;
  std::error_code code;
  fs::create_directories(folder_, code);
  const std::time_t now = std::time(nullptr);
  const std::string time = fmt::format("{:%Y%m%d-%H%M%S}", fmt::localtime(now));
  for (int n = 1; n < 100; ++n) {
    lock_file_ = folder_ / fmt::format("{}-{}{}", time, n, kLockEnding);
    if (fs::exists(fs::path(lock_file_).replace_extension(".toml"), code)) continue;
    lock_ = open_locked(lock_file_, true);
    if (lock_ >= 0) return;
  }
}

void UnsavedPreset::keep(const std::string& name, const std::string& text) {
  if (folder_.empty()) return;
  lock();
  file_ = fs::path(lock_file_).replace_extension(".toml");
  const std::string whole = fmt::format("# {}: not saved\n{}", name, text);
  write_file(file_, std::vector<uint8_t>(whole.begin(), whole.end()));
}

void UnsavedPreset::remove() {
  std::error_code code;
  if (!file_.empty()) fs::remove(file_, code);
  file_.clear();
}

fs::path unsaved_folder() {
  return state_folder().empty() ? fs::path() : state_folder() / "unsaved";
}

std::vector<fs::path> left_unsaved(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    if (it->path().extension() == ".toml" && !is_locked(lock_of(it->path()))) files.push_back(it->path());
  }
  std::sort(files.rbegin(), files.rend());
  // as version 0.1 left them
  for (const char* name : {"unsaved.toml", "unsaved-before.toml"}) {
    if (!folder.empty() && fs::exists(folder.parent_path() / name, code))
      files.push_back(folder.parent_path() / name);
  }
  return files;
}

void discard_unsaved(const fs::path& file) {
  std::error_code code;
  fs::remove(file, code);
  fs::remove(lock_of(file), code);
}

}  // namespace reverie
