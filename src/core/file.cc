#include "core/file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "core/error.h"
#include "core/stop.h"

#if defined(_WIN32)
#include <process.h>
#else
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#endif

namespace reverie {

namespace fs = std::filesystem;

namespace {

std::string process_number() {
#if defined(_WIN32)
  return std::to_string(_getpid());
#else
  return std::to_string(getpid());
#endif
}

// Why the last write failed, and what to do about it.
Error write_error(const fs::path& path) {
  const int code = errno;
  return {"write", path.string(), std::strerror(code), code == ENOSPC ? "the disk is full" : ""};
}

}  // namespace

std::vector<uint8_t> read_file(const fs::path& path, uint64_t limit) {
  std::error_code code;
  if (fs::is_directory(path, code)) throw Error("read", path.string(), "it is a folder");
  std::ifstream in(path, std::ios::binary);
  if (!in && errno == EINTR && stop_requested()) throw Stopped();  // it waited for the other end of a pipe
  if (!in) throw Error("read", path.string(), std::strerror(errno));
  std::vector<uint8_t> bytes;
  // A device or a pipe does not know its size: read to the end, or one byte past the limit.
  constexpr size_t kPiece = 1U << 16U;
  while (in) {
    const size_t have = bytes.size();
    bytes.resize(have + kPiece);
    in.read(reinterpret_cast<char*>(bytes.data() + have), kPiece);
    bytes.resize(have + static_cast<size_t>(in.gcount()));
    if (bytes.size() > limit) {
      throw Error("read", path.string(),
                  "it is larger than the " + std::to_string(limit) + " bytes allowed here");
    }
  }
  if (in.bad()) throw Error("read", path.string(), "input error");
  return bytes;
}

std::string read_text_file(const fs::path& path, uint64_t limit) {
  const std::vector<uint8_t> bytes = read_file(path, limit);
  return {bytes.begin(), bytes.end()};
}

fs::path partial_name(const fs::path& path) {
  return path.parent_path() /
         (path.stem().string() + ".partial-" + process_number() + path.extension().string());
}

PartialFile::PartialFile(fs::path path) : path_(std::move(path)), partial_(partial_name(path_)) {
  std::error_code code;
  const fs::path folder = path_.parent_path();
  if (!folder.empty()) {
    fs::create_directories(folder, code);
    if (code) throw Error("make the folder", folder.string(), code.message());
  }
  if (fs::is_directory(path_, code)) throw Error("write", path_.string(), "it is a folder");
}

PartialFile::~PartialFile() {
  if (kept_) return;
  std::error_code code;
  fs::remove(partial_, code);
}

std::filesystem::path PartialFile::leave() {
  kept_ = true;
  return partial_;
}

void PartialFile::keep() {
  std::error_code code;
  fs::rename(partial_, path_, code);
  if (code) throw Error("write", path_.string(), code.message());
  kept_ = true;
}

// A system lock on the folder itself: it leaves nothing behind.
FolderLock::FolderLock(const fs::path& folder) {
#if !defined(_WIN32)
  handle_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle_ >= 0 && ::flock(handle_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(handle_);
    throw Error("write to", folder.string(), "another process is writing to it");
  }
#endif
}

FolderLock::~FolderLock() {
#if !defined(_WIN32)
  if (handle_ >= 0) ::close(handle_);
#endif
}

void sync_file(const fs::path& path) {
#if !defined(_WIN32)
  const int handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = handle >= 0 && ::fsync(handle) == 0;
  const int code = errno;
  if (handle >= 0) ::close(handle);
  errno = code;
  if (!synced) throw write_error(path);
#endif
}

void write_file(const fs::path& path, std::span<const uint8_t> bytes, bool durable) {
  PartialFile file(path);
  std::ofstream out(file.partial(), std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw write_error(path);
  if (durable) sync_file(file.partial());
  file.keep();
  if (durable) sync_file(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

}  // namespace reverie
