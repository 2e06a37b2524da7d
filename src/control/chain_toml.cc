// Chains in preset files, there and back.
#include <fmt/format.h>

#include <algorithm>

#include "control/chain.h"
#include "control/preset_read.h"
#include "core/text.h"
#include "core/toml_reader.h"

namespace reverie {
namespace {

using PresetLoader = std::function<Chain(const std::string&)>;

// One entry of `chain`: a preset's name, or {preset = ...} or {effect = ...} with a name for the part.
Chain read_entry(const TomlReader& reader, const TomlNode& node, const PresetLoader& load) {
  if (node.kind == TomlNode::Kind::kText) return reader.at(node, [&] { return load(reader.text_at(node)); });
  if (node.kind != TomlNode::Kind::kTable) reader.fail_type(node, "a preset's name or a table");
  const TomlReader entry(node, reader.file_name(), {"preset", "effect", "name"});
  const TomlNode* preset = entry.find("preset");
  const TomlNode* effect = entry.find("effect");
  if ((preset == nullptr) == (effect == nullptr)) reader.fail(node, "a part has a 'preset' or an 'effect'");
  const TomlNode& what = preset ? *preset : *effect;
  Chain chain =
      entry.at(what, [&] { return preset ? load(entry.text_at(what)) : Chain(Preset(entry.text_at(what))); });
  if (effect) chain.parts.front().preset.name = chain.parts.front().preset.effect;
  const TomlNode* name = entry.find("name");
  if (!name) return chain;
  if (chain.parts.size() > 1) entry.fail(*name, "a chain cannot get one name: it has several parts");
  chain.parts.front().name = entry.text_at(*name);
  entry.at(*name, [&] { check_part_name(chain.parts.front().name); });
  return chain;
}

// [part.NAME]: what is said over the part's preset.
void read_part(const TomlReader& parts, const TomlNode& node, Chain& chain) {
  Part* part = chain.find(node.key);
  if (!part) {
    parts.fail(node,
               fmt::format("there is no part '{}'{}", node.key, did_you_mean(node.key, chain.part_names())));
  }
  if (node.kind != TomlNode::Kind::kTable) parts.fail_type(node, "a table");
  read_over(node, parts.file_name(), {"preset", "folders"}, part->preset);
  const TomlReader reader(
      node, parts.file_name(),
      {"preset", "folders", "modulate", "parameters", "lfo", "sound", "keyframes", "map"});
  part->preset.name = reader.text("preset", part->preset.name);
  std::vector<std::filesystem::path> folders;
  for (const TomlNode* folder : reader.list("folders")) folders.emplace_back(reader.text_at(*folder));
  if (folders.empty()) return;
  part->preset.folder = folders.front();
  part->preset.parent_folders.assign(folders.begin() + 1, folders.end());
}

// "[parameters]" -> "[part.NAME.parameters]", and "[[lfo]]" likewise.
std::string under_part(const std::string& name, const std::string& preset) {
  std::string out;
  for (const std::string& line : split(preset, '\n')) {
    const size_t brackets = line.starts_with("[[") ? 2 : line.starts_with("[") ? 1 : 0;
    out += brackets == 0 ? line : line.substr(0, brackets) + "part." + name + "." + line.substr(brackets);
    out += "\n";
  }
  out.pop_back();
  return out;
}

}  // namespace

Chain read_chain(const TomlNode& root, const std::string& file_name, const PresetLoader& load) {
  const bool is_chain = std::any_of(root.items.begin(), root.items.end(),
                                    [](const TomlNode& n) { return n.key == "chain" || n.key == "part"; });
  if (!is_chain) {
    return read_preset(root, file_name, [&](const std::string& parent) {
      Chain chain = load(parent);
      if (chain.plain()) return std::move(chain.parts.front().preset);
      throw Error(fmt::format("'{}' is a chain: only a single preset can be a parent", parent));
    });
  }
  const TomlReader reader(root, file_name, {"about", "input", "chain", "part"});
  std::optional<Chain> chain;
  for (const TomlNode* node : reader.list("chain")) {
    Chain entry = read_entry(reader, *node, load);
    if (!chain) {
      chain.emplace(std::move(entry));
      continue;
    }
    const bool twice = node->kind == TomlNode::Kind::kTable && entry.parts.size() == 1 &&
                       chain->find(entry.parts.front().name) != nullptr &&
                       entry.parts.front().name != entry.parts.front().preset.effect;
    if (twice) reader.fail(*node, fmt::format("there is a part '{}' already", entry.parts.front().name));
    reader.at(*node, [&] { append(*chain, std::move(entry)); });
  }
  if (!chain) fail_at_line(file_name, root.line, "'chain' names no part");
  chain->path = file_name;
  chain->given_name = chain->path.stem().string();
  chain->about = read_about(reader);
  chain->given_input.reset();
  if (reader.find("input")) chain->given_input = reader.word<InputNeed>("input", input_need_words());
  if (const TomlNode* parts = reader.find("part")) {
    if (parts->kind != TomlNode::Kind::kTable) reader.fail_type(*parts, "a table");
    for (const TomlNode& node : parts->items) read_part(reader, node, *chain);
  }
  return std::move(*chain);
}

Chain parse_chain(std::string_view text, const std::string& file_name, const PresetLoader& load) {
  return read_chain(parse_toml(text, file_name), file_name, load);
}

std::string format_chain(const Chain& chain) {
  if (chain.plain()) return format_preset(chain.parts.front().preset);
  std::string s;
  if (!chain.about.empty()) s += fmt::format("about = {}\n", quote_toml(chain.about));
  std::vector<std::string> entries;
  for (const Part& p : chain.parts)
    entries.push_back(fmt::format("{{effect = \"{}\", name = \"{}\"}}", p.preset.effect, p.name));
  s += fmt::format("input = \"{}\"\nchain = [{}]\n", input_need_words()[static_cast<size_t>(chain.input())],
                   join(entries, ", "));
  for (const Part& p : chain.parts) {
    s += fmt::format("\n[part.{}]\npreset = {}\nfolders = [{}]\n", p.name, quote_toml(p.preset.name),
                     folder_list(p.preset));
    Preset bare = p.preset;
    bare.about.clear();
    const std::string text = format_preset(bare);
    s += under_part(p.name, text.substr(text.find("[parameters]")));
  }
  return s;
}

}  // namespace reverie
