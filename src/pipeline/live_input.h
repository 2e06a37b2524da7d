// The input of a set: it never makes the engine wait, and may come and go.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/event.h"
#include "media/source.h"

namespace reverie {

// How a set reads its input: at the engine's size and rate, looped.
struct InputFormat {
  int width = 0, height = 0;  // pixels
  double fps = 30;
  Fit fit = Fit::kCrop;
  Deinterlace deinterlace = Deinterlace::kAuto;
};
std::unique_ptr<Source> open_set_input(const std::string& spec, const InputFormat& format);

// A separate thread reads ahead of the clock (a file) or keeps the newest frame (a camera).  If the input
// breaks or is unplugged, its last frame stays, a message says so, and it is reopened as soon as it is
// available.
class LiveInput {
 public:
  explicit LiveInput(InputFormat format);
  ~LiveInput();
  LiveInput(const LiveInput&) = delete;
  LiveInput& operator=(const LiveInput&) = delete;

  // Requests another input; it is shown once its first frame is ready.  Empty: none.
  void open(const std::string& spec);

  // The frame to show now, `ticks` of the clock after the last call: [3, H, W], or null if there is none.
  // Never waits.  Appends the events that a replay needs.
  const Planes* read(int64_t ticks, std::vector<Event>& events);

  struct State {
    std::string spec;         // what is shown; empty: none
    std::string description;  // "clip.mp4: h264 640x360 at 25 fps in mov"
    std::string trouble;      // why nothing new arrives; empty if all is well
    double fps = 0;           // frames received in the last second
    std::string awaited;      // what was asked for and has no frame yet; empty: nothing
    std::string awaited_trouble;

    bool wanted() const { return !spec.empty() || !awaited.empty(); }
  };
  State state() const;
  int64_t index() const { return index_; }  // of the shown frame, counted in its own input
  bool live() const;                        // a camera or a broadcast, which cannot be replayed

 private:
  class Reader;
  InputFormat format_;
  std::shared_ptr<Reader> shown_, coming_;
  Planes picture_;
  int64_t index_ = -1;  // of the shown frame
  int64_t clock_ = -1;  // of the frame that should be shown
};

// Reproduces the input from the events of a session.
class ReplayedInput {
 public:
  explicit ReplayedInput(InputFormat format) : format_(format) {}

  void apply(const Event& event);
  const Planes* read(int64_t ticks);

 private:
  InputFormat format_;
  std::unique_ptr<Source> source_;
  Planes picture_;
  int64_t index_ = -1;  // of the shown frame
  int64_t next_ = 0;    // that the source returns next
  std::optional<int64_t> told_;
};

}  // namespace reverie
