// Plays a chain and everything that a performer does to it; the same offline, live and in a replay, because
// all that happens comes as events between frames.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/event.h"
#include "control/player.h"

namespace reverie {

class ChainPlayer {
 public:
  // Draws from the seeds of the chain's parts.  Error when a part's files are missing or do not fit, and when
  // its frames would take more memory than there is.
  ChainPlayer(PlayerSetup setup, const Chain& chain);
  ~ChainPlayer();
  ChainPlayer(const ChainPlayer&) = delete;
  ChainPlayer& operator=(const ChainPlayer&) = delete;

  // Before the next frame.  Error for what is not allowed and for a process that could not be made; the set
  // then goes on as before.  Events of the input and the clock do nothing here.
  void apply(const Event& event);

  // The events that begin what is ready, and the one to apply in place of an event that failed.
  std::vector<Event> ready() const;
  static Event abandoning(const Event& begin);

  // Runs one part's work, or not: then its picture is that of the part before.
  using Around =
      std::function<void(const std::string& part, const std::function<void()>& work, const Planes& result)>;

  // Makes the next frame, [3, height, width] in 0..1.  false: it is black, because there is neither a picture
  // coming in nor a part that makes one.
  bool process(const Frame& frame, Planes& out, const Around& around);

  // The bytes that its frames will take on top of what it holds by now, as far as its parts know.
  double bytes_ahead() const;
  // Whether its first part wants to see the whole input before the first frame, offline: all its pictures, in
  // order.
  bool looks_ahead() const;
  void look_ahead(const Planes& picture);

  // What it is in the middle of, between two frames of a chain that nobody plays on: as Effect::save() and
  // load().
  void save(State& to) const;
  void load(const State& from);

  // What is played or on its way, with all that the knobs did to it.
  Chain chain() const;
  // The last frame's values of every part, modulated.
  std::vector<std::pair<std::string, ParameterValues>> values() const;
  bool fading() const;                            // a process or a chain fades in
  bool cued() const { return cued_ != nullptr; }  // a chain waits for the crossfader
  bool needs_flow() const;                        // a part looks at the flow of the input: Frame::flow

  // The set's pool.
  Threads& threads() { return *setup_.pool; }

 private:
  struct Slot;  // a part at its place
  struct Rack;  // the parts of a chain in their order
  struct Job;   // a rack being made beside the running one

  void apply_to_parts(Rack& rack, const Event& event);
  void change_chain(const ChangeChain& change);
  void begin_chain();
  void begin_cue();
  void crossfade(double share);
  void retire(std::vector<std::unique_ptr<Rack>>::iterator rack);
  Chain playing() const;  // whatever is on its way
  void start_job(Job& job, const Frame& frame);
  void do_later(Rack& rack, const Job& job);
  void abandon(std::unique_ptr<Job>& job);
  bool play(Rack& rack, const Frame& frame, const Around& around);
  void play_or_black(Rack& rack, const Frame& frame, const Around& around);
  const Planes* mix_racks(const Frame& frame, const Around& around);
  bool play_main(const Frame& frame, Planes& out, const Around& around);
  bool play_crossfade(const Frame& frame, Planes& out, const Around& around);

  PlayerSetup setup_;
  std::vector<std::unique_ptr<Rack>> racks_;  // the last is the one that is played; before it one that fades
  std::unique_ptr<Job> job_;
  std::vector<std::unique_ptr<Job>> abandoned_;  // nobody waits for them any more
  std::vector<std::unique_ptr<Rack>> retired_;   // likewise
  Planes mixed_, shown_, ghost_;
  double fade_start_ = 0, fade_seconds_ = 0;
  int64_t fade_frame_ = 0;
  bool keeps_before_ = false;  // the rack that fades waits for the crossfader afterwards

  struct Ramp {  // of a share, over the seconds after the first frame that sees it
    double from = 1, to = 1, seconds = 0;
    std::optional<double> start = {};
    double at(double now);
    bool over(double now) const { return start && now - *start >= seconds; }
  };
  Ramp light_;

  std::unique_ptr<Rack> cued_;    // stands still at this end of the crossfader
  std::unique_ptr<Job> cue_job_;  // one being made
  Ramp cross_ = {0, 0, 0, {}};    // its share
  Planes main_;                   // the last picture of the racks, while one is cued
  bool cued_turn_ = false;
  bool frozen_ = false, held_ = false;
  Planes still_;
};

}  // namespace reverie
