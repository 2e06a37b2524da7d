// Ableton Link: a tempo and a beat that programs and instruments of a network share.
#pragma once

#include <cstddef>
#include <memory>

namespace reverie {

struct LinkBeat {
  size_t peers = 0;  // others in the session
  double tempo = 0;  // beats per minute
  double beats =
      0;  // whole on the beat, a multiple of the quantum where a bar begins; constant while stopped
  bool stopped = false;  // by a peer
};

// Joined from construction to destruction.  All functions are thread-safe and never wait long.
class LinkSession {
 public:
  // tempo: until there is a session to join.  quantum: beats per bar.  Error where Reverie was built without
  // Link.
  LinkSession(double tempo, int quantum);
  ~LinkSession();
  LinkSession(const LinkSession&) = delete;
  LinkSession& operator=(const LinkSession&) = delete;

  size_t peers() const;
  // Now.  Call it regularly: a stop or start that came since the last call is followed.
  LinkBeat beat();
  // The tempo of everyone in the session, from now on; 20 to 999, what is beyond becomes the nearest.
  void set_tempo(double beats_per_minute);
  // Counts `beats` now, unless somebody shares the session's bars.
  void place(double beats);

 private:
  struct Joined;
  std::unique_ptr<Joined> joined_;
};

bool link_is_built_in();

}  // namespace reverie
