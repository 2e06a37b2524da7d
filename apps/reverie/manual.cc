// reverie manual: writes the manuals and completions that are installed.  Hidden: the build calls it.
#include "manual.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "about.h"
#include "core/file.h"
#include "core/text.h"
#include "verbs.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// What a check of a word says of it: "{crop,pad,stretch}".
std::vector<std::string> choices_of(const std::string& type) {
  const size_t from = type.find('{');
  const size_t to = type.find('}', from);
  if (from == std::string::npos || to == std::string::npos) return {};
  return split(type.substr(from + 1, to - from - 1), ',');
}

ManualOption option_of(const CLI::Option& o) {
  ManualOption out;
  for (const std::string& name : o.get_snames()) out.names.push_back("-" + name);
  for (const std::string& name : o.get_lnames()) out.names.push_back("--" + name);
  out.help = o.get_description();
  out.required = o.get_required();
  if (o.get_items_expected_max() == 0) return out;
  const std::string type = o.get_type_name();
  out.choices = choices_of(type);
  out.value = type.substr(0, type.find(':'));
  if (!out.choices.empty()) out.value = join(out.choices, "|");
  if (out.value.empty()) out.value = "VALUE";
  return out;
}

ManualPage page_of(const CLI::App& app, const std::string& path) {
  ManualPage page = {path, app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* o : app.get_options()) {
    if (!o->get_group().empty()) page.options.push_back(option_of(*o));
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App* s) { return !s->get_group().empty(); }))
    page.verbs.push_back(page_of(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name()));
  return page;
}

void write(const fs::path& file, const std::string& text) {
  std::error_code code;
  fs::create_directories(file.parent_path(), code);
  write_file(file, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace

ManualPage manual_of(const CLI::App& app) {
  return page_of(app, "");
}

Action add_manual(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  app.add_option("folder", *folder, "the share folder they are written into")->type_name("DIR")->required();
  return [folder, &app] {
    const ManualPage program = manual_of(*app.get_parent());
    const fs::path share = *folder;
    const std::string version = std::string(split(about(), '\n').front());
    for (const auto& [name, text] : man_pages(program, version)) write(share / "man/man1" / name, text);
    write(share / "bash-completion/completions/reverie", bash_completion(program));
    write(share / "zsh/vendor-completions/_reverie", zsh_completion(program));
    write(share / "fish/vendor_completions.d/reverie.fish", fish_completion(program));
    return 0;
  };
}

}  // namespace reverie
