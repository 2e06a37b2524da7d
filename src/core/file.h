// Whole files, read with a bound and written without halves.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace reverie {

// The bytes of a file of at most limit bytes; Error when it is missing, no plain file, or larger.
std::vector<uint8_t> read_file(const std::filesystem::path& path, uint64_t limit);
std::string read_text_file(const std::filesystem::path& path, uint64_t limit = 1U << 20U);

// "clip.mp4" -> "clip.partial-4711.mp4" with the process's number: what is being written, beside its final
// name and with its ending, so that two writers of one name do not meet in one file.
std::filesystem::path partial_name(const std::filesystem::path& path);

// A file that appears under its name only when it is whole: write to partial(), then keep().  Destroyed
// without keep(), the partial file goes.
class PartialFile {
 public:
  explicit PartialFile(std::filesystem::path path);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& partial() const { return partial_; }
  void keep();
  // Leaves the partial file where it is, and says where.
  std::filesystem::path leave();

 private:
  std::filesystem::path path_, partial_;
  bool kept_ = false;
};

// A folder that this process alone writes to, until it ends however it ends.  Error where another has it.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int handle_ = -1;
};

// Writes bytes beside path, then renames.
void write_file(const std::filesystem::path& path, std::span<const uint8_t> bytes);

}  // namespace reverie
