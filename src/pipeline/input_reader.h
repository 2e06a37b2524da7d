// The thread that reads one input of a set, and how it is played.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/event.h"
#include "pipeline/range_source.h"

namespace reverie {

struct InputState {
  std::string spec;         // what is shown; empty: none
  std::string description;  // "clip.mp4: h264 640x360 at 25 fps in mov"
  std::string trouble;      // why nothing new arrives; empty if all is well
  double fps = 0;           // frames received in the last second
  std::string awaited;      // what was asked for and has no frame yet; empty: nothing
  std::string awaited_trouble;

  bool has_speed = false;        // it is neither live nor a single picture
  bool has_places = false;       // it can be sought in
  double speed = 1;              // 0: it stands
  double place = 0;              // of what is shown, in seconds
  std::optional<double> length;  // seconds, as far as it is known
  double from = 0;               // of the range that is played, in seconds
  std::optional<double> to;      // its end; nothing: that of the input

  bool wanted() const { return !spec.empty() || !awaited.empty(); }
};

// Reads ahead of the clock (a file) or keeps the newest frame (a camera).  It keeps itself alive, so a
// hanging device delays nobody.
//
// Frames come along a way: each is one further than the last, wherever in the clip it is from.  The playhead
// goes along that way at the speed that is set.
class InputReader : public std::enable_shared_from_this<InputReader> {
 public:
  InputReader(std::string spec, const InputFormat& format) : spec_(std::move(spec)), format_(format) {}

  void start();
  void stop();
  void wait_for_end();

  // What it cannot do is said once, and has no effect.
  void play(const PlayInput& how);

  bool has_frame() const;
  struct Taken {
    int64_t index = 0;    // of the frame: its place in what can be sought in, else its number
    bool jumped = false;  // it does not follow the one before
  };
  // The frame to show `ticks` of the clock after the last call; nothing if that is still the last one.
  std::optional<Taken> take(int64_t ticks, Planes& out);

  const std::string& spec() const { return spec_; }
  bool live() const;
  bool ended() const;  // and its last frame was taken
  InputState state() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Frame {
    int64_t way = 0, index = 0;
    int64_t seek = 0;  // the number of the last seek before it
    bool jumped = false;
    Planes picture;
  };
  void work();
  void read_all();
  void opened(const RangeSource& source);
  void begin_seek(RangeSource& source);
  bool advance(RangeSource& source, Planes* out);
  void began_again();
  bool give(Planes picture);
  bool closing() const;
  InputRange range() const;
  int64_t due() const;
  bool seek_waits() const;
  void count_arrival();
  void say(const std::string& why);

  // Call with the mutex held.
  std::string lack(const PlayInput& how) const;
  void obey(const PlayInput& how);
  void refuse(const std::string& why) const;
  void ask(int64_t place);
  InputRange wanted_range(const PlayInput& how) const;
  int64_t place_of(const InputTime& time) const;
  // Of what is shown, or sought.
  int64_t awaited_place() const { return shown_seek_ == asked_ ? shown_place_ : asked_place_; }
  double seconds(int64_t frames) const { return static_cast<double>(frames) / format_.fps; }

  const std::string spec_;
  const InputFormat format_;

  // Of the reading thread alone
  int64_t next_place_ = 0;
  int64_t index_ = 0;  // of the last frame
  int64_t seek_ = 0;   // the number of the one that was begun last
  bool first_ = true;  // the next frame is the first after a seek that was asked for
  bool sought_ = false, jumped_ = false;

  mutable std::mutex mutex_;  // protects everything below
  std::condition_variable changed_;
  std::deque<Frame> ready_;
  std::deque<Clock::time_point> arrivals_;
  std::deque<PlayInput> before_;  // asked for before it was open
  std::string description_, trouble_;
  std::optional<int64_t> length_;  // frames of a pass
  InputRange range_;
  double speed_ = 1, playhead_ = 0;
  int64_t way_ = 0;                            // of the next frame to read
  int64_t asked_ = 0, asked_place_ = 0;        // the number of the last seek, and where to
  int64_t shown_seek_ = -1, shown_place_ = 0;  // of the frame that was taken last
  bool touched_ = false;                       // its speed, place or range were set
  bool live_ = false, has_places_ = false, moves_ = false, is_open_ = false, refused_ = false;
  bool closing_ = false, over_ = false, ended_ = false;
};

}  // namespace reverie
