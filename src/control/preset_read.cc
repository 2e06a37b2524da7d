#include "control/preset_read.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/modulators_toml.h"
#include "core/toml_reader.h"
#include "effects/effects.h"

namespace reverie {
namespace {

// Far more than a preset needs; limits the work per frame and the length of a flattened preset.
constexpr size_t kMostModulators = 256;  // of each kind
constexpr size_t kMostPoints = 10000;    // of all keyframes together
constexpr size_t kLongestAbout = 200;

using ParentLoader = std::function<Preset(const std::string&)>;

// The effect's defaults, or the parent's values and modulations.
Preset read_base(const TomlReader& reader, const ParentLoader& parent_loader) {
  const TomlNode* effect = reader.find("effect");
  const std::string effect_name = reader.text("effect", effects().front().name);
  const TomlNode* parent = reader.find("parent");
  if (!parent && !effect) return Preset(effect_name);
  if (!parent) return reader.at(*effect, [&] { return Preset(effect_name); });
  const std::string parent_name = reader.text_at(*parent);
  Preset base = reader.at(*parent, [&] { return parent_loader(parent_name); });
  if (effect && effect_name != base.effect)
    reader.fail(*effect, fmt::format("the parent is a preset for the effect '{}'", base.effect));
  base.parent_folders.insert(base.parent_folders.begin(), base.folder);
  return base;
}

// Removes the keyframes of a parameter: they would hide a value that is set.
void uncover(Preset& preset, const std::string& parameter) {
  std::erase_if(preset.keyframes, [&](const Keyframes& k) { return k.parameter == parameter; });
}

void read_values(const TomlReader& reader, Preset& preset) {
  const TomlNode* parameters = reader.find("parameters");
  if (!parameters) return;
  if (parameters->kind != TomlNode::Kind::kTable) reader.fail_type(*parameters, "a table");
  const ParameterTable& table = preset.values.table();
  ParameterValues scratch(table);
  for (const TomlNode& node : parameters->items) {
    const Parameter& parameter = table[read_parameter(reader, node, node.key, table)];
    uncover(preset, parameter.name);
    if (parameter.kind == ParameterKind::kText) {
      preset.values.set_text(parameter.name, reader.text_at(node));
      continue;
    }
    const bool is_list = node.kind == TomlNode::Kind::kList;
    std::vector<double> values;
    if (!is_list) values.push_back(read_value(reader, node, parameter, scratch));
    if (is_list && !parameter.per_level)
      reader.fail(node, fmt::format("'{}' takes one value, not a list", node.key));
    if (is_list) {
      for (const TomlNode& item : node.items) values.push_back(read_value(reader, item, parameter, scratch));
    }
    reader.at(node, [&] { preset.values.set(parameter.name, values); });
  }
}

// The child's modulations: each parameter that has one loses all of the parent's.
struct Modulations {
  std::vector<Lfo> lfos;
  std::vector<Follower> followers;
  std::vector<Keyframes> keyframes;
  std::vector<MapSpec> maps;
};

Modulations read_modulations(const TomlReader& reader, const ParameterTable& table) {
  const std::string& file = reader.file_name();
  Modulations own;
  for (const TomlNode* node : reader.tables("lfo")) own.lfos.push_back(read_lfo(*node, file, table));
  for (const TomlNode* node : reader.tables("sound"))
    own.followers.push_back(read_follower(*node, file, table));
  for (const TomlNode* node : reader.tables("keyframes"))
    own.keyframes.push_back(read_keyframes(*node, file, table));
  for (const TomlNode* node : reader.tables("map")) {
    MapSpec map = read_map(*node, file, table);
    const bool twice = std::any_of(own.maps.begin(), own.maps.end(),
                                   [&](const MapSpec& m) { return m.parameter == map.parameter; });
    if (twice) reader.fail(*node, fmt::format("'{}' already has a map", map.parameter));
    own.maps.push_back(std::move(map));
  }
  return own;
}

template <class Modulator>
std::vector<std::string> targets(const std::vector<Modulator>& modulators) {
  std::vector<std::string> names;
  names.reserve(modulators.size());
  for (const Modulator& m : modulators) names.push_back(m.parameter);
  return names;
}

template <class Modulator>
void inherit(std::vector<Modulator>& all, std::vector<Modulator> own, const std::vector<std::string>& moved) {
  std::erase_if(all, [&](const Modulator& m) {
    return std::find(moved.begin(), moved.end(), m.parameter) != moved.end();
  });
  all.insert(all.end(), own.begin(), own.end());
}

void take(Modulations own, Preset& preset) {
  std::vector<std::string> moved = targets(own.lfos);
  for (const auto& more : {targets(own.followers), targets(own.keyframes), targets(own.maps)})
    moved.insert(moved.end(), more.begin(), more.end());
  inherit(preset.lfos, std::move(own.lfos), moved);
  inherit(preset.followers, std::move(own.followers), moved);
  inherit(preset.keyframes, std::move(own.keyframes), moved);
  inherit(preset.maps, std::move(own.maps), moved);
}

void drop_modulations(Preset& preset) {
  preset.lfos.clear();
  preset.followers.clear();
  preset.keyframes.clear();
  preset.maps.clear();
}

void check_amount(const TomlReader& reader, const Preset& preset) {
  if (std::max({preset.lfos.size(), preset.followers.size(), preset.keyframes.size(), preset.maps.size()}) >
      kMostModulators)
    fail_at_line(reader.file_name(), reader.line(),
                 fmt::format("more than {} modulations of one kind", kMostModulators));
  size_t points = 0;
  for (const Keyframes& k : preset.keyframes) points += k.at.size();
  if (points > kMostPoints)
    fail_at_line(reader.file_name(), reader.line(), fmt::format("more than {} keyframe points", kMostPoints));
}

}  // namespace

const std::vector<std::string>& input_need_words() {
  static const std::vector<std::string> words = {"none", "optional", "required"};
  return words;
}

std::string read_about(const TomlReader& reader) {
  std::string about = reader.text("about", "");
  const auto is_control = [](unsigned char c) { return c < 32 || c == 127; };
  if (about.size() > kLongestAbout || std::any_of(about.begin(), about.end(), is_control))
    reader.fail(*reader.find("about"),
                fmt::format("'about' must be one line of at most {} bytes", kLongestAbout));
  return about;
}

Preset::Preset(const std::string& effect_name)
    : effect(effect_name.empty() ? effects().front().name : find_effect(effect_name).name),
      input(find_effect(effect).input),
      values(find_effect(effect).parameters()) {}

void read_over(const TomlNode& table, const std::string& file_name, std::vector<std::string> more,
               Preset& preset) {
  for (const char* key : {"modulate", "parameters", "lfo", "sound", "keyframes", "map"})
    more.emplace_back(key);
  const TomlReader reader(table, file_name, std::move(more));
  if (!reader.flag("modulate", true)) drop_modulations(preset);
  read_values(reader, preset);
  take(read_modulations(reader, preset.values.table()), preset);
  check_amount(reader, preset);
}

namespace {

// What a person who writes a first preset forgets.
void refuse_parameters_at_the_top(const TomlNode& root, const std::string& file_name,
                                  const std::vector<std::string>& keys) {
  if (root.kind != TomlNode::Kind::kTable) return;
  for (const TomlNode& node : root.items) {
    const bool is_parameter = std::any_of(effects().begin(), effects().end(), [&](const EffectKind& effect) {
      return effect.parameters().has(node.key);
    });
    if (is_parameter && std::find(keys.begin(), keys.end(), node.key) == keys.end())
      fail_at_line(file_name, node.line,
                   fmt::format("'{}' is a parameter: put it below a line [parameters]", node.key));
  }
}

}  // namespace

Preset read_preset(const TomlNode& root, const std::string& file_name, const ParentLoader& parent_loader) {
  const std::vector<std::string> own = {"about", "effect", "parent", "input"};
  std::vector<std::string> all = own;
  for (const char* key : {"modulate", "parameters", "lfo", "sound", "keyframes", "map"})
    all.emplace_back(key);
  refuse_parameters_at_the_top(root, file_name, all);
  const TomlReader reader(root, file_name, all);
  Preset preset = read_base(reader, parent_loader);
  preset.path = file_name;
  preset.name = preset.path.stem().string();
  preset.folder = preset.path.parent_path();
  preset.about = read_about(reader);
  preset.input = reader.word<InputNeed>("input", input_need_words(), preset.input);
  read_over(root, file_name, own, preset);
  return preset;
}

Preset parse_preset(std::string_view text, const std::string& file_name, const ParentLoader& parent_loader) {
  return read_preset(parse_toml(text, file_name), file_name, parent_loader);
}

void override_value(Preset& preset, std::string_view name, std::string_view value) {
  preset.values.parse(name, value);
  uncover(preset, std::string(name.substr(0, name.find('.'))));
}

}  // namespace reverie
