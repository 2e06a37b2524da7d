// reverie render: renders a preset, with or without an input, to a video.
#include "pipeline/render.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "checks.h"
#include "clip.h"
#include "command_line.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "core/text.h"
#include "effects/effects.h"
#include "feedback/kernels/kernel.h"
#include "media/probe.h"
#include "pipeline/replay.h"
#include "preset_options.h"
#include "verbs.h"

namespace reverie {
namespace {

constexpr int64_t kRoundedFrames = 2;  // how far off a container's length may be

struct Options {
  std::vector<std::string> presets;
  std::string input, output, size, again, session, fit, deinterlace, kernel, sheet, sound;
  std::vector<std::string> set, without;
  std::string fps, seconds, start, input_b;
  std::optional<double> tempo;
  std::optional<int64_t> frames;
  std::optional<uint64_t> seed;
  int threads = 0;
  bool loop = false, timing = false, check = false, resume = false, quiet = false;
};

void add_options(CLI::App& app, Options& o) {
  app.add_option(
         "preset", o.presets,
         "name or file of a preset, or of several as a chain: each sees the picture of the one before; "
         "default first-light, with --input veil")
      ->type_name("PRESET");
  app.add_option("-i,--input", o.input,
                 "picture, folder or pattern of pictures (frames/%04d.png), video, GIF, URL, camera:0, "
                 "screen:, pipewire:, test:NAME")
      ->type_name("SRC");
  app.add_option(
         "-o,--output", o.output,
         ".mp4 (H.264), .webm (VP9), .gif, .mkv (FFV1, lossless), frames/%05d.png, or FORMAT:URL; default "
         "out/PRESET.mp4")
      ->type_name("OUT");
  app.add_option("--size", o.size, "frame size in pixels; default the input's, else 512x512")
      ->type_name("WxH");
  app.add_option("--fps", o.fps, "frames per second, such as 25 or 30000/1001; default the input's, else 30")
      ->type_name("N");
  auto* frames =
      app.add_option("--frames", o.frames, "length in frames")->check(CLI::Range(int64_t{1}, kMostFrames));
  app.add_option("--seconds", o.seconds,
                 "length in seconds or as 1:30; default the input's, else the sound's, else 10")
      ->type_name("TIME")
      ->excludes(frames);
  app.add_option("--start", o.start, "where in the input to begin, in seconds or as 1:30")->type_name("TIME");
  app.add_flag("--loop", o.loop, "play the input over and over (give --seconds or --frames)");
  app.add_option("--sound", o.sound,
                 "a file whose sound the preset follows and the output contains; default the input's own")
      ->type_name("FILE");
  app.add_option("--tempo", o.tempo, "BPM, counted from the first frame; default the sound's, else 120")
      ->type_name("BPM")
      ->check(finite_range(kSlowestTempo, kFastestTempo));
  app.add_option("--fit", o.fit, "how an input of another shape fits --size; default crop")
      ->check(CLI::IsMember(fit_words()));
  app.add_option("--deinterlace", o.deinterlace,
                 "auto: what the input says is interlaced (the default); on: everything; off: as stored")
      ->check(CLI::IsMember(deinterlace_words()));
  app.add_option("--seed", o.seed, "seed of all random draws; default 1")->check(whole_number(UINT64_MAX));
  app.add_option("--threads", o.threads, "0: one per core; any number gives the same picture")
      ->check(CLI::Range(0, kMostThreads));
  app.add_option("--kernel", o.kernel, "what computes the transition; default auto")->type_name("NAME");
  app.add_option("--set", o.set,
                 "a parameter's value: zoom=1.02, zoom=1,1.02 (levels 0, 1 and up), zoom.1=1.02 (level 1), "
                 "feedback-2.zoom=1.02 (of that part of a chain)")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--again", o.again, "repeat the render that made this file")->type_name("FILE");
  app.add_option("--session", o.session, "render a set recorded by `reverie play` again, frame by frame")
      ->type_name("FILE");
  app.add_option("--input-b", o.input_b, "in place of the set's second input")
      ->type_name("SRC")
      ->needs("--session");
  app.add_option("--sheet", o.sheet, "also write a contact sheet of the frames")->type_name("FILE.png");
  app.add_option("--without", o.without,
                 "switch off a step of the frame loop: source, a part by its name, output")
      ->type_name("STEP");
  app.add_flag(
      "--check", o.check,
      "check every step's picture (finite, in range), and every 30th frame against the reference kernel");
  app.add_flag("--timing", o.timing, "print at the end how long each step took");
  add_resume(app, o.resume);
  app.add_flag("-q,--quiet", o.quiet, "no progress");
}

RenderRequest repeat_of(const std::string& file) {
  const MediaInfo info = probe(file);
  const auto comment = info.metadata.find("comment");
  if (comment == info.metadata.end()) {
    throw Error("repeat", file, "it does not contain a description of its render",
                "--again takes a .mp4, .mov, .mkv or .webm that Reverie wrote");
  }
  RenderRequest request = request_from_description(comment->second, file);
  // an interrupted render is repeated as far as it got
  const auto video = std::find_if(info.streams.begin(), info.streams.end(), [](const StreamInfo& s) {
    return s.best && s.kind == StreamInfo::Kind::kVideo;
  });
  std::optional<int64_t> own = video == info.streams.end() ? std::nullopt : video->frames;
  if (!own && info.seconds) own = std::llround(*info.seconds * request.fps);
  if (own && (!request.frames || *own + kRoundedFrames < *request.frames)) request.frames = own;
  return request;
}

void check_outputs(const std::string& output, const std::string& sheet,
                   const std::vector<std::string>& read) {
  refuse_overwriting(output, read);
  refuse_overwriting(sheet, read);
  if (!sheet.empty() && std::filesystem::path(sheet) == std::filesystem::path(output))
    throw UsageError("--sheet and -o name the same file");
}

RenderRequest request_of(const Options& o) {
  RenderRequest r;
  if (!o.again.empty()) {
    if (!o.presets.empty()) throw UsageError("--again brings its own preset: give one or the other");
    if (o.output.empty()) throw UsageError("--again needs -o OUT");
    r = repeat_of(o.again);
  } else {
    r.chain = chain_to_play(o.presets, !o.input.empty());
  }
  need_programs(r.chain);
  if (!o.input.empty()) r.input = o.input;
  if (!o.sound.empty()) r.sound = o.sound;
  if (o.tempo) r.tempo = o.tempo;
  // a file from a stranger must not open cameras, screens or streams here
  if (!o.again.empty() && o.input.empty() && (is_address(r.input) || is_device(r.input))) {
    throw Error("repeat", o.again, fmt::format("its input was {}", r.input),
                "give it with --input if you want it opened");
  }
  if (!o.again.empty() && o.sound.empty() && is_address(r.sound)) {
    throw Error("repeat", o.again, fmt::format("its sound was {}", r.sound),
                "give it with --sound if you want it opened");
  }
  if (!o.size.empty()) std::tie(r.width, r.height) = parse_size(o.size);
  if (!o.fps.empty()) r.fps = parse_rate(o.fps);
  if (o.frames || !o.seconds.empty()) {
    r.frames = o.frames;
    r.seconds.reset();
    if (!o.seconds.empty()) r.seconds = parse_time("--seconds", o.seconds, 0.001);
  }
  if (!o.start.empty()) r.start = parse_time("--start", o.start, 0);
  if (o.seed) r.seed = *o.seed;
  r.kernel = find_kernel(o.kernel.empty() ? r.kernel : o.kernel)
                 .name;  // under its own name, for the file's metadata
  r.loop = r.loop || o.loop;
  if (!o.fit.empty()) r.fit = fit_of(o.fit);
  if (!o.deinterlace.empty()) r.deinterlace = deinterlace_of(o.deinterlace);
  r.output = o.output.empty() ? "out/" + r.chain.name() + ".mp4" : o.output;
  if (o.threads > 0) r.threads = o.threads;
  r.sheet = o.sheet;
  if (!o.without.empty()) r.without = o.without;
  r.check = o.check;
  r.resume = o.resume;
  r.quiet = o.quiet;
  apply_sets(o.set, r.chain);
  std::vector<std::string> read = files_of(r.chain);
  read.insert(read.end(), {r.input, r.sound, o.again});
  check_outputs(r.output, r.sheet, read);
  for (const auto& [option, given] : {std::pair("--loop", r.loop),
                                      {"--start", !o.start.empty()},
                                      {"--fit", !o.fit.empty()},
                                      {"--deinterlace", !o.deinterlace.empty()}}) {
    if (given && r.input.empty()) throw UsageError(fmt::format("{} needs an --input", option));
  }
  return r;
}

// Whether some effect has a text of this name: the name of a file, or a word.
bool names_a_text(const std::string& address) {
  const std::string name = address.substr(address.rfind('.') + 1);
  return std::any_of(effects().begin(), effects().end(), [&](const EffectKind& e) {
    const ParameterTable& table = e.parameters();
    return table.has(name) && table[table.index(name)].kind == ParameterKind::kText;
  });
}

// All files read to replay a set.  A long one names the same file a million times.
std::vector<std::string> files_of(const std::string& file, const ReplayRequest& r) {
  std::set<std::string> read = {file, r.input, r.input_b};
  const auto add = [&](const std::vector<std::string>& files) { read.insert(files.begin(), files.end()); };
  add(files_of(r.session.start.chain));
  for (const TimedEvent& e : r.session.events) {
    if (const auto* opened = std::get_if<OpenInput>(&e.event)) {
      const std::string& other = opened->side == InputSide::kB ? r.input_b : r.input;
      if (other.empty()) read.insert(opened->spec);
    }
    if (const auto* set = std::get_if<SetParameter>(&e.event); set != nullptr && names_a_text(set->name))
      read.insert(set->value);
    if (const auto* changed = std::get_if<ChangePreset>(&e.event)) add(files_of(changed->preset));
    if (const auto* added = std::get_if<AddPart>(&e.event)) add(files_of(added->part.preset));
    if (const auto* other = std::get_if<ChangeChain>(&e.event)) add(files_of(other->chain));
  }
  return {read.begin(), read.end()};
}

// Options that a session sets itself are rejected.
RenderResult replay_session(const Options& o) {
  const bool own = !o.presets.empty() || !o.again.empty() || !o.set.empty() || o.seed || o.frames ||
                   !o.seconds.empty() || !o.fps.empty() || o.loop || !o.start.empty() || !o.without.empty() ||
                   !o.sound.empty() || o.tempo || !o.deinterlace.empty();
  if (own)
    throw UsageError(
        "--session has its own preset, seed, rate and length: give only -o, --size, --input, --input-b, "
        "--fit");
  if (o.resume) throw UsageError("--resume goes on with renders, not with sets: leave it out with --session");
  ReplayRequest r{read_session(o.session), o.output.empty() ? "out/session.mp4" : o.output};
  need_programs(r.session.start.chain);
  for (const TimedEvent& e : r.session.events) {
    if (const auto* changed = std::get_if<ChangePreset>(&e.event)) need_programs(changed->preset);
    if (const auto* added = std::get_if<AddPart>(&e.event)) need_programs(added->part.preset);
    if (const auto* other = std::get_if<ChangeChain>(&e.event)) need_programs(other->chain);
  }
  if (!o.size.empty()) std::tie(r.width, r.height) = parse_size(o.size);
  r.input = o.input;
  r.input_b = o.input_b;
  r.threads = o.threads;
  if (!o.kernel.empty()) r.kernel = find_kernel(o.kernel).name;
  if (!o.fit.empty()) r.fit = fit_of(o.fit);
  r.sheet = o.sheet;
  r.check = o.check;
  r.quiet = o.quiet;
  check_outputs(r.output, r.sheet, files_of(o.session, r));
  const RenderResult result = replay(r);
  note(fmt::format("{}{}; {} of {}", result.stopped ? "stopped; kept " : "", result.output,
                   counted(result.frames, "frame"), o.session));
  if (o.timing) note(format_reports(result.steps));
  return result;
}

int act(const Options& o) {
  if (!o.session.empty()) return replay_session(o).stopped ? 130 : 0;
  const RenderRequest request = request_of(o);
  const RenderResult result = render(request);
  if (const std::optional<int> status = told_of_resume(result)) return *status;
  if (result.frames == 0) {
    note("stopped before the first frame; nothing was written");
    return 130;
  }
  note(fmt::format("{}{}; {} of {}, seed {}, in {} ({:.1f} a second)", result.stopped ? "stopped; kept " : "",
                   result.output, counted(result.frames, "frame"), printable(request.chain.name()),
                   request.seed, format_duration(result.seconds),
                   static_cast<double>(result.frames) / result.seconds));
  if (o.timing) note(format_reports(result.steps));
  return result.stopped ? 130 : 0;
}

}  // namespace

Action add_render(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_options(app, *options);
  return [options] { return act(*options); };
}

}  // namespace reverie
