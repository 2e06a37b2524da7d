// The input of a set: it never makes the engine wait, and may come and go.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/event.h"
#include "pipeline/input_reader.h"

namespace reverie {

// A separate thread reads ahead of the clock (a file) or keeps the newest frame (a camera).  If the input
// breaks or is unplugged, its last frame stays, a message says so, and it is reopened as soon as it is
// available.
class LiveInput {
 public:
  explicit LiveInput(InputFormat format, InputSide side = InputSide::kA);
  ~LiveInput();
  LiveInput(const LiveInput&) = delete;
  LiveInput& operator=(const LiveInput&) = delete;

  // Requests another input; it is shown once its first frame is ready.  Empty: none.
  void open(const std::string& spec);

  // The frame to show now, `ticks` of the clock after the last call: [3, H, W], or null if there is none.
  // Never waits.  Appends the events that a replay needs.
  const Planes* read(int64_t ticks, std::vector<Event>& events);

  // Of what was opened last, unless that cannot be read.
  void play(const PlayInput& how);

  using State = InputState;
  State state() const;
  int64_t index() const { return index_; }  // of the shown frame, counted in its own input
  bool jumped() const { return jumped_; }   // the shown frame does not follow the one before
  InputSide side() const { return side_; }
  bool live() const;  // a camera or a broadcast, which cannot be replayed

 private:
  InputFormat format_;
  InputSide side_;
  std::shared_ptr<InputReader> shown_, coming_;
  Planes picture_;
  int64_t index_ = -1;  // of the shown frame
  bool jumped_ = false;
};

// Reproduces an input from the events of a session.
class ReplayedInput {
 public:
  explicit ReplayedInput(InputFormat format, InputSide side = InputSide::kA) : format_(format), side_(side) {}

  // Those of the other side do nothing.
  void apply(const Event& event);
  const Planes* read(int64_t ticks);

 private:
  void go_to(int64_t wanted);

  InputFormat format_;
  InputSide side_;
  std::unique_ptr<Source> source_;
  Planes picture_;
  int64_t index_ = -1;  // of the shown frame
  int64_t next_ = 0;    // that the source returns next
  std::optional<int64_t> told_;
};

}  // namespace reverie
