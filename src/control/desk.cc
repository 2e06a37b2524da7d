#include "control/desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/folders.h"
#include "core/limits.h"
#include "core/random.h"
#include "core/text.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostUndo = 200;
constexpr std::chrono::milliseconds kGesture(1000);  // turns of one knob within it are undone at once
constexpr double kUndoFade = 0.3;                    // seconds
constexpr uint64_t kDeskStream = 0x6465736b;         // of the set's seed

std::vector<PresetEntry> playable() {
  std::vector<PresetEntry> all = list_presets();
  std::erase_if(all, [](const PresetEntry& e) { return !e.error.empty(); });
  return all;
}

bool has_places(const Parameter& p) {
  return p.kind != ParameterKind::kText && p.high > p.low;
}

// A value of every level, strayed by amount of its range and kept in it.
std::vector<double> stray(const Parameter& p, std::vector<double> values, double amount, Random& draws) {
  if (p.kind != ParameterKind::kNumber) return values;
  for (double& v : values) {
    // of what the value is away from its default rather than of the whole range: shift_x = 0.5 of +-256
    // pixels
    const double size = std::max({std::abs(v), std::abs(v - p.initial.front()), 0.1});
    v = std::clamp(v + amount * size * draws.normal(), p.low, p.high);
  }
  return values;
}

std::string word(double value) {
  return fmt::format("{}", value);
}

}  // namespace

fs::path own_preset_folder() {
  const fs::path config = config_folder();
  return config.empty() ? fs::path() : config / "presets";
}

Desk::Desk(const Preset& preset, uint64_t seed, Send send)
    : send_(std::move(send)), now_(just_loaded(preset, seed)), first_seed_(seed), presets_(playable()) {}

Desk::State Desk::just_loaded(const Preset& preset, uint64_t seed) {
  return {preset, seed, std::make_shared<const State>(State{preset, seed, nullptr})};
}

void Desk::watch(Watch watch) {
  const std::lock_guard lock(mutex_);
  watches_.push_back(std::move(watch));
}

void Desk::told(const std::string& name) {
  std::vector<Watch> watches;
  {
    const std::lock_guard lock(mutex_);
    watches = watches_;
  }
  for (const Watch& w : watches) w(name);
}

// With the mutex held.  gesture: what belongs together; empty: this change alone.
void Desk::remember(const std::string& gesture) {
  const auto now = std::chrono::steady_clock::now();
  const bool goes_on = !gesture.empty() && gesture == last_gesture_ && now - last_time_ < kGesture;
  last_gesture_ = gesture;
  last_time_ = now;
  changed_ = true;
  ++version_;
  if (goes_on) return;
  undo_.push_back(now_);
  if (undo_.size() > kMostUndo) undo_.erase(undo_.begin());
  redo_.clear();
}

void Desk::set(const std::string& name, const std::string& value) {
  const std::string base = name.substr(0, name.find('.'));
  {
    const std::lock_guard lock(mutex_);
    Preset changed = now_.preset;
    override_value(changed, name, value);
    remember(base);
    now_.preset = std::move(changed);
    send_(SetParameter{name, value});
  }
  told(base);
}

void Desk::set_share(const std::string& name, int level, double share) {
  std::string value;
  {
    const std::lock_guard lock(mutex_);
    const ParameterTable& table = now_.preset.values.table();
    const Parameter& p = table[table.index(name)];
    if (!has_places(p)) throw Error("turn", name, "it takes a text");
    if (!(share >= 0 && share <= 1)) throw Error("turn", name, "its place is to be 0 to 1");
    const double v = p.low + share * (p.high - p.low);
    ParameterValues scratch = now_.preset.values;
    scratch.nudge(table.index(name), 0, v);  // rounds what counts in whole numbers
    value = word(scratch.list(name).front());
    if (p.kind == ParameterKind::kChoice) value = p.choices[static_cast<size_t>(scratch.integer(name))];
    if (p.kind == ParameterKind::kFlag) value = scratch.flag(name) ? "on" : "off";
    if (!p.per_level) level = -1;
  }
  set(level < 0 ? name : fmt::format("{}.{}", name, level), value);
}

double Desk::share(const std::string& name, int level) const {
  const std::lock_guard lock(mutex_);
  const ParameterTable& table = now_.preset.values.table();
  const Parameter& p = table[table.index(name)];
  if (!has_places(p)) return 0;
  return (now_.preset.values.number(name, std::max(level, 0)) - p.low) / (p.high - p.low);
}

void Desk::cycle(const std::string& name, std::optional<int> high) {
  double next = 0;
  const Parameter* p = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const ParameterTable& table = now_.preset.values.table();
    p = &table[table.index(name)];
    if (p->kind == ParameterKind::kText || p->kind == ParameterKind::kNumber)
      throw Error("cycle", name, "it has no words to go through");
    const double last = high ? std::min<double>(*high, p->high) : p->high;
    next = now_.preset.values.number(name) + 1;
    if (next > last) next = p->low;
  }
  const auto i = static_cast<size_t>(next);
  set(name, p->kind == ParameterKind::kChoice ? p->choices[i]
            : p->kind == ParameterKind::kFlag ? (next != 0 ? "on" : "off")
                                              : word(next));
}

void Desk::reset(const std::string& name) {
  Preset changed = preset();
  const Parameter& p = changed.values.table()[changed.values.table().index(name)];
  {
    const std::lock_guard lock(mutex_);
    if (now_.loaded->preset.effect != changed.effect) return;
    if (p.kind == ParameterKind::kText) {
      changed.values.set_text(name, now_.loaded->preset.values.text(name));
    } else {
      changed.values.set(name, now_.loaded->preset.values.list(name));
    }
    const auto take_back = [&](auto& now, const auto& loaded) {
      const auto same = [&](const auto& m) { return m.parameter == name; };
      std::erase_if(now, same);
      std::copy_if(loaded.begin(), loaded.end(), std::back_inserter(now), same);
    };
    const Preset& loaded = now_.loaded->preset;
    take_back(changed.lfos, loaded.lfos);
    take_back(changed.followers, loaded.followers);
    take_back(changed.keyframes, loaded.keyframes);
    take_back(changed.maps, loaded.maps);
  }
  change(changed, kUndoFade);
}

void Desk::reset_all() {
  State loaded;
  {
    const std::lock_guard lock(mutex_);
    loaded = just_loaded(now_.loaded->preset, now_.loaded->seed);
  }
  go_to(std::move(loaded), kUndoFade);
  const std::lock_guard lock(mutex_);
  changed_ = false;
}

void Desk::randomize(double amount) {
  Preset changed = preset();
  std::vector<Preset> parents;
  for (const PresetEntry& e : presets()) {
    if (e.effect != changed.effect || e.input == InputNeed::kRequired) continue;
    try {
      parents.push_back(load_preset(e.path.string()));
    } catch (const Error&) {
      // gone since the list was made
    }
  }
  Random draws(draw());
  for (const Parameter& p : changed.values.table().all()) {
    if (p.structural || p.kind == ParameterKind::kText || locked(p.name) || parents.empty()) continue;
    if (p.name.starts_with("view") || p.name == "dry") continue;  // how it is looked at is not the process
    const Preset& parent = parents[draws.bits() % parents.size()];
    changed.values.set(p.name, stray(p, parent.values.list(p.name), amount, draws));
  }
  change(changed, fade());
}

void Desk::lock(const std::string& name, bool locked) {
  const std::lock_guard lock(mutex_);
  if (locked) {
    locked_.insert(name);
  } else {
    locked_.erase(name);
  }
}

bool Desk::locked(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return locked_.contains(name);
}

void Desk::go_to(State state, double fade, const std::string& gesture) {
  {
    const std::lock_guard lock(mutex_);
    remember(gesture);
    now_ = std::move(state);
    send_(ChangePreset{now_.preset, now_.seed, fade});
  }
  told("");
}

void Desk::change(const Preset& preset, double fade, const std::string& gesture) {
  State next;
  {
    const std::lock_guard lock(mutex_);
    next = {preset, now_.seed, now_.loaded};
  }
  go_to(std::move(next), fade, gesture);
}

void Desk::load(const std::string& name) {
  load(name, fade());
}

void Desk::load(const std::string& name, double fade) {
  const Preset preset = load_preset(name);
  {
    const std::lock_guard lock(mutex_);
    remember("");
    now_ = just_loaded(preset, now_.seed);
    changed_ = false;
    send_(ChangePreset{now_.preset, now_.seed, fade});
  }
  told("");
}

void Desk::load_number(size_t number) {
  const std::vector<PresetEntry> all = presets();
  if (number >= all.size())
    throw Error(fmt::format("there is no preset number {} (there are {})", number + 1, all.size()));
  load(all[number].path.string());
}

void Desk::step(int by) {
  const std::vector<PresetEntry> all = presets();
  if (all.empty()) return;
  const std::string name = preset().name;
  const auto it = std::find_if(all.begin(), all.end(), [&](const PresetEntry& e) { return e.name == name; });
  const auto count = static_cast<std::ptrdiff_t>(all.size());
  std::ptrdiff_t place = it == all.end() ? (by > 0 ? -1 : count) : it - all.begin();
  for (std::ptrdiff_t tries = 0; tries < count; ++tries) {
    place = ((place + by) % count + count) % count;
    try {
      return load(all[static_cast<size_t>(place)].path.string());
    } catch (const Error&) {
      if (tries + 1 == count) throw;  // gone since the list was made: the one after it
    }
  }
}

fs::path Desk::save(const std::string& name) {
  const fs::path folder = own_preset_folder();
  if (folder.empty()) throw Error("save", name, "the system names no home folder", "set XDG_CONFIG_HOME");
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  };
  if (name.empty() || name.size() > 100 || !std::all_of(name.begin(), name.end(), plain))
    throw Error("save", "'" + printable(name) + "'", "a preset's name has letters, digits, - and _");
  Preset saved = found_from_anywhere(preset());
  saved.name = name;
  const fs::path path = folder / (name + ".toml");
  const std::string text = format_preset(saved);
  std::error_code code;
  fs::create_directories(folder, code);
  write_file(path, std::vector<uint8_t>(text.begin(), text.end()));
  {
    const std::lock_guard lock(mutex_);
    now_.preset.name = name;
    now_.preset.path = path;
    now_ = just_loaded(now_.preset, now_.seed);
    changed_ = false;
    ++version_;
  }
  list_again();
  told("");
  return path;
}

void Desk::rename(const std::string& name) {
  const fs::path before = preset().path;
  std::error_code code;
  if (before.empty() || !fs::equivalent(before.parent_path(), own_preset_folder(), code))
    throw Error("rename", preset().name, "it is not one of your own", "save it under the new name");
  const fs::path wished = own_preset_folder() / (name + ".toml");
  if (fs::exists(wished, code) && !fs::equivalent(wished, before, code))
    throw Error("rename", preset().name, fmt::format("there is a preset '{}' already", printable(name)));
  const fs::path after = save(name);
  if (after != before) fs::remove(before, code);
  list_again();
}

uint64_t Desk::draw() {
  const std::lock_guard lock(mutex_);
  return Random(first_seed_).split(kDeskStream).split(++draws_).bits();
}

void Desk::new_noise() {
  const uint64_t seed = draw();
  const std::lock_guard lock(mutex_);
  send_(NewNoise{seed});
}

void Desk::new_weights() {
  Preset changed = preset();
  // learned weights are no dice: new ones are random
  const std::string weights = changed.values.text("weights");
  if (weights != "uniform" && weights != "sharp") changed.values.set_text("weights", "normal");
  State next{changed, draw(), nullptr};
  {
    const std::lock_guard lock(mutex_);
    next.loaded = now_.loaded;
  }
  go_to(std::move(next), fade());
}

void Desk::load_weights(const std::string& file) {
  Preset changed = preset();
  changed.values.set_text("weights", fs::absolute(find_asset(changed, file)).string());
  change(changed, fade());
}

void Desk::open_input(const std::string& spec) {
  const std::lock_guard lock(mutex_);
  send_(OpenInput{spec});
}

void Desk::undo() {
  travel(undo_, redo_);
}

void Desk::redo() {
  travel(redo_, undo_);
}

void Desk::travel(std::vector<State>& from, std::vector<State>& to) {
  {
    const std::lock_guard lock(mutex_);
    if (from.empty()) return;
    to.push_back(now_);
    now_ = from.back();
    from.pop_back();
    last_gesture_.clear();
    changed_ = true;
    ++version_;
    send_(ChangePreset{now_.preset, now_.seed, kUndoFade});
  }
  told("");
}

void Desk::refused(const Preset& goes_on, uint64_t seed) {
  {
    const std::lock_guard lock(mutex_);
    now_.preset = goes_on;
    now_.seed = seed;
    ++version_;
  }
  told("");
}

double Desk::fade() const {
  const std::lock_guard lock(mutex_);
  return fade_;
}

void Desk::set_fade(double seconds) {
  const std::lock_guard lock(mutex_);
  fade_ = std::clamp(seconds, 0.0, kLongestFade);
}

Preset Desk::preset() const {
  const std::lock_guard lock(mutex_);
  return now_.preset;
}

uint64_t Desk::seed() const {
  const std::lock_guard lock(mutex_);
  return now_.seed;
}

bool Desk::changed() const {
  const std::lock_guard lock(mutex_);
  return changed_;
}

uint64_t Desk::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

std::vector<PresetEntry> Desk::presets() const {
  const std::lock_guard lock(mutex_);
  return presets_;
}

void Desk::list_again() {
  std::vector<PresetEntry> all = playable();
  const std::lock_guard lock(mutex_);
  presets_ = std::move(all);
}

}  // namespace reverie
