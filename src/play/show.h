// A show: the set being played and everything that controls it.  No window.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "control/desk.h"
#include "control/setlist.h"
#include "devices/artnet.h"
#include "devices/midi.h"
#include "devices/osc.h"
#include "link/link_session.h"
#include "pipeline/live.h"
#include "play/sound_input.h"
#include "play/unsaved.h"
#include "remote/remote.h"

namespace reverie {

struct ShowRequest {
  LiveRequest set;
  std::string folder = "out";        // for snapshots and recordings
  std::optional<std::string> sound;  // the sound device to listen to: its name or part of it; empty: the
                                     // default one.  Nothing: the input's own sound
  double sound_gain = 0;             // decibels
  std::optional<OscSettings> osc;    // nothing: no OSC
  bool midi = true;
  std::optional<ArtNetSettings> artnet;  // nothing: no lighting console
  std::optional<RemoteSettings> remote;  // nothing: no page for the phone
  std::optional<int> link;               // joins Ableton Link, with so many beats per bar
  double tempo = kDefaultTempo;          // beats per minute, until a clock or a tap changes it
  std::filesystem::path setlist = {};    // the file; empty: one's own
};

class Show {
 public:
  // Error if the set cannot start.
  explicit Show(ShowRequest request);
  ~Show();
  Show(const Show&) = delete;
  Show& operator=(const Show&) = delete;

  Desk& desk() { return *desk_; }
  LiveSet& set() { return *set_; }
  const LiveSet& set() const { return *set_; }
  SoundInput& sound() { return sound_; }
  MidiPorts* midi() { return midi_.get(); }  // null if there is none
  const OscServer* osc() const { return osc_.get(); }
  const Remote* remote() const { return remote_.get(); }
  const LinkSession* link() const { return link_.get(); }  // null if it was not asked for
  bool quit_wished() const { return quit_; }               // requested by a device

  // Runs an action; if it is not allowed, the error becomes the message, and the show continues.
  void try_to(const std::function<void()>& action);

  void toggle_recording();
  void start_recording(const std::string& target);  // empty: a new file in the folder
  bool recording() const;
  void snapshot();       // saves the newest picture as PNG in the folder
  void toggle_camera();  // switches the input off, or on again
  // What was dropped on the window: a file, or the text of a path or an address.
  void drop(const std::string& what);
  void panic();     // all back to the preset's start; for a moment no onset is heard
  void tap();       // one beat: four set the tempo
  void downbeat();  // a bar begins now
  void set_tempo(double beats_a_minute);
  // The setlist: presets in order, each with the fade in which it comes.
  Setlist setlist() const;
  void set_setlist(const Setlist& list);        // kept in its file; Error if that cannot be written
  std::optional<size_t> setlist_place() const;  // of the entry that was gone to last
  void setlist_go(size_t place);                // Error if there is no such entry, or no such preset
  void setlist_step(int by);                    // to the next or previous entry; Error at the ends
  // The last message, while it is worth reading; empty otherwise.
  std::string message() const;
  // What was said in this set, here and in the terminal; the last comes last.
  std::vector<std::string> messages() const;
  static void say(const std::string& line);

  // Call regularly from a thread that has time: saves an unsaved preset to a file that survives a crash.
  void keep_unsaved();
  // What earlier sets left unsaved, the newest first.
  const std::vector<std::filesystem::path>& left_unsaved() const { return left_; }
  void recover(const std::filesystem::path& file);
  void discard(const std::filesystem::path& file);
  static void give_back_memory();

 private:
  using Clock = std::chrono::steady_clock;
  Signals hear(double seconds, Signals s);
  void hear_link(const MidiTempo& clock, const std::optional<double>& heard_tempo);
  void begin();
  void open_devices();
  void hear_log(const std::string& line);
  std::string new_file(const std::string& ending);

  ShowRequest request_;
  SoundInput sound_;
  std::unique_ptr<LinkSession> link_;
  std::unique_ptr<LiveSet> set_;
  std::unique_ptr<Desk> desk_;
  std::string last_input_;
  uint64_t kept_version_ = 0;
  UnsavedPreset unsaved_{unsaved_folder()};
  std::vector<std::filesystem::path> left_;
  std::mutex snapshot_mutex_;
  std::thread snapshot_;

  mutable std::mutex mutex_;  // protects everything below
  std::string message_;
  std::deque<std::string> said_before_;
  std::set<std::string> named_;  // files of this show
  Clock::time_point said_;
  Setlist setlist_;
  std::optional<size_t> setlist_place_;
  std::vector<Clock::time_point> taps_;
  double tempo_ = kDefaultTempo, beats_ = 0, heard_at_ = 0;
  Clock::time_point calm_until_;  // no onset before

  std::atomic<bool> quit_{false}, devices_ready_{false};
  std::unique_ptr<OscServer> osc_;  // last: they use everything above
  std::unique_ptr<MidiPorts> midi_;
  std::unique_ptr<ArtNetServer> artnet_;
  std::unique_ptr<Remote> remote_;
};

// "20261121-203000": the current time, for file names.
std::string timestamp();

}  // namespace reverie
