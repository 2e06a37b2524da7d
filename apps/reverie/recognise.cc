// reverie recognise: what a video shows, window by window.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "asked_model.h"
#include "checks.h"
#include "clip.h"
#include "command_line.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/stop.h"
#include "core/text.h"
#include "media/source.h"
#include "preset_options.h"
#include "verbs.h"
#include "watch/recogniser.h"

namespace reverie {
namespace {

struct Words {
  std::string input, model, output;
  int64_t every = 0, top = 1;
  ClipWords clip;
};

// A line for each window: where it ends, and the likeliest labels.
int print_answers(const Words& w) {
  Recogniser recogniser(read_model(asked_model(w.model, "watch")));
  const std::unique_ptr<Source> source = open_source(w.input, {});
  const int64_t every = w.every > 0 ? w.every : std::max(1, recogniser.frames() / 2);
  const double fps = source->info().fps;
  Planes frame;
  int64_t count = 0;
  int64_t last = 0;
  while (!stop_requested() && source->read(frame)) {
    recogniser.see(frame);
    const bool still = source->info().endless;
    while (still && !recogniser.ready()) recogniser.see(frame);
    ++count;
    if (!recogniser.ready() || (last > 0 && count - last < every)) continue;
    last = count;
    const std::vector<double> shares = recogniser.answer();
    std::vector<size_t> order(shares.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return shares[a] > shares[b]; });
    std::string line = fmt::format("{:9.3f}", static_cast<double>(count) / fps);
    for (size_t i = 0; i < std::min(order.size(), static_cast<size_t>(w.top)); ++i)
      line += fmt::format("  {} {:.3f}", printable(recogniser.labels()[order[i]]), shares[order[i]]);
    fmt::print("{}\n", line);
    std::fflush(stdout);
    if (still) return 0;
  }
  if (stop_requested()) return 130;
  if (last == 0)
    throw Error(
        "recognise", printable(w.input),
        fmt::format("it has {} frames, and this model looks at {} at once", count, recogniser.frames()));
  return 0;
}

int draw_answers(const Words& w) {
  Chain chain = load_chain("watch");
  std::vector<std::string> sets = {"show=true"};
  if (!w.model.empty()) sets.push_back("model=" + from_anywhere(w.model));
  if (w.every > 0) sets.push_back(fmt::format("every={}", w.every));
  apply_sets(sets, chain);
  refuse_overwriting(w.output, {w.input, w.model});
  return render_clip(clip_request(w.clip, std::move(chain), w.input, w.output));
}

}  // namespace

Action add_recognise(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("input", w->input, "a video, a picture or a camera, as `render --input` takes them")
      ->required()
      ->type_name("INPUT");
  app.add_option(
         "--model", w->model,
         "a network of the family video, or one that says what pictures show; default the one that ships")
      ->type_name("M");
  app.add_option("-o,--output", w->output, "draw the answers into the video instead: .mp4, .mkv and so on")
      ->type_name("OUT");
  app.add_option("--every", w->every,
                 "frames from one answer to the next; default half of what the model sees at once")
      ->check(CLI::Range(int64_t{1}, kMostFrames))
      ->type_name("FRAMES");
  app.add_option("--top", w->top, "how many labels a line gives")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_clip_options(app, w->clip, "With -o");
  return [w] { return w->output.empty() ? print_answers(*w) : draw_answers(*w); };
}

}  // namespace reverie
