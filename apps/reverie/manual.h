// What the verbs say of themselves, for those who make manuals and completions of it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace reverie {

// An option, or an argument without a name.
struct ManualOption {
  std::vector<std::string> names;    // "-o", "--output"; none: an argument by its place
  std::string help;                  // one line
  std::string value;                 // "WxH"; empty: a flag
  std::vector<std::string> choices;  // the words it takes; empty: others
  bool required = false;

  bool is_preset() const { return value == "PRESET"; }
};

// The program (path is empty), a verb, or a verb of a verb ("data import").
struct ManualPage {
  std::string path, help, examples;
  std::vector<ManualOption> options;
  std::vector<ManualPage> verbs;

  std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

// Without what is hidden.
ManualPage manual_of(const CLI::App& app);

// Manuals by their file's name: reverie.1, reverie-render.1, reverie-data-import.1.
std::map<std::string, std::string> man_pages(const ManualPage& program, const std::string& version);

// Scripts that complete `reverie` and `reverie-lab`.
std::string bash_completion(const ManualPage& program);
std::string zsh_completion(const ManualPage& program);
std::string fish_completion(const ManualPage& program);

}  // namespace reverie
