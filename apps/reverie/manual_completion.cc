// Completions for bash, zsh and fish.  Values complete as the words they take, as presets, or as files.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/text.h"
#include "manual.h"

namespace reverie {
namespace {

constexpr const char* kMade = "# Made by `reverie manual`.\n";
// the first word of each line of the list
constexpr const char* kPresets = "command reverie presets 2>/dev/null | sed 's/ .*//'";

void each_page(const ManualPage& page, const std::function<void(const ManualPage&)>& what) {
  what(page);
  for (const ManualPage& verb : page.verbs) each_page(verb, what);
}

bool takes_preset(const ManualPage& page) {
  return std::any_of(page.options.begin(), page.options.end(),
                     [](const ManualOption& o) { return o.names.empty() && o.is_preset(); });
}

bool takes_arguments(const ManualPage& page) {
  return std::any_of(page.options.begin(), page.options.end(),
                     [](const ManualOption& o) { return o.names.empty(); });
}

std::string shell_quoted(std::string_view text) {  // for a shell
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string bash_completion(const ManualPage& program) {
  std::string nested, cases;
  each_page(program, [&](const ManualPage& page) {
    if (!page.path.empty()) nested += fmt::format("{}{}", nested.empty() ? "" : "|", shell_quoted(page.path));
    std::vector<std::string> words, files;
    for (const ManualPage& verb : page.verbs) words.push_back(verb.name());
    std::string values;
    for (const ManualOption& o : page.options) {
      for (const std::string& name : o.names) words.push_back(name);
      if (o.names.empty() || o.value.empty()) continue;
      const std::string pattern = join(o.names, "|");
      if (!o.choices.empty()) {
        values +=
            fmt::format("        {}) words={}; only=1 ;;\n", pattern, shell_quoted(join(o.choices, " ")));
      } else if (o.is_preset()) {
        values += fmt::format("        {}) words=$({}); files=1; only=1 ;;\n", pattern, kPresets);
      } else {
        values += fmt::format("        {}) words=; files=1; only=1 ;;\n", pattern);
      }
    }
    cases +=
        fmt::format("    {})\n      words={}\n", shell_quoted(page.path), shell_quoted(join(words, " ")));
    if (takes_arguments(page)) cases += "      files=1\n";
    if (!values.empty()) cases += "      case $before in\n" + values + "      esac\n";
    if (takes_preset(page))
      cases += fmt::format(
          "      [ -n \"$only\" ] || case $now in -*) ;; *) words=\"$words $({})\" ;; esac\n", kPresets);
    cases += "      ;;\n";
  });
  return std::string(kMade) + fmt::format(R"(_reverie() {{
  local now=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  local path= words= files= only= i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case "${{path:+$path }}${{COMP_WORDS[i]}}" in
      {}) path="${{path:+$path }}${{COMP_WORDS[i]}}" ;;
    esac
  done
  case $path in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$now"))
  if [ -n "$files" ]; then
    case $now in
      -*) ;;
      *) compopt -o filenames; COMPREPLY+=($(compgen -f -- "$now")) ;;
    esac
  fi
}}
complete -F _reverie reverie reverie-lab
)",
                                          nested, cases);
}

std::string zsh_completion(const ManualPage& program) {
  // within [...] and :...: of a specification
  const auto told = [](std::string text) {
    std::string out;
    for (const char c : text)
      out += c == '[' || c == ']' || c == ':' ? std::string("\\") + c : std::string(1, c);
    return out;
  };
  const auto action = [](const ManualOption& o) -> std::string {
    if (!o.choices.empty()) return "(" + join(o.choices, " ") + ")";
    return o.is_preset() ? "_reverie_presets" : "_files";
  };
  std::string functions;
  each_page(program, [&](const ManualPage& page) {
    std::string name = page.path;
    std::replace(name.begin(), name.end(), ' ', '_');
    std::string specs;
    bool rest = false;
    for (const ManualOption& o : page.options) {
      const std::string value = o.value.empty() ? "" : fmt::format(":{}:{}", told(o.value), action(o));
      for (const std::string& option : o.names)
        specs +=
            fmt::format(" \\\n    {}", shell_quoted(fmt::format("*{}[{}]{}", option, told(o.help), value)));
      if (o.names.empty() && page.verbs.empty() && !rest) {
        specs += fmt::format(" \\\n    {}", shell_quoted(fmt::format("*:{}:{}", told(o.value), action(o))));
        rest = true;
      }
    }
    functions += fmt::format("_reverie{}{}() {{\n", name.empty() ? "" : "_", name);
    if (page.verbs.empty()) {
      functions += fmt::format("  _arguments -s{}\n}}\n\n", specs);
      return;
    }
    std::string verbs, cases;
    for (const ManualPage& verb : page.verbs) {
      std::string of = verb.path;
      std::replace(of.begin(), of.end(), ' ', '_');
      verbs += fmt::format("    {}\n", shell_quoted(verb.name() + ":" + verb.help));
      cases += fmt::format("        {}) _reverie_{} ;;\n", verb.name(), of);
    }
    functions += fmt::format(R"(  local state line
  local -a verbs=(
{}  )
  _arguments -C{} \
    '1:verb:->verb' '*::argument:->rest'
  case $state in
    verb) _describe verb verbs ;;
    rest)
      case $words[1] in
{}      esac
      ;;
  esac
}}

)",
                             verbs, specs, cases);
  });
  return "#compdef reverie reverie-lab\n" + std::string(kMade) +
         fmt::format(
             "\n_reverie_presets() {{\n  local -a presets=(${{(f)\"$({})\"}})\n"
             "  _alternative 'presets:preset:compadd -a presets' 'files:file:_files'\n}}\n\n{}_reverie "
             "\"$@\"\n",
             kPresets, functions);
}

std::string fish_completion(const ManualPage& program) {
  std::string out = kMade;
  out +=
      "function __reverie_at\n"
      "  set -l at (commandline -opc | string match -v -- '-*')[2..-1]\n"
      "  set -l wanted (string split ' ' -- $argv[1])\n"
      "  test (count $at) -ge (count $wanted); and test \"$at[1..\"(count $wanted)\"]\" = \"$argv[1]\"\n"
      "end\n"
      "function __reverie_first\n"
      "  test (count (commandline -opc | string match -v -- '-*')) -le 1\n"
      "end\n";
  const auto fish_quoted = [](std::string_view text) {
    std::string q = "'";
    for (const char c : text) q += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return q + "'";
  };
  for (const char* command : {"reverie", "reverie-lab"}) {
    each_page(program, [&](const ManualPage& page) {
      const std::string where =
          page.path.empty() ? "__reverie_first" : "__reverie_at " + fish_quoted(page.path);
      const std::string line = fmt::format("complete -c {} -n {}", command, fish_quoted(where));
      for (const ManualPage& verb : page.verbs)
        out += fmt::format("{} -f -a {} -d {}\n", line, verb.name(), fish_quoted(verb.help));
      for (const ManualOption& o : page.options) {
        std::string names;
        for (const std::string& name : o.names)
          names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        std::string values;
        if (!o.choices.empty()) {
          values = " -x -a " + fish_quoted(join(o.choices, " "));
        } else if (o.is_preset()) {
          values = " -a " + fish_quoted(fmt::format("({})", kPresets));
        }
        if (!o.value.empty() && !o.names.empty() && o.choices.empty()) values += " -r";
        if (!names.empty() || !values.empty())
          out += fmt::format("{}{}{} -d {}\n", line, names, values, fish_quoted(o.help));
      }
    });
  }
  return out;
}

}  // namespace reverie
