// reverie discover: searches for processes that are worth seeing.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <tuple>

#include "about.h"
#include "command_line.h"
#include "control/bank.h"
#include "core/file.h"
#include "core/key_value_store.h"
#include "core/log.h"
#include "core/processes.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "describe.h"
#include "discover/crew.h"
#include "discover/crew_worker.h"
#include "discover/map.h"
#include "discover/search.h"
#include "effects/effects.h"
#include "lab.h"
#include "media/picture.h"
#include "verbs.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

struct Options {
  SearchSettings settings;
  SearchOptions search;
  std::string output, axes;
  std::string describe;  // a model
  std::string likes;     // a file, or "none"; empty: one's own
  std::vector<int64_t> like, refuse;
  bool resume = false, quiet = false;
};

constexpr const char* kNoLikes = "none";
constexpr const char* kAxes = "grain,motion";
constexpr const char* kDescriber = "describe.safetensors";
constexpr const char* kTogether = "discover by several processes";
constexpr uint64_t kLargestDescriber = uint64_t{1} << 30U;

fs::path chosen_likes(const Options& options) {
  return options.likes.empty() ? likes_file() : fs::path(options.likes);
}

// A damaged file of one's own stops no search.
std::vector<Verdict> likes_of(const Options& options) {
  const fs::path file = chosen_likes(options);
  if (options.likes == kNoLikes) return {};
  if (!options.likes.empty() && !fs::exists(file))
    throw Error("read likes", file.string(), "there is no such file", "name another, or none");
  try {
    return read_likes(file);
  } catch (const Error& e) {
    if (!options.likes.empty()) throw;
    warning(fmt::format("{}; the search goes without likes", e.what()));
    return {};
  }
}

bool is_mark(const Options& options) {
  return !options.like.empty() || !options.refuse.empty();
}

// Remembers which finds were liked and refused.
int mark(const Options& options) {
  if (options.likes == kNoLikes) throw UsageError("--like and --refuse need a file of likes, not none");
  const fs::path file = chosen_likes(options);
  const Archive archive = read_archive(options.output);
  std::vector<Verdict> verdicts;
  const auto add = [&](const std::vector<int64_t>& numbers, bool liked) {
    for (const int64_t number : numbers) {
      const std::vector<const Find*> all = archive.finds();
      const auto is_it = [&](const Find* f) { return f->number == number; };
      const auto it = std::find_if(all.begin(), all.end(), is_it);
      if (it == all.end())
        throw Error(liked ? "like" : "refuse", fmt::format("{}", number), "there is no such find",
                    fmt::format("its numbers are those of the files found-N.toml in {}", options.output));
      verdicts.push_back(verdict_on((*it)->life, (*it)->name(), liked));
    }
  };
  add(options.like, true);
  add(options.refuse, false);
  add_likes(file, verdicts);
  if (!options.quiet)
    note(fmt::format("{} liked, {} refused: {}", options.like.size(), options.refuse.size(), file.string()));
  return 0;
}

// All presets that a search can begin from.
std::vector<std::string> every_start() {
  std::vector<std::string> names;
  for (const PresetEntry& e : presets_in_order()) {
    if (e.effects.size() == 1 && e.input != InputNeed::kRequired &&
        !find_effect(e.effects.front()).needs_torch)
      names.push_back(e.name);
  }
  return names;
}

// The network that describes what is found, of the command line or of the search that goes on; or none.
Describer chosen_describer(const Options& options) {
  const fs::path own = fs::path(options.output) / kDescriber;
  if (options.resume) return fs::exists(own) ? read_describer(own) : Describer();
  return options.describe.empty() ? Describer() : read_describer(options.describe);
}

Archive opened(const Options& options, const Describer& describer, const CLI::App& app) {
  const fs::path folder = options.output;
  if (options.resume) {
    for (const char* given :
         {"PRESET", "--axes", "--cells", "--size", "--frames", "--seed", "--likes", "--describe"}) {
      if (app.count(given) > 0)
        throw Error("resume", folder.string(), fmt::format("{} cannot change any more", given),
                    "leave it out");
    }
    return read_archive(folder);
  }
  if (has_archive(folder))
    throw Error("search into", folder.string(), "a search is there already",
                "go on with --resume, or choose another folder");
  SearchSettings settings = options.settings;
  settings.codes = describer.codes;
  if (settings.from.empty()) settings.from = every_start();
  const std::string usual = settings.codes > 1 ? "code-1,code-2" : kAxes;
  const std::vector<std::string> axes = split(options.axes.empty() ? usual : options.axes, ',');
  if (axes.size() != 2) throw UsageError("--axes takes two, such as grain,motion");
  settings.x = axes[0];
  settings.y = axes[1];
  settings.life.seed = settings.seed;
  settings.likes = likes_of(options);
  return Archive(settings);
}

void write_map(const fs::path& folder, const Archive& archive, const PictureFiles& files) {
  write_picture(folder / "map.png", map_sheet(folder, archive, files));
  const std::string page = map_page(folder, archive);
  write_file(folder / "map.html", std::vector<uint8_t>(page.begin(), page.end()));
}

// The version alone: how it was built may differ.
std::string program() {
  const std::string all = about();
  return all.substr(0, all.find('\n'));
}

std::string figures_of(const SearchReport& report) {
  std::string text = fmt::format("{} tries: {} kept", report.tried, report.kept);
  for (const auto& [why, count] : report.deaths) text += fmt::format(", {} {}", count, why);
  if (report.tried_elsewhere > 0) text += fmt::format("; {} by other processes", report.tried_elsewhere);
  return text;
}

PictureFiles picture_files(const Describe& describe) {
  return {[](const fs::path& file) { return read_picture(file); }, jpeg_of, describe};
}

// The network that process 0 has sent.
Describe sent_describer(const std::string& bytes) {
  const PartialFile file(fs::temp_directory_path() / kDescriber);  // deleted at the end
  write_file(file.partial(), std::vector<uint8_t>(bytes.begin(), bytes.end()));
  return read_describer(file.partial()).describe;
}

// What all processes but the first do.
int help_search(const Options& options, const ProcessRank& who) {
  const auto store = join_processes(who, kTogether);
  work_for_search(*store, {program(), who.rank, options.search.workers, options.quiet, sent_describer},
                  picture_files(nullptr));
  return 0;
}

int discover(const Options& options, const CLI::App& app) {
  const ProcessRank who = process_rank();
  if (who.size > 1) need_torch(kTogether);
  if (who.rank > 0) return is_mark(options) ? 0 : help_search(options, who);
  if (is_mark(options)) return mark(options);
  const Describer describer = chosen_describer(options);  // first: it may become another program
  const PictureFiles files = picture_files(describer.describe);
  const fs::path folder = options.output;
  Archive archive = opened(options, describer, app);
  fs::create_directories(folder);
  const FolderLock lock(folder);
  if (!options.resume) fs::remove(folder / kDescriber);  // of a search that is gone
  if (describer.write && !options.resume) describer.write(folder / kDescriber);
  std::optional<int64_t> total;
  if (const size_t count = archive.settings().likes.size(); count > 0 && !options.quiet)
    note(fmt::format("led by what was liked and refused: {}",
                     counted(static_cast<int64_t>(count), "verdict")));
  if (options.search.tries > 0) total = options.search.tries - archive.tries;
  SearchOptions how = options.search;
  std::unique_ptr<KeyValueStore> store;
  std::unique_ptr<Crew> crew;
  if (who.size > 1) {
    store = join_processes(who, kTogether);
    CrewOptions crew_options{program(), who.size - 1, options.quiet, ""};
    if (describer.describe) crew_options.describer = read_text_file(folder / kDescriber, kLargestDescriber);
    crew = std::make_unique<Crew>(*store, archive.settings(), crew_options);
    how.joined = [&] { return crew->joined(); };
  }
  Progress progress("discover", "tries", total, options.quiet);
  const int cells = archive.settings().cells * archive.settings().cells;
  const SearchReport report = search(archive, how, files, [&](Archive& now, const SearchReport& so_far) {
    write_archive(folder, now, files);
    progress.update(so_far.tried, fmt::format("{} of {} cells", now.count(), cells));
  });
  if (crew) crew->end();
  write_map(folder, archive, files);
  if (!options.quiet) {
    note(figures_of(report));
    note(fmt::format("{} of {} cells; look at {}", archive.count(), cells, (folder / "map.html").string()));
  }
  return stop_requested() ? 130 : 0;
}

}  // namespace

Action add_discover(CLI::App& app) {
  auto options = std::make_shared<Options>();
  LifeOptions& life = options->settings.life;
  app.add_option("PRESET", options->settings.from, "presets to begin from (default: all that need no input)");
  app.add_option("-o,--output", options->output, "the folder of what is found: presets, map.png, map.html")
      ->required();
  app.add_option("--minutes", options->search.minutes, "stop after so many (default: go on until Ctrl-C)")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--tries", options->search.tries, "stop after so many, earlier ones of this search included")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 40U));
  app.add_flag("--resume", options->resume, "go on with the search in that folder");
  std::vector<std::string> names;
  for (const Axis& a : axes()) names.push_back(fmt::format("{} ({})", a.name, a.help));
  app.add_option("--axes", options->axes,
                 fmt::format("two that the map sorts by (default {}): {}", kAxes, join(names, "; ")));
  app.add_option(
         "--describe", options->describe,
         "a VAE with one code vector, whose codes are axes too: code-1, code-2 ... (with it the default "
         "of --axes)")
      ->type_name("MODEL");
  app.add_option("--cells", options->settings.cells, "cells of the map along each axis (default 10)")
      ->check(CLI::Range(2, 100));
  app.add_option("--size", life.size, "pixels a side while searching (default 96)")
      ->check(CLI::Range(32, 512));
  app.add_option("--frames", life.frames, "that a process must live to be kept (default 3000)")
      ->check(CLI::Range(kLeastLife, 1000000));
  app.add_option("--seed", options->settings.seed, "of all draws (default 1)");
  app.add_option(
         "--threads", options->search.workers,
         "how many this process tries at a time (default: one per core); with 1 the same seed finds the same")
      ->check(CLI::Range(1, 1024));
  app.add_option("--likes", options->likes,
                 "what was liked and refused, which leads the search: a file, or none (default: one's own)")
      ->type_name("FILE");
  for (const auto& [name, numbers, help] :
       {std::tuple("--like", &options->like,
                   "remember finds of the folder as liked, by their numbers; no search"),
        {"--refuse", &options->refuse, "... as refused"}}) {
    app.add_option(name, *numbers, help)->excludes("--resume")->excludes("--minutes")->excludes("--tries");
  }
  app.add_flag("-q,--quiet", options->quiet, "no progress");
  return [options, &app] { return discover(*options, app); };
}

}  // namespace reverie
