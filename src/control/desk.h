// All actions that a performer can take in a set, through keys, knobs, MIDI or OSC.  Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/bank.h"
#include "control/event.h"
#include "control/set_controls.h"
#include "core/control_range.h"

namespace reverie {

// The desk knows the chain as the hands left it and sends what changes to the set.  Every change is made and
// sent under one lock: two hands at once both get their turn.
//
// Addresses are those of find_address(): "zoom", "zoom.2" for level 2, "veil.zoom"; without a part the first
// that has the parameter; "set.crossfader" and the like of the set itself.  Where a part may be named, "" is
// the first, or all where it says so.
class Desk {
 public:
  using Send = std::function<void(Event)>;
  // Told of every parameter that changed, as PART.NAME; empty: of all.  On the thread that changed it.
  using Watch = std::function<void(const std::string& address)>;

  // The seed of a set; the parts draw from theirs, as draw_seeds() gives them.
  Desk(Chain chain, uint64_t seed, Send send);

  void watch(Watch watch);

  // A value as a command line gives it.  Error when it is not allowed.
  void set(const std::string& address, const std::string& value);
  // By share of a control's way, 0..1: see ControlRange. level < 0: all levels.  Words, flags and whole
  // numbers take the nearest; text has no shares: Error.
  void set_share(const std::string& address, int level, double share, const ControlWishes& wishes = {});
  double share(const std::string& address, int level = 0, const ControlWishes& wishes = {}) const;
  // The next word, flag or whole number, and after the last the first; below_levels: whole numbers end with
  // the part's highest level.
  void cycle(const std::string& address, bool below_levels = false);
  // The part, or set, and parameter that an address means.
  Address find(const std::string& address) const;
  // Back to the value when the preset was loaded.
  void reset(const std::string& address);
  void reset_all();

  // Every parameter that is not locked takes the value of one of the presets there are, and numbers stray
  // from it by `amount` (0..1) of their range: what others found good, newly put together.  part: "" for all.
  void randomize(double amount = 0.05, const std::string& part = "");
  void lock(const std::string& address, bool locked);
  bool locked(const std::string& address) const;

  // Modulations and all else at once.  edit gets the part's preset as it is now; what it throws changes
  // nothing. gesture: changes of one name that follow each other closely are undone together.
  void change(const std::string& part, const std::function<void(Preset&)>& edit, double fade,
              const std::string& gesture = "");

  // A preset or chain in place of what plays, by name, file or number in presets().  Error when there is no
  // such preset; then nothing has changed.
  void load(const std::string& name);
  void load(const std::string& name, double fade);
  void load_number(size_t number);
  void step(int by);  // to the next (1) or the previous (-1)
  // A preset in place of one part's.
  void load_part(const std::string& part, const std::string& name);
  // Writes the chain among one's own presets and gives it that name.  Error when it cannot be written, or
  // would replace another of one's own that is not the one that plays, unless that is wanted.
  std::filesystem::path save(const std::string& name, bool replace = false);
  bool would_replace(const std::string& name) const;
  // Renames the preset that plays, which must be one's own.  Error where another preset has the name.
  void rename(const std::string& name);
  // Removes one of one's own; what plays goes on.  Error where it is not.
  void remove_preset(const std::string& name);
  // To another place in presets(), which everybody counts from then on.
  void move_preset(const std::string& name, size_t place);

  // The parts of a preset, or one of an effect with its defaults, before the one at this place; at the end
  // where there are fewer.
  void add_part(const std::string& preset_or_effect, size_t place = kMostParts);
  void remove_part(const std::string& part);  // Error for the last one
  void move_part(const std::string& part, size_t place);
  void bypass(const std::string& part, bool on);

  // All back to the preset as it was loaded, at once, from new noise; a frozen picture goes on.
  void panic();

  // The next preset or chain waits, beside what plays, at the other end of the crossfader (the knob
  // "set.crossfader"); at that end it is what plays, and what played before waits.  By name or file; Error
  // while the crossfader is between its ends.
  void cue(const std::string& name);
  void cue_step(int by);     // the neighbour of what waits, or else of what plays
  std::string cued() const;  // its name; empty: nothing is cued
  bool at_one() const;       // what plays is at the end 1 of the crossfader, what waits at 0
  // The knobs of the set.
  ParameterValues controls() const;
  double control(const std::string& name) const { return controls().number(name); }

  void blackout(bool on);
  void freeze(bool on);
  bool is_black() const;
  bool is_frozen() const;

  void new_noise(const std::string& part = "");    // "": of all parts
  void new_weights(const std::string& part = "");  // "": of the first that has weights
  void load_weights(const std::string& file, const std::string& part = "");  // likewise
  void open_input(const std::string& spec, InputSide side = InputSide::kA);  // it plays at its own speed
  // Speed, place and range of an input; see PlayInput.  Error for numbers out of range.
  void play_input(const PlayInput& how);
  void pause_input(InputSide side = InputSide::kA);  // or on, at the speed that it had
  bool input_stands(InputSide side = InputSide::kA) const { return control(input_speed_control(side)) == 0; }

  void undo();
  void redo();

  // The set could not do it: the desk shows what plays on.
  void refused(const Chain& plays_on);

  double fade() const;  // seconds, of the presets that are loaded and of parts that come and go
  void set_fade(double seconds);

  Chain chain() const;
  Preset preset(const std::string& part = "") const;
  uint64_t seed(const std::string& part = "") const;
  bool changed() const;                      // since it was loaded or saved
  uint64_t version() const;                  // increases with every change
  std::vector<PresetEntry> presets() const;  // available presets, in the order of their numbers
  void list_again();                         // including those written since

 private:
  struct State {
    Chain chain;
    std::shared_ptr<const State> loaded;  // as it was when loaded or saved; null: this is it
  };
  using Events = std::vector<Event>;
  struct Place;
  static Place find_place(const Chain& chain, const std::string& address);
  Place place(const std::string& address) const;
  static State just_loaded(const Chain& chain);
  void set_control(const std::string& name, const std::string& value);
  void crossfade(double position);
  void fade_input(double share);
  void turn_input_knobs(InputSide side, std::optional<double> speed, std::optional<double> position);
  Chain with_seeds(Chain chain) const;
  std::filesystem::path neighbour(const std::string& name, int by) const;
  // change edits a copy of the state and says what is sent; what it throws changes nothing.
  void edit(const std::string& gesture, const std::function<Events(State&)>& change,
            const std::string& address = "");
  void remember(const std::string& gesture);
  void travel(std::vector<State>& from, std::vector<State>& to);
  void told(const std::string& address);
  uint64_t draw();
  void keep_numbers(const std::string& name);
  static const Part& part_with_weights(const Chain& chain, const std::string& part);

  mutable std::mutex mutex_;
  Send send_;
  std::vector<Watch> watches_;
  State now_;
  const uint64_t first_seed_;
  std::vector<State> undo_, redo_;
  ParameterValues controls_{set_controls()};
  std::optional<State> cued_;
  bool cued_changed_ = false, cued_left_ = false;  // left: it played before
  bool at_one_ = false;                            // what plays is at that end of the crossfader
  std::string last_gesture_;
  std::chrono::steady_clock::time_point last_time_;
  std::set<std::string> locked_;  // PART.NAME
  std::vector<PresetEntry> presets_;
  uint64_t draws_ = 0, version_ = 0;
  double fade_ = 2;
  std::array<std::atomic<double>, 2> paused_speed_{1.0, 1.0};  // of an input, before it was made to stand
  bool changed_ = false, black_ = false, frozen_ = false;
};

}  // namespace reverie
