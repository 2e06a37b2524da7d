#include "clip.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "command_line.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/text.h"
#include "feedback/kernels/kernel.h"
#include "media/picture.h"
#include "media/sink.h"

namespace reverie {
namespace {

constexpr double kStillSeconds = 10;

}  // namespace

std::string from_anywhere(const std::string& word) {
  std::error_code code;
  return std::filesystem::exists(word, code) ? std::filesystem::absolute(word, code).string() : word;
}

void add_clip_options(CLI::App& app, ClipWords& w, const std::string& group) {
  const std::string before = app.option_defaults()->get_group();
  if (!group.empty()) app.option_defaults()->group(group);
  app.add_option("--size", w.size, "default the input's")->type_name("WxH");
  app.add_option("--fps", w.fps, "of a video")->type_name("N");
  app.add_option("--start", w.start, "where in the input to begin, in seconds or as 1:30")->type_name("TIME");
  app.add_option("--frames", w.frames, "of a video")->check(CLI::Range(int64_t{1}, int64_t{100000000}));
  app.add_option("--seconds", w.seconds, "of a video; default the input's, else 10")->type_name("TIME");
  app.add_option("--seed", w.given_seed, "of all random draws; default 1");
  app.add_option("--threads", w.threads, "0: one per core; the same number gives the same picture")
      ->check(CLI::Range(0, kMostThreads));
  add_resume(app, w.resume);
  app.add_flag("-q,--quiet", w.quiet, "no progress");
  app.option_defaults()->group(before);
}

void refuse_said_twice(const std::vector<ParameterOption>& options, const std::vector<std::string>& sets) {
  for (const ParameterOption& o : options) {
    const auto same = [&](const std::string& set) { return set.substr(0, set.find('=')) == o.name; };
    if (!o.value.empty() && std::any_of(sets.begin(), sets.end(), same))
      throw UsageError(fmt::format("{} and --set {} say the same thing twice", o.option, o.name));
  }
}

RenderRequest clip_request(const ClipWords& w, Chain chain, const std::string& input,
                           const std::string& output) {
  RenderRequest r;
  r.chain = std::move(chain);
  r.input = input;
  r.output = output;
  r.kernel = find_kernel(r.kernel).name;  // under its own name, for the file's metadata
  r.seed = w.given_seed.value_or(1);
  r.threads = w.threads;
  if (!w.size.empty()) std::tie(r.width, r.height) = parse_size(w.size);
  if (!w.fps.empty()) r.fps = parse_rate(w.fps);
  r.frames = w.frames;
  if (!w.start.empty()) r.start = parse_time("--start", w.start, 0);
  if (!w.seconds.empty()) r.seconds = parse_time("--seconds", w.seconds, 0.001);
  r.loop = !r.input.empty() && is_picture_name(r.input) && !sink_takes_one_picture(output);
  if (r.loop && !r.frames && !r.seconds) r.seconds = kStillSeconds;
  r.resume = w.resume;
  r.quiet = w.quiet;
  return r;
}

void add_resume(CLI::App& app, bool& resume) {
  app.add_flag(
      "--resume", resume,
      "after a stop of any kind the same command goes on where it was; until it is finished its work lies in "
      "OUT.part");
}

std::optional<int> told_of_resume(const RenderResult& result) {
  if (result.was_finished) {
    note(fmt::format("{} is finished already: {}", result.output, counted(result.frames, "frame")));
    return 0;
  }
  if (!result.waits) return std::nullopt;
  note(fmt::format("stopped after frame {}; the same command goes on there", result.frames));
  return 130;
}

int render_clip(const RenderRequest& request) {
  const RenderResult result = render(request);
  if (const std::optional<int> status = told_of_resume(result)) return *status;
  note(fmt::format("{}{}; {}, seed {}", result.stopped ? "stopped; kept " : "", result.output,
                   counted(result.frames, "frame"), request.seed));
  return result.stopped ? 130 : 0;
}

}  // namespace reverie
