// Small pictures of presets, or of clips, made in the background as they are asked for.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
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

  // Its film (thumbnail.h).  Null while it is being made, and where the preset cannot be played.
  std::shared_ptr<const Planes> get(const PresetEntry& preset);
  // Likewise one picture of a picture or clip.
  std::shared_ptr<const Planes> of_clip(const std::filesystem::path& clip);
  bool comes(const std::filesystem::path& path) const;  // it was asked for, and is not made yet
  // Presets may have been saved since: they are looked at again.
  void look_again();
  // Lets go of all of them, and of what waits to be made.
  void forget();
  size_t size() const;

 private:
  using GoOn = std::function<bool()>;
  using Make = std::function<Planes(const GoOn&)>;
  struct Wanted {
    std::filesystem::path path;
    Make make;
  };
  struct Entry {
    std::filesystem::file_time_type written = {};
    std::shared_ptr<const Planes> picture = nullptr;
    bool over = false;
  };
  std::shared_ptr<const Planes> ask(const std::filesystem::path& path, const Make& make);
  void work();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::filesystem::path, Entry> entries_;
  std::deque<Wanted> wanted_;
  bool stop_ = false;
  std::thread thread_;  // from the first get() on
};

}  // namespace reverie
