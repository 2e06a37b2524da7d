// A sink that never makes the set wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "media/sink.h"

namespace reverie {

// Pictures queue to a thread that opens the sink and encodes.  If that cannot keep up, every second, then
// every fourth picture is taken: the recording's rate falls, its time stays right.  What fails ends the
// recording with one line, and never the set.
class Recorder final : public Sink {
 public:
  using Open = std::function<std::unique_ptr<Sink>()>;

  // name: for messages.  picture_bytes: of one picture, to bound the queue.
  Recorder(std::string name, size_t picture_bytes, Open open);
  ~Recorder() override;  // finishes it first
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void write(const Planes& picture) override;
  void hold(int64_t frames) override;
  void finish() override;  // no more pictures; does not wait
  void wait();             // no more pictures, and the file is whole or has failed
  std::string description() const override { return name_; }

  struct State {
    std::string name;
    int64_t frames = 0;      // taken
    int64_t left_out = 0;    // because it could not keep up
    std::string failure;     // empty where all is well
    bool ending = false;     // no more pictures are taken
    bool over = false;       // the file has its name
    bool whole_set = false;  // it goes on until the set ends
  };
  State state() const;

 private:
  struct Waiting {
    Planes picture;
    int64_t held = 0;  // frames that the picture before stays on
  };
  void work(const Open& open);
  void write_all(Sink& sink);
  void fail(const std::string& why);
  int stride() const;

  const std::string name_;
  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  int64_t offered_ = 0, held_ = 0;
  State state_;
  bool closing_ = false, thinned_ = false;
  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace reverie
