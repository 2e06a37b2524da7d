// TFRecord framing, as used in record sets and TensorBoard's event files.
//
// Format: "TFRecord and tf.train.Example" in TensorFlow's guide. Each record is
//   uint64 length, uint32 masked CRC-32C of these 8 bytes, the bytes, uint32 masked CRC-32C of the bytes,
// all little-endian; masked: rotated right by 15 bits, plus 0xa282ead8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

// CRC-32C (Castagnoli) as in RFC 3720: 0xe3069283 for "123456789".
uint32_t crc32c(std::span<const uint8_t> bytes);
// The same, masked as TFRecord stores it.
uint32_t masked_crc32c(std::span<const uint8_t> bytes);

// Whether bytes begin with a record whose length is sound.
bool is_tfrecord(std::span<const uint8_t> bytes);

// One record in place; the bytes belong to the reader's caller.
struct TFRecord {
  std::span<const uint8_t> bytes;
  uint32_t stored_crc = 0;

  bool is_sound() const { return masked_crc32c(bytes) == stored_crc; }
};

// Iterates over the records of bytes in memory.
class TFRecordReader {
 public:
  // name: of the file, for errors.
  TFRecordReader(std::span<const uint8_t> bytes, std::string name);

  // The next record, with its length checked but not its bytes; nothing at the end.  Error names the file and
  // the record's number, from 0, if it is truncated or its length is damaged.
  std::optional<TFRecord> next_unchecked();
  // The same, with the bytes checked too.
  std::optional<TFRecord> next();

  // How many records were returned.
  size_t count() const { return count_; }

 private:
  std::span<const uint8_t> left_;
  std::string name_;
  size_t count_ = 0;
};

// Throws Error("read", "NAME, record 17", why, advice).
[[noreturn]] void fail_at_record(const std::string& name, size_t record, const std::string& why,
                                 const std::string& advice = "");

// Writes records to a file, one after the other; compressed if its name ends in .gz.  The same records give
// the same bytes.
class TFRecordWriter {
 public:
  enum class Begin { kAnew, kAtEnd };

  // Error if the file cannot be opened.
  explicit TFRecordWriter(const std::filesystem::path& path, Begin begin = Begin::kAnew);
  ~TFRecordWriter();
  TFRecordWriter(const TFRecordWriter&) = delete;
  TFRecordWriter& operator=(const TFRecordWriter&) = delete;
  TFRecordWriter(TFRecordWriter&&) noexcept;
  TFRecordWriter& operator=(TFRecordWriter&&) noexcept;

  // Error if the write fails.
  void write(std::span<const uint8_t> record);
  void write(std::string_view record) {
    write({reinterpret_cast<const uint8_t*>(record.data()), record.size()});
  }
  // Makes what was written so far visible to other readers.
  void flush();
  // Flushes and closes the file; Error if any of it could not be written.  The destructor closes without
  // reporting errors.
  void close();

 private:
  class Output;
  std::unique_ptr<Output> output_;
};

// Appends a framed record to bytes.
void append_tfrecord(std::vector<uint8_t>& bytes, std::span<const uint8_t> record);

}  // namespace reverie
