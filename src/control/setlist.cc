#include "control/setlist.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/file.h"
#include "core/folders.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/toml_reader.h"
#include "core/toml_tree.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestComment = 1024;  // bytes

}  // namespace

fs::path setlist_file() {
  const fs::path config = config_folder();
  return config.empty() ? config : config / "setlist.toml";
}

Setlist parse_setlist(std::string_view text, const std::string& file_name) {
  const TomlNode root = parse_toml(text, file_name);
  const TomlReader reader(root, file_name, {"entry"});
  Setlist list;
  for (const TomlNode* node : reader.tables("entry")) {
    const TomlReader entry(*node, file_name, {"preset", "fade", "comment"});
    SetlistEntry e;
    e.preset = entry.text("preset");
    if (e.preset.empty()) entry.fail(*node, "the preset's name is empty");
    e.fade = entry.number("fade", 0, kLongestFade, e.fade);
    e.comment = entry.text("comment", "");
    if (e.preset.size() > kLongestComment || e.comment.size() > kLongestComment)
      entry.fail(*node, fmt::format("a text has more than {} bytes", kLongestComment));
    list.push_back(std::move(e));
    if (list.size() > size_t{kMostPresets})
      reader.fail(root, fmt::format("more than {} entries", kMostPresets));
  }
  return list;
}

std::string format_setlist(const Setlist& list) {
  std::string text = "# The presets of an evening, in their order.\n";
  for (const SetlistEntry& e : list) {
    text += fmt::format("\n[[entry]]\npreset = {}\nfade = {}\n", quote_toml(e.preset), e.fade);
    if (!e.comment.empty()) text += fmt::format("comment = {}\n", quote_toml(e.comment));
  }
  return text;
}

Setlist read_setlist(const fs::path& file) {
  std::error_code code;
  if (file.empty() || !fs::exists(file, code)) return {};
  return parse_setlist(read_text_file(file, kMostTomlBytes), file.string());
}

void write_setlist(const fs::path& file, const Setlist& list) {
  if (file.empty())
    throw Error("keep", "the setlist", "the system has no home folder", "set XDG_CONFIG_HOME");
  const std::string text = format_setlist(list);
  std::error_code code;
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), code);
  write_file(file, std::vector<uint8_t>(text.begin(), text.end()));
}

}  // namespace reverie
