#include "core/zip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/little.h"
#include "core/text.h"

namespace reverie {
namespace {

constexpr uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50;
constexpr uint32_t kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20;
constexpr uint32_t kIn64 = 0xffffffff;  // the number stands in the extra field
constexpr uint16_t kExtra64 = 1;
constexpr uint16_t kEncrypted = 1, kStored = 0, kDeflated = 8;
constexpr const char* kAgain = "copy the file again";

class Reader {
 public:
  Reader(std::span<const uint8_t> bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  std::map<std::string, ZipEntry> read() {
    find_directory();
    std::map<std::string, ZipEntry> entries;
    uint64_t at = directory_;
    for (uint64_t i = 0; i < count_; ++i) {
      const uint64_t size = read_entry(at, entries);
      at += size;
    }
    std::sort(places_.begin(), places_.end());
    for (size_t i = 0; i + 1 < places_.size(); ++i) {
      if (places_[i].second > places_[i + 1].first) fail("two of its entries share their bytes");
    }
    return entries;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw Error("read", file_, why, kAgain); }
  [[noreturn]] void fail_entry(const std::string& name, const std::string& why) const {
    throw Error("read", file_, fmt::format("its entry '{:.80}' {}", printable(name), why));
  }

  // A part that must be within the file.
  std::span<const uint8_t> part(uint64_t at, uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) fail("the zip archive is damaged or cut off");
    return bytes_.subspan(static_cast<size_t>(at), static_cast<size_t>(size));
  }
  template <class T>
  static T number(std::span<const uint8_t> from, size_t at) {
    return load_little<T>(from.data() + at);
  }
  std::string_view text(uint64_t at, uint64_t size) const {
    const auto bytes = part(at, size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  // Its end record is the last one whose comment fills the file.
  uint64_t find_end() const {
    constexpr size_t kLongestComment = 65535;
    if (bytes_.size() < kEndBytes) fail("the zip archive is cut off");
    const uint64_t last = bytes_.size() - kEndBytes;
    for (uint64_t back = 0; back <= std::min<uint64_t>(last, kLongestComment); ++back) {
      const auto end = part(last - back, kEndBytes);
      if (number<uint32_t>(end, 0) == kEnd && number<uint16_t>(end, 20) == back) return last - back;
    }
    fail("the zip archive is cut off: it has no end record");
  }

  void find_directory() {
    uint64_t end_at = find_end();
    const auto end = part(end_at, kEndBytes);
    count_ = number<uint16_t>(end, 10);
    uint64_t size = number<uint32_t>(end, 12);
    directory_ = number<uint32_t>(end, 16);
    if (end_at >= kLocatorBytes) {
      const auto locator = part(end_at - kLocatorBytes, kLocatorBytes);
      if (number<uint32_t>(locator, 0) == kLocator64) {
        end_at = number<uint64_t>(locator, 8);
        const auto wide = part(end_at, kEnd64Bytes);
        if (number<uint32_t>(wide, 0) != kEnd64) fail("the zip archive is damaged");
        count_ = number<uint64_t>(wide, 32);
        size = number<uint64_t>(wide, 40);
        directory_ = number<uint64_t>(wide, 48);
      }
    }
    part(directory_, size);
    if (directory_ + size > end_at || count_ > size / kCentralBytes) fail("the zip archive is damaged");
  }

  // The sizes and the place that 64 bits need stand in this order in the extra field.
  void read_wide(std::span<const uint8_t> extra, std::array<uint64_t, 3>& numbers) const {
    constexpr size_t kHead = 4;
    while (extra.size() >= kHead) {
      const auto id = number<uint16_t>(extra, 0);
      const size_t size = number<uint16_t>(extra, 2);
      if (size > extra.size() - kHead) return;  // others pad it with what is no field
      auto field = extra.subspan(kHead, size);
      extra = extra.subspan(kHead + size);
      if (id != kExtra64) continue;
      for (uint64_t& n : numbers) {
        if (n != kIn64) continue;
        if (field.size() < sizeof(uint64_t)) fail("the zip archive is damaged");
        n = number<uint64_t>(field, 0);
        field = field.subspan(sizeof(uint64_t));
      }
      return;
    }
  }

  // Gives the size of its record.
  uint64_t read_entry(uint64_t at, std::map<std::string, ZipEntry>& entries) {
    const auto head = part(at, kCentralBytes);
    if (number<uint32_t>(head, 0) != kCentral) fail("the zip archive is damaged");
    const auto flags = number<uint16_t>(head, 8), method = number<uint16_t>(head, 10);
    const uint64_t name_size = number<uint16_t>(head, 28), extra_size = number<uint16_t>(head, 30);
    const uint64_t comment_size = number<uint16_t>(head, 32);
    const std::string name(text(at + kCentralBytes, name_size));
    std::array<uint64_t, 3> numbers = {number<uint32_t>(head, 24), number<uint32_t>(head, 20),
                                       number<uint32_t>(head, 42)};
    read_wide(part(at + kCentralBytes + name_size, extra_size), numbers);
    const auto [size, packed_size, place] = numbers;
    if ((flags & kEncrypted) != 0) fail_entry(name, "is encrypted");
    if (method != kStored && method != kDeflated)
      fail_entry(name, fmt::format("is packed in a way (method {}) that Reverie does not know", method));
    const auto local = part(place, kLocalBytes);
    if (number<uint32_t>(local, 0) != kLocal) fail_entry(name, "is not where the directory says");
    const uint64_t local_name_size = number<uint16_t>(local, 26);
    const uint64_t begin = place + kLocalBytes + local_name_size + number<uint16_t>(local, 28);
    if (text(place + kLocalBytes, local_name_size) != name || number<uint16_t>(local, 8) != method)
      fail_entry(name, "has two headers that differ");
    const ZipEntry entry{part(begin, packed_size), size, number<uint32_t>(head, 16), method == kDeflated};
    if (begin + packed_size > directory_) fail_entry(name, "reaches into the directory");
    if (!entry.deflated && packed_size != size) fail_entry(name, "has two sizes that differ");
    places_.emplace_back(place, begin + packed_size);
    if (!entries.emplace(name, entry).second) fail_entry(name, "is there twice");
    return kCentralBytes + name_size + extra_size + comment_size;
  }

  std::span<const uint8_t> bytes_;
  const std::string& file_;
  uint64_t directory_ = 0, count_ = 0;
  std::vector<std::pair<uint64_t, uint64_t>> places_;
};

// Raw deflate of a known size; false if it is anything else.
bool inflate_raw(std::span<const uint8_t> packed, std::vector<uint8_t>& out) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  uint8_t none = 0;
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = out.empty() ? &none : out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = inflate(&stream, Z_FINISH);
  const bool whole = code == Z_STREAM_END && stream.total_out == out.size();
  inflateEnd(&stream);
  return whole;
}

}  // namespace

bool is_zip(std::span<const uint8_t> bytes) {
  constexpr std::string_view kFirst("PK\x03\x04"), kEmpty("PK\x05\x06");
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 4));
  return head == kFirst || head == kEmpty;
}

std::map<std::string, ZipEntry> zip_entries(std::span<const uint8_t> bytes, const std::string& file) {
  return Reader(bytes, file).read();
}

std::span<const uint8_t> zip_content(const ZipEntry& entry, const std::string& name, const std::string& file,
                                     uint64_t limit, std::vector<uint8_t>& own) {
  constexpr uint64_t kMostRatio = 1032;  // deflate packs no tighter
  const auto refuse = [&](const std::string& why) {
    throw Error("read", file, fmt::format("its entry '{:.80}' {}", printable(name), why), kAgain);
  };
  if (entry.size > limit) refuse(fmt::format("has {} bytes, more than the {} allowed", entry.size, limit));
  std::span<const uint8_t> content = entry.packed;
  if (entry.deflated) {
    constexpr uint64_t kMost = std::numeric_limits<uInt>::max();
    if (entry.packed.size() > kMost || entry.size > kMost || entry.size / kMostRatio > entry.packed.size())
      refuse(fmt::format("cannot unpack to {} bytes", entry.size));
    own.resize(static_cast<size_t>(entry.size));
    if (!inflate_raw(entry.packed, own)) refuse("does not unpack");
    content = own;
  }
  uLong sum = 0;
  for (auto left = content; !left.empty();) {
    const auto piece = left.first(std::min<size_t>(left.size(), size_t{1} << 30U));
    sum = crc32(sum, piece.data(), static_cast<uInt>(piece.size()));
    left = left.subspan(piece.size());
  }
  if (sum != entry.checksum) refuse("is damaged (its checksum does not fit)");
  return content;
}

}  // namespace reverie
