#include "core/compressed.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <new>
#include <string_view>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace reverie {
namespace {

[[noreturn]] void fail_too_large(const std::string& name, uint64_t limit) {
  throw Error("read", name, "it unpacks to more than the " + std::to_string(limit) + " bytes allowed");
}

bool begins(std::span<const uint8_t> bytes, std::string_view with) {
  return bytes.size() >= with.size() &&
         std::equal(with.begin(), with.end(), bytes.begin(),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

// Two bytes alone could be the length of a TFRecord's first record: deflate, a flag, what packed it, and
// where.
bool is_gzip(std::span<const uint8_t> bytes) {
  constexpr size_t kHeader = 10;
  constexpr uint8_t kLastSystem = 13, kNoSystem = 255, kReservedFlags = 0xe0;
  return begins(bytes, "\x1f\x8b\x08") && bytes.size() >= kHeader && (bytes[3] & kReservedFlags) == 0 &&
         (bytes[8] == 0 || bytes[8] == 2 || bytes[8] == 4) &&
         (bytes[9] <= kLastSystem || bytes[9] == kNoSystem);
}

// Its first letters, the size of its blocks, and what begins a block or ends an empty file.
bool is_bzip2(std::span<const uint8_t> bytes) {
  constexpr size_t kHeader = 4;
  return begins(bytes, "BZh") && bytes.size() > kHeader &&
         (begins(bytes.subspan(kHeader), "1AY&SY") ||
          begins(bytes.subspan(kHeader), "\x17\x72\x45\x38\x50\x90"));
}

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
    if (out.size() > limit) fail_too_large(name_, limit);
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

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};

// bzip2, xz, zstd.  Not gzip: libarchive does not check its checksums.
std::vector<uint8_t> unpack(std::span<const uint8_t> bytes, const std::string& name, uint64_t limit) {
  const std::unique_ptr<archive, FreeArchive> owner(archive_read_new());
  archive* a = owner.get();
  if (a == nullptr) throw std::bad_alloc();
  const auto check = [&](la_ssize_t code) {
    if (code >= ARCHIVE_OK) return;
    const char* why = archive_error_string(a);
    throw Error("read", name, why != nullptr ? printable(why) : "the compressed file is damaged or cut off");
  };
  archive_read_support_filter_bzip2(a);
  archive_read_support_filter_xz(a);
  archive_read_support_filter_zstd(a);
  archive_read_support_format_raw(a);
  archive_read_support_format_empty(a);
  check(archive_read_open_memory(a, bytes.data(), bytes.size()));
  archive_entry* entry = nullptr;
  std::vector<uint8_t> out;
  const int code = archive_read_next_header(a, &entry);
  if (code == ARCHIVE_EOF) return out;
  check(code);
  for (;;) {
    const size_t before = out.size();
    const size_t piece = std::clamp(before, size_t{1} << 14U, size_t{1} << 24U);
    out.resize(before + piece);
    const la_ssize_t got = archive_read_data(a, out.data() + before, piece);
    check(got);
    out.resize(before + static_cast<size_t>(got));
    if (out.size() > limit) fail_too_large(name, limit);
    if (got == 0) return out;
  }
}

}  // namespace

bool is_compressed(std::span<const uint8_t> bytes) {
  using namespace std::string_view_literals;
  return is_gzip(bytes) || is_bzip2(bytes) || begins(bytes, "\xfd\x37zXZ\0"sv) ||
         begins(bytes, "\x28\xb5\x2f\xfd");
}

std::string uncompressed_name(const std::string& name) {
  constexpr std::array<std::string_view, 4> kEndings = {".gz", ".bz2", ".xz", ".zst"};
  const std::string low = lower(name);
  for (const std::string_view ending : kEndings) {
    if (low.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return name;
}

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

std::vector<uint8_t> decompress(std::span<const uint8_t> bytes, const std::string& name, uint64_t limit) {
  return is_compressed(bytes) && !is_gzip(bytes) ? unpack(bytes, name, limit)
                                                 : inflate_gzip(bytes, name, limit);
}

std::vector<uint8_t> read_content(const std::filesystem::path& path, uint64_t limit) {
  std::vector<uint8_t> bytes = read_file(path, limit);
  return is_compressed(bytes) ? decompress(bytes, path.string(), limit) : bytes;
}

}  // namespace reverie
