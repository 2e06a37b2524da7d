// A sink that never makes the set wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "media/sink.h"

namespace reverie {

// Pictures are queued to a thread that opens the sink and encodes.  If it cannot keep up, only every second,
// then every fourth picture is taken: the recording's frame rate falls, its timing stays right.  A failure
// ends the recording with one message, but never the set.
class Recorder final : public Sink {
 public:
  using Open = std::function<std::unique_ptr<Sink>()>;

  // name: for messages. picture_bytes: of one picture, to limit the queue. sound_fps: of the pictures, if
  // sound comes with them; 0: none does.
  Recorder(std::string name, size_t picture_bytes, Open open, double sound_fps = 0);
  ~Recorder() override;  // finishes it first
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void write(const Planes& picture) override;
  void hold(int64_t frames) override;
  void write_sound(std::span<const float> samples) override;
  void finish() override;  // no more pictures; does not wait.  The last sound may still come
  void wait();             // no more pictures; waits until the file is complete or has failed
  std::string description() const override { return name_; }

  struct State {
    std::string name;
    int64_t frames = 0;      // recorded
    int64_t left_out = 0;    // because it could not keep up
    std::string failure;     // empty if all is well
    bool ending = false;     // takes no more pictures
    bool over = false;       // the file has its final name
    bool whole_set = false;  // it continues until the set ends
  };
  State state() const;

 private:
  struct Waiting {
    Planes picture;
    int64_t held = 0;  // frames for which the previous picture is held
  };
  void work(const Open& open);
  void write_all(Sink& sink);
  void write_last_sound(Sink& sink);
  void take_sound(Sink& sink);
  void fail(const std::string& why);
  int stride() const;

  const std::string name_;
  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  int64_t offered_ = 0, held_ = 0;
  const double sound_fps_;
  int64_t ticks_ = 0;         // pictures, and those for which one is held
  std::vector<float> sound_;  // that waits
  int64_t sounded_ = 0;       // frames of the sound that came
  State state_;
  bool closing_ = false, thinned_ = false;
  std::thread thread_;  // last: it starts when everything else is ready
};

}  // namespace reverie
