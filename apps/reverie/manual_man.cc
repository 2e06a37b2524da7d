// Manual pages, in roff's man macros (man(7)).
#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "manual.h"

namespace reverie {
namespace {

// Text as roff prints it as it is: what would be a request, a hyphen that is typed, a backslash.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '~') {
      out += "\\(ti";
    } else if (c == '^') {
      out += "\\(ha";
    } else if (c == '`') {
      out += "\\(ga";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
  }
  return out.starts_with('.') ? "\\&" + out : out;
}

std::string title(std::string path) {
  std::replace(path.begin(), path.end(), ' ', '-');
  return path.empty() ? "reverie" : "reverie-" + path;
}

std::string command(const ManualPage& page) {
  return page.path.empty() ? "reverie" : "reverie " + page.path;
}

std::string synopsis(const ManualPage& page) {
  std::string out = fmt::format(".B {}\n", plain(command(page)));
  if (!page.verbs.empty()) return out + ".I verb\n[\\fIoption\\fR ...]\n";
  bool options = false;
  for (const ManualOption& o : page.options) {
    if (!o.names.empty()) {
      options = true;
    } else if (o.required) {
      out += fmt::format(".I {}\n", plain(o.value));
    } else {
      out += fmt::format("[\\fI{}\\fR]\n", plain(o.value));
    }
  }
  return options ? out + "[\\fIoption\\fR ...]\n" : out;
}

std::string described(const ManualOption& o) {
  std::string head;
  for (const std::string& name : o.names)
    head += fmt::format("{}\\fB{}\\fR", head.empty() ? "" : ", ", plain(name));
  if (!o.value.empty()) head += fmt::format("{}\\fI{}\\fR", head.empty() ? "" : " ", plain(o.value));
  return fmt::format(".TP\n{}\n{}\n", head, plain(o.help));
}

std::string examples(const ManualPage& page) {
  std::string text(trim(page.examples));
  constexpr std::string_view kHead = "Examples:";
  if (!text.starts_with(kHead)) return "";
  std::string out = ".SH EXAMPLES\n.nf\n";
  for (const std::string& line : split(text.substr(kHead.size()), '\n')) {
    if (!trim(line).empty()) out += plain(trim(line)) + "\n";
  }
  return out + ".fi\n";
}

std::string see_also(const ManualPage& page) {
  std::string out;
  for (const ManualPage& verb : page.verbs)
    out += fmt::format("{}.BR {} (1)", out.empty() ? "" : " ,\n", plain(title(verb.path)));
  if (!page.path.empty()) {
    const size_t blank = page.path.rfind(' ');
    out += fmt::format("{}.BR {} (1)", out.empty() ? "" : " ,\n",
                       plain(title(blank == std::string::npos ? "" : page.path.substr(0, blank))));
  }
  return ".SH SEE ALSO\n" + out + "\n";
}

constexpr const char* kFiles = R"(.SH FILES
.TP
.I ~/.config/reverie
one's own presets, setlist and controllers
.TP
.I ~/.local/state/reverie
sessions, and what a set left unsaved
.TP
.I ~/.local/share/reverie/models
networks that were fetched
.TP
.I ~/.cache/reverie
pictures of presets
.SH ENVIRONMENT
.TP
.B REVERIE_PRESETS
a folder of presets that is searched first
.TP
.B XDG_CONFIG_HOME\fR, \fBXDG_STATE_HOME\fR, \fBXDG_DATA_HOME\fR, \fBXDG_CACHE_HOME
in place of the folders above
.SH EXIT STATUS
0: done; 1: it failed, and a line says why; 2: a wrong command line; 130: stopped by Ctrl\-C.
)";

std::string man_page(const ManualPage& page, const std::string& version) {
  std::string name = title(page.path);
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  std::string out = fmt::format(".TH {} 1 \"\" \"{}\" \"Reverie\"\n", plain(upper), plain(version));
  const std::string help = page.path.empty() ? "a neural video synthesizer" : page.help;
  out += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}", plain(name), plain(help), synopsis(page));
  if (page.path.empty()) out += fmt::format(".SH DESCRIPTION\n{}\n", plain(page.help));
  if (!page.verbs.empty()) {
    out += ".SH VERBS\n";
    for (const ManualPage& verb : page.verbs)
      out += fmt::format(".TP\n.B {}\n{}\n", plain(verb.name()), plain(verb.help));
  }
  std::string places, options;
  for (const ManualOption& o : page.options) (o.names.empty() ? places : options) += described(o);
  if (!places.empty()) out += ".SH ARGUMENTS\n" + places;
  if (!options.empty()) out += ".SH OPTIONS\n" + options;
  if (page.path.empty()) out += kFiles;
  return out + examples(page) + see_also(page);
}

void add(const ManualPage& page, const std::string& version, std::map<std::string, std::string>& pages) {
  pages[title(page.path) + ".1"] = man_page(page, version);
  for (const ManualPage& verb : page.verbs) add(verb, version, pages);
}

}  // namespace

std::map<std::string, std::string> man_pages(const ManualPage& program, const std::string& version) {
  std::map<std::string, std::string> pages;
  add(program, version, pages);
  return pages;
}

}  // namespace reverie
