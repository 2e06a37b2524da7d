#include "data/tfrecord.h"

#include <fmt/format.h>
#include <isa-l/crc.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "data/bytes.h"

namespace reverie {
namespace {

constexpr size_t kHeadBytes = 12;  // the length and its CRC
constexpr size_t kFootBytes = 4;   // the CRC of the bytes

using Head = std::array<uint8_t, kHeadBytes>;
using Foot = std::array<uint8_t, kFootBytes>;

Head head_of(size_t length) {
  Head head;
  store_little<uint64_t>(head.data(), length);
  store_little<uint32_t>(head.data() + 8, masked_crc32c({head.data(), 8}));
  return head;
}

Foot foot_of(std::span<const uint8_t> record) {
  Foot foot;
  store_little<uint32_t>(foot.data(), masked_crc32c(record));
  return foot;
}

}  // namespace

uint32_t crc32c(std::span<const uint8_t> bytes) {
  // isa-l leaves the inversions before and after to its callers, and takes lengths as int
  uint32_t crc = ~0U;
  constexpr size_t kMost = size_t{1} << 30U;
  while (!bytes.empty()) {
    const size_t n = std::min(bytes.size(), kMost);
    crc = crc32_iscsi(const_cast<uint8_t*>(bytes.data()), static_cast<int>(n), crc);
    bytes = bytes.subspan(n);
  }
  return ~crc;
}

uint32_t masked_crc32c(std::span<const uint8_t> bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8U;
}

bool is_tfrecord(std::span<const uint8_t> bytes) {
  return bytes.size() >= kHeadBytes &&
         load_little<uint32_t>(bytes.data() + 8) == masked_crc32c(bytes.first(8));
}

void fail_at_record(const std::string& name, size_t record, const std::string& why,
                    const std::string& advice) {
  throw Error("read", fmt::format("{}, record {}", name, record), why, advice);
}

TFRecordReader::TFRecordReader(std::span<const uint8_t> bytes, std::string name)
    : left_(bytes), name_(std::move(name)) {}

std::optional<TFRecord> TFRecordReader::next_unchecked() {
  if (left_.empty()) return std::nullopt;
  if (left_.size() < kHeadBytes) fail_at_record(name_, count_, "it is cut off within its length");
  if (!is_tfrecord(left_)) {
    fail_at_record(name_, count_,
                   count_ == 0 ? "this is not a TFRecord file, or its length is damaged"
                               : "the checksum of its length is wrong: the file is damaged here");
  }
  const auto length = load_little<uint64_t>(left_.data());
  const size_t after_head = left_.size() - kHeadBytes;
  if (after_head < kFootBytes || length > after_head - kFootBytes) {
    fail_at_record(name_, count_,
                   fmt::format("it is cut off: {} bytes are left of {}", after_head, length + kFootBytes));
  }
  TFRecord record;
  record.bytes = left_.subspan(kHeadBytes, static_cast<size_t>(length));
  record.stored_crc = load_little<uint32_t>(left_.data() + kHeadBytes + length);
  left_ = left_.subspan(kHeadBytes + static_cast<size_t>(length) + kFootBytes);
  ++count_;
  return record;
}

std::optional<TFRecord> TFRecordReader::next() {
  std::optional<TFRecord> record = next_unchecked();
  if (record && !record->is_sound()) {
    fail_at_record(name_, count_ - 1, "its checksum is wrong: the file is damaged here");
  }
  return record;
}

// A plain file through stdio, or a compressed one through zlib.
class TFRecordWriter::Output {
 public:
  Output(std::filesystem::path path, Begin begin) : path_(std::move(path)) {
    const std::string name = path_.string();
    const bool anew = begin == Begin::kAnew;
    errno = 0;
    if (path_.extension() == ".gz") {
      zip_ = gzopen(name.c_str(), anew ? "wb6" : "ab6");
    } else {
      file_ = std::fopen(name.c_str(), anew ? "wb" : "ab");
    }
    if (file_ == nullptr && zip_ == nullptr) fail();
  }
  ~Output() { shut(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::span<const uint8_t> bytes) {
    errno = 0;
    constexpr size_t kMost = size_t{1} << 30U;  // zlib counts in unsigned int
    while (!bytes.empty()) {
      const size_t n = std::min(bytes.size(), kMost);
      const bool arrived = file_ != nullptr ? std::fwrite(bytes.data(), 1, n, file_) == n
                                            : gzwrite(zip_, bytes.data(), static_cast<unsigned>(n)) > 0;
      if (!arrived) fail();
      bytes = bytes.subspan(n);
    }
  }

  void flush() {
    errno = 0;
    if (file_ != nullptr ? std::fflush(file_) != 0 : gzflush(zip_, Z_SYNC_FLUSH) != Z_OK) fail();
  }

  void close() {
    errno = 0;
    if (!shut()) fail();
  }

 private:
  bool shut() {
    bool good = true;
    if (file_ != nullptr) good = std::fclose(std::exchange(file_, nullptr)) == 0;
    if (zip_ != nullptr) good = gzclose(std::exchange(zip_, nullptr)) == Z_OK;
    return good;
  }

  [[noreturn]] void fail() const {
    const int code = errno;
    throw Error("write", path_.string(), code != 0 ? std::strerror(code) : "the write failed",
                code == ENOSPC ? "the disk is full" : "");
  }

  std::filesystem::path path_;
  std::FILE* file_ = nullptr;
  gzFile zip_ = nullptr;
};

TFRecordWriter::TFRecordWriter(const std::filesystem::path& path, Begin begin)
    : output_(std::make_unique<Output>(path, begin)) {}
TFRecordWriter::~TFRecordWriter() = default;
TFRecordWriter::TFRecordWriter(TFRecordWriter&&) noexcept = default;
TFRecordWriter& TFRecordWriter::operator=(TFRecordWriter&&) noexcept = default;

void TFRecordWriter::write(std::span<const uint8_t> record) {
  output_->write(head_of(record.size()));
  output_->write(record);
  output_->write(foot_of(record));
}

void TFRecordWriter::flush() {
  output_->flush();
}

void TFRecordWriter::close() {
  output_->close();
}

void append_tfrecord(std::vector<uint8_t>& bytes, std::span<const uint8_t> record) {
  const Head head = head_of(record.size());
  const Foot foot = foot_of(record);
  bytes.insert(bytes.end(), head.begin(), head.end());
  bytes.insert(bytes.end(), record.begin(), record.end());
  bytes.insert(bytes.end(), foot.begin(), foot.end());
}

}  // namespace reverie
