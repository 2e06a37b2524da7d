// A show: the set that is played and everything that has its hands on it.  No window.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "control/desk.h"
#include "devices/midi.h"
#include "devices/osc.h"
#include "pipeline/live.h"
#include "play/sound_input.h"

namespace reverie {

struct ShowRequest {
  LiveRequest set;
  std::string folder = "out";        // of snapshots and recordings
  std::optional<std::string> sound;  // a device that is listened to: its name or part of it; empty: the
                                     // default one.  Nothing: the input's own sound
  std::optional<OscSettings> osc;    // nothing: no OSC
  bool midi = true;
  double tempo = kDefaultTempo;  // beats a minute, until a clock or a hand says another
};

class Show {
 public:
  // Error when the set cannot begin.
  explicit Show(ShowRequest request);
  ~Show();
  Show(const Show&) = delete;
  Show& operator=(const Show&) = delete;

  Desk& desk() { return *desk_; }
  LiveSet& set() { return *set_; }
  const LiveSet& set() const { return *set_; }
  const SoundInput* sound() const { return sound_.get(); }
  MidiPorts* midi() { return midi_.get(); }  // null where there is none
  const OscServer* osc() const { return osc_.get(); }
  bool quit_wished() const { return quit_; }  // by a device

  // Does what a hand asked for; what is not allowed becomes the message, and the show goes on.
  void try_to(const std::function<void()>& action);

  void toggle_recording();
  void start_recording(const std::string& target);  // empty: a new file in the folder
  bool recording() const;
  void snapshot();       // the newest picture as PNG in the folder
  void toggle_camera();  // the input off, or on again
  void tap();            // a beat, by hand: four set the tempo
  void set_tempo(double beats_a_minute);
  // The last thing that was said, for so long as it is worth reading; empty otherwise.
  std::string message() const;
  void say(const std::string& line);

  // Once in a while, from the thread that has time: writes the preset that is not saved yet to a file that
  // survives.
  void keep_unsaved();
  static void give_back_memory();

 private:
  Signals hear(double seconds, Signals s);
  void open_devices();
  std::string new_file(const std::string& ending);

  ShowRequest request_;
  std::unique_ptr<SoundInput> sound_;
  std::unique_ptr<LiveSet> set_;
  std::unique_ptr<Desk> desk_;
  std::string last_input_;
  uint64_t kept_version_ = 0;
  bool kept_ = false;  // there is an unsaved preset of ours
  std::mutex snapshot_mutex_;
  std::thread snapshot_;

  mutable std::mutex mutex_;  // of all below
  std::string message_;
  std::set<std::string> named_;  // files of this show
  std::chrono::steady_clock::time_point said_;
  std::vector<std::chrono::steady_clock::time_point> taps_;
  double tempo_ = kDefaultTempo, beats_ = 0, heard_at_ = 0;

  std::atomic<bool> quit_{false}, devices_ready_{false};
  std::unique_ptr<OscServer> osc_;  // last: they reach for all above
  std::unique_ptr<MidiPorts> midi_;
};

// "20261121-203000": now, for names of files.
std::string timestamp();

}  // namespace reverie
