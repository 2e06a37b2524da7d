// Each parameter is declared once: the command line, presets, knobs, MIDI, OSC, keyframes and --help all read
// this declaration.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/planes.h"

namespace reverie {

// The longest list: no effect has more levels.
inline constexpr int kMostListValues = 16;

enum class ParameterKind { kNumber, kInteger, kChoice, kFlag, kText };

// What a parameter is for, where others must know: they ask for the role, never for a name.
enum class ParameterRole {
  kProcess,  // shapes what happens
  kStart,    // only says how the process starts: changing it leaves a running one alone
  kView,     // how the process is looked at: randomize leaves it alone
  kWeights,  // a text that names weights: a file, or one of the words for random ones
  kLevels    // how many levels there are above level 0: a per-level list has one value more
};

// Describes a parameter.  Created by number(), integer(), choice(), flag() or text() below.
struct Parameter {
  std::string name;
  ParameterKind kind = ParameterKind::kNumber;
  double low = 0, high = 1;             // range, inclusive (choice: indices; flag: 0..1)
  double soft_low = 0, soft_high = 1;   // the part of it that controls without units go over
  std::vector<double> initial = {0.0};  // the default; a list if the levels differ
  std::string initial_text;             // the default of a text parameter
  std::string unit;                     // "pixels", "degrees", ...; empty for a pure number
  std::string help;                     // one line
  std::string group;                    // group on a panel: "movement"
  std::vector<std::string> choices;
  bool per_level = false;  // takes a list, one value per level; the last one also applies to the levels above
  bool mappable = false;   // a map picture may vary it over the frame
  // shapes the process: changing it starts the process again, so nothing may modulate it
  bool structural = false;
  bool from_weights = false;  // unless it is given, a file of weights may say it
  ParameterRole role = ParameterRole::kProcess;
  std::vector<std::string> random_words;  // of kWeights: the words that mean random draws

  Parameter& playable(double from, double to) { return soft_low = from, soft_high = to, *this; }
  Parameter& levels() { return per_level = true, *this; }
  Parameter& map() { return mappable = true, *this; }
  Parameter& fixed() { return structural = true, *this; }
  Parameter& said_by_weights() { return from_weights = true, *this; }
  Parameter& starts() { return role = ParameterRole::kStart, *this; }
  Parameter& views() { return role = ParameterRole::kView, *this; }
  Parameter& counts_levels() { return role = ParameterRole::kLevels, *this; }
  Parameter& weights(std::vector<std::string> words) {
    return role = ParameterRole::kWeights, random_words = std::move(words), *this;
  }
};

Parameter number(std::string name, double initial, double low, double high, std::string unit,
                 std::string help);
Parameter integer(std::string name, int initial, int low, int high, std::string unit, std::string help);
Parameter choice(std::string name, std::string_view initial, std::vector<std::string> choices,
                 std::string help);
Parameter flag(std::string name, bool initial, std::string help);
Parameter text(std::string name, std::string initial, std::string help);

// "0.5..2, default 1 ratio, per level, map" for help and lists.
std::string describe_range(const Parameter& p);

// Parameters one group after the other, each told its group's name.
struct ParameterGroup {
  std::string name;
  std::vector<Parameter> parameters;
};
std::vector<Parameter> in_groups(std::vector<ParameterGroup> groups);

// All parameters of one effect, in the order of their declaration.
class ParameterTable {
 public:
  explicit ParameterTable(std::vector<Parameter> parameters);

  const std::vector<Parameter>& all() const { return parameters_; }
  const Parameter& operator[](size_t i) const { return parameters_[i]; }
  size_t size() const { return parameters_.size(); }
  // Index of a name; Error with the nearest name if there is none.
  size_t index(std::string_view name) const;
  bool has(std::string_view name) const { return places_.contains(std::string(name)); }
  // The first one of a role, or null.
  const Parameter* find(ParameterRole role) const;
  std::vector<std::string> names() const;

 private:
  std::vector<Parameter> parameters_;
  std::unordered_map<std::string, size_t> places_;
};

// A picture that varies a parameter over the frame: value(x, y) = value + depth * (2 * picture(x, y) - 1).
struct Map {
  std::shared_ptr<const Planes> picture;  // [1, H, W] in 0..1, any size; stretched over the frame
  double depth = 0;
};

// A value for every parameter of a table, always within range.
class ParameterValues {
 public:
  explicit ParameterValues(const ParameterTable& table);

  const ParameterTable& table() const { return *table_; }

  // Reading. level: a list's last value applies to all levels above it.
  double number(std::string_view name, int level = 0) const;
  int integer(std::string_view name, int level = 0) const;
  bool flag(std::string_view name) const { return number(name) != 0; }
  const std::string& text(std::string_view name) const;
  // Index of a choice, as the enum whose values follow the order of words.
  template <class Enum>
  Enum choice(std::string_view name, int level = 0) const {
    return static_cast<Enum>(integer(name, level));
  }
  const std::vector<double>& list(std::string_view name) const;
  // How many values a per-level list has: one for each level.
  int levels() const;
  const Map* map(std::string_view name) const;  // null if none is set

  // Writing.  Error (with name, range and the given value) if the value is not allowed.
  void set(std::string_view name, std::vector<double> values);
  void set(std::string_view name, double value) { set(name, std::vector<double>{value}); }
  void set_text(std::string_view name, std::string value);  // a text, or the word of a choice or flag
  void set_map(std::string_view name, Map map);
  // Like set() for one level, but never fails: clamped to the range (modulations swing as far as the range
  // allows).
  void nudge(size_t index, int level, double value);

  // From the command line: "1.5", "1,0.5,0.5", "tanh", "on"; name may be "zoom.2" for level 2 only.
  void parse(std::string_view name, std::string_view value);
  // As TOML: 1.5, [1, 0.5], "tanh", true.
  std::string format(size_t index) const;
  bool is_initial(size_t index) const;
  // Set since the defaults, be it to the default; nudge() does not count.
  bool is_given(std::string_view name) const { return value(name).given; }

 private:
  struct Value {
    std::vector<double> numbers;
    std::string text;
    Map map;
    bool given = false;
  };
  const Value& value(std::string_view name) const { return values_[table_->index(name)]; }
  const ParameterTable* table_;
  std::vector<Value> values_;
};

}  // namespace reverie
