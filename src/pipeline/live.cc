#include "pipeline/live.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "media/picture.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kTimedFrames = 300;                  // used for the median and the 99th percentile
constexpr std::chrono::milliseconds kLastSound(600);  // that it is awaited, at the end
constexpr double kNearlyTheBeat = 1e-6;               // beats: below this, nothing new was heard

std::chrono::nanoseconds nanoseconds(double seconds) {
  return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

float percentile(std::vector<float> values, double share) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

bool same(const Signals& a, const Signals& b) {
  return a.level == b.level && a.bass == b.bass && a.mid == b.mid && a.treble == b.treble &&
         a.onset == b.onset && a.tempo == b.tempo && std::abs(a.beats - b.beats) < kNearlyTheBeat;
}

// Reads pictures, and caches the last ones while their files do not change: dragging a slider recreates its
// preset many times per second, with all its maps.  Thread-safe.
class PictureMemory {
 public:
  Planes read(const std::filesystem::path& path) {
    std::error_code code;
    const auto written = std::filesystem::last_write_time(path, code);
    {
      const std::lock_guard lock(mutex_);
      for (const Kept& k : kept_) {
        if (!code && k.path == path && k.written == written) return k.picture;
      }
    }
    Planes picture = read_picture(path);
    const std::lock_guard lock(mutex_);
    kept_.push_back({path, written, picture});
    for (samples_ += picture.data().size(); samples_ > kMostSamples; kept_.pop_front())
      samples_ -= kept_.front().picture.data().size();
    return picture;
  }

 private:
  static constexpr size_t kMostSamples = size_t{32} << 20U;  // 128 MB
  struct Kept {
    std::filesystem::path path;
    std::filesystem::file_time_type written;
    Planes picture;
  };
  std::mutex mutex_;
  std::deque<Kept> kept_;
  size_t samples_ = 0;  // in total
};

}  // namespace

LiveSet::LiveSet(LiveRequest request) : request_(std::move(request)), sound_(request_.feed, request_.fps) {
  FrameLoopSetup setup;
  if (request_.check) checked_ = std::make_shared<CheckReport>();
  PlayerSetup player = {request_.width,  request_.height, request_.threads,
                        request_.kernel, nullptr,         checked_};
  player.read_picture = [memory = std::make_shared<PictureMemory>()](const std::filesystem::path& path) {
    return memory->read(path);
  };
  draw_seeds(request_.chain, request_.seed);
  setup.player = std::make_unique<ChainPlayer>(player, request_.chain);
  setup.input = [this](int64_t ticks) { return read_inputs(ticks); };
  setup.signals = [this](const FrameTime& time) { return hear(time); };
  setup.watchers.emplace_back([this](int64_t, const Planes& picture) { write_recordings(picture); });
  setup.fps = request_.fps;
  setup.check = request_.check;
  loop_ = std::make_unique<FrameLoop>(std::move(setup));
  prepare_inputs();

  SinkOptions options = sink_options();
  if (!request_.also.empty())
    options.comes_with_sound = (request_.feed && request_.feed->listening()) || has_sound(request_.input);
  for (const std::string& target : request_.also) {
    // opened here, so that a wrong name ends the command and not the show
    auto sink = std::make_shared<std::unique_ptr<Sink>>(open_sink(target, options));
    add_recorder(target, true, options, [sink] { return std::move(*sink); });
  }
  if (!request_.session.empty()) {
    SessionStart start(request_.chain);
    start.version = REVERIE_VERSION;
    start.fps = request_.fps;
    start.width = request_.width;
    start.height = request_.height;
    start.seed = request_.seed;
    start.kernel = request_.kernel;
    start.fit = request_.fit;
    start.deinterlace = request_.deinterlace;
    session_ = std::make_unique<SessionLog>(request_.session, start);
  }
  thread_ = std::thread([this] { work(); });
}

void LiveSet::prepare_inputs() {
  const InputFormat format = {request_.width, request_.height, request_.fps, request_.fit,
                              request_.deinterlace};
  for (const InputSide side : {InputSide::kA, InputSide::kB}) {
    inlet(side).input = std::make_unique<LiveInput>(format, side);
    const std::string& spec = side == InputSide::kA ? request_.input : request_.input_b;
    if (!spec.empty()) inlet(side).input->open(spec);
    if (!request_.keep_input || request_.session.empty()) continue;
    const std::string session = std::filesystem::absolute(request_.session).string();
    const auto record = [this](const std::string& file) {
      const SinkOptions options = sink_options();
      return add_recorder(
          file, true, options, [file, options] { return open_sink(file, options); }, true);
    };
    inlet(side).kept =
        std::make_unique<KeptInput>(session + (side == InputSide::kA ? ".input" : ".input-b"), record);
  }
  if (!request_.input.empty() && request_.play_input) sent_.emplace_back(*request_.play_input);
  if (request_.input_fade > 0) sent_.emplace_back(FadeInput{request_.input_fade});
}

LiveSet::~LiveSet() {
  stop();
  if (thread_.joinable()) thread_.join();
}

SinkOptions LiveSet::sink_options() const {
  SinkOptions options =
      reverie::sink_options(request_.width, request_.height, request_.fps, request_.chain.name());
  options.durable = true;
  return options;
}

std::shared_ptr<Recorder> LiveSet::add_recorder(const std::string& target, bool whole_set,
                                                const SinkOptions& options, Recorder::Open open,
                                                bool of_input) {
  const size_t bytes =
      size_t{12} * static_cast<size_t>(request_.width) * static_cast<size_t>(request_.height);
  const bool sound = options.comes_with_sound;
  auto recorder = std::make_shared<Recorder>(target, bytes, std::move(open), sound ? request_.fps : 0);
  const std::lock_guard lock(mutex_);
  recordings_.push_back({recorder, whole_set, sound, of_input});
  return recorder;
}

void LiveSet::start_recording(const std::string& target) {
  std::error_code code;
  if (std::filesystem::is_regular_file(target, code))
    throw Error("record", target, "it already exists", "use another name");
  {
    const std::lock_guard lock(mutex_);
    for (const Recording& r : recordings_) {
      const Recorder::State s = r.recorder->state();
      if (s.name == target && !s.over && s.failure.empty())
        throw Error("record", target, "it is already being written", "use another name");
    }
  }
  SinkOptions options = sink_options();
  options.comes_with_sound = sound_.sounds();
  add_recorder(target, false, options, [target, options] { return open_sink(target, options); });
}

void LiveSet::stop_recordings() {
  const std::lock_guard lock(mutex_);
  for (const Recording& r : recordings_) {
    if (!r.whole_set) r.recorder->finish();
  }
}

void LiveSet::send(Event event) {
  const std::lock_guard lock(mutex_);
  sent_.push_back(std::move(event));
}

void LiveSet::on_refused(Refused refused) {
  const std::lock_guard lock(mutex_);
  refused_ = std::move(refused);
}

void LiveSet::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void LiveSet::wait() {
  if (thread_.joinable()) thread_.join();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

LiveStatus LiveSet::status() const {
  const std::lock_guard lock(mutex_);
  LiveStatus s = status_;
  for (const Recording& r : recordings_) {
    s.recordings.push_back(r.recorder->state());
    s.recordings.back().whole_set = r.whole_set;
  }
  const std::vector<float> ms(frame_ms_.begin(), frame_ms_.end());
  s.median_ms = percentile(ms, 0.5);
  s.p99_ms = percentile(ms, 0.99);
  s.fps = static_cast<double>(made_.size());
  return s;
}

std::shared_ptr<const LiveSet::Shown> LiveSet::newest(int64_t frame) const {
  const std::lock_guard lock(mutex_);
  return shown_ && shown_->frame > frame ? shown_ : nullptr;
}

const ParameterValues* LiveSet::Shown::values_of(const std::string& part) const {
  for (const auto& [name, its] : values) {
    if (name == part) return &its;
  }
  return nullptr;
}

void LiveSet::work() {
  try {
    run();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
  }
  if (session_) session_->reached(loop_->frames());
  session_.reset();
  finish_sound();
  close_recordings();
  if (checked_ && !failure_) note(describe(*checked_));
  over_ = true;
}

// Waits until all files are complete.
void LiveSet::close_recordings() {
  std::vector<Recording> recordings;
  {
    const std::lock_guard lock(mutex_);
    recordings.swap(recordings_);
  }
  for (const Recording& r : recordings) r.recorder->finish();
  bool failed = false;
  for (const Recording& r : recordings) {
    r.recorder->wait();
    failed |= r.whole_set && !r.recorder->state().failure.empty();
  }
  const std::lock_guard lock(mutex_);
  status_.output_failed = failed;
}

void LiveSet::run() {
  const auto second = static_cast<int64_t>(std::ceil(request_.fps));
  while (wait_for_tick()) {
    const Clock::time_point begun = Clock::now();
    happen();
    loop_->next();
    const std::chrono::duration<double, std::milli> worked = Clock::now() - begun;
    if (loop_->frames() == 1)
      origin_ = Clock::now() - nanoseconds(1 / request_.fps);  // it may have taken long
    for (Event& e : std::exchange(input_events_, {})) {
      // so that the set can be rendered again from another folder
      if (auto* opened = std::get_if<OpenInput>(&e)) opened->spec = absolute_spec(opened->spec);
      if (session_) session_->write({loop_->frames() - 1, e});
    }
    if (session_ && loop_->frames() % second == 0) session_->reached(loop_->frames());
    record_sound();
    hold(begun, worked.count());
    publish(worked.count());
  }
}

// Pictures are shown at an even pace: each is delayed by as much as the slowest recent frame took, but shown
// before the next begins, however long it took itself.
void LiveSet::hold(Clock::time_point begun, double ms) {
  constexpr double kForgets = 8;           // seconds
  ms = std::min(ms, 1000 / request_.fps);  // a preroll of seconds must not be remembered for a minute
  delay_ms_ = std::max(ms, delay_ms_ + (ms - delay_ms_) / (kForgets * request_.fps));
  const Clock::time_point next = origin_ + nanoseconds(static_cast<double>(loop_->tick()) / request_.fps);
  const Clock::time_point due = std::min(begun + nanoseconds(delay_ms_ / 1000), next);
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, due, [this] { return stopping_; });
}

// False when the set is over.
bool LiveSet::wait_for_tick() {
  if (loop_->frames() == 0) return true;  // the clock starts with the first frame
  if (request_.seconds && seconds() >= *request_.seconds) return false;
  const Clock::time_point due = origin_ + nanoseconds(seconds());
  {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, due, [this] { return stopping_; });
    if (stopping_) return false;
  }
  const double late = std::chrono::duration<double>(Clock::now() - due).count();
  if (const auto ticks = static_cast<int64_t>(late * request_.fps); ticks > 0) {
    log(SkipTicks{ticks});
    loop_->skip_ticks(ticks);
    const std::lock_guard lock(mutex_);
    status_.skipped += ticks;
    for (const Recording& r : recordings_) {
      if (!r.of_input) r.recorder->hold(ticks);
    }
  }
  return true;
}

void LiveSet::log(const Event& event) {
  if (session_) session_->write({loop_->frames(), event});
}

void LiveSet::happen() {
  std::deque<Event> events;
  {
    const std::lock_guard lock(mutex_);
    events.swap(sent_);
  }
  for (const Event& e : events) apply(e);
  for (const Event& begin : loop_->player().ready()) {
    if (!apply(begin)) apply(ChainPlayer::abandoning(begin));
  }
}

// A rejected event has no effect, neither here nor in the session.
bool LiveSet::apply(const Event& event) {
  if (const auto* e = std::get_if<OpenInput>(&event)) {
    inlet(e->side).input->open(e->spec);  // reported once it is shown
    return true;
  }
  if (const auto* e = std::get_if<PlayInput>(&event)) inlet(e->side).input->play(*e);
  if (const auto* e = std::get_if<FadeInput>(&event)) fader_.move(e->share);
  try {
    loop_->player().apply(event);
    log(event);
    return true;
  } catch (const std::exception& e) {
    Refused refused;
    {
      const std::lock_guard lock(mutex_);
      refused = refused_;
    }
    if (refused) {
      refused(e.what(), loop_->player().chain());
    } else {
      warning(e.what());
    }
    return false;
  }
}

const Planes* LiveSet::read_inputs(int64_t ticks) {
  const Planes* a = read_input(inlet(InputSide::kA), ticks);
  const Planes* b = read_input(inlet(InputSide::kB), ticks);
  follow_input();
  return fader_.mix(a, b);
}

const Planes* LiveSet::read_input(Inlet& from, int64_t ticks) {
  std::vector<Event> events;
  const Planes* picture = from.input->read(ticks, events);
  for (const Event& event : events) {
    const auto* opened = std::get_if<OpenInput>(&event);
    if (!opened) continue;
    if (from.kept) from.kept->end();
    if (opened->side == InputSide::kA) show_input(opened->spec);
  }
  if (from.kept && picture && from.input->live())
    picture = from.kept->keep(*picture, from.input->index(), events);
  input_events_.insert(input_events_.end(), events.begin(), events.end());
  return picture;
}

// What is heard of the inputs is the sound of A.
void LiveSet::show_input(const std::string& spec) {
  input_speed_ = 1;
  record_sound();  // that of the input before
  sound_.open_input(spec, seconds());
}

// The sound goes where the pictures went.  At another speed than its own it is silent.
void LiveSet::follow_input() {
  const LiveInput& input = *inlet(InputSide::kA).input;
  const LiveInput::State now = input.state();
  const double before = std::exchange(input_speed_, now.speed);
  if (!sound_.has_input() || (now.speed == before && !input.jumped())) return;
  record_sound();
  if (now.speed == 1) {
    sound_.open_input(now.spec, seconds(), now.place);
  } else {
    sound_.silence_input();
  }
}

Signals LiveSet::hear(const FrameTime& time) {
  const Signals expected = heard_.expected(time.seconds);
  Signals now = expected;
  if (sound_.has_input()) {
    const Signals input = sound_.input_at(time.seconds);
    now.level = input.level, now.bass = input.bass, now.mid = input.mid, now.treble = input.treble;
    now.onset = input.onset;
  } else if (!request_.signals) {
    now.level = now.bass = now.mid = now.treble = now.onset = 0;
  }
  if (request_.signals) now = request_.signals(time.seconds, now);
  if (same(now, expected)) {
    now = expected;
  } else {
    input_events_.emplace_back(now);
  }
  heard_.keep(now, time.seconds);
  return now;
}

void LiveSet::write_recordings(const Planes& picture) {
  const std::lock_guard lock(mutex_);
  for (Recording& r : recordings_) {
    if (r.of_input) continue;
    if (r.sound_from < 0) r.sound_from = std::llround(seconds() * kSoundRate);
    r.recorder->write(picture);
  }
}

// Gives the recordings what has arrived of the sound, each from the time of its first picture on.
void LiveSet::record_sound() {
  if (loop_->frames() == 0) return;  // the clock has not begun
  keep_sound();
  std::vector<Recording> listeners;
  {
    const std::lock_guard lock(mutex_);
    for (const Recording& r : recordings_) {
      if (r.with_sound && r.sound_from >= 0) listeners.push_back(r);
    }
  }
  const double now = std::min(seconds(), std::chrono::duration<double>(Clock::now() - origin_).count());
  sound_.pump(now, origin_, !listeners.empty(), [&](int64_t where, std::span<const float> samples) {
    for (const Recording& r : listeners) {
      const auto before = static_cast<size_t>(std::max<int64_t>(0, r.sound_from - where)) * kSoundChannels;
      if (before < samples.size()) r.recorder->write_sound(samples.subspan(before));
    }
  });
}

// From the first sound on, with silence before it: the file begins with the set.
void LiveSet::keep_sound() {
  if (keeps_sound_ || !request_.keep_input || !session_ || !sound_.sounds()) return;
  keeps_sound_ = true;
  const std::string name = std::filesystem::absolute(request_.session).string() + ".sound.mka";
  log(KeepSound{name});
  auto recorder = std::make_shared<Recorder>(name, 1, [name] { return open_sound_sink(name); });
  const auto silent = static_cast<size_t>(std::llround(sound_.reached() * kSoundRate));
  recorder->write_sound(std::vector<float>(silent * kSoundChannels));
  const std::lock_guard lock(mutex_);
  recordings_.push_back({std::move(recorder), true, true, true, 0});
}

// What was heard during the last frames arrives after them.
void LiveSet::finish_sound() {
  const Clock::time_point until = Clock::now() + kLastSound;
  const auto wanted = [this] {
    const std::lock_guard lock(mutex_);
    return std::any_of(recordings_.begin(), recordings_.end(),
                       [](const Recording& r) { return r.with_sound; });
  };
  while (wanted() && sound_.reached() < seconds() - 1.0 / kSoundRate && Clock::now() < until) {
    record_sound();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// A picture that is no longer in use, or a new one.
std::shared_ptr<LiveSet::Shown> LiveSet::unseen() {
  for (const auto& old : kept_shown_) {
    if (old.use_count() > 1) continue;
    std::atomic_thread_fence(std::memory_order_acquire);  // after the last reader
    return old;
  }
  constexpr size_t kMost = 4;  // anyone who holds more has made copies
  auto fresh = std::make_shared<Shown>();
  if (kept_shown_.size() < kMost) kept_shown_.push_back(fresh);
  return fresh;
}

void LiveSet::publish(double ms) {
  const ChainPlayer& player = loop_->player();
  const std::shared_ptr<Shown> shown = unseen();
  shown->frame = loop_->frames() - 1;
  loop_->take_picture(shown->picture);
  shown->values = player.values();
  LiveInput::State input = inlet(InputSide::kA).input->state();
  LiveInput::State input_b = inlet(InputSide::kB).input->state();
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex_);
  shown_ = shown;
  status_.frames = loop_->frames();
  status_.seconds = seconds();
  status_.fading = player.fading();
  status_.cued = player.cued();
  status_.input = std::move(input);
  status_.input_b = std::move(input_b);
  status_.signals = heard_.expected(status_.seconds);
  status_.work.add(ms);
  if (!made_.empty())
    status_.between.add(std::chrono::duration<double, std::milli>(now - made_.back()).count());
  frame_ms_.push_back(static_cast<float>(ms));
  if (frame_ms_.size() > kTimedFrames) frame_ms_.pop_front();
  made_.push_back(now);
  while (now - made_.front() > std::chrono::seconds(1)) made_.pop_front();
  std::erase_if(recordings_, [](const Recording& r) { return r.recorder->state().over; });
}

}  // namespace reverie
