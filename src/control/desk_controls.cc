// The desk's knobs of the set: the crossfader, how the input is played.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control/desk.h"
#include "core/error.h"

namespace reverie {
namespace {

constexpr const char *kCrossfader = "crossfader", *kInputFade = "input_fade";

void check(const char* what, double value, double most) {
  if (!(value >= 0 && value <= most))
    throw Error("play the input", fmt::format("{} {}", what, value), fmt::format("it must be 0 to {}", most));
}

}  // namespace

ParameterValues Desk::controls() const {
  const std::lock_guard lock(mutex_);
  return controls_;
}

void Desk::set_control(const std::string& name, const std::string& value) {
  ParameterValues next(set_controls());
  next.parse(name, value);  // Error where it is not allowed
  const double to = next.number(name);
  for (const InputSide side : {InputSide::kA, InputSide::kB}) {
    if (name == input_speed_control(side)) return play_input({.speed = to, .side = side});
    if (name == input_position_control(side))
      return play_input({.seek = InputTime{InputTime::Kind::kShare, to}, .side = side});
  }
  name == kInputFade ? fade_input(to) : crossfade(to);
  told(std::string(kSetPart) + "." + name);
}

void Desk::open_input(const std::string& spec, InputSide side) {
  {
    const std::lock_guard lock(mutex_);
    send_(OpenInput{spec, side});
  }
  turn_input_knobs(side, 1.0, 0.0);
}

void Desk::fade_input(double share) {
  const std::lock_guard lock(mutex_);
  controls_.set(kInputFade, share);
  send_(FadeInput{share});
}

void Desk::play_input(const PlayInput& how) {
  if (how.speed) check("at speed", *how.speed, kMostInputSpeed);
  for (const auto& time : {how.seek, how.from, how.to}) {
    if (time && time->kind == InputTime::Kind::kSeconds) check("at second", time->at, kLongestInput);
    if (time && time->kind == InputTime::Kind::kShare) check("at its share", time->at, 1);
  }
  {
    const std::lock_guard lock(mutex_);
    send_(how);
  }
  const bool share = how.seek && how.seek->kind == InputTime::Kind::kShare;
  turn_input_knobs(how.side, how.speed, share ? std::optional(how.seek->at) : std::nullopt);
}

void Desk::turn_input_knobs(InputSide side, std::optional<double> speed, std::optional<double> position) {
  for (const auto& [name, value] :
       {std::pair(input_speed_control(side), speed), {input_position_control(side), position}}) {
    {
      const std::lock_guard lock(mutex_);
      if (!value || controls_.number(name) == *value) continue;
      controls_.set(name, *value);
    }
    told(fmt::format("{}.{}", kSetPart, name));
  }
}

void Desk::pause_input(InputSide side) {
  std::atomic<double>& paused = paused_speed_[static_cast<size_t>(side)];
  const double speed = control(input_speed_control(side));
  if (speed == 0) return play_input({.speed = paused, .side = side});
  paused = speed;
  play_input({.speed = 0, .side = side});
}

// What keeps its name keeps its draws.  Call with the mutex held.
Chain Desk::with_seeds(Chain chain) const {
  draw_seeds(chain, now_.chain.parts.front().seed);
  for (Part& part : chain.parts) {
    if (const Part* before = now_.chain.find(part.name)) part.seed = before->seed;
  }
  return chain;
}

void Desk::cue(const std::string& name) {
  const Chain chain = load_chain(name);
  const std::lock_guard lock(mutex_);
  const double at = controls_.number(kCrossfader);
  if (at > 0 && at < 1)
    throw Error("cue", name, "the crossfader is between two presets", "bring it to an end");
  cued_ = just_loaded(with_seeds(chain));
  cued_changed_ = cued_left_ = false;
  ++version_;
  send_(CueChain{cued_->chain});
}

std::filesystem::path Desk::neighbour(const std::string& name, int by) const {
  const std::vector<PresetEntry> all = presets();
  if (all.empty()) throw Error("there are no presets");
  const auto it = std::find_if(all.begin(), all.end(), [&](const PresetEntry& e) { return e.name == name; });
  const auto count = static_cast<std::ptrdiff_t>(all.size());
  const std::ptrdiff_t from = it != all.end() ? it - all.begin() : by > 0 ? -1 : count;
  return all[static_cast<size_t>(((from + by) % count + count) % count)].path;
}

void Desk::cue_step(int by) {
  const std::string waits = cued();
  bool left = false;
  {
    const std::lock_guard lock(mutex_);
    left = cued_left_;
  }
  cue(neighbour(waits.empty() || left ? chain().name() : waits, by).string());
}

std::string Desk::cued() const {
  const std::lock_guard lock(mutex_);
  return cued_ ? cued_->chain.name() : "";
}

bool Desk::at_one() const {
  const std::lock_guard lock(mutex_);
  return at_one_;
}

void Desk::crossfade(double position) {
  const auto share = [&] { return at_one_ ? 1 - position : position; };
  bool nothing = false;
  {
    const std::lock_guard lock(mutex_);
    nothing = !cued_ && share() > 0;
  }
  if (nothing) cue_step(1);
  bool arrived = false;
  {
    const std::lock_guard lock(mutex_);
    controls_.set(kCrossfader, position);
    if (!cued_) return;
    send_(Crossfade{share()});
    arrived = share() >= 1;
    if (arrived) {
      const bool was_changed = changed_;
      remember("");
      std::swap(now_, *cued_);
      changed_ = std::exchange(cued_changed_, was_changed);
      at_one_ = !at_one_;
      cued_left_ = true;
    }
    ++version_;
  }
  if (arrived) told("");
}

}  // namespace reverie
