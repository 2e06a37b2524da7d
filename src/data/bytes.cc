#include "data/bytes.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file.h"

#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace reverie {

namespace fs = std::filesystem;

FileBytes::FileBytes(const fs::path& path, As as) {
  std::error_code code;
  if (fs::is_directory(path, code)) throw Error("read", path.string(), "it is a folder");
  if (!fs::exists(path, code)) throw Error("read", path.string(), "there is no such file");
  if (!fs::is_regular_file(path, code)) throw Error("read", path.string(), "it is not a regular file");
  map(path);
  // what has the name of a compressed file and is none is damaged
  if (as == As::kContent && (is_compressed(bytes_) || path.extension() == ".gz")) {
    std::vector<uint8_t> plain = decompress(bytes_, path.string());
    release();
    own_ = std::move(plain);
    bytes_ = own_;
  }
}

FileBytes::~FileBytes() {
  release();
}

FileBytes::FileBytes(FileBytes&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), own_(std::exchange(other.own_, {})) {}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
  if (this == &other) return *this;
  release();
  bytes_ = std::exchange(other.bytes_, {});
  own_ = std::exchange(other.own_, {});
  return *this;
}

#if defined(_WIN32)

void FileBytes::map(const fs::path& path) {
  own_ = read_file(path, std::numeric_limits<uint64_t>::max());
  bytes_ = own_;
}

void FileBytes::release() noexcept {
  own_ = {};
  bytes_ = {};
}

#else

void FileBytes::map(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw Error("read", path.string(), std::strerror(errno));
  struct stat about = {};
  void* at = MAP_FAILED;
  const bool known = fstat(file, &about) == 0;
  const auto size = static_cast<size_t>(about.st_size);
  if (known && size > 0) at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  const int code = errno;
  close(file);
  if (known && size == 0) return;
  if (at == MAP_FAILED) throw Error("read", path.string(), std::strerror(code));
  bytes_ = {static_cast<const uint8_t*>(at), size};
}

void FileBytes::release() noexcept {
  if (own_.empty() && !bytes_.empty()) munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
  own_ = {};
  bytes_ = {};
}

#endif

}  // namespace reverie
