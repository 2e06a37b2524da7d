#include "link/link_session.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>

#include <ableton/Link.hpp>

namespace reverie {
namespace {

using Time = std::chrono::microseconds;

constexpr Time kFresh = std::chrono::seconds(1);
constexpr double kSlowest = 20, kFastest = 999;  // beats per minute that Link knows
constexpr double kSameTempo = 0.005;             // beats per minute
constexpr double kSameBeat = 0.005;              // beats

}  // namespace

struct LinkSession::Joined {
  Joined(double tempo, int beats_per_bar) : link(tempo), quantum(beats_per_bar) {}

  // Link lets a newcomer know nothing of starts and stops before it came, and moves the time of the last one
  // when the tempo changes: only a time that is near is a new start or stop.
  void follow_transport(ableton::Link::SessionState& state, Time now, size_t peers) {
    const bool playing = state.isPlaying();
    const Time when = state.timeForIsPlaying();
    const bool fresh = std::chrono::abs(now - when) < kFresh && when != changed_at;
    const bool news = playing != was_playing || fresh;
    was_playing = playing;
    changed_at = when;
    if (peers == 0) {
      if (stopped) put(state, held, now);  // who stopped it has gone
    } else if (news && !playing && !stopped) {
      stopped = true;
      held = std::max(waiting ? 0 : state.beatAtTime(now, quantum) - origin, 0.0);
    } else if (news && playing && stopped) {
      stopped = false;
      waiting = true;
      // the beginning of a bar
      origin = std::ceil(state.beatAtTime(when, quantum) / quantum - kSameBeat) * quantum;
    }
  }

  void put(ableton::Link::SessionState& state, double beats, Time now) {
    state.requestBeatAtTime(beats, now, quantum);
    link.commitAppSessionState(state);
    origin = 0;
    stopped = waiting = false;
  }

  ableton::Link link;
  const double quantum;
  std::mutex mutex;   // protects what follows
  double origin = 0;  // the session's beat from which this one counts
  double held = 0;    // the beat while stopped
  bool stopped = false, was_playing = false;
  bool waiting = false;  // started, for the bar to begin
  Time changed_at{};
};

LinkSession::LinkSession(double tempo, int quantum) : joined_(std::make_unique<Joined>(tempo, quantum)) {
  joined_->changed_at = joined_->link.captureAppSessionState().timeForIsPlaying();
  joined_->link.enableStartStopSync(true);
  joined_->link.enable(true);
  place(0);
}

LinkSession::~LinkSession() = default;

size_t LinkSession::peers() const {
  return joined_->link.numPeers();
}

LinkBeat LinkSession::beat() {
  Joined& j = *joined_;
  const std::lock_guard lock(j.mutex);
  auto state = j.link.captureAppSessionState();
  const Time now = j.link.clock().micros();
  LinkBeat b;
  b.peers = j.link.numPeers();
  b.tempo = state.tempo();
  j.follow_transport(state, now, b.peers);
  b.stopped = j.stopped;
  b.beats = j.stopped ? j.held : state.beatAtTime(now, j.quantum) - j.origin;
  if (j.waiting && b.beats >= 0) j.waiting = false;
  if (j.waiting) b.beats = 0;
  return b;
}

void LinkSession::set_tempo(double beats_per_minute) {
  beats_per_minute = std::clamp(beats_per_minute, kSlowest, kFastest);
  auto state = joined_->link.captureAppSessionState();
  if (std::abs(state.tempo() - beats_per_minute) < kSameTempo) return;
  state.setTempo(beats_per_minute, joined_->link.clock().micros());
  joined_->link.commitAppSessionState(state);
}

void LinkSession::place(double beats) {
  Joined& j = *joined_;
  const std::lock_guard lock(j.mutex);
  auto state = j.link.captureAppSessionState();
  const Time now = j.link.clock().micros();
  if (j.link.numPeers() > 0) return;
  if (std::abs(state.beatAtTime(now, j.quantum) - j.origin - beats) >= kSameBeat) j.put(state, beats, now);
}

bool link_is_built_in() {
  return true;
}

}  // namespace reverie
