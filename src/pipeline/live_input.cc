#include "pipeline/live_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kAhead = 3;                          // frames of a file that are decoded ahead
constexpr std::chrono::milliseconds kRetry(500);      // before looking for a lost device again
constexpr std::chrono::milliseconds kPatience(1000);  // with a hanging device, at the end
constexpr int64_t kFirst = 0;

}  // namespace

std::unique_ptr<Source> open_set_input(const std::string& spec, const InputFormat& format) {
  SourceOptions options;
  options.width = format.width;
  options.height = format.height;
  options.fit = format.fit;
  options.deinterlace = format.deinterlace;
  options.fps = format.fps;
  options.loop = true;
  return open_source(spec, options);
}

// The thread that reads one input.  It keeps itself alive, so a hanging device delays nobody.
class LiveInput::Reader : public std::enable_shared_from_this<Reader> {
 public:
  Reader(std::string spec, const InputFormat& format) : spec_(std::move(spec)), format_(format) {}

  void start() {
    std::thread([self = shared_from_this()] {
      self->work();
      const std::lock_guard lock(self->mutex_);
      self->over_ = true;
      self->changed_.notify_all();
    }).detach();
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }

  void wait_for_end() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [this] { return over_; });
  }

  bool has_frame() const {
    const std::lock_guard lock(mutex_);
    return !ready_.empty();
  }

  // Takes the newest frame that is not after `wanted`; for a live source, the newest.  Returns its index, or
  // nothing if there is none newer.
  std::optional<int64_t> take(int64_t wanted, Planes& out) {
    const std::lock_guard lock(mutex_);
    wanted_ = wanted;
    std::optional<int64_t> index;
    while (!ready_.empty() && (live_ || ready_.front().index <= wanted)) {
      index = ready_.front().index;
      std::swap(out, ready_.front().picture);
      ready_.pop_front();
    }
    changed_.notify_all();
    return index;
  }

  bool live() const {
    const std::lock_guard lock(mutex_);
    return live_;
  }
  bool ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

  State state() const {
    const std::lock_guard lock(mutex_);
    State state;
    state.spec = spec_;
    state.description = description_;
    state.trouble = trouble_;
    const Clock::time_point now = Clock::now();
    state.fps = static_cast<double>(std::count_if(arrivals_.begin(), arrivals_.end(), [&](const auto& at) {
      return now - at <= std::chrono::seconds(1);
    }));
    return state;
  }

 private:
  struct Frame {
    int64_t index;
    Planes picture;
  };

  void work() {
    while (!closing()) {
      try {
        read_all();
        if (!live()) return say_end();
        say("it has ended");
      } catch (const std::exception& e) {
        say(e.what());
      }
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kRetry, [this] { return closing_; });
    }
  }

  void read_all() {
    const std::unique_ptr<Source> source = open_set_input(spec_, format_);
    {
      const std::lock_guard lock(mutex_);
      live_ = source->info().live;
      description_ = source->info().description;
      if (!trouble_.empty()) note(fmt::format("input {}: it is back", spec_));
      trouble_.clear();
      if (!live_) next_ = kFirst;  // a broken file starts again
    }
    for (;;) {
      Planes picture;
      if (behind()) {
        if (!source->skip()) return;
        ++next_;
        continue;
      }
      if (!source->read(picture) || !give(std::move(picture))) return;
    }
  }

  bool closing() const {
    const std::lock_guard lock(mutex_);
    return closing_;
  }

  // Whether the clock has passed the next frame of a file.
  bool behind() const {
    const std::lock_guard lock(mutex_);
    return !live_ && ready_.empty() && next_ < wanted_;
  }

  // False when no more frames are needed.
  bool give(Planes picture) {
    std::unique_lock lock(mutex_);
    count_arrival();
    if (live_) {
      ready_.clear();
    } else {
      changed_.wait(lock, [this] { return closing_ || ready_.size() < kAhead; });
    }
    if (closing_) return false;
    ready_.push_back({next_++, std::move(picture)});
    return true;
  }

  void count_arrival() {
    const Clock::time_point now = Clock::now();
    arrivals_.push_back(now);
    while (now - arrivals_.front() > std::chrono::seconds(1)) arrivals_.pop_front();
  }

  // Once per problem, not each time the device is looked for.
  void say(const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (closing_ || !trouble_.empty()) return;
    trouble_ = why;
    warning(fmt::format("input {}: {}; keeping the last frame", spec_, why));
  }

  void say_end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }

  const std::string spec_;
  const InputFormat format_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Frame> ready_;
  std::deque<Clock::time_point> arrivals_;
  std::string description_, trouble_;
  int64_t next_ = kFirst;  // the index of the next frame to read; changed only by the reading thread
  int64_t wanted_ = 0;
  bool live_ = false, closing_ = false, over_ = false, ended_ = false;
};

LiveInput::LiveInput(InputFormat format) : format_(format) {}

LiveInput::~LiveInput() {
  for (const auto& reader : {shown_, coming_}) {
    if (reader) reader->stop();
  }
  for (const auto& reader : {shown_, coming_}) {
    if (reader) reader->wait_for_end();
  }
}

void LiveInput::open(const std::string& spec) {
  if (coming_) coming_->stop();
  coming_ = std::make_shared<Reader>(spec, format_);
  if (!spec.empty()) coming_->start();
}

const Planes* LiveInput::read(int64_t ticks, std::vector<Event>& events) {
  if (coming_ && (coming_->state().spec.empty() || coming_->has_frame())) {
    if (shown_) shown_->stop();
    shown_ = std::move(coming_);
    events.emplace_back(OpenInput{shown_->state().spec});
    index_ = clock_ = -1;
    ticks = 1;
    if (shown_->state().spec.empty()) shown_.reset();
  }
  if (!shown_) return nullptr;
  const int64_t expected = index_ + ticks;
  clock_ += ticks;
  if (const auto index = shown_->take(clock_, picture_)) index_ = *index;
  // an input that has ended stays on its last frame, here and in a replay
  if (index_ != expected && !shown_->ended()) events.emplace_back(ShowInput{index_});
  return &picture_;
}

bool LiveInput::live() const {
  return shown_ && shown_->live();
}

LiveInput::State LiveInput::state() const {
  State state = shown_ ? shown_->state() : State();
  if (coming_) {
    const State coming = coming_->state();
    state.awaited = coming.spec;
    state.awaited_trouble = coming.trouble;
  }
  return state;
}

void ReplayedInput::apply(const Event& event) {
  if (const auto* e = std::get_if<OpenInput>(&event)) {
    source_ = e->spec.empty() ? nullptr : open_set_input(e->spec, format_);
    picture_ = Planes();
    index_ = -1;
    next_ = 0;
  }
  if (const auto* e = std::get_if<ShowInput>(&event)) told_ = e->index;
}

const Planes* ReplayedInput::read(int64_t ticks) {
  if (!source_) return picture_.empty() ? nullptr : &picture_;
  const int64_t wanted = told_ ? *told_ : index_ + (index_ < 0 ? 1 : ticks);
  told_.reset();
  try {
    for (; next_ < wanted && !stop_requested() && source_->skip(); ++next_) {
    }
    if (next_ == wanted && source_->read(picture_)) ++next_;
  } catch (const Error& e) {
    warning(fmt::format("input: {}; keeping the last frame", e.what()));
    source_.reset();
  }
  index_ = wanted;
  return &picture_;
}

}  // namespace reverie
