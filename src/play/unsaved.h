// What a set has not saved: a preset in a file of its own, which is there whatever happens to the set, and is
// offered to later ones once it is over.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace reverie {

class UnsavedPreset {
 public:
  explicit UnsavedPreset(std::filesystem::path folder);
  ~UnsavedPreset();  // the file stays
  UnsavedPreset(const UnsavedPreset&) = delete;
  UnsavedPreset& operator=(const UnsavedPreset&) = delete;

  // Error when it cannot be written.
  void keep(const std::string& name, const std::string& text);
  // It was saved, or discarded.
  void remove();

 private:
  void lock();

  std::filesystem::path folder_, file_, lock_file_;
  int lock_ = -1;  // held while this set is alive
};

// state_folder()/unsaved; empty if the system has no home folder.
std::filesystem::path unsaved_folder();

// Those of sets that are over, the newest first; changes nothing.
std::vector<std::filesystem::path> left_unsaved(const std::filesystem::path& folder);
void discard_unsaved(const std::filesystem::path& file);

}  // namespace reverie
