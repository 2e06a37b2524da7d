#include "discover/archive.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/toml_reader.h"
#include "sheets/sheet.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "search.toml";
constexpr const char* kLikes = "likes.toml";
constexpr int kMostCells = 100, kLargestSize = 1024;
constexpr double kLeastQuality = 0.003;
constexpr double kNobody = -1;  // the bar of an empty cell
constexpr int64_t kMostTries = int64_t{1} << 53U;

// What of a life is kept.
struct Measure {
  const char* name;
  double Life::*value;
};
constexpr Measure kMeasures[] = {
    {"quality", &Life::quality}, {"change_early", &Life::change_early},
    {"change", &Life::change},   {"flicker", &Life::flicker},
    {"slope", &Life::slope},     {"grid", &Life::grid},
    {"grain", &Life::grain},     {"contrast", &Life::contrast},
    {"colour", &Life::colour},   {"brightness", &Life::brightness},
    {"novelty", &Life::novelty},
};

fs::path preset_file(const fs::path& folder, const Find& find) {
  return folder / (find.name() + ".toml");
}

void write_text(const fs::path& path, const std::string& text) {
  write_file(path, std::vector<uint8_t>(text.begin(), text.end()));
}

std::string format(const Archive& archive) {
  std::string text = fmt::format("# What `reverie discover` has found here.\n{}tries = {}\n",
                                 format_settings(archive.settings()), archive.tries);
  for (const Find* f : archive.finds())
    text += fmt::format("\n[[find]]\nnumber = {}\ncell = [{}, {}]\n{}", f->number, f->place.column,
                        f->place.row, format_figures(f->life));
  return text;
}

bool is_found(const fs::path& file) {
  return file.stem().string().starts_with("found-") &&
         (file.extension() == ".toml" || file.extension() == ".jpg");
}

}  // namespace

std::string format_settings(const SearchSettings& s) {
  std::vector<std::string> from;
  for (const std::string& f : s.from) from.push_back(quote_toml(f));
  return fmt::format(
      "from = [{}]\nx = \"{}\"\ny = \"{}\"\ncells = {}\nsize = {}\nframes = {}\nseed = {}\ncodes = {}\n",
      fmt::join(from, ", "), s.x, s.y, s.cells, s.life.size, s.life.frames, toml_seed(s.seed), s.codes);
}

const std::vector<std::string>& settings_keys() {
  static const std::vector<std::string> keys = {"from", "x", "y", "cells", "size", "frames", "seed", "codes"};
  return keys;
}

SearchSettings read_settings(const TomlReader& reader) {
  SearchSettings s;
  for (const TomlNode* from : reader.list("from")) s.from.push_back(reader.text_at(*from));
  s.x = reader.text("x");
  s.y = reader.text("y");
  s.cells = static_cast<int>(reader.whole("cells", 2, kMostCells));
  s.life.size = static_cast<int>(reader.whole("size", 16, kLargestSize));
  s.life.frames = static_cast<int>(reader.whole("frames", kLeastLife, kMostFrames));
  s.life.seed = s.seed = reader.seed("seed");
  s.codes = static_cast<int>(reader.whole("codes", 0, kMostCodes, 0));
  return s;
}

std::string format_figures(const Life& life) {
  std::string text;
  for (const Measure& m : kMeasures) text += fmt::format("{} = {}\n", m.name, life.*m.value);
  if (!life.codes.empty()) text += fmt::format("codes = [{}]\n", fmt::join(life.codes, ", "));
  return text;
}

std::vector<std::string> figure_keys() {
  std::vector<std::string> keys = {"codes"};
  for (const Measure& m : kMeasures) keys.emplace_back(m.name);
  return keys;
}

void read_figures(const TomlReader& reader, Life& life) {
  for (const Measure& m : kMeasures) life.*m.value = reader.number(m.name, -1e9, 1e9);
  for (const TomlNode* code : reader.list("codes")) life.codes.push_back(reader.number_at(*code, 0, 1));
}

std::string Find::name() const {
  return fmt::format("found-{}", number);
}

Archive::Archive(SearchSettings settings)
    : settings_(std::move(settings)),
      x_(&find_axis(settings_.x)),
      y_(&find_axis(settings_.y)),
      taste_(settings_.likes) {
  for (const Axis* axis : {x_, y_}) {
    if (code_of(*axis) <= settings_.codes) continue;
    throw settings_.codes == 0
        ? Error("search along", axis->name, "no network describes the pictures",
                "name one with --describe MODEL")
        : Error("search along", axis->name, "the network has " + counted(settings_.codes, "code"));
  }
  if (x_ == y_) throw Error("search along", settings_.x, "both axes of the map are the same");
  cells_.resize(static_cast<size_t>(settings_.cells) * static_cast<size_t>(settings_.cells));
}

size_t Archive::index(const MapCell& place) const {
  return static_cast<size_t>(place.row) * static_cast<size_t>(settings_.cells) +
         static_cast<size_t>(place.column);
}

MapCell Archive::place_of(const Life& life) const {
  return {x_->cell(life, settings_.cells), y_->cell(life, settings_.cells)};
}

const Find* Archive::at(const MapCell& place) const {
  return cells_[index(place)].get();
}

std::vector<const Find*> Archive::finds() const {
  std::vector<const Find*> all;
  for (const auto& f : cells_) {
    if (f) all.push_back(f.get());
  }
  return all;
}

int64_t Archive::next_number() const {
  int64_t next = tries;
  for (const Find* f : finds()) next = std::max(next, f->number + 1);
  return next;
}

int Archive::count() const {
  return static_cast<int>(finds().size());
}

double Archive::bar(const MapCell& place) const {
  const Find* now = at(place);
  return now ? worth(now->life) : kNobody;
}

std::vector<double> Archive::bars() const {
  std::vector<double> all;
  for (const auto& f : cells_) all.push_back(f ? worth(f->life) : kNobody);
  return all;
}

bool Archive::clears(const Life& life, double bar) const {
  return life.quality > kLeastQuality && worth(life) > bar;
}

bool Archive::add(Find find) {
  if (!find.life.death.empty() || !takes(find.place, find.life)) return false;
  auto& cell = cells_[index(find.place)];
  cell = std::make_unique<Find>(std::move(find));
  return true;
}

fs::path strip_file(const fs::path& folder, const Find& find) {
  return folder / (find.name() + ".jpg");
}

void write_archive(const fs::path& folder, Archive& archive, const PictureFiles& files) {
  fs::create_directories(folder);
  std::set<fs::path> kept;
  for (const Find* f : archive.finds()) {
    kept.insert(preset_file(folder, *f));
    kept.insert(strip_file(folder, *f));
    if (f->life.strip.empty()) continue;  // written before
    write_text(preset_file(folder, *f), format_preset(found_from_anywhere(f->preset)));
    write_file(strip_file(folder, *f), files.jpeg(grid(f->life.strip, kStripFrames, 1, 0)));
  }
  if (!has_archive(folder)) {  // they never change
    fs::remove(folder / kLikes);
    if (!archive.settings().likes.empty()) write_likes(folder / kLikes, archive.settings().likes);
  }
  write_text(folder / kFile, format(archive));
  archive.forget_strips();
  std::error_code code;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, code)) {
    if (is_found(entry.path()) && !kept.contains(folder / entry.path().filename()))
      fs::remove(entry.path(), code);
  }
}

void Archive::forget_strips() {
  for (const auto& f : cells_) {
    if (f) f->life.strip.clear();
  }
}

bool has_archive(const fs::path& folder) {
  std::error_code code;
  return fs::exists(folder / kFile, code);
}

Archive read_archive(const fs::path& folder) {
  const std::string file = (folder / kFile).string();
  const TomlNode root = parse_toml(read_text_file(file, kMostTomlBytes), file);
  std::vector<std::string> all_keys = settings_keys();
  all_keys.insert(all_keys.end(), {"tries", "find"});
  const TomlReader reader(root, file, all_keys);
  SearchSettings s = read_settings(reader);
  s.likes = read_likes(folder / kLikes);
  Archive archive(s);
  archive.tries = reader.whole("tries", 0, kMostTries);
  std::vector<std::string> keys = figure_keys();
  keys.insert(keys.end(), {"number", "cell"});
  for (const TomlNode* node : reader.tables("find")) {
    const TomlReader entry(*node, file, keys);
    Find f;
    f.number = entry.whole("number", 0, kMostTries);
    const std::vector<const TomlNode*> cell = entry.list("cell");
    if (cell.size() != 2) entry.fail(*node, "a cell is [COLUMN, ROW]");
    f.place = {static_cast<int>(entry.whole_at(*cell[0], 0, s.cells - 1)),
               static_cast<int>(entry.whole_at(*cell[1], 0, s.cells - 1))};
    read_figures(entry, f.life);
    f.preset = load_preset(preset_file(folder, f).string());
    archive.add(std::move(f));
  }
  return archive;
}

}  // namespace reverie
