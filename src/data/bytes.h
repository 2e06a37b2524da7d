// Bytes of files: numbers out of them and into them, whole files mapped or inflated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace reverie {

// Whole numbers, lowest byte first, from and to any address.
template <class T>
T load_little(const uint8_t* at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(static_cast<T>(at[i]) << (8 * i));
  return value;
}
template <class T>
void store_little(uint8_t* at, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) at[i] = static_cast<uint8_t>(value >> (8 * i));
}

// No compressed file may become larger, in bytes.
inline constexpr uint64_t kMostInflated = uint64_t{16} << 30U;

// What gzip packed (RFC 1952), of one or more members one after the other.  Error naming the file when it is
// damaged, cut off, or becomes larger than limit.
std::vector<uint8_t> inflate_gzip(std::span<const uint8_t> bytes, const std::string& name,
                                  uint64_t limit = kMostInflated);

// The bytes of a file while this lives: mapped into memory, or, of one named .gz, inflated.
class FileBytes {
 public:
  // Error when the file is missing, no plain file, or damaged.
  explicit FileBytes(const std::filesystem::path& path);
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&& other) noexcept;

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  void map(const std::filesystem::path& path);
  void release() noexcept;

  std::span<const uint8_t> bytes_;
  std::vector<uint8_t> own_;  // empty where the file is mapped
};

}  // namespace reverie
