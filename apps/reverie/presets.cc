// reverie presets: lists the presets, or draws them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "command_line.h"
#include "control/bank.h"
#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "lab.h"
#include "media/picture.h"
#include "pipeline/thumbnail.h"
#include "sheets/sheet.h"
#include "verbs.h"

namespace reverie {
namespace {

struct Options {
  bool sheet = false;
  std::string output;
};

constexpr int kColumns = 5, kGap = 10;

// Those that play in the order of their numbers, then those that are broken.
std::vector<PresetEntry> all_presets() {
  std::vector<PresetEntry> all = presets_in_order();
  for (PresetEntry& e : list_presets()) {
    if (!e.error.empty()) all.push_back(std::move(e));
  }
  return all;
}

int list() {
  for (const PresetEntry& e : all_presets()) {
    const char* input = e.input == InputNeed::kRequired
                            ? " [needs an input]"
                            : (e.input == InputNeed::kOptional ? " [takes an input]" : "");
    fmt::print("{:<18} {}{}\n", e.name, e.error.empty() ? e.about : "broken: " + e.error, input);
  }
  return 0;
}

// Each with its number and name; one that cannot be played here is an empty picture with the word "none".
int draw(const std::string& output) {
  prefer_torch();
  const std::vector<PresetEntry> all = presets_in_order();
  std::vector<Planes> cells;
  Progress progress("presets", "presets", static_cast<int64_t>(all.size()), false);
  for (size_t i = 0; i < all.size() && !stop_requested(); ++i) {
    Planes picture;
    std::string detail;
    try {
      picture = thumbnail(load_chain(all[i].path.string()), all[i].input, [] { return !stop_requested(); });
    } catch (const Error& e) {
      detail = "none";
      warning(fmt::format("{}: {}", all[i].name, e.what()));
    }
    if (picture.empty()) picture = Planes(3, kThumbnailHeight, kThumbnailWidth);
    cells.push_back(captioned(picture, fmt::format("{} {}", i + 1, all[i].name), detail));
    progress.update(static_cast<int64_t>(i + 1));
  }
  if (stop_requested()) return 130;
  write_picture(output, grid(cells, std::min(kColumns, static_cast<int>(cells.size())), 1, kGap));
  return 0;
}

}  // namespace

Action add_presets(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* output =
      app.add_option("-o,--output", options->output, "the picture: FILE.png or FILE.jpg")->type_name("OUT");
  auto* sheet =
      app.add_flag("--sheet", options->sheet, "draw what each looks like, with its number and name");
  sheet->needs(output);
  output->needs(sheet);
  return [options] { return options->sheet ? draw(options->output) : list(); };
}

}  // namespace reverie
