// The desk's presets: loading, saving, their order.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "control/chain_change.h"
#include "control/desk.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace reverie {

namespace fs = std::filesystem;

void Desk::load(const std::string& name) {
  load(name, fade());
}

void Desk::load(const std::string& name, double fade) {
  const Chain chain = load_chain(name);
  edit("", [&](State& next) {
    next = just_loaded(with_seeds(chain));
    return replacing(now_.chain, next.chain, fade);
  });
  const std::lock_guard lock(mutex_);
  changed_ = false;
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
  const std::string name = chain().name();
  const auto it = std::find_if(all.begin(), all.end(), [&](const PresetEntry& e) { return e.name == name; });
  const auto count = static_cast<std::ptrdiff_t>(all.size());
  std::ptrdiff_t place = it == all.end() ? (by > 0 ? -1 : count) : it - all.begin();
  for (std::ptrdiff_t tries = 0; tries < count; ++tries) {
    place = ((place + by) % count + count) % count;
    try {
      return load(all[static_cast<size_t>(place)].path.string());
    } catch (const Error&) {
      if (tries + 1 == count) throw;  // gone since the list was made: try the next one
    }
  }
}

void Desk::load_part(const std::string& part, const std::string& name) {
  const Preset preset = load_preset(name);
  edit("", [&](State& next) -> Events {
    Part& at = next.chain.part(part);
    at.preset = preset;
    return {ChangePreset{at.preset, at.seed, fade_, event_part(next.chain, at.name)}};
  });
}

bool Desk::would_replace(const std::string& name) const {
  std::error_code code;
  const fs::path path = own_preset_folder() / (name + ".toml");
  return !name.empty() && fs::exists(path, code) && !fs::equivalent(path, chain().path, code);
}

fs::path Desk::save(const std::string& name, bool replace) {
  const fs::path folder = own_preset_folder();
  if (folder.empty()) throw Error("save", name, "the system has no home folder", "set XDG_CONFIG_HOME");
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  };
  if (name.empty() || name.size() > 100 || !std::all_of(name.begin(), name.end(), plain))
    throw Error("save", "'" + printable(name) + "'", "a preset's name may have letters, digits, - and _");
  if (!replace && would_replace(name))
    throw Error("save", name, "you have another preset of that name",
                "save it under another, or delete that one");
  const Chain before = chain();
  const uint64_t version = this->version();
  const fs::path path = folder / (name + ".toml");
  const std::string text = format_chain(found_from_anywhere(before));
  std::error_code code;
  fs::create_directories(folder, code);
  write_file(path, std::vector<uint8_t>(text.begin(), text.end()));
  {
    const std::lock_guard lock(mutex_);
    const auto named = [&](Chain& chain) {
      chain.path = path;
      if (!chain.plain()) {
        chain.given_name = name;
        return;
      }
      chain.parts.front().preset.name = name;
      chain.parts.front().preset.path = path;
    };
    Chain saved = before;
    named(saved);
    named(now_.chain);
    now_.loaded = just_loaded(saved).loaded;
    changed_ = version != version_;  // another hand was on it meanwhile
    ++version_;
  }
  keep_numbers(name);
  told("");
  return path;
}

// A new preset comes last; no other changes its number.
void Desk::keep_numbers(const std::string& name) {
  std::vector<std::string> names;
  for (const PresetEntry& e : presets()) names.push_back(e.name);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    names.push_back(name);
    write_bank(names);
  }
  list_again();
}

void Desk::remove_preset(const std::string& name) {
  const std::vector<PresetEntry> all = presets();
  const auto it = std::find_if(all.begin(), all.end(), [&](const PresetEntry& e) { return e.name == name; });
  if (it == all.end() || !is_own(*it)) throw Error("delete", name, "it is not one of your own");
  std::error_code code;
  if (!fs::remove(it->path, code)) throw Error("delete", name, code.message());
  list_again();
}

void Desk::move_preset(const std::string& name, size_t place) {
  std::vector<std::string> names;
  for (const PresetEntry& e : presets()) names.push_back(e.name);
  if (std::erase(names, name) == 0) return;
  names.insert(names.begin() + static_cast<std::ptrdiff_t>(std::min(place, names.size())), name);
  write_bank(names);
  list_again();
}

void Desk::rename(const std::string& name) {
  const Chain now = chain();
  const fs::path before = now.path;
  std::error_code code;
  if (before.empty() || !fs::equivalent(before.parent_path(), own_preset_folder(), code))
    throw Error("rename", now.name(), "it is not one of your own", "save it under the new name");
  const fs::path wanted = own_preset_folder() / (name + ".toml");
  if (fs::exists(wanted, code) && !fs::equivalent(wanted, before, code))
    throw Error("rename", now.name(), fmt::format("there is already a preset '{}'", printable(name)));
  const std::string was = before.stem().string();
  const std::vector<PresetEntry> all = presets();
  const auto at = std::find_if(all.begin(), all.end(), [&](const PresetEntry& e) { return e.name == was; });
  const fs::path after = save(name);
  if (after == before) return;
  fs::remove(before, code);
  move_preset(name, static_cast<size_t>(at - all.begin()));
}

std::vector<PresetEntry> Desk::presets() const {
  const std::lock_guard lock(mutex_);
  return presets_;
}

void Desk::list_again() {
  std::vector<PresetEntry> all = presets_in_order();
  const std::lock_guard lock(mutex_);
  presets_ = std::move(all);
}

}  // namespace reverie
