// The presets' small pictures, made in the background as they are asked for.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "control/preset.h"
#include "core/planes.h"

namespace reverie {

// One thread of low priority, which rests as long as it works.
class Thumbnails {
 public:
  Thumbnails() = default;
  ~Thumbnails();
  Thumbnails(const Thumbnails&) = delete;
  Thumbnails& operator=(const Thumbnails&) = delete;

  // Null while it is being made, and where the preset cannot be played.  Those in sight are made first.
  std::shared_ptr<const Planes> get(const PresetEntry& preset, bool in_sight = true);
  bool comes(const PresetEntry& preset) const;  // it was asked for, and is not made yet
  // Presets may have been saved since: they are looked at again.
  void look_again();

 private:
  struct Entry {
    std::filesystem::file_time_type written = {};
    std::shared_ptr<const Planes> picture = nullptr;
    bool in_sight = false, over = false;
  };
  void work();
  PresetEntry next();  // of those wanted; call with the mutex held

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::filesystem::path, Entry> entries_;
  std::deque<PresetEntry> wanted_;
  bool stop_ = false;
  std::thread thread_;  // from the first get() on
};

}  // namespace reverie
