#include "data/bytes.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

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

namespace {

// An owner for zlib's state.
class Inflater {
 public:
  explicit Inflater(const std::string& name) : name_(name) {
    constexpr int kGzipOnly = 16;
    if (inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Appends to out; removes what it consumed from the front of in.  True at the end of a member.
  bool step(std::span<const uint8_t>& in, std::vector<uint8_t>& out, uint64_t limit) {
    const size_t before = out.size();
    const size_t piece = std::clamp(before, size_t{1} << 14U, size_t{1} << 24U);
    out.resize(before + piece);
    const size_t given = std::min<size_t>(in.size(), std::numeric_limits<uInt>::max());
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(given);
    stream_.next_out = out.data() + before;
    stream_.avail_out = static_cast<uInt>(piece);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    in = in.subspan(given - stream_.avail_in);
    out.resize(before + piece - stream_.avail_out);
    if (out.size() > limit) {
      throw Error("read", name_, "it unpacks to more than the " + std::to_string(limit) + " bytes allowed");
    }
    if (code == Z_STREAM_END) return true;
    if (code == Z_BUF_ERROR || (code == Z_OK && in.empty() && stream_.avail_out != 0)) {
      throw Error("read", name_, "the compressed file is cut off");
    }
    if (code != Z_OK) throw Error("read", name_, "it is damaged or not a gzip file");
    return false;
  }

  void next_member() { inflateReset(&stream_); }

 private:
  const std::string& name_;
  z_stream stream_ = {};
};

}  // namespace

std::vector<uint8_t> inflate_gzip(std::span<const uint8_t> bytes, const std::string& name, uint64_t limit) {
  std::vector<uint8_t> out;
  Inflater inflater(name);
  for (;;) {
    if (!inflater.step(bytes, out, limit)) continue;
    // tapes and block devices pad with zeros
    while (!bytes.empty() && bytes.front() == 0) bytes = bytes.subspan(1);
    if (bytes.empty()) return out;
    inflater.next_member();
  }
}

FileBytes::FileBytes(const fs::path& path) {
  std::error_code code;
  if (fs::is_directory(path, code)) throw Error("read", path.string(), "it is a folder");
  if (!fs::exists(path, code)) throw Error("read", path.string(), "there is no such file");
  if (!fs::is_regular_file(path, code)) throw Error("read", path.string(), "it is not a regular file");
  map(path);
  if (path.extension() == ".gz") {
    std::vector<uint8_t> inflated = inflate_gzip(bytes_, path.string());
    release();
    own_ = std::move(inflated);
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
