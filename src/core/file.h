// Whole files, read with a size limit and written atomically.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace reverie {

// The bytes of a file of at most limit bytes; Error if it is missing, not a regular file, or larger.
std::vector<uint8_t> read_file(const std::filesystem::path& path, uint64_t limit);
std::string read_text_file(const std::filesystem::path& path, uint64_t limit = 1U << 20U);

// "clip.mp4" -> "clip.partial-4711.mp4" with the process ID: the name of a file while it is being written,
// next to the final one and with the same extension, so that two processes writing the same file do not
// collide.
std::filesystem::path partial_name(const std::filesystem::path& path);

// A file that appears under its name only once it is complete: write to partial(), then call keep().  Without
// keep(), the destructor deletes the partial file.
class PartialFile {
 public:
  explicit PartialFile(std::filesystem::path path);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& partial() const { return partial_; }
  void keep();
  // Leaves the partial file where it is, and returns its path.
  std::filesystem::path leave();

 private:
  std::filesystem::path path_, partial_;
  bool kept_ = false;
};

// A folder that only this process writes to, until it ends in any way.  Error if another process holds it.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int handle_ = -1;
};

// What was written to it so far outlasts a power cut.  Error if it cannot be written (full disk).
void sync_file(const std::filesystem::path& path);

// Writes bytes to a temporary file, then renames it.  durable: once it is back, a power cut leaves the new
// file; before, the old one.
void write_file(const std::filesystem::path& path, std::span<const uint8_t> bytes, bool durable = false);

}  // namespace reverie
