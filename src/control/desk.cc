#include "control/desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "control/chain_change.h"
#include "control/variation.h"
#include "core/error.h"
#include "core/file.h"
#include "core/folders.h"
#include "core/limits.h"
#include "core/random.h"
#include "core/text.h"
#include "effects/effects.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostUndo = 200;
constexpr std::chrono::milliseconds kGesture(1000);  // turns of one knob within this time are undone together
constexpr double kUndoFade = 0.3;                    // seconds
constexpr double kBlackoutFade = 0.5;
constexpr uint64_t kDeskStream = 0x6465736b;  // of the set's seed

bool has_places(const Parameter& p) {
  return p.kind != ParameterKind::kText && p.high > p.low;
}

// Those of the same effect that can play without an input.
std::vector<Preset> parents_of(const std::string& effect, const std::vector<PresetEntry>& presets) {
  std::vector<Preset> parents;
  for (const PresetEntry& e : presets) {
    if (e.effects != std::vector{effect} || e.input == InputNeed::kRequired) continue;
    try {
      Chain chain = load_chain(e.path.string());
      parents.push_back(std::move(chain.parts.front().preset));
    } catch (const Error&) {
      // gone since the list was made
    }
  }
  return parents;
}

}  // namespace

// What an address means, in a chain or of the set.
struct Desk::Place {
  Address address;
  const ParameterValues& values;
  const Parameter& parameter;

  std::string full() const { return address.part + "." + address.parameter; }
};

Desk::Place Desk::find_place(const Chain& chain, const std::string& text) {
  Address a = find_address(chain, text);
  const ParameterValues& values = chain.part(a.part).preset.values;
  const ParameterTable& table = values.table();
  return {a, values, table[table.index(a.parameter)]};
}

// Call with the mutex held.
Desk::Place Desk::place(const std::string& text) const {
  const std::string own = set_control_of(text);
  if (own.empty()) return find_place(now_.chain, text);
  return {{std::string(kSetPart), own, own}, controls_, parameter_at(now_.chain, text)};
}

Address Desk::find(const std::string& address) const {
  const std::lock_guard lock(mutex_);
  return place(address).address;
}

Desk::Desk(Chain chain, uint64_t seed, Send send)
    : send_(std::move(send)), now_{Preset(), nullptr}, first_seed_(seed), presets_(presets_in_order()) {
  draw_seeds(chain, seed);
  now_ = just_loaded(chain);
}

Desk::State Desk::just_loaded(const Chain& chain) {
  return {chain, std::make_shared<const State>(State{chain, nullptr})};
}

void Desk::watch(Watch watch) {
  const std::lock_guard lock(mutex_);
  watches_.push_back(std::move(watch));
}

void Desk::told(const std::string& address) {
  std::vector<Watch> watches;
  {
    const std::lock_guard lock(mutex_);
    watches = watches_;
  }
  for (const Watch& w : watches) w(address);
}

// Call with the mutex held. gesture: groups changes; empty: this change alone.
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

void Desk::edit(const std::string& gesture, const std::function<Events(State&)>& change,
                const std::string& address) {
  {
    const std::lock_guard lock(mutex_);
    State next = now_;
    Events events = change(next);
    remember(gesture);
    now_ = std::move(next);
    for (Event& e : events) send_(std::move(e));
  }
  told(address);
}

void Desk::set(const std::string& address, const std::string& value) {
  if (const std::string own = set_control_of(address); !own.empty()) return set_control(own, value);
  std::string full;
  {
    const std::lock_guard lock(mutex_);
    full = find_place(now_.chain, address).full();
  }
  edit(
      full,
      [&](State& next) -> Events {
        const Address a = find_address(next.chain, address);
        override_value(next.chain.part(a.part).preset, a.name, value);
        return {SetParameter{a.name, value, event_part(next.chain, a.part)}};
      },
      full);
}

void Desk::set_share(const std::string& address, int level, double share, const ControlWishes& wishes) {
  std::string value, to;
  {
    const std::lock_guard lock(mutex_);
    const Place at = place(address);
    const Parameter& p = at.parameter;
    if (!has_places(p)) throw Error("turn", address, "it takes a text");
    if (!(share >= 0 && share <= 1)) throw Error("turn", address, "its place must be 0 to 1");
    value = word_at(p, share, wishes);
    to = level < 0 || !p.per_level ? at.full() : fmt::format("{}.{}", at.full(), level);
  }
  set(to, value);
}

double Desk::share(const std::string& address, int level, const ControlWishes& wishes) const {
  const std::lock_guard lock(mutex_);
  const Place at = place(address);
  const Parameter& p = at.parameter;
  if (!has_places(p)) return 0;
  return ControlRange(p, wishes).share(at.values.number(p.name, std::max(level, 0)));
}

void Desk::cycle(const std::string& address, bool below_levels) {
  std::string full;
  {
    const std::lock_guard lock(mutex_);
    full = find_place(now_.chain, address).full();
  }
  edit(
      full,
      [&](State& next) -> Events {
        const Place at = find_place(next.chain, address);
        const Parameter& p = at.parameter;
        if (p.kind == ParameterKind::kText || p.kind == ParameterKind::kNumber)
          throw Error("cycle", address, "it has no words to go through");
        const double last = below_levels ? std::min<double>(at.values.levels() - 1, p.high) : p.high;
        double value = at.values.number(p.name) + 1;
        if (value > last) value = p.low;
        const std::string given = value_word(p, value);
        override_value(next.chain.part(at.address.part).preset, p.name, given);
        return {SetParameter{p.name, given, event_part(next.chain, at.address.part)}};
      },
      full);
}

void Desk::reset(const std::string& address) {
  edit("", [&](State& next) -> Events {
    const Address a = find_address(next.chain, address);
    const Part* before = next.loaded->chain.find(a.part);
    Part& part = next.chain.part(a.part);
    if (!before || before->preset.effect != part.preset.effect)
      throw Error("reset", address, "the preset that was loaded has no such part");
    const std::string& name = a.parameter;
    const Preset& loaded = before->preset;
    ParameterValues& values = part.preset.values;
    if (values.table()[values.table().index(name)].kind == ParameterKind::kText) {
      values.set_text(name, loaded.values.text(name));
    } else {
      values.set(name, loaded.values.list(name));
    }
    const auto take_back = [&](auto& now, const auto& then) {
      const auto is_its = [&](const auto& m) { return m.parameter == name; };
      std::erase_if(now, is_its);
      std::copy_if(then.begin(), then.end(), std::back_inserter(now), is_its);
    };
    take_back(part.preset.lfos, loaded.lfos);
    take_back(part.preset.followers, loaded.followers);
    take_back(part.preset.keyframes, loaded.keyframes);
    take_back(part.preset.maps, loaded.maps);
    return {ChangePreset{part.preset, part.seed, kUndoFade, event_part(next.chain, part.name)}};
  });
}

void Desk::reset_all() {
  edit("", [&](State& next) {
    next = just_loaded(next.loaded->chain);
    return stepping(now_.chain, next.chain, kUndoFade);
  });
  const std::lock_guard lock(mutex_);
  changed_ = false;
}

void Desk::randomize(double amount, const std::string& part) {
  // files are read before the lock is taken
  std::map<std::string, std::vector<Preset>> parents;
  const std::vector<PresetEntry> all = presets();
  for (const Part& p : chain().parts) {
    if (!parents.contains(p.preset.effect)) parents[p.preset.effect] = parents_of(p.preset.effect, all);
  }
  Random draws(draw());
  edit("", [&](State& next) -> Events {
    if (!part.empty()) next.chain.part(part);  // Error where there is none
    for (Part& at : next.chain.parts) {
      const std::vector<Preset>& found = parents[at.preset.effect];
      if ((!part.empty() && at.name != part) || found.empty()) continue;
      for (const Parameter& p : at.preset.values.table().all()) {
        if (!may_stray(p) || locked_.contains(at.name + "." + p.name)) continue;
        const Preset& parent = found[draws.bits() % found.size()];
        at.preset.values.set(p.name, stray(p, parent.values.list(p.name), amount, draws));
      }
    }
    return replacing(now_.chain, next.chain, fade_);
  });
}

void Desk::lock(const std::string& address, bool locked) {
  const std::lock_guard lock(mutex_);
  const std::string full = find_place(now_.chain, address).full();
  if (locked) {
    locked_.insert(full);
  } else {
    locked_.erase(full);
  }
}

bool Desk::locked(const std::string& address) const {
  const std::lock_guard lock(mutex_);
  return locked_.contains(find_place(now_.chain, address).full());
}

void Desk::change(const std::string& part, const std::function<void(Preset&)>& edit_preset, double fade,
                  const std::string& gesture) {
  edit(gesture, [&](State& next) -> Events {
    Part& at = next.chain.part(part);
    edit_preset(at.preset);
    return {ChangePreset{at.preset, at.seed, fade, event_part(next.chain, at.name)}};
  });
}

void Desk::add_part(const std::string& preset_or_effect, size_t place) {
  const bool is_effect = std::any_of(effects().begin(), effects().end(),
                                     [&](const EffectKind& e) { return e.name == preset_or_effect; });
  Chain more = is_effect ? Chain(Preset(preset_or_effect)) : load_chain(preset_or_effect);
  if (is_effect) more.parts.front().preset.name = preset_or_effect;
  edit("", [&](State& next) {
    Chain all = next.chain;
    const size_t before = std::min(place, all.parts.size());
    append(all, more);
    // those that were added, to their place
    std::rotate(all.parts.begin() + static_cast<std::ptrdiff_t>(before),
                all.parts.end() - static_cast<std::ptrdiff_t>(more.parts.size()), all.parts.end());
    for (size_t i = before; i < before + more.parts.size(); ++i)
      all.parts[i].seed = part_seed(first_seed_, all.parts[i].name);
    next.chain = std::move(all);
    return stepping(now_.chain, next.chain, fade_);
  });
}

void Desk::remove_part(const std::string& part) {
  edit("", [&](State& next) -> Events {
    const std::string name = next.chain.part(part).name;
    if (next.chain.parts.size() == 1) throw Error("remove", name, "it is the only part", "bypass it");
    std::erase_if(next.chain.parts, [&](const Part& p) { return p.name == name; });
    return {RemovePart{name, fade_}};
  });
}

void Desk::move_part(const std::string& part, size_t place) {
  edit("", [&](State& next) -> Events {
    const Part moved = next.chain.part(part);
    std::erase_if(next.chain.parts, [&](const Part& p) { return p.name == moved.name; });
    place = std::min(place, next.chain.parts.size());
    next.chain.parts.insert(next.chain.parts.begin() + static_cast<std::ptrdiff_t>(place), moved);
    return {MovePart{moved.name, static_cast<int>(place), fade_}};
  });
}

void Desk::bypass(const std::string& part, bool on) {
  change(
      part, [&](Preset& p) { override_value(p, kBypass, on ? "on" : "off"); }, fade());
}

void Desk::panic() {
  edit("", [&](State& next) {
    next = just_loaded(next.loaded->chain);
    std::vector<Event> events = replacing(now_.chain, next.chain, 0);
    events.emplace_back(NewNoise{Random(first_seed_).split(kDeskStream).split(++draws_).bits(), ""});
    if (std::exchange(frozen_, false)) events.emplace_back(Freeze{false});
    return events;
  });
  const std::lock_guard lock(mutex_);
  changed_ = false;
}

void Desk::blackout(bool on) {
  const std::lock_guard lock(mutex_);
  black_ = on;
  ++version_;
  send_(Blackout{on, kBlackoutFade});
}

void Desk::freeze(bool on) {
  const std::lock_guard lock(mutex_);
  frozen_ = on;
  ++version_;
  send_(Freeze{on});
}

bool Desk::is_black() const {
  const std::lock_guard lock(mutex_);
  return black_;
}

bool Desk::is_frozen() const {
  const std::lock_guard lock(mutex_);
  return frozen_;
}

uint64_t Desk::draw() {
  const std::lock_guard lock(mutex_);
  return Random(first_seed_).split(kDeskStream).split(++draws_).bits();
}

void Desk::new_noise(const std::string& part) {
  const uint64_t seed = draw();
  const std::lock_guard lock(mutex_);
  if (!part.empty()) now_.chain.part(part);  // Error where there is none
  send_(NewNoise{seed, part.empty() ? "" : event_part(now_.chain, part)});
}

const Part& Desk::part_with_weights(const Chain& chain, const std::string& part) {
  if (!part.empty()) return chain.part(part);
  for (const Part& p : chain.parts) {
    if (p.preset.values.table().find(ParameterRole::kWeights)) return p;
  }
  throw Error("there is no part that has weights");
}

void Desk::new_weights(const std::string& part) {
  const uint64_t seed = draw();
  edit("", [&](State& next) -> Events {
    Part& at = next.chain.part(part_with_weights(next.chain, part).name);
    const Parameter* p = at.preset.values.table().find(ParameterRole::kWeights);
    if (!p) throw Error("draw", at.name, "it has no weights");
    // learned weights are no dice: new ones are random
    const std::vector<std::string>& words = p->random_words;
    const std::string weights = at.preset.values.text(p->name);
    if (std::find(words.begin(), words.end(), weights) == words.end())
      at.preset.values.set_text(p->name, words.front());
    // ... and those that the preset keeps are no longer kept
    const std::string& kept = find_effect(at.preset.effect).seed_parameter;
    if (!kept.empty()) at.preset.values.set(kept, 0);
    at.seed = seed;
    return {ChangePreset{at.preset, at.seed, fade_, event_part(next.chain, at.name)}};
  });
}

void Desk::load_weights(const std::string& file, const std::string& part) {
  const Part at = part_with_weights(chain(), part);
  const Parameter* p = at.preset.values.table().find(ParameterRole::kWeights);
  if (!p) throw Error("load", file, fmt::format("the part '{}' has no weights", at.name));
  const std::string path = fs::absolute(find_asset(at.preset, file)).string();
  change(
      at.name, [&](Preset& preset) { preset.values.set_text(p->name, path); }, fade());
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
    const Chain before = std::exchange(now_, from.back()).chain;
    from.pop_back();
    last_gesture_.clear();
    changed_ = true;
    ++version_;
    for (Event& e : stepping(before, now_.chain, kUndoFade)) send_(std::move(e));
  }
  told("");
}

void Desk::refused(const Chain& plays_on) {
  {
    const std::lock_guard lock(mutex_);
    now_.chain.parts = plays_on.parts;
    cued_.reset();
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

Chain Desk::chain() const {
  const std::lock_guard lock(mutex_);
  return now_.chain;
}

Preset Desk::preset(const std::string& part) const {
  const std::lock_guard lock(mutex_);
  return now_.chain.part(part).preset;
}

uint64_t Desk::seed(const std::string& part) const {
  const std::lock_guard lock(mutex_);
  return now_.chain.part(part).seed;
}

bool Desk::changed() const {
  const std::lock_guard lock(mutex_);
  return changed_;
}

uint64_t Desk::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

}  // namespace reverie
