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

// The bytes of a file for the lifetime of this object: mapped into memory, or decompressed if it is
// compressed (core/compressed.h).
class FileBytes {
 public:
  enum class As { kContent, kStored };  // kStored: not decompressed, whatever its bytes look like

  // Error if the file is missing, not a regular file, or damaged.
  explicit FileBytes(const std::filesystem::path& path, As as = As::kContent);
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
