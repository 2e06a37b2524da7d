// What a performer's hands can do to a set, whatever they hold: keys, knobs, MIDI or OSC.  Thread-safe.
#pragma once

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

#include "control/event.h"

namespace reverie {

// The desk knows the preset as the hands left it and sends what changes to the set.
class Desk {
 public:
  using Send = std::function<void(Event)>;
  // Told of every parameter that changed; empty name: of all.  On the thread that changed it.
  using Watch = std::function<void(const std::string& name)>;

  Desk(const Preset& preset, uint64_t seed, Send send);

  void watch(Watch watch);

  // A value as a command line gives it: "zoom", "1.5"; "zoom.2" for level 2.  Error when it is not allowed.
  void set(const std::string& name, const std::string& value);
  // By its place between low (0) and high (1): what a control without units sends.  level < 0: all levels.
  // Words, flags and whole numbers take the nearest; a text has no places: Error.
  void set_share(const std::string& name, int level, double share);
  double share(const std::string& name, int level = 0) const;
  // The next word, flag or whole number, and after the last the first; at most `high` where that is lower.
  void cycle(const std::string& name, std::optional<int> high = {});
  // As the preset was when it was loaded.
  void reset(const std::string& name);
  void reset_all();

  // Every parameter that is not locked takes the value of one of the presets there are, and numbers stray
  // from it by `amount` (0..1) of their range: what others found good, newly put together.
  void randomize(double amount = 0.05);
  void lock(const std::string& name, bool locked);
  bool locked(const std::string& name) const;

  // Modulations and all else at once.
  // gesture: changes of one name that follow each other closely are undone together.
  void change(const Preset& preset, double fade, const std::string& gesture = "");

  // By name, file or number in presets().  Error when there is no such preset; then nothing has changed.
  void load(const std::string& name);
  void load(const std::string& name, double fade);
  void load_number(size_t number);
  void step(int by);  // to the next (1) or the previous (-1)
  // Writes the preset among one's own and gives it that name.  Error when it cannot be written.
  std::filesystem::path save(const std::string& name);
  // Gives one's own preset that is played another name.  Error where another preset has it.
  void rename(const std::string& name);

  void new_noise();
  void new_weights();
  void load_weights(const std::string& file);
  void open_input(const std::string& spec);

  void undo();
  void redo();

  // The set could not do it: the desk shows what goes on.
  void refused(const Preset& goes_on, uint64_t seed);

  double fade() const;  // seconds, of the presets that are loaded
  void set_fade(double seconds);

  Preset preset() const;
  uint64_t seed() const;
  bool changed() const;                      // since it was loaded or saved
  uint64_t version() const;                  // grows with every change
  std::vector<PresetEntry> presets() const;  // those that can be played, by name
  void list_again();                         // with those that were written since

 private:
  struct State {
    Preset preset;
    uint64_t seed = 0;
    std::shared_ptr<const State> loaded;  // as it was when it was loaded or saved; null: this is it
  };
  static State just_loaded(const Preset& preset, uint64_t seed);
  void remember(const std::string& gesture);
  void go_to(State state, double fade, const std::string& gesture = "");
  void travel(std::vector<State>& from, std::vector<State>& to);
  void told(const std::string& name);
  uint64_t draw();

  mutable std::mutex mutex_;
  Send send_;
  std::vector<Watch> watches_;
  State now_;
  const uint64_t first_seed_;
  std::vector<State> undo_, redo_;
  std::string last_gesture_;
  std::chrono::steady_clock::time_point last_time_;
  std::set<std::string> locked_;
  std::vector<PresetEntry> presets_;
  uint64_t draws_ = 0, version_ = 0;
  double fade_ = 2;
  bool changed_ = false;
};

// ~/.config/reverie/presets or the like: where one's own presets are.  Empty where the system names no home.
std::filesystem::path own_preset_folder();

}  // namespace reverie
