// Bytes of files: reads and writes numbers, maps or decompresses whole files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace reverie {

// Little-endian integers, at any address.
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

// The most bytes a compressed file may expand to.
inline constexpr uint64_t kMostInflated = uint64_t{16} << 30U;

// Decompresses gzip data (RFC 1952) of one or more members.  Error naming the file if it is damaged,
// truncated, or expands to more than limit.
std::vector<uint8_t> inflate_gzip(std::span<const uint8_t> bytes, const std::string& name,
                                  uint64_t limit = kMostInflated);

// The bytes of a file for the lifetime of this object: mapped into memory, or decompressed if its name ends
// in .gz.
class FileBytes {
 public:
  // Error if the file is missing, not a regular file, or damaged.
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
  std::vector<uint8_t> own_;  // empty if the file is mapped
};

}  // namespace reverie
