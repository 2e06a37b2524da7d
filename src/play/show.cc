#include "play/show.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <ctime>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "core/error.h"
#include "core/file.h"
#include "core/folders.h"
#include "core/log.h"
#include "core/log_listener.h"
#include "core/text.h"
#include "media/picture.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kMessageStays(6);
constexpr std::chrono::seconds kTapsEnd(2);  // a longer pause starts a new tempo
constexpr size_t kMostTaps = 8, kMostMessages = 100;
constexpr std::chrono::milliseconds kCalm(1500);  // without onsets, after a panic
constexpr double kBar = 4;                        // beats

}  // namespace

std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  return fmt::format("{:%Y%m%d-%H%M%S}", fmt::localtime(now));
}

Show::Show(ShowRequest request) : request_(std::move(request)), tempo_(request_.tempo) {
  listen_to_log([this](const std::string& line) { hear_log(line); });
  try {
    begin();
  } catch (...) {
    listen_to_log(nullptr);
    throw;
  }
}

void Show::begin() {
  last_input_ = request_.set.input;
  sound_.set_gain(request_.sound_gain);
  if (request_.sound) sound_.listen(request_.sound);
  if (request_.link) link_ = std::make_unique<LinkSession>(request_.tempo, *request_.link);
  LiveRequest set = request_.set;
  set.signals = [this](double seconds, const Signals& input) { return hear(seconds, input); };
  set.feed = &sound_;
  set_ = std::make_unique<LiveSet>(std::move(set));
  desk_ = std::make_unique<Desk>(request_.set.chain, request_.set.seed,
                                 [this](Event e) { set_->send(std::move(e)); });
  if (const auto& how = request_.set.play_input; how && how->speed) desk_->play_input({.speed = how->speed});
  if (request_.set.input_fade > 0) desk_->set("set.input_fade", fmt::format("{}", request_.set.input_fade));
  set_->on_refused([this](const std::string& why, const Chain& plays_on) {
    say(why);
    desk_->refused(plays_on);
  });
  std::error_code code;
  if (request_.setlist.empty()) {
    request_.setlist = setlist_file();
  } else if (!fs::exists(request_.setlist, code)) {
    say(fmt::format("setlist {}: there is no such file yet; what is added to the setlist is written there",
                    request_.setlist.string()));
  }
  try_to([&] {
    setlist_ = read_setlist(request_.setlist);
  });  // a damaged one stays as it is, until it is edited
  left_ = reverie::left_unsaved(unsaved_folder());
  open_devices();
}

// If something is not available, a message says so, and the show continues without it.
void Show::open_devices() {
  DeviceActions actions;
  actions.record = [this](bool on, const std::string& file) {
    if (on && recording() && file.empty()) return;  // a pad that is held sends it repeatedly
    if (on) try_to([&] { start_recording(file); });
    if (!on) set_->stop_recordings();
  };
  actions.toggle_record = [this] { try_to([&] { toggle_recording(); }); };
  actions.snapshot = [this] { try_to([&] { snapshot(); }); };
  actions.tempo = [this](double bpm) { try_to([&] { set_tempo(bpm); }); };
  actions.quit = [this] { quit_ = true; };
  actions.panic = [this] { try_to([&] { panic(); }); };
  actions.setlist_step = [this](int by) { try_to([&] { setlist_step(by); }); };
  actions.setlist_go = [this](size_t place) { try_to([&] { setlist_go(place); }); };
  actions.tap = [this] { tap(); };
  actions.downbeat = [this] { downbeat(); };
  try_to([&] {
    if (request_.osc) osc_ = std::make_unique<OscServer>(*desk_, *request_.osc, actions);
  });
  try_to([&] {
    if (request_.midi) midi_ = std::make_unique<MidiPorts>(*desk_, actions);
  });
  // asked for by name: without them there is no set
  if (request_.artnet) artnet_ = std::make_unique<ArtNetServer>(*desk_, *request_.artnet);
  if (request_.remote) {
    remote_ = std::make_unique<Remote>(*desk_, *set_, *request_.remote, actions);
    say(remote_->greeting());
  }
  devices_ready_ = true;
}

Show::~Show() {
  devices_ready_ = false;
  remote_.reset();
  artnet_.reset();
  osc_.reset();
  set_->stop();
  try {
    set_->wait();
  } catch (const std::exception& e) {
    warning(e.what());
  }
  set_->on_refused(nullptr);
  midi_.reset();  // the engine asks it for the beat until it ends
  if (snapshot_.joinable()) snapshot_.join();
  listen_to_log(nullptr);
}

void Show::try_to(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& e) {
    say(e.what());
  }
}

void Show::say(const std::string& line) {
  note(line);
}

void Show::hear_log(const std::string& line) {
  const std::lock_guard lock(mutex_);
  message_ = line;
  said_ = Clock::now();
  said_before_.push_back(line);
  if (said_before_.size() > kMostMessages) said_before_.pop_front();
}

std::vector<std::string> Show::messages() const {
  const std::lock_guard lock(mutex_);
  return {said_before_.begin(), said_before_.end()};
}

std::string Show::message() const {
  const std::lock_guard lock(mutex_);
  return Clock::now() - said_ < kMessageStays ? message_ : "";
}

std::string Show::new_file(const std::string& ending) {
  std::error_code code;
  fs::create_directories(request_.folder, code);
  const std::string base = fmt::format("{}/{}-{}", request_.folder, desk_->chain().name(), timestamp());
  const std::lock_guard lock(mutex_);
  std::string name = base + ending;
  for (int n = 2; fs::exists(name, code) || named_.contains(name); ++n)
    name = fmt::format("{}-{}{}", base, n, ending);
  named_.insert(name);
  return name;
}

bool Show::recording() const {
  for (const Recorder::State& r : set_->status().recordings) {
    if (!r.whole_set && !r.ending && !r.over && r.failure.empty()) return true;
  }
  return false;
}

void Show::start_recording(const std::string& target) {
  // H.264 does not support odd sizes
  const char* ending = set_->width() % 2 == 0 && set_->height() % 2 == 0 ? ".mp4" : ".mkv";
  const std::string name = target.empty() ? new_file(ending) : target;
  set_->start_recording(name);
  say("recording " + name);
}

void Show::toggle_recording() {
  if (!recording()) return start_recording("");
  set_->stop_recordings();
  say("recording stopped");
}

void Show::snapshot() {
  const auto shown = set_->newest(-1);
  if (!shown) return;
  const std::lock_guard lock(snapshot_mutex_);
  if (snapshot_.joinable()) snapshot_.join();
  snapshot_ = std::thread([this, shown, name = new_file(".png")] {
    try_to([&] {
      write_picture(name, shown->picture);
      say("snapshot " + name);
    });
  });
}

void Show::toggle_camera() {
  const LiveInput::State now = set_->status().input;
  const std::string wanted = now.awaited.empty() ? now.spec : now.awaited;  // a camera may be missing
  if (!wanted.empty()) last_input_ = wanted;
  desk_->open_input(wanted.empty() ? (last_input_.empty() ? "camera:0" : last_input_) : "");
}

void Show::drop(const std::string& what) {
  const std::string path(trim(what));
  if (path.empty() || path.find('\n') != std::string::npos) return;
  const std::string ending = lower(fs::path(path).extension().string());
  try_to([&] {
    if (ending == ".toml") {
      desk_->load(path);
    } else if (ending == ".safetensors") {
      desk_->load_weights(path);
    } else {
      desk_->open_input(path);
    }
  });
}

Setlist Show::setlist() const {
  const std::lock_guard lock(mutex_);
  return setlist_;
}

void Show::set_setlist(const Setlist& list) {
  {
    const std::lock_guard lock(mutex_);
    setlist_ = list;
    if (setlist_place_ && *setlist_place_ >= list.size()) setlist_place_.reset();
  }
  write_setlist(request_.setlist, list);
}

std::optional<size_t> Show::setlist_place() const {
  const std::lock_guard lock(mutex_);
  return setlist_place_;
}

void Show::setlist_go(size_t place) {
  const Setlist list = setlist();
  if (place >= list.size())
    throw Error(fmt::format("the setlist has no entry {} (it has {})", place + 1, list.size()));
  const SetlistEntry& e = list[place];
  desk_->load(e.preset, e.fade);
  {
    const std::lock_guard lock(mutex_);
    setlist_place_ = place;
  }
  say(fmt::format("{}/{} {}{}", place + 1, list.size(), e.preset, e.comment.empty() ? "" : ": " + e.comment));
}

void Show::setlist_step(int by) {
  const Setlist list = setlist();
  const std::optional<size_t> now = setlist_place();
  if (list.empty()) throw Error("the setlist is empty");
  if (!now) return setlist_go(by > 0 ? 0 : list.size() - 1);
  if ((by > 0 && *now + 1 >= list.size()) || (by < 0 && *now == 0))
    throw Error(by > 0 ? "this is the last of the setlist" : "this is the first of the setlist");
  setlist_go(by > 0 ? *now + 1 : *now - 1);
}

void Show::panic() {
  {
    const std::lock_guard lock(mutex_);
    calm_until_ = Clock::now() + kCalm;
  }
  desk_->panic();
}

void Show::downbeat() {
  if (link_ && link_->peers() > 0) return say("the bars are those of the Link session");
  const std::lock_guard lock(mutex_);
  const double bar = request_.link ? *request_.link : kBar;
  beats_ = bar * std::round(beats_ / bar);
  if (link_) link_->place(beats_);
}

void Show::tap() {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  if (!taps_.empty() && now - taps_.back() > kTapsEnd) taps_.clear();
  taps_.push_back(now);
  if (taps_.size() > kMostTaps) taps_.erase(taps_.begin());
  if (taps_.size() < 4) return;
  const double seconds = std::chrono::duration<double>(taps_.back() - taps_.front()).count();
  tempo_ = std::clamp(60 * static_cast<double>(taps_.size() - 1) / seconds, kSlowestTempo, kFastestTempo);
  if (link_) return link_->set_tempo(tempo_);
  beats_ = std::round(beats_);
}

void Show::set_tempo(double beats_a_minute) {
  if (!(beats_a_minute >= kSlowestTempo && beats_a_minute <= kFastestTempo)) {
    throw Error("set the tempo", fmt::format("{}", beats_a_minute),
                fmt::format("it must be {} to {} beats per minute", kSlowestTempo, kFastestTempo));
  }
  const std::lock_guard lock(mutex_);
  tempo_ = beats_a_minute;
  if (link_) link_->set_tempo(tempo_);
}

Signals Show::hear(double seconds, Signals s) {
  std::optional<double> heard_tempo;
  if (sound_.listening()) {
    const SoundValues v = sound_.newest();
    s.level = v.level, s.bass = v.bass, s.mid = v.mid, s.treble = v.treble, s.onset = v.onset;
    if (v.tempo > 0) heard_tempo = v.tempo;
  }
  // an external clock leads while it runs, then the sound, then the tapped tempo
  const MidiTempo clock = devices_ready_ && midi_ ? midi_->tempo() : MidiTempo();
  const std::lock_guard lock(mutex_);
  if (heard_tempo) tempo_ = *heard_tempo;
  if (clock.ticking) tempo_ = clock.tempo;
  tempo_ = std::clamp(tempo_, kSlowestTempo, kFastestTempo);
  beats_ = clock.running ? clock.beats : beats_ + (seconds - heard_at_) * tempo_ / 60;
  if (link_) hear_link(clock, heard_tempo);
  heard_at_ = seconds;
  if (Clock::now() < calm_until_) s.onset = 0;
  s.tempo = tempo_;
  s.beats = beats_;
  return s;
}

// The session's tempo and beat are the set's.  What else gives a tempo changes the session only while nobody
// shares it; a tap always does.
void Show::hear_link(const MidiTempo& clock, const std::optional<double>& heard_tempo) {
  if (link_->peers() == 0) {
    if (clock.ticking || heard_tempo) link_->set_tempo(tempo_);
    if (clock.running) link_->place(clock.beats);
  }
  const LinkBeat now = link_->beat();
  tempo_ = now.tempo;
  beats_ = now.beats;
}

// Presets come and go with processes of all sizes: the memory they leave in the heap's gaps is returned to
// the system, so that a long set does not grow.
void Show::give_back_memory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

void Show::keep_unsaved() {
  if (desk_->version() == kept_version_) return;
  kept_version_ = desk_->version();
  if (!desk_->changed()) {
    unsaved_.remove();  // it was saved, or discarded
    return;
  }
  try {
    const Chain chain = desk_->chain();
    unsaved_.keep(chain.name(), format_chain(found_from_anywhere(chain)));
  } catch (const std::exception& e) {
    say(e.what());
  }
}

void Show::recover(const fs::path& file) {
  desk_->load(file.string());
}

void Show::discard(const fs::path& file) {
  discard_unsaved(file);
  std::erase(left_, file);
}

}  // namespace reverie
