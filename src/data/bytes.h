// Bytes of files: maps or decompresses whole files, reads and writes numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/little.h"

namespace reverie {

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
