#include "pipeline/thumbnails.h"

#include <algorithm>
#include <chrono>

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "core/error.h"
#include "pipeline/thumbnail.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLongestRest(100);

// Of this thread, where the system has such a thing for threads: the show comes first.
void lower_priority() {
#if defined(__linux__)
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 15);
#endif
}

std::filesystem::file_time_type written(const PresetEntry& preset) {
  std::error_code code;
  return std::filesystem::last_write_time(preset.path, code);
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

std::shared_ptr<const Planes> Thumbnails::get(const PresetEntry& preset, bool in_sight) {
  const std::lock_guard lock(mutex_);
  const auto [it, fresh] = entries_.try_emplace(preset.path);
  if (fresh) {
    it->second.written = written(preset);
    wanted_.push_back(preset);
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    changed_.notify_all();
  }
  it->second.in_sight = in_sight;
  return it->second.picture;
}

bool Thumbnails::comes(const PresetEntry& preset) const {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(preset.path);
  return it != entries_.end() && !it->second.over;
}

PresetEntry Thumbnails::next() {
  auto it = std::find_if(wanted_.begin(), wanted_.end(),
                         [&](const PresetEntry& e) { return entries_[e.path].in_sight; });
  if (it == wanted_.end()) it = wanted_.begin();
  PresetEntry preset = std::move(*it);
  wanted_.erase(it);
  return preset;
}

void Thumbnails::look_again() {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const auto& e) {
    std::error_code code;
    return std::filesystem::last_write_time(e.first, code) != e.second.written;
  });
}

void Thumbnails::work() {
  lower_priority();
  Clock::time_point begun = Clock::now();
  const auto go_on = [&] {
    const auto rest = std::min<Clock::duration>(Clock::now() - begun, kLongestRest);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, rest, [this] { return stop_; });
    begun = Clock::now();
    return !stop_;
  };
  for (;;) {
    PresetEntry preset;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stop_ || !wanted_.empty(); });
      if (stop_) return;
      preset = next();
    }
    std::shared_ptr<const Planes> picture;
    try {
      picture =
          std::make_shared<const Planes>(thumbnail(load_chain(preset.path.string()), preset.input, go_on));
    } catch (const std::exception&) {
      // it cannot be played here: it has none
    }
    const std::lock_guard lock(mutex_);
    Entry& made = entries_[preset.path];
    if (picture && !picture->empty()) made.picture = std::move(picture);
    made.over = true;
  }
}

}  // namespace reverie
