#include "pipeline/thumbnails.h"

#include <algorithm>
#include <chrono>

#include "core/error.h"
#include "core/low_priority.h"
#include "pipeline/thumbnail.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLongestRest(100);

std::filesystem::file_time_type written(const std::filesystem::path& path) {
  std::error_code code;
  return std::filesystem::last_write_time(path, code);
}

}  // namespace

Thumbnails::~Thumbnails() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const Planes> Thumbnails::get(const PresetEntry& preset) {
  return ask(preset.path, [path = preset.path.string(), input = preset.input](const GoOn& go_on) {
    return thumbnail_film(load_chain(path), input, go_on);
  });
}

std::shared_ptr<const Planes> Thumbnails::of_clip(const std::filesystem::path& clip) {
  return ask(clip, [clip](const GoOn& go_on) { return clip_thumbnail(clip, go_on); });
}

std::shared_ptr<const Planes> Thumbnails::ask(const std::filesystem::path& path, const Make& make) {
  const std::lock_guard lock(mutex_);
  const auto [it, fresh] = entries_.try_emplace(path);
  if (fresh) {
    it->second.written = written(path);
    wanted_.push_back({path, make});
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    changed_.notify_all();
  }
  return it->second.picture;
}

bool Thumbnails::comes(const std::filesystem::path& path) const {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(path);
  return it != entries_.end() && !it->second.over;
}

void Thumbnails::look_again() {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const auto& e) { return written(e.first) != e.second.written; });
}

void Thumbnails::forget() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  wanted_.clear();
}

size_t Thumbnails::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void Thumbnails::work() {
  lower_priority();  // the show comes first
  Clock::time_point begun = Clock::now();
  const auto go_on = [&] {
    const auto rest = std::min<Clock::duration>(Clock::now() - begun, kLongestRest);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, rest, [this] { return stop_; });
    begun = Clock::now();
    return !stop_;
  };
  for (;;) {
    Wanted wanted;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stop_ || !wanted_.empty(); });
      if (stop_) return;
      wanted = std::move(wanted_.front());
      wanted_.pop_front();
    }
    std::shared_ptr<const Planes> picture;
    try {
      picture = std::make_shared<const Planes>(wanted.make(go_on));
    } catch (const std::exception&) {
      // it cannot be played here, or shown: it has none
    }
    const std::lock_guard lock(mutex_);
    const auto it = entries_.find(wanted.path);
    if (it == entries_.end()) continue;  // it was forgotten meanwhile
    if (picture && !picture->empty()) it->second.picture = std::move(picture);
    it->second.over = true;
  }
}

}  // namespace reverie
