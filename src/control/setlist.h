// A setlist: presets in the order of an evening, with the fades between them and a word on each.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

struct SetlistEntry {
  std::string preset;   // its name, or a file
  double fade = 2;      // seconds in which it comes
  std::string comment;  // for the performer

  bool operator==(const SetlistEntry&) const = default;
};
using Setlist = std::vector<SetlistEntry>;

// ~/.config/reverie/setlist.toml or equivalent; empty if the system has no home folder.
std::filesystem::path setlist_file();

// Any bytes are safe.  Error "FILE:LINE: why" for anything wrong.
Setlist parse_setlist(std::string_view text, const std::string& file_name);
// TOML; parse_setlist() gives the same list again.
std::string format_setlist(const Setlist& list);

// Empty where there is no such file.
Setlist read_setlist(const std::filesystem::path& file);
void write_setlist(const std::filesystem::path& file, const Setlist& list);

}  // namespace reverie
