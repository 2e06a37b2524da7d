// reverie codes: what the codes of a generative network know, as sheets.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "command_line.h"
#include "core/fit.h"
#include "core/log.h"
#include "core/text.h"
#include "latent/codes.h"
#include "media/picture.h"
#include "models/pictures.h"
#include "sheets/sheet.h"
#include "verbs.h"

namespace reverie {
namespace {

struct Words {
  std::string model, output, between, sum;
  std::vector<std::string> pictures;
  uint64_t seed = 1;
  int count = 60, steps = 9, search = 300;
};

torch::Tensor read_fitting(const CodeBook& book, const std::string& path) {
  const VaeSettings& s = book.model().settings();
  return from_picture(fit_picture(read_picture(path), s.height, s.width, Fit::kCrop));
}

// Names that are neither samples nor labels are pictures, whose codes are searched for.
void find_pictures(const Words& w, const std::vector<std::string>& names, CodeBook& book) {
  for (const std::string& name : names) {
    std::error_code code;
    if (!book.has(name) && std::filesystem::exists(name, code))
      book.add(name, invert(book.model(), read_fitting(book, name), w.search, w.seed).codes);
  }
}

Planes inversions(const Words& w, const CodeBook& book) {
  std::vector<SheetRow> rows;
  for (const std::string& path : w.pictures) {
    const torch::Tensor picture = read_fitting(book, path);
    const Inversion found = invert(book.model(), picture, w.search, w.seed);
    note(fmt::format("{}: {:.2f} dB, at first {:.2f}", path, found.psnr, found.first));
    rows.push_back({fmt::format("{:.1f} dB", found.psnr),
                    {to_picture(picture), book.shown(found.begin), book.shown(found.codes)}});
  }
  constexpr int kShownSide = 64;
  return labelled_rows(rows, "Pictures, where the search begins, and what is found",
                       std::clamp(kShownSide / std::max(1, book.model().settings().width), 1, 4));
}

std::vector<std::string> names_in(std::string text) {
  std::replace(text.begin(), text.end(), ',', ' ');
  std::vector<std::string> names;
  for (const std::string& name : split(text, ' ')) {
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

int run(const Words& w) {
  const std::unique_ptr<Model> model = read_model(w.model);
  CodeBook book(as_vae(*model, "show the codes of"), w.seed);
  std::vector<Planes> parts;
  if (!w.between.empty()) {
    const std::vector<std::string> names = names_in(w.between);
    find_pictures(w, names, book);
    parts.push_back(between_sheet(book, names, w.steps));
  }
  if (!w.sum.empty()) {
    for (const CodeTerm& term : parse_code_sum(w.sum)) find_pictures(w, term.names, book);
    parts.push_back(sum_sheet(book, w.sum));
  }
  if (!w.pictures.empty()) parts.push_back(inversions(w, book));
  if (parts.empty()) parts.push_back(samples_sheet(book, w.count));
  write_picture(w.output, stacked(parts));
  note(w.output);
  return 0;
}

}  // namespace

Action add_codes(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("MODEL", w->model, "a GAN, or a VAE with one code vector: its file, or a run's folder")
      ->required();
  app.add_option("-o,--output", w->output, "the sheet; default out/codes.png")
      ->default_val("out/codes.png")
      ->type_name("FILE.png");
  app.add_option("--between", w->between,
                 "samples by their numbers, labels or pictures: from each to the next, \"3 17 5\"")
      ->type_name("NAMES");
  app.add_option("--sum", w->sum, "means of codes added and subtracted: \"1,2,3 - 4,5 + 6\"")
      ->type_name("SUM");
  app.add_option("--invert", w->pictures, "pictures whose codes are searched for")
      ->type_name("PICTURE")
      ->check(CLI::ExistingFile);
  app.add_option("--seed", w->seed, "of the samples, as of `render latent`; default 1");
  app.add_option("--count", w->count, "samples on the sheet; default 60")->check(CLI::Range(1, 1000));
  app.add_option("--steps", w->steps, "pictures from one to the next; default 9")->check(CLI::Range(2, 100));
  app.add_option("--search", w->search, "steps of a search for codes; default 300")
      ->check(CLI::Range(1, 100000));
  return [w] { return run(*w); };
}

}  // namespace reverie
