#include "control/bank.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/file.h"
#include "core/folders.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/text.h"
#include "core/toml_reader.h"
#include "core/toml_tree.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

fs::path bank_file() {
  const fs::path config = config_folder();
  return config.empty() ? config : config / "bank.toml";
}

struct Lists {
  std::vector<std::string> presets, favourites;
};

std::vector<std::string> names_of(const TomlReader& reader, const char* key) {
  std::vector<std::string> names;
  const TomlNode* list = reader.find(key);
  if (!list) return {};
  const std::string wanted = fmt::format("{} is a list of names", key);
  if (list->kind != TomlNode::Kind::kList || list->items.size() > size_t{kMostPresets})
    reader.fail(*list, wanted);
  for (const TomlNode& name : list->items) {
    if (name.kind != TomlNode::Kind::kText) reader.fail(name, wanted);
    names.push_back(name.text);
  }
  return names;
}

Lists read_lists() {
  const fs::path file = bank_file();
  std::error_code code;
  if (file.empty() || !fs::exists(file, code)) return {};
  try {
    const TomlNode root = parse_toml(read_text_file(file, kMostTomlBytes), file.string());
    const TomlReader reader(root, file.string(), {"presets", "favourites"});
    return {names_of(reader, "presets"), names_of(reader, "favourites")};
  } catch (const Error& e) {
    warning(e.what());
    return {};
  }
}

void write_lists(const Lists& lists) {
  const fs::path file = bank_file();
  if (file.empty()) return;
  std::string text = "# The presets in the order of their numbers.\n";
  const auto add = [&](const char* key, const std::vector<std::string>& names) {
    text += fmt::format("{} = [\n", key);
    for (const std::string& name : names) text += fmt::format("  {},\n", quote_toml(name));
    text += "]\n";
  };
  add("presets", lists.presets);
  if (!lists.favourites.empty()) add("favourites", lists.favourites);
  std::error_code code;
  fs::create_directories(file.parent_path(), code);
  write_file(file, std::vector<uint8_t>(text.begin(), text.end()));
}

}  // namespace

fs::path own_preset_folder() {
  const fs::path config = config_folder();
  return config.empty() ? fs::path() : config / "presets";
}

bool is_own(const PresetEntry& preset) {
  std::error_code code;
  return !preset.path.empty() && fs::equivalent(preset.path.parent_path(), own_preset_folder(), code);
}

bool hides_another(const PresetEntry& preset) {
  if (!is_own(preset)) return false;
  std::error_code code;
  const std::vector<fs::path> folders = preset_folders();
  return std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) {
    const fs::path other = folder / preset.path.filename();
    return fs::exists(other, code) && !fs::equivalent(other, preset.path, code);
  });
}

std::vector<std::string> read_bank() {
  return read_lists().presets;
}

void write_bank(const std::vector<std::string>& names) {
  write_lists({names, read_favourites()});
}

std::vector<std::string> read_favourites() {
  return read_lists().favourites;
}

void mark_favourite(const std::string& name, bool on) {
  Lists lists = read_lists();
  std::erase(lists.favourites, name);
  if (on) lists.favourites.push_back(name);
  write_lists(lists);
}

std::vector<PresetEntry> presets_in_order() {
  std::vector<PresetEntry> all = list_presets();
  std::erase_if(all, [](const PresetEntry& e) { return !e.error.empty(); });
  std::map<std::string, size_t> places;
  for (const std::string& name : read_bank()) places.emplace(name, places.size());
  const auto place = [&](const PresetEntry& e) {
    const auto it = places.find(e.name);
    return it != places.end() ? it->second : places.size() + (is_own(e) ? 1 : 0);
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const PresetEntry& a, const PresetEntry& b) { return place(a) < place(b); });
  return all;
}

}  // namespace reverie
