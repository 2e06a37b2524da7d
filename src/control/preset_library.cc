// Presets and the files they name, on disk.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <system_error>

#include "control/chain.h"
#include "core/error.h"
#include "core/file.h"
#include "core/folders.h"
#include "core/text.h"
#include "core/toml_tree.h"

namespace reverie {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostParents = 8;

bool is_folder(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path, code);
}

bool is_file(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

// The contents of a folder; nothing if it does not exist or cannot be read.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    if (is_file(it->path())) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// All presets by name; an earlier folder wins over a later one.
std::map<std::string, fs::path> preset_files() {
  std::map<std::string, fs::path> files;
  for (const fs::path& folder : preset_folders()) {
    for (const fs::path& file : files_in(folder)) {
      if (file.extension() == ".toml") files.emplace(file.stem().string(), file);
    }
  }
  return files;
}

bool is_path(const std::string& name) {
  return name.ends_with(".toml") || fs::path(name).has_parent_path();
}

// The file of a preset. beside: the folder searched first for a parent.
fs::path find_preset(const std::string& name, const fs::path& beside) {
  if (is_path(name)) return beside / name;  // an absolute name is kept
  fs::path neighbour = beside / (name + ".toml");
  if (!beside.empty() && is_file(neighbour)) return neighbour;
  const auto files = preset_files();
  if (const auto it = files.find(name); it != files.end()) return it->second;
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const auto& [known, path] : files) names.push_back(known);
  const std::string nearest = did_you_mean(name, names);
  throw Error(fmt::format("there is no preset '{}'{}", name,
                          nearest.empty() ? " (`reverie presets` lists them)" : nearest));
}

// children: the files that led here.
Chain load_file(const fs::path& file, std::vector<fs::path> children) {
  std::error_code code;
  const fs::path real = fs::weakly_canonical(file, code);
  if (std::find(children.begin(), children.end(), real) != children.end())
    throw Error(fmt::format("the preset {} is its own ancestor", file.string()));
  if (children.size() > kMostParents) throw Error(fmt::format("more than {} parents", kMostParents));
  children.push_back(real);
  const auto load_named = [&](const std::string& name) {
    return load_file(find_preset(name, fs::absolute(file).parent_path()), children);
  };
  const std::string text = read_text_file(file, kMostTomlBytes);
  if (children.size() == 1 && trim(text).empty())
    throw Error("read the preset", file.string(), "it is empty");
  Chain chain = parse_chain(text, file.string(), load_named);
  // holds in a description that is read elsewhere
  if (chain.plain()) chain.parts.front().preset.folder = fs::absolute(file, code).parent_path();
  return chain;
}

PresetEntry entry_of(const std::string& name, const fs::path& file) {
  PresetEntry entry;
  entry.name = name;
  entry.path = file;
  try {
    const Chain chain = load_file(file, {});
    entry.about = chain.plain() ? chain.parts.front().preset.about : chain.about;
    for (const Part& part : chain.parts) entry.effects.push_back(part.preset.effect);
    entry.input = chain.input();
  } catch (const Error& e) {
    entry.error = e.what();
  }
  return entry;
}

// Where an asset may be, in order of preference.
std::vector<fs::path> asset_folders(const Preset& preset) {
  std::vector<fs::path> folders;
  if (!preset.path.empty() || !preset.folder.empty()) folders.push_back(preset.folder);
  folders.insert(folders.end(), preset.parent_folders.begin(), preset.parent_folders.end());
  for (fs::path& folder : preset_folders()) folders.push_back(std::move(folder));
  return folders;
}

Error no_asset(const std::string& name, const std::vector<fs::path>& folders) {
  std::vector<std::string> tried, palettes;
  for (const fs::path& folder : folders) {
    const std::string shown = folder.empty() ? "." : folder.string();
    if (std::find(tried.begin(), tried.end(), shown) == tried.end()) tried.push_back(shown);
    for (const fs::path& file : files_in(folder / "palettes")) palettes.push_back(file.stem().string());
  }
  return Error("find", "'" + name + "'",
               fmt::format("it is neither in {} nor among their palettes{}", join(tried, ", "),
                           did_you_mean(name, palettes)));
}

}  // namespace

std::vector<fs::path> preset_folders() {
  std::vector<fs::path> folders;
  if (const char* named = std::getenv("REVERIE_PRESETS"); named != nullptr && *named != '\0')
    folders.emplace_back(named);
  if (const fs::path config = config_folder(); !config.empty()) folders.push_back(config / "presets");
  for (fs::path& installed : installed_folders("presets")) folders.push_back(std::move(installed));
  std::erase_if(folders, [](const fs::path& folder) { return !is_folder(folder); });
  return folders;
}

Preset load_preset(const std::string& name_or_path) {
  Chain chain = load_chain(name_or_path);
  if (chain.plain()) return std::move(chain.parts.front().preset);
  throw Error(
      fmt::format("'{}' is a chain of {} parts, not a single preset", name_or_path, chain.parts.size()));
}

Chain load_chain(const std::string& name_or_path) {
  return load_file(find_preset(name_or_path, {}), {});
}

std::vector<PresetEntry> list_presets() {
  std::vector<PresetEntry> entries;
  for (const auto& [name, file] : preset_files()) {
    if (!name.starts_with('_')) entries.push_back(entry_of(name, file));
  }
  return entries;
}

fs::path find_asset(const Preset& preset, const std::string& name) {
  std::vector<fs::path> folders = asset_folders(preset);
  std::vector<fs::path> candidates;
  candidates.reserve(3 * folders.size() + 1);
  for (const fs::path& folder : folders) candidates.push_back(folder / name);
  for (const fs::path& folder : folders) {
    for (const char* ending : {".png", ".jpg"}) candidates.push_back(folder / "palettes" / (name + ending));
  }
  folders.emplace_back();  // the current folder
  candidates.emplace_back(name);
  for (const fs::path& path : candidates) {
    if (!name.empty() && (is_file(path) || is_folder(path))) return path;
  }
  if (fs::path fetched = find_fetched(name); !fetched.empty()) return fetched;
  throw no_asset(name, folders);
}

std::vector<std::string> files_of(const Preset& preset) {
  std::vector<std::string> names, files;
  for (const Parameter& p : preset.values.table().all()) {
    if (p.kind == ParameterKind::kText) names.push_back(preset.values.text(p.name));
  }
  for (const MapSpec& map : preset.maps) names.push_back(map.picture);
  for (const std::string& name : names) {
    try {
      if (!name.empty()) files.push_back(find_asset(preset, name).string());
    } catch (const Error&) {
      // a word of the effect's own, or missing, which is reported elsewhere
    }
  }
  return files;
}

std::vector<std::string> files_of(const Chain& chain) {
  std::vector<std::string> files;
  for (const Part& part : chain.parts) {
    const std::vector<std::string> its = files_of(part.preset);
    files.insert(files.end(), its.begin(), its.end());
  }
  return files;
}

Preset found_from_anywhere(Preset preset) {
  Preset bare = preset;  // as it will be: without folders of its own
  bare.path.clear();
  bare.folder.clear();
  bare.parent_folders.clear();
  const auto find = [](const Preset& from, const std::string& name) {
    std::error_code code;
    try {
      return fs::weakly_canonical(find_asset(from, name), code);
    } catch (const Error&) {
      return fs::path();  // a word, or already gone
    }
  };
  const auto whole = [&](const std::string& name) {
    const fs::path file = name.empty() ? fs::path() : find(preset, name);
    return file.empty() || find(bare, name) == file ? name : file.string();
  };
  for (const Parameter& p : preset.values.table().all()) {
    if (p.kind == ParameterKind::kText) preset.values.set_text(p.name, whole(preset.values.text(p.name)));
  }
  for (MapSpec& map : preset.maps) map.picture = whole(map.picture);
  return preset;
}

}  // namespace reverie
