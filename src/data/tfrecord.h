// TFRecord framing: what record sets and TensorBoard's event files are made of.
//
// Format: "TFRecord and tf.train.Example" in TensorFlow's guide. Each record is
//   uint64 length, uint32 masked CRC-32C of these 8 bytes, the bytes, uint32 masked CRC-32C of the bytes,
// all little-endian; masked: turned right by 15 bits, plus 0xa282ead8.
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

// CRC-32C (Castagnoli) as RFC 3720 has it: of "123456789" 0xe3069283.
uint32_t crc32c(std::span<const uint8_t> bytes);
// The same in the disguise that TFRecord stores it in.
uint32_t masked_crc32c(std::span<const uint8_t> bytes);

// One record where it lies; the bytes belong to whoever gave them to the reader.
struct TFRecord {
  std::span<const uint8_t> bytes;
  uint32_t stored_crc = 0;

  bool is_sound() const { return masked_crc32c(bytes) == stored_crc; }
};

// Goes through the records of bytes in memory.
class TFRecordReader {
 public:
  // name: of the file, for errors.
  TFRecordReader(std::span<const uint8_t> bytes, std::string name);

  // The next record, its length checked but not yet its bytes; nothing at the end.  Error names the file and
  // the record's number, from 0, when it is cut off or its length is damaged.
  std::optional<TFRecord> next_unchecked();
  // The same with the bytes checked too.
  std::optional<TFRecord> next();

  // How many records were given out.
  size_t count() const { return count_; }

 private:
  std::span<const uint8_t> left_;
  std::string name_;
  size_t count_ = 0;
};

// Throws Error("read", "NAME, record 17", why).
[[noreturn]] void fail_at_record(const std::string& name, size_t record, const std::string& why);

// Writes records one after the other to a file; to one named .gz, compressed.  The same records give the same
// bytes.
class TFRecordWriter {
 public:
  enum class Begin { kAnew, kAtEnd };

  // Error when the file cannot be opened.
  explicit TFRecordWriter(const std::filesystem::path& path, Begin begin = Begin::kAnew);
  ~TFRecordWriter();
  TFRecordWriter(const TFRecordWriter&) = delete;
  TFRecordWriter& operator=(const TFRecordWriter&) = delete;
  TFRecordWriter(TFRecordWriter&&) noexcept;
  TFRecordWriter& operator=(TFRecordWriter&&) noexcept;

  // Error when the file does not take it.
  void write(std::span<const uint8_t> record);
  void write(std::string_view record) {
    write({reinterpret_cast<const uint8_t*>(record.data()), record.size()});
  }
  // What was written can be read by others from now on.
  void flush();
  // Flushes and ends the file; Error when something of it did not arrive.  A writer that is destroyed without
  // it closes in silence.
  void close();

 private:
  class Output;
  std::unique_ptr<Output> output_;
};

// Appends a framed record to bytes.
void append_tfrecord(std::vector<uint8_t>& bytes, std::span<const uint8_t> record);

}  // namespace reverie
