// reverie data: imports pictures and videos into record sets.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "checks.h"
#include "command_line.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "data/import.h"
#include "data_show.h"
#include "media/picture.h"
#include "media/source.h"
#include "verbs.h"

namespace reverie {
namespace {

struct ImportWords {
  std::vector<std::string> sources;
  std::vector<std::string> labels, crops;
  std::string output, size, fit = "crop", tiles, crop, clips;
  bool both_ways = false, shuffled = false;
  int side = 0;
  int64_t step = 1, per_label = 0;
  double test_fraction = 0;
  uint64_t seed = 1;
  bool quiet = false;
};

void add_clip_options(CLI::App& app, ImportWords& o) {
  app.add_option(
         "--clips", o.clips,
         "cut videos into clips of FRAMES frames, whose training a recipe of the family video is; one "
         "begins every EVERY frames, default half of FRAMES. What stands before the first _ or . of a "
         "video's name is its group: --test-fraction and training keep a group on one side")
      ->type_name("FRAMES[:EVERY]");
  app.add_flag(
      "--both-ways", o.both_ways,
      "with --clips: adds each clip forwards and backwards, and labels them so: a test that no single "
      "frame can pass");
  app.add_flag(
      "--shuffled", o.shuffled,
      "with --clips: adds each clip as it is and with its frames in random order, and labels them so: "
      "another such test");
}

void add_import_options(CLI::App& app, ImportWords& o) {
  app.add_option(
         "sources", o.sources,
         "folders of pictures and videos (one folder per class; those in train/, test/ and val/ are kept "
         "apart), .tar and .zip archives of them, videos, CIFAR's or MNIST's files or folders of these; "
         "compressed or not")
      ->required()
      ->type_name("SRC");
  app.add_option("-o,--output", o.output, "the record set: .tfrecord, or .tfrecord.gz (smaller)")
      ->required()
      ->type_name("SET");
  app.add_option("--size", o.size, "size of the pictures in the set, in pixels; default their own")
      ->type_name("WxH");
  app.add_option("--fit", o.fit, "how a picture of another shape fits --size; default crop")
      ->check(CLI::IsMember(fit_words()));
  app.add_option(
         "--tiles", o.tiles,
         "every picture is a sheet of so many pictures of the same size, such as 16x1; each is one of "
         "the set")
      ->type_name("COLUMNSxROWS");
  app.add_option("--crop", o.crop, "pixels to cut off at the top, right, bottom, left, before anything else")
      ->type_name("T,R,B,L");
  app.add_option(
         "--crops", o.crops,
         "from every picture, N random pieces of WxH pixels at its own resolution, or that of --side, "
         "drawn by --seed; instead of --size; given once, or once for each source in their order")
      ->type_name("WxH:N")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option(
         "--side", o.side,
         "with --crops: first scales pictures whose smaller side is larger than this down to it, in pixels")
      ->check(whole_number(kLargestSide))
      ->type_name("PIXELS");
  app.add_option("--step", o.step, "take every Nth frame of a video; default 1")
      ->check(CLI::Range(int64_t{1}, kMostFrames));
  add_clip_options(app, o);
  app.add_option("--label", o.labels,
                 "label of all pictures and videos, instead of their folders' names; given once, or once for "
                 "each source in their order")
      ->type_name("NAME")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--per-label", o.per_label,
                 "at most N pictures of each label, the first ones, for training; those for testing all stay")
      ->check(whole_number(kMostFrames))
      ->type_name("N");
  app.add_option("--test-fraction", o.test_fraction,
                 "share, 0 to 1, of each label's pictures to use for testing, where the source does not say; "
                 "default 0")
      ->check(finite_range(0, 1));
  app.add_option("--seed", o.seed,
                 "seed for the order of the training pictures, the choice of test pictures, --crops and "
                 "--shuffled; default 1")
      ->check(whole_number(UINT64_MAX));
  app.add_flag("-q,--quiet", o.quiet, "no progress");
}

Margins parse_margins(const std::string& word) {
  std::vector<int> pixels;
  for (const std::string& part : split(word, ',')) {
    const auto v = to_number(part);
    if (v && *v >= 0 && *v < kLargestSide && *v == std::floor(*v)) pixels.push_back(static_cast<int>(*v));
  }
  if (pixels.size() != 4 || split(word, ',').size() != 4) {
    throw UsageError(
        fmt::format("--crop takes the pixels to cut off as TOP,RIGHT,BOTTOM,LEFT, not '{}'", word));
  }
  return {pixels[0], pixels[1], pixels[2], pixels[3]};
}

Tiles parse_tiles(const std::string& word) {
  constexpr double kMost = 1000;
  std::vector<int> counts;
  for (const std::string& part : split(word, 'x')) {
    const double n = to_number(part).value_or(0);
    if (n >= 1 && n <= kMost && n == std::floor(n)) counts.push_back(static_cast<int>(n));
  }
  if (counts.size() != 2 || split(word, 'x').size() != 2)
    throw UsageError(fmt::format("--tiles takes COLUMNSxROWS, such as 16x1, not '{}'", word));
  return {counts[0], counts[1]};
}

Crops parse_crops(const std::string& word, uint64_t seed) {
  constexpr double kMost = 1e6;  // per picture
  const std::vector<std::string> parts = split(word, ':');
  const double count = parts.size() == 2 ? to_number(parts[1]).value_or(0) : 0;
  if (!(count >= 1 && count <= kMost && count == std::floor(count)))
    throw UsageError(fmt::format("--crops takes WxH:N, such as 64x64:200, not '{}'", word));
  Crops crops;
  std::tie(crops.width, crops.height) = parse_size(parts[0]);
  crops.count = static_cast<int>(count);
  crops.seed = seed;
  return crops;
}

Clips parse_clips(const ImportWords& o) {
  Clips clips;
  if (o.both_ways && o.shuffled) throw UsageError("--both-ways and --shuffled: only one of the two");
  if (o.both_ways) clips.pair = ClipPair::kBackward;
  if (o.shuffled) clips.pair = ClipPair::kShuffled;
  clips.seed = o.seed;
  const std::vector<std::string> parts = split(o.clips, ':');
  const double frames = to_number(parts[0]).value_or(0);
  const double every = parts.size() > 1 ? to_number(parts[1]).value_or(0) : std::floor(frames / 2);
  const auto whole = [](double v, double least) {
    return v >= least && v <= kMostClipFrames && v == std::floor(v);
  };
  if (parts.size() > 2 || !whole(frames, 2) || !whole(every, 1))
    throw UsageError(
        fmt::format("--clips takes FRAMES or FRAMES:EVERY, such as 10:5, from 2 to {} frames, not '{}'",
                    kMostClipFrames, o.clips));
  clips.frames = static_cast<int>(frames);
  clips.every = static_cast<int64_t>(every);
  return clips;
}

// What a source has of an option that is given once, or once for each source.
const std::string& own_word(const std::vector<std::string>& words, size_t source) {
  return words[std::min(source, words.size() - 1)];
}

void check_own_words(const ImportWords& o, const std::vector<std::string>& words, const char* option) {
  if (words.size() > 1 && words.size() != o.sources.size())
    throw UsageError(fmt::format("there are {} sources and {} {}: one for all, or one for each",
                                 o.sources.size(), words.size(), option));
}

Crops crops_of(const ImportWords& o, size_t source) {
  Crops crops = parse_crops(own_word(o.crops, source), o.seed);
  crops.side = o.side;
  return crops;
}

ImportOptions import_options(const ImportWords& o) {
  ImportOptions options;
  if (!o.size.empty()) std::tie(options.width, options.height) = parse_size(o.size);
  if (!o.crops.empty()) {
    if (!o.size.empty()) throw UsageError("--crops has a size of its own: leave out --size");
    options.crops = crops_of(o, 0);
  } else if (o.side > 0) {
    throw UsageError("--side is for --crops; --size scales whole pictures");
  }
  if (!o.tiles.empty()) options.tiles = parse_tiles(o.tiles);
  if (!o.crop.empty()) options.crop = parse_margins(o.crop);
  options.fit = fit_of(o.fit);
  options.step = o.step;
  options.per_label = static_cast<size_t>(o.per_label);
  if (!o.clips.empty()) options.clips = parse_clips(o);
  if (o.both_ways && o.clips.empty()) throw UsageError("--both-ways is for --clips");
  if (o.shuffled && o.clips.empty()) throw UsageError("--shuffled is for --clips");
  if (!o.tiles.empty() && !o.clips.empty()) throw UsageError("--clips takes whole frames: leave out --tiles");
  if (!o.crops.empty() && !o.clips.empty()) throw UsageError("--clips takes whole frames: leave out --crops");
  check_own_words(o, o.labels, "--label");
  check_own_words(o, o.crops, "--crops");
  if (!o.output.ends_with(".tfrecord") && !o.output.ends_with(".tfrecord.gz")) {
    throw UsageError(fmt::format("-o takes a name ending in .tfrecord or .tfrecord.gz, not '{}'", o.output));
  }
  return options;
}

void play_video(const std::string& path, int64_t step, const std::function<bool(const Planes&)>& take,
                size_t& filled) {
  SourceOptions options;
  options.fill_transparent = true;
  const std::unique_ptr<Source> source = open_source(path, options);
  Planes frame;
  while (source->read(frame)) {
    filled += source->filled() ? 1 : 0;
    if (!take(frame)) return;
    if (source->info().endless) return;  // a still
    for (int64_t i = 1; i < step && !stop_requested(); ++i) {
      if (!source->skip()) return;
    }
  }
}

// filled: counts the pictures of which some was transparent.
Decoders decoders(size_t& filled) {
  return {[](const std::string& name) { return is_picture_name(name); },
          [&filled](std::span<const uint8_t> bytes, const std::string& name) {
            FilledPicture made = parse_filled_picture(bytes, name);
            filled += made.filled ? 1 : 0;
            return std::move(made.picture);
          },
          [&filled](const std::string& path, int64_t step, const std::function<bool(const Planes&)>& take) {
            play_video(path, step, take, filled);
          }};
}

void warn_of_left_out(const PictureIntake& intake) {
  const size_t all = intake.left_out() + intake.small() + intake.taken();
  const auto warn = [all](size_t count, const std::string& what, const std::vector<std::string>& named) {
    if (count == 0) return;
    const size_t more = count - named.size();
    warning(fmt::format("{} of {} pictures {} and are left out: {}{}", count, all, what, join(named, "; "),
                        more > 0 ? fmt::format("; and {} more", more) : ""));
  };
  const Crops& crops = intake.options().crops;
  warn(intake.left_out(), "cannot be read", intake.why_left_out());
  warn(intake.small(), fmt::format("are smaller than {}x{}", crops.width, crops.height),
       intake.named_small());
}

[[noreturn]] void fail_without_any(const ImportWords& o, const PictureIntake& intake) {
  throw Error("import", join(o.sources, " "),
              intake.small() > 0 ? fmt::format("none of the pictures is as large as {}x{}",
                                               intake.options().crops.width, intake.options().crops.height)
                                 : "none of the pictures can be read");
}

int import(const ImportWords& o) {
  const ImportOptions options = import_options(o);
  RecordSetWriter set(o.output, {o.seed, o.test_fraction});
  Progress progress("import", "pictures", std::nullopt, o.quiet);
  PictureIntake intake(set, options, &progress);
  size_t filled = 0;
  for (size_t i = 0; i < o.sources.size() && !stop_requested(); ++i) {
    if (!o.labels.empty()) intake.label_all(own_word(o.labels, i));
    if (!o.crops.empty()) intake.crop_all(crops_of(o, i));
    import_source(o.sources[i], decoders(filled), intake);
  }
  if (!stop_requested()) {
    warn_of_left_out(intake);
    if (set.pictures() == 0) fail_without_any(o, intake);
  }
  const std::optional<RecordSetCounts> counts = stop_requested() ? std::nullopt : set.finish();
  if (!counts) {
    note("stopped; nothing was written");
    return 130;
  }
  if (filled > 0)
    note(fmt::format("{} of the pictures are partly transparent: that part has the mean colour of the rest",
                     filled));
  if (o.test_fraction > 0 && counts->undecided == 0)
    warning("--test-fraction was not used: the sources already say which pictures are for testing");
  note(fmt::format("{}: {}, {} train and {} test, {}, seed {}, in {}", printable(o.output),
                   counted(static_cast<int64_t>(counts->train + counts->test), "picture"), counts->train,
                   counts->test, counted(set.labels(), "label"), o.seed,
                   format_duration(progress.seconds())));
  return 0;
}

}  // namespace

Action add_data(CLI::App& app) {
  auto words = std::make_shared<ImportWords>();
  CLI::App* importing = app.add_subcommand("import", "make a record set of pictures and videos");
  add_import_options(*importing, *words);
  auto show = std::make_shared<DataShowWords>();
  CLI::App* showing = app.add_subcommand("show", "print what is in a record set, and draw a sheet of it");
  showing->add_option("set", show->set, "a .tfrecord or .tfrecord.gz")->required()->type_name("SET");
  showing->add_option("-o,--output", show->output, "the sheet; default the set's name with .png")
      ->type_name("FILE.png");
  app.require_subcommand(1);
  return [words, show, importing] { return importing->parsed() ? import(*words) : show_record_set(*show); };
}

}  // namespace reverie
