#include "pipeline/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "effects/effects.h"
#include "media/picture.h"
#include "media/probe.h"
#include "pipeline/signal_source.h"

namespace reverie {
namespace {

constexpr int kDefaultSide = 512;
constexpr double kDefaultFps = 30;
constexpr double kDefaultSeconds = 10;

std::unique_ptr<Source> open_input(const RenderRequest& request) {
  if (request.input.empty()) return nullptr;
  SourceOptions options;
  options.start = request.start;
  options.loop = request.loop;
  options.width = request.width;
  options.height = request.height;
  options.fit = request.fit;
  options.deinterlace = request.deinterlace;
  options.fps = request.fps;
  options.even = sink_size_multiple(request.output);
  std::unique_ptr<Source> source = open_source(request.input, options);
  if (source->info().once && request.loop)
    throw Error("loop", request.input, "it can be read only once", "write it to a file first");
  return source;
}

// The sound that goes with the pictures.
std::optional<SinkOptions::Sound> sound_of(const RenderRequest& request, const Source* source) {
  if (!request.sound.empty()) return SinkOptions::Sound{request.sound, 0, false};
  if (source && source->info().has_sound)
    return SinkOptions::Sound{request.input, request.start, request.loop, source->sound()};
  return std::nullopt;
}

// What the preset follows, and what is known of it in advance.
struct Hearing {
  std::unique_ptr<SignalSource> signals;
  std::optional<SoundMeasure> measure;
};

Hearing hear(const RenderRequest& request, const std::optional<SinkOptions::Sound>& sound, double fps) {
  SignalOptions options = {sound, request.tempo, 0, fps};
  Hearing hearing;
  const bool measured = !request.sound.empty() || (follows_beat(request.chain) && !request.tempo);
  if (sound && measured && !sound->from) {
    hearing.measure = measure_sound(*sound);
    options.measured = hearing.measure->tempo;
  }
  hearing.signals = std::make_unique<SignalSource>(options);
  return hearing;
}

// The requested sound; or the input's own, if the preset listens.
Hearing open_ears(const RenderRequest& request, const Source* source, double fps) {
  const std::optional<SinkOptions::Sound> sound = sound_of(request, source);
  if (!request.sound.empty()) return hear(request, sound, fps);
  const bool live = source && source->info().live;  // it cannot be read twice
  const bool listens = follows_sound(request.chain) || follows_beat(request.chain);
  try {
    if (sound && listens && !live) return hear(request, sound, fps);
  } catch (const Error& e) {
    warning(fmt::format("no sound to follow: {}", e.what()));
    return hear(request, std::nullopt, fps);
  }
  if (follows_sound(request.chain)) {
    note(
        fmt::format("the preset '{}' follows a sound, but there is none: it plays as in silence "
                    "(give one with --sound FILE)",
                    printable(request.chain.name())));
  }
  return hear(request, std::nullopt, fps);
}

// How many frames a render has.
struct Length {
  std::optional<int64_t> limit;     // nothing: until the input ends
  std::optional<int64_t> expected;  // for progress
};

Length length(const RenderRequest& request, const Source* source, const std::optional<SoundMeasure>& sound,
              double fps) {
  const auto exactly = [](int64_t frames) { return Length{frames, frames}; };
  const auto of_seconds = [&](double seconds) {
    return exactly(std::max<int64_t>(1, std::llround(seconds * fps)));
  };
  if (request.frames) return exactly(*request.frames);
  if (request.seconds) return of_seconds(*request.seconds);
  if (sink_takes_one_picture(request.output)) return exactly(1);
  const bool ends = source && !source->info().live && !source->info().endless;
  if (!request.sound.empty() && sound && !ends) return of_seconds(sound->seconds);
  if (source && (source->info().live || ends)) return {std::nullopt, source->info().frames};
  return of_seconds(kDefaultSeconds);
}

std::unique_ptr<ChainPlayer> make_player(const RenderRequest& request, int width, int height,
                                         const std::shared_ptr<CheckReport>& check) {
  const PlayerSetup setup = {width, height, request.threads, request.kernel, read_picture, check};
  Chain chain = request.chain;
  draw_seeds(chain, request.seed);
  return std::make_unique<ChainPlayer>(setup, chain);
}

// The description stored in the file.
RenderDescription describe(const RenderRequest& request, int width, int height, double fps,
                           std::optional<int64_t> frames) {
  RenderDescription d = {request, REVERIE_VERSION};
  d.width = width;
  d.height = height;
  d.fps = fps;
  d.frames = frames;
  d.input = absolute_spec(request.input);  // so that it can be repeated from another folder
  d.sound = absolute_spec(request.sound);
  const auto any_threads = [](const Part& p) { return find_effect(p.preset.effect).any_threads; };
  if (std::all_of(d.chain.parts.begin(), d.chain.parts.end(), any_threads)) d.threads = 0;
  return d;
}

// A source that is switched off does not end.
void end_without_source(const RenderRequest& request, Length& length) {
  const bool off =
      std::find(request.without.begin(), request.without.end(), "source") != request.without.end();
  if (!off || request.input.empty()) return;
  if (!length.limit) length.limit = length.expected;
  if (!length.limit || request.chain.input() == InputNeed::kRequired)
    throw Error("switch off", "source", "this render needs its input");
}

// Shows the player the whole input, once, where it wants that and the input can be read twice.
void look_ahead(const RenderRequest& request, const Length& length, ChainPlayer& player) {
  if (!player.looks_ahead() || request.input.empty()) return;
  RenderRequest once = request;
  once.loop = false;
  const std::unique_ptr<Source> source = open_input(once);
  if (source->info().live || source->info().once) return;
  const bool still = source->info().endless && is_picture_name(request.input);
  Progress progress("look at the whole input", "frames", length.expected, request.quiet);
  Planes picture;
  const int64_t most = still ? 1 : length.limit.value_or(kMostFrames);
  for (int64_t n = 0; n < most && !stop_requested() && source->read(picture); ++n) {
    player.look_ahead(picture);
    progress.update(n + 1);
  }
}

// Of everything that decides about the file.
JobIdentity identity_of(const RenderRequest& request, const std::string& description, int threads) {
  JobIdentity job;
  job.description = fmt::format("output = {}\nsheet = {}\ncheck = {}\n{}", quote_toml(request.output),
                                quote_toml(request.sheet), request.check, description);
  const auto any_threads = [](const Part& p) { return find_effect(p.preset.effect).any_threads; };
  const std::vector<Part>& parts = request.chain.parts;
  if (!std::all_of(parts.begin(), parts.end(), any_threads))
    job.description += fmt::format("threads that play = {}\n", threads);
  job.reads = files_of(request.chain);
  job.reads.insert(job.reads.end(), {request.input, request.sound});
  return job;
}

// Whether the file is what this request makes, whole.
std::optional<int64_t> frames_of_finished(const RenderRequest& request, const std::string& description,
                                          double fps, std::optional<int64_t> wanted) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(request.output, code) ||
      std::filesystem::exists(work_folder(request.output), code))
    return std::nullopt;
  try {
    const MediaInfo info = probe(request.output);
    const auto comment = info.metadata.find("comment");
    if (comment == info.metadata.end() || trim(comment->second) != trim(description)) return std::nullopt;
    const int64_t frames = std::llround(info.seconds.value_or(0) * fps);
    constexpr int64_t kRounded = 2;  // frames by which a container's length may be wrong
    return wanted && frames + kRounded >= *wanted ? std::optional(frames) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void check_resume(const RenderRequest& request, const Source* source) {
  if (source && (source->info().live || source->info().once))
    throw Error("go on later with", request.input, "it can be read only once",
                "write it to a file first, or leave out --resume");
  work_folder(request.output);
}

void check_input(const RenderRequest& request) {
  if (request.chain.input() == InputNeed::kRequired && request.input.empty()) {
    throw Error("render", request.chain.name(), "this preset needs an input",
                "give one with --input, a video or test:testsrc2");
  }
  if (request.chain.input() == InputNeed::kNone && !request.input.empty()) {
    warning(fmt::format("the preset '{}' does not look at its input", request.chain.name()));
  }
}

}  // namespace

RenderResult render(const RenderRequest& request) {
  check_input(request);
  check_sheet(request.sheet);
  FrameLoopSetup setup;
  setup.source = open_input(request);
  const Source* source = setup.source.get();
  if (request.resume) check_resume(request, source);
  const int width = source ? source->info().width : (request.width ? request.width : kDefaultSide);
  const int height = source ? source->info().height : (request.height ? request.height : kDefaultSide);
  const double fps = source ? source->info().fps : (request.fps > 0 ? request.fps : kDefaultFps);
  const Hearing hearing = open_ears(request, source, fps);
  Length frames = length(request, source, hearing.measure, fps);
  end_without_source(request, frames);

  setup.signals = [&hearing](const FrameTime& time) { return hearing.signals->at(time); };
  setup.flow = kOfflineFlow;
  setup.flow_side = 0;
  setup.fps = fps;
  setup.check = request.check;
  setup.without = request.without;
  const auto checked = request.check ? std::make_shared<CheckReport>() : nullptr;
  setup.player = make_player(request, width, height, checked);
  SinkOptions options = sink_options(width, height, fps, request.chain.name());
  options.comment = format_description(describe(request, width, height, fps, frames.limit));
  options.sound = sound_of(request, source);
  OfflineOutput output = {request.output, options, request.sheet, checked, request.quiet, frames.expected};
  output.first_pass = [&](ChainPlayer& player) { look_ahead(request, frames, player); };
  if (request.resume) {
    if (const auto done = frames_of_finished(request, options.comment, fps, frames.expected)) {
      RenderResult before;
      before.frames = *done;
      before.was_finished = true;
      before.output = request.output;
      return before;
    }
    output.job = identity_of(request, options.comment, setup.player->threads().count());
  }
  const RenderResult result = play_offline(std::move(setup), output, frames.limit);
  if (result.was_finished) return result;
  if (result.frames == 0 && !result.stopped) throw Error("render", request.output, "the input has no frames");
  if (frames.limit && result.frames < *frames.limit && !result.stopped)
    warning(fmt::format("the input ended after {} of {} frames (use --loop)", result.frames, *frames.limit));
  return result;
}

RenderRequest request_from_description(const std::string& text, const std::string& file) {
  const RenderDescription d = parse_description(text, file);
  RenderRequest request;
  static_cast<RenderSettings&>(request) = d;
  if (!(d.fps >= kLowestFps && d.fps <= kHighestFps) || d.width > kLargestSide || d.height > kLargestSide) {
    throw Error("repeat", file, "its size or rate is not valid for a render");
  }
  return request;
}

}  // namespace reverie
