// A set: the engine on its own thread, at its own pace, and everything that happens between two frames.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "control/event.h"
#include "control/heard_signals.h"
#include "pipeline/frame_loop.h"
#include "pipeline/frame_times.h"
#include "pipeline/input_fader.h"
#include "pipeline/kept_input.h"
#include "pipeline/live_input.h"
#include "pipeline/live_sound.h"
#include "pipeline/recorder.h"
#include "pipeline/session_log.h"

namespace reverie {

struct LiveRequest {
  Chain chain = Preset();
  std::string input;  // as open_source() takes it; empty: none
  std::optional<PlayInput> play_input = {};
  std::string input_b = {};  // likewise
  double input_fade = 0;     // from the one to the other
  int width = 0, height = 0;
  double fps = 30;  // of the engine's clock
  uint64_t seed = 1;
  int threads = 0;  // 0: one per core
  std::string kernel = "auto";
  Fit fit = Fit::kCrop;
  Deinterlace deinterlace = Deinterlace::kAuto;
  std::string session = {};            // the file; empty: none
  std::vector<std::string> also = {};  // sinks from the start, as for open_sink()
  // Stores live inputs, and what is heard, losslessly next to the session, so that it can be rendered again
  // with them.
  bool keep_input = false;
  std::optional<double> seconds = {};  // ends the set automatically
  // What is heard at a time of the clock, given the signals of the input's own sound; null: only that.
  std::function<Signals(double seconds, const Signals& input)> signals = {};
  SoundFeed* feed = nullptr;  // sound for the recordings, in place of the input's; outlives the set
  bool check = false;         // checks every step's result
};

struct LiveStatus {
  int64_t frames = 0;                   // made
  int64_t skipped = 0;                  // ticks of the clock without a frame
  double seconds = 0;                   // of the clock
  double median_ms = 0, p99_ms = 0;     // work per frame, over the last ones
  FrameTimes work, between;             // ms of work per frame, and between frames, over the whole set
  double fps = 0;                       // frames in the last second
  bool fading = false, making = false;  // a process fades in; one is being built
  bool cued = false;                    // a chain waits for the crossfader
  LiveInput::State input, input_b;
  std::vector<Recorder::State> recordings;
  Signals signals;
  bool output_failed = false;  // at the end: a sink for the whole set failed
};

class LiveSet {
 public:
  // Error if the preset or a sink cannot be opened; then nothing has started.
  explicit LiveSet(LiveRequest request);
  ~LiveSet();  // stop(), and closes all files
  LiveSet(const LiveSet&) = delete;
  LiveSet& operator=(const LiveSet&) = delete;

  // From any thread; it happens before the next frame.  refused is called, on the engine's thread, where an
  // event is not allowed, with what plays on.
  void send(Event event);
  using Refused = std::function<void(const std::string& why, const Chain& plays_on)>;
  void on_refused(Refused refused);

  // Error if a file of that name exists, or is being written.
  void start_recording(const std::string& target);
  void stop_recordings();  // those that were started; sinks from the start continue

  // Over: by stop(), by its length, or by an error, which wait() then throws.
  bool over() const { return over_; }
  void stop();
  void wait();

  LiveStatus status() const;

  // The newest picture and the values it was computed with, if it is newer than `frame`; null otherwise.
  struct Shown {
    int64_t frame = 0;
    Planes picture;                                               // [3, H, W] in 0..1
    std::vector<std::pair<std::string, ParameterValues>> values;  // of every part

    const ParameterValues* values_of(const std::string& part) const;  // null where it does not play
  };
  std::shared_ptr<const Shown> newest(int64_t frame) const;

  int width() const { return request_.width; }
  int height() const { return request_.height; }

 private:
  void work();
  void run();
  bool wait_for_tick();
  void happen();                   // applies everything that was sent
  bool apply(const Event& event);  // false if it was rejected
  void log(const Event& event);
  struct Inlet;
  Inlet& inlet(InputSide side) { return inlets_[static_cast<size_t>(side)]; }
  void prepare_inputs();
  const Planes* read_inputs(int64_t ticks);
  const Planes* read_input(Inlet& from, int64_t ticks);
  void show_input(const std::string& spec);
  void follow_input();
  Signals hear(const FrameTime& time);
  void hold(std::chrono::steady_clock::time_point begun, double ms);
  void publish(double ms);
  std::shared_ptr<Shown> unseen();
  struct Recording {
    std::shared_ptr<Recorder> recorder;
    bool whole_set;
    bool with_sound = false;
    bool of_input = false;    // what comes in is stored, not the set's pictures
    int64_t sound_from = -1;  // of its first picture, in frames at kSoundRate; -1: there is none yet
  };
  std::shared_ptr<Recorder> add_recorder(const std::string& target, bool whole_set,
                                         const SinkOptions& options, Recorder::Open open,
                                         bool of_input = false);
  void write_recordings(const Planes& picture);
  void record_sound();
  void keep_sound();
  void finish_sound();
  void close_recordings();
  SinkOptions sink_options() const;
  double seconds() const { return static_cast<double>(loop_->tick()) / request_.fps; }  // of the clock

  LiveRequest request_;
  struct Inlet {
    std::unique_ptr<LiveInput> input;
    std::unique_ptr<KeptInput> kept;  // null: it is not stored
  };
  std::array<Inlet, 2> inlets_;  // by InputSide
  InputFader fader_;
  LiveSound sound_;
  double input_speed_ = 1;
  bool keeps_sound_ = false;              // beside the session
  std::shared_ptr<CheckReport> checked_;  // null: no checks
  std::unique_ptr<FrameLoop> loop_;
  std::unique_ptr<SessionLog> session_;
  std::vector<Event> input_events_;
  HeardSignals heard_;
  std::chrono::steady_clock::time_point origin_;    // of the clock
  std::vector<std::shared_ptr<Shown>> kept_shown_;  // whose memory is reused
  double delay_ms_ = 0;                             // from the start of a frame until it is shown

  mutable std::mutex mutex_;  // protects everything below
  std::condition_variable changed_;
  std::deque<Event> sent_;
  Refused refused_;
  std::vector<Recording> recordings_;
  std::shared_ptr<const Shown> shown_;
  LiveStatus status_;
  std::deque<float> frame_ms_;
  std::deque<std::chrono::steady_clock::time_point> made_;
  bool stopping_ = false;
  std::exception_ptr failure_;

  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace reverie
