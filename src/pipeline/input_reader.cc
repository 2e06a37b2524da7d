#include "pipeline/input_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/log.h"

namespace reverie {
namespace {

constexpr size_t kAhead = 3;                          // frames of a file that are decoded ahead
constexpr std::chrono::milliseconds kRetry(500);      // before looking for a lost device again
constexpr std::chrono::milliseconds kPatience(1000);  // with a hanging device, at the end
constexpr double kHair = 1e-6;                        // frames: sums of a speed are not exact

int64_t whole_frames(double frames) {
  return static_cast<int64_t>(std::floor(frames + kHair));
}

}  // namespace

void InputReader::start() {
  std::thread([self = shared_from_this()] {
    self->work();
    const std::lock_guard lock(self->mutex_);
    self->over_ = true;
    self->changed_.notify_all();
  }).detach();
}

void InputReader::stop() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  changed_.notify_all();
}

void InputReader::wait_for_end() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPatience, [this] { return over_; });
}

bool InputReader::has_frame() const {
  const std::lock_guard lock(mutex_);
  return !ready_.empty();
}

std::optional<InputReader::Taken> InputReader::take(int64_t ticks, Planes& out) {
  const std::lock_guard lock(mutex_);
  std::optional<Taken> taken;
  // while a place is sought the last frame stays, and the way goes on from there
  if (shown_seek_ == asked_) playhead_ += static_cast<double>(ticks) * speed_;
  while (!ready_.empty()) {
    Frame& next = ready_.front();
    const bool sought = next.seek != shown_seek_;
    if (!live_ && !sought && next.way > whole_frames(playhead_)) break;
    if (sought) playhead_ = static_cast<double>(next.way);
    shown_seek_ = next.seek;
    shown_place_ = next.index;
    taken = {next.index, next.jumped || (taken && taken->jumped)};
    std::swap(out, next.picture);
    ready_.pop_front();
  }
  changed_.notify_all();
  return taken;
}

bool InputReader::live() const {
  const std::lock_guard lock(mutex_);
  return live_;
}

bool InputReader::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_ && ready_.empty();
}

InputState InputReader::state() const {
  const std::lock_guard lock(mutex_);
  InputState state;
  state.spec = spec_;
  state.description = description_;
  state.trouble = trouble_;
  const Clock::time_point now = Clock::now();
  state.fps = static_cast<double>(std::count_if(arrivals_.begin(), arrivals_.end(), [&](const auto& at) {
    return now - at <= std::chrono::seconds(1);
  }));
  state.has_speed = moves_;
  state.has_places = has_places_;
  state.speed = speed_;
  if (!has_places_) return state;
  state.place = seconds(shown_place_);
  if (length_) state.length = seconds(*length_);
  state.from = seconds(range_.begin);
  if (range_.end != InputRange::kOpenEnd) state.to = seconds(range_.end);
  return state;
}

void InputReader::work() {
  while (!closing()) {
    try {
      read_all();
      const std::lock_guard lock(mutex_);
      ended_ = !live_;
      if (ended_) return;
    } catch (const SourceRefused& e) {
      say(e.what());
      return;
    } catch (const std::exception& e) {
      say(e.what());
    }
    if (live()) say("it has ended");
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kRetry, [this] { return closing_; });
  }
}

void InputReader::read_all() {
  RangeSource source(spec_, format_);
  opened(source);
  while (!closing()) {
    begin_seek(source);
    // what nobody will see; decoding that cannot keep up still shows something
    for (int64_t pass = due(); pass > 0 && due() > 0 && !closing() && !seek_waits(); --pass) {
      if (!advance(source, nullptr)) return;
    }
    if (seek_waits()) continue;
    Planes picture;
    if (!advance(source, &picture) || !give(std::move(picture))) return;
  }
}

void InputReader::opened(const RangeSource& source) {
  const std::lock_guard lock(mutex_);
  const SourceInfo& info = source.info();
  live_ = info.live;
  has_places_ = source.can_seek();
  moves_ = !live_ && !info.still;
  description_ = info.description;
  if (!length_) length_ = info.pass;
  if (!trouble_.empty()) note(fmt::format("input {}: it is back", spec_));
  trouble_.clear();
  if (!live_) next_place_ = 0;
  if (is_open_ && has_places_) ask(index_);  // where it broke
  is_open_ = true;
  for (const PlayInput& how : std::exchange(before_, {})) obey(how);
}

void InputReader::play(const PlayInput& how) {
  const std::lock_guard lock(mutex_);
  if (is_open_) {
    obey(how);
  } else {
    before_.push_back(how);
  }
}

// Why it can never be played like that; empty if it can.
std::string InputReader::lack(const PlayInput& how) const {
  if (live_) return "it is live: it has no speed, no places to go to and no range";
  if (!moves_) return "it is a single picture: it has no speed, no places to go to and no range";
  const bool speed_alone = !how.seek && !how.from && !how.to;
  return has_places_ || speed_alone ? "" : "there are no places in it to go to, and no range";
}

void InputReader::obey(const PlayInput& how) {
  if (const std::string why = lack(how); !why.empty()) {
    if (!std::exchange(refused_, true)) refuse(why);  // a fader that moves asks many times
    return;
  }
  try {
    const InputRange range = wanted_range(how);
    const std::optional<int64_t> to = how.seek ? std::optional(place_of(*how.seek)) : std::nullopt;
    if (how.speed) speed_ = *how.speed;
    touched_ = true;
    range_ = range;
    // behind in the range before, it does not hurry through this one
    if (how.from || how.to) playhead_ = std::min(playhead_, static_cast<double>(way_));
    const bool outside =
        !range.holds(awaited_place()) ||
        std::any_of(ready_.begin(), ready_.end(), [&](const Frame& f) { return !range.holds(f.index); });
    if (to || (has_places_ && outside)) ask(to && range.holds(*to) ? *to : range.begin);
    changed_.notify_all();
  } catch (const Error& e) {
    refuse(e.what());
  }
}

void InputReader::refuse(const std::string& why) const {
  warning(fmt::format("input {}: {}", spec_, why));
}

void InputReader::ask(int64_t place) {
  ++asked_;
  asked_place_ = place;
  ready_.clear();
  changed_.notify_all();
}

// An end that is moved beyond the other leaves that one open.  A single frame would stand: it is no range.
InputRange InputReader::wanted_range(const PlayInput& how) const {
  if (!how.from && !how.to) return range_;
  InputRange range = range_;
  if (how.from) range.begin = place_of(*how.from);
  if (how.to) {
    const bool end = how.to->kind == InputTime::Kind::kShare && how.to->at >= 1;
    range.end = end ? InputRange::kOpenEnd : place_of(*how.to);
    if (how.to->kind == InputTime::Kind::kNow) ++range.end;  // what is shown belongs to it
  }
  if (range.begin >= range.end && !how.to) range.end = InputRange::kOpenEnd;
  if (range.begin >= range.end && !how.from) range.begin = 0;
  const bool whole = range.begin == 0 && range.end == InputRange::kOpenEnd;
  if (!whole && std::min(range.end, length_.value_or(InputRange::kOpenEnd)) - range.begin < 2)
    throw Error("its range must end after it begins");
  return range;
}

int64_t InputReader::place_of(const InputTime& time) const {
  if (time.kind == InputTime::Kind::kNow) return awaited_place();
  if (time.kind == InputTime::Kind::kShare) {
    if (time.at > 0 && !length_) throw Error("how long it is is not known before its first end");
    const int64_t length = length_.value_or(1);
    return std::min(whole_frames(time.at * static_cast<double>(length)), length - 1);
  }
  const auto place = static_cast<int64_t>(std::llround(time.at * format_.fps));
  if (length_ && place > *length_)
    throw Error(fmt::format("it is {:.4g} s long, and has no {:.4g} s", seconds(*length_), time.at));
  return place;
}

bool InputReader::closing() const {
  const std::lock_guard lock(mutex_);
  return closing_;
}

InputRange InputReader::range() const {
  const std::lock_guard lock(mutex_);
  return range_;
}

bool InputReader::seek_waits() const {
  const std::lock_guard lock(mutex_);
  return asked_ != seek_;
}

// How many frames to pass over until the next that a tick of the clock will show.
int64_t InputReader::due() const {
  const std::lock_guard lock(mutex_);
  if (live_ || first_ || shown_seek_ != asked_) return 0;
  const auto way = static_cast<double>(way_);
  const double ticks = speed_ > 0 ? std::max(0.0, std::ceil((way - playhead_) / speed_ - kHair)) : 0;
  return std::max<int64_t>(0, whole_frames(playhead_ + ticks * speed_) - way_);
}

void InputReader::begin_seek(RangeSource& source) {
  {
    const std::lock_guard lock(mutex_);
    if (asked_ == seek_) return;
    seek_ = asked_;
    next_place_ = asked_place_;
  }
  first_ = jumped_ = sought_ = true;
  source.seek(next_place_);
}

// Reads the next frame, or passes over it; after the end of the range comes its beginning.
bool InputReader::advance(RangeSource& source, Planes* out) {
  bool places = false;
  {
    const std::lock_guard lock(mutex_);
    places = has_places_;
  }
  for (bool again = false;; again = true) {
    const InputRange played = range();
    source.repeat(played);
    if (places && !played.holds(next_place_)) {
      next_place_ = played.begin;
      jumped_ = sought_ = true;
      source.seek(next_place_);
    }
    if (!source.read(out)) return false;
    const int64_t place = places ? source.place() : next_place_;
    if (place < next_place_) began_again();
    next_place_ = place + 1;
    sought_ = false;
    if (played.holds(place) || again) {
      index_ = place;
      break;
    }
  }
  const std::lock_guard lock(mutex_);
  ++way_;
  return true;
}

// Its end lies before next_place_: there, unless that was sought.
void InputReader::began_again() {
  const std::lock_guard lock(mutex_);
  jumped_ |= touched_;
  if (!sought_) length_ = next_place_;
  if (range_.begin >= next_place_) {
    range_ = {};
    refuse("it ends before its range begins");
  }
}

// False when no more frames are needed.
bool InputReader::give(Planes picture) {
  std::unique_lock lock(mutex_);
  count_arrival();
  if (live_) {
    ready_.clear();
  } else {
    changed_.wait(lock, [this] { return closing_ || asked_ != seek_ || ready_.size() < kAhead; });
  }
  if (closing_) return false;
  // who seeks further sees something on the way
  if (asked_ != seek_ && !first_) return true;
  ready_.push_back({way_ - 1, index_, seek_, jumped_, std::move(picture)});
  first_ = jumped_ = false;
  return true;
}

void InputReader::count_arrival() {
  const Clock::time_point now = Clock::now();
  arrivals_.push_back(now);
  while (now - arrivals_.front() > std::chrono::seconds(1)) arrivals_.pop_front();
}

// Once per problem, not each time the device is looked for.
void InputReader::say(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (closing_ || !trouble_.empty()) return;
  trouble_ = why;
  warning(fmt::format("input {}: {}; keeping the last frame", spec_, why));
}

}  // namespace reverie
