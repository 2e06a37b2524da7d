#include "control/modulators_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "control/map_pictures.h"
#include "core/parameter.h"
#include "core/text.h"

namespace reverie {
namespace {

constexpr double kLongestTime = 1e9;    // seconds
constexpr double kLongestPeriod = 1e6;  // seconds
constexpr double kShortestPeriod = 1e-3;
constexpr double kMostDepth = 1e6;
constexpr double kLongestFollow = 60;  // seconds of attack or release

// The parameter that a modulator moves.
const Parameter& read_target(const TomlReader& reader, const ParameterTable& table) {
  const std::string name = reader.text("parameter");
  const TomlNode& node = *reader.find("parameter");
  const Parameter& p = table[read_parameter(reader, node, name, table)];
  if (p.kind == ParameterKind::kText)
    reader.fail(node, fmt::format("'{}' takes text: it cannot be modulated", name));
  if (p.structural)
    reader.fail(node, fmt::format("'{}' shapes the process from the start: it cannot be modulated", name));
  return p;
}

std::vector<int> read_levels(const TomlReader& reader, const Parameter& parameter) {
  std::vector<int> levels;
  for (const TomlNode* node : reader.list("levels")) {
    const int level = static_cast<int>(reader.whole_at(*node, 0, kMostListValues - 1));
    if (level > 0 && !parameter.per_level)
      reader.fail(*node, fmt::format("'{}' has one value for all levels: there is no level {}",
                                     parameter.name, level));
    if (covers(levels, level) && !levels.empty()) reader.fail(*node, fmt::format("level {} twice", level));
    levels.push_back(level);
  }
  const TomlNode* node = reader.find("levels");
  if (node && levels.empty()) reader.fail(*node, "'levels' names no level");
  return levels;
}

// Exactly one of period, rate and beats.
void read_period(const TomlReader& reader, Lfo& lfo) {
  const TomlNode* period = reader.find("period");
  const TomlNode* rate = reader.find("rate");
  const TomlNode* beats = reader.find("beats");
  if (period && rate) reader.fail(*rate, "give 'period' or 'rate', not both");
  if (beats && (period || rate))
    reader.fail(*beats, fmt::format("give '{}' or 'beats', not both", period ? "period" : "rate"));
  if (beats) {
    lfo.beats = reader.number("beats", kShortestPeriod, kLongestPeriod);
  } else if (rate) {
    lfo.period = 1 / reader.number("rate", 1 / kLongestPeriod, 1 / kShortestPeriod);
  } else {
    lfo.period = reader.number("period", kShortestPeriod, kLongestPeriod);
  }
}

// A feature of the sound, or a part's signal: "PART.NAME".
void read_follows(const TomlReader& reader, Follower& f) {
  const std::string word = reader.text("follows");
  const size_t dot = word.find('.');
  if (dot == std::string::npos) {
    f.follows = reader.word<SoundFeature>("follows", sound_feature_words());
    return;
  }
  const bool plain = std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (!plain || dot == 0 || dot + 1 == word.size() || word.find('.', dot + 1) != std::string::npos)
    reader.fail(*reader.find("follows"), "a part's signal is named PART.NAME");
  f.signal = word;
}

// Seconds, strictly ascending.
std::vector<double> read_times(const TomlReader& reader) {
  std::vector<double> at;
  for (const TomlNode* node : reader.list("at")) {
    const double t = reader.number_at(*node, -kLongestTime, kLongestTime);
    if (!at.empty() && t <= at.back())
      reader.fail(*node, fmt::format("'at' must ascend, but {} follows {}", t, at.back()));
    at.push_back(t);
  }
  return at;
}

std::vector<Ease> read_ease(const TomlReader& reader, const Parameter& parameter, size_t points) {
  const bool steps = parameter.kind == ParameterKind::kChoice || parameter.kind == ParameterKind::kFlag;
  const TomlNode* node = reader.find("ease");
  if (!node) return {steps ? Ease::kStep : Ease::kLinear};
  std::vector<Ease> out;
  for (const TomlNode* item : reader.list("ease")) {
    out.push_back(static_cast<Ease>(reader.word_at(*item, ease_words())));
    if (steps && out.back() != Ease::kStep)
      reader.fail(*item,
                  fmt::format("'{}' cannot be interpolated: its ease can only be step", parameter.name));
  }
  if (out.size() != 1 && out.size() + 1 != points)
    reader.fail(*node,
                fmt::format("{} points have {} segments, but 'ease' has {}", points, points - 1, out.size()));
  return out;
}

template <class Enum>
const std::string& word_of(Enum value, const std::vector<std::string>& words) {
  return words[static_cast<size_t>(value)];
}

std::string levels_line(const std::vector<int>& levels) {
  return levels.empty() ? "" : fmt::format("levels = [{}]\n", fmt::join(levels, ", "));
}

}  // namespace

double read_value(const TomlReader& reader, const TomlNode& node, const Parameter& parameter,
                  ParameterValues& scratch) {
  const bool is_word = parameter.kind == ParameterKind::kChoice;
  const bool is_flag = parameter.kind == ParameterKind::kFlag;
  const std::string word = is_word ? reader.text_at(node) : "";
  const double number = is_word ? 0 : is_flag ? (reader.flag_at(node) ? 1 : 0) : reader.number_at(node);
  reader.at(node, [&] {
    if (is_word) {
      scratch.set_text(parameter.name, word);
    } else {
      scratch.set(parameter.name, number);
    }
  });
  return scratch.number(parameter.name);
}

size_t read_parameter(const TomlReader& reader, const TomlNode& node, std::string_view name,
                      const ParameterTable& table) {
  if (!table.has(name))
    reader.fail(node, fmt::format("there is no parameter '{}'{}", name, did_you_mean(name, table.names())));
  return table.index(name);
}

Lfo read_lfo(const TomlNode& node, const std::string& file_name, const ParameterTable& table) {
  const TomlReader reader(
      node, file_name, {"parameter", "shape", "period", "rate", "beats", "depth", "phase", "levels", "seed"});
  const Parameter& parameter = read_target(reader, table);
  Lfo lfo;
  lfo.parameter = parameter.name;
  lfo.shape = reader.word<Wave>("shape", wave_words(), Wave::kSine);
  read_period(reader, lfo);
  lfo.depth = reader.number("depth", -kMostDepth, kMostDepth);
  lfo.phase = reader.number("phase", 0, 1, 0);
  lfo.levels = read_levels(reader, parameter);
  if (reader.find("seed")) lfo.seed = reader.seed("seed");
  return lfo;
}

Follower read_follower(const TomlNode& node, const std::string& file_name, const ParameterTable& table) {
  const TomlReader reader(node, file_name, {"parameter", "follows", "depth", "attack", "release", "levels"});
  const Parameter& parameter = read_target(reader, table);
  Follower f;
  f.parameter = parameter.name;
  read_follows(reader, f);
  f.depth = reader.number("depth", -kMostDepth, kMostDepth);
  f.attack = reader.number("attack", 0, kLongestFollow, f.attack);
  f.release = reader.number("release", 0, kLongestFollow, f.release);
  f.levels = read_levels(reader, parameter);
  return f;
}

Keyframes read_keyframes(const TomlNode& node, const std::string& file_name, const ParameterTable& table) {
  const TomlReader reader(node, file_name, {"parameter", "at", "value", "ease", "repeat", "levels"});
  const Parameter& parameter = read_target(reader, table);
  Keyframes keys;
  keys.parameter = parameter.name;
  keys.at = read_times(reader);
  ParameterValues scratch(table);
  for (const TomlNode* value : reader.list("value"))
    keys.value.push_back(read_value(reader, *value, parameter, scratch));
  if (keys.at.empty() || keys.at.size() != keys.value.size()) {
    reader.fail(node,
                fmt::format("'at' and 'value' must have the same length, but 'at' has {} and 'value' {}",
                            keys.at.size(), keys.value.size()));
  }
  keys.ease = read_ease(reader, parameter, keys.at.size());
  keys.repeat = reader.flag("repeat", false);
  keys.levels = read_levels(reader, parameter);
  return keys;
}

MapSpec read_map(const TomlNode& node, const std::string& file_name, const ParameterTable& table) {
  const TomlReader reader(node, file_name, {"parameter", "picture", "depth", "invert"});
  const Parameter& parameter = read_target(reader, table);
  if (!parameter.mappable) {
    reader.fail(*reader.find("parameter"),
                fmt::format("a map cannot vary '{}' over the frame", parameter.name));
  }
  MapSpec map;
  map.parameter = parameter.name;
  map.picture = reader.text("picture");
  std::vector<std::string> known = generated_map_names();
  known.emplace_back("input");
  const bool is_file = std::filesystem::path(map.picture).has_extension();
  if (!is_file && std::find(known.begin(), known.end(), map.picture) == known.end()) {
    reader.fail(*reader.find("picture"),
                fmt::format("'picture' must be one of {} or a picture file, not '{}'{}", join(known, ", "),
                            map.picture, did_you_mean(map.picture, known)));
  }
  map.depth = reader.number("depth", -kMostDepth, kMostDepth);
  map.invert = reader.flag("invert", false);
  return map;
}

std::string format_toml(const Lfo& lfo) {
  std::string s = fmt::format("\n[[lfo]]\nparameter = \"{}\"\nshape = \"{}\"\n{} = {}\ndepth = {}\n",
                              lfo.parameter, word_of(lfo.shape, wave_words()), lfo.beats ? "beats" : "period",
                              lfo.beats.value_or(lfo.period), lfo.depth);
  if (lfo.phase != 0) s += fmt::format("phase = {}\n", lfo.phase);
  if (lfo.seed) s += fmt::format("seed = {}\n", toml_seed(*lfo.seed));
  return s + levels_line(lfo.levels);
}

std::string format_toml(const Follower& f) {
  return fmt::format(
      "\n[[sound]]\nparameter = \"{}\"\nfollows = \"{}\"\ndepth = {}\nattack = {}\nrelease = {}\n{}",
      f.parameter, f.signal.empty() ? word_of(f.follows, sound_feature_words()) : f.signal, f.depth, f.attack,
      f.release, levels_line(f.levels));
}

std::string format_toml(const Keyframes& keys, const ParameterTable& table) {
  ParameterValues one(table);
  std::vector<std::string> values;
  for (const double v : keys.value) {
    one.set(keys.parameter, v);
    values.push_back(one.format(table.index(keys.parameter)));
  }
  std::vector<std::string> eases;
  for (const Ease e : keys.ease) eases.push_back("\"" + word_of(e, ease_words()) + "\"");
  return fmt::format("\n[[keyframes]]\nparameter = \"{}\"\nat = [{}]\nvalue = [{}]\nease = [{}]\n{}{}",
                     keys.parameter, fmt::join(keys.at, ", "), fmt::join(values, ", "),
                     fmt::join(eases, ", "), keys.repeat ? "repeat = true\n" : "", levels_line(keys.levels));
}

std::string format_toml(const MapSpec& map) {
  return fmt::format("\n[[map]]\nparameter = \"{}\"\npicture = {}\ndepth = {}\n{}", map.parameter,
                     quote_toml(map.picture), map.depth, map.invert ? "invert = true\n" : "");
}

}  // namespace reverie
