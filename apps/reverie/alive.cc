#include "alive.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>

#include "alive/foresight.h"
#include "alive/judge.h"
#include "alive/settings.h"
#include "alive/training.h"
#include "clip.h"
#include "command_line.h"
#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"
#include "media/picture.h"
#include "media/source.h"
#include "motion/amount.h"
#include "motion/flo.h"
#include "motion/mean_motion.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostPictures = 24;  // of one name: a clip or a folder
constexpr int kLongestSide = 1024;
constexpr size_t kMostFramesOfClip = 3000;
constexpr int kSideForFlow = 320;

Planes at_most(const Planes& picture, int side_at_most) {
  const int longest = std::max(picture.height(), picture.width());
  if (longest <= side_at_most) return picture;
  const auto side = [&](int n) { return std::max(1, static_cast<int>(int64_t{n} * side_at_most / longest)); };
  return resize(picture, side(picture.height()), side(picture.width()));
}

void read_clip(const fs::path& path, std::vector<Planes>& out) {
  const auto source = open_source(path.string(), {});
  const int64_t count = source->info().frames.value_or(static_cast<int64_t>(kMostPictures));
  const int64_t every = std::max<int64_t>(1, count / static_cast<int64_t>(kMostPictures));
  Planes picture;
  for (int64_t frame = 0; out.size() < kMostPictures && source->read(picture); ++frame) {
    if (frame % every == 0) out.push_back(at_most(picture, kLongestSide));
  }
}

// Frames in a row, of the size that fits their own.
std::vector<Planes> read_frames(const std::string& name,
                                const std::function<std::pair<int, int>(int, int)>& size) {
  const auto source = open_source(name, {});
  if (source->info().still) throw Error("learn from", name, "it does not move", "give it a clip");
  std::vector<Planes> frames;
  Planes picture;
  while (source->read(picture)) {
    if (frames.size() == kMostFramesOfClip) {
      warning(fmt::format("{}: only its first {} frames are read", name, kMostFramesOfClip));
      break;
    }
    const auto [width, height] = size(picture.width(), picture.height());
    frames.push_back(resize(picture, height, width));
  }
  if (frames.empty()) throw Error("learn from", name, "it has no pictures");
  return frames;
}

// The mean flow of a clip, or what is in a .flo file.
Flow read_motion(const std::string& name, int threads) {
  if (fs::path(name).extension() == ".flo") return read_flo(name);
  const auto source = open_source(name, {});
  if (source->info().still) throw Error("take the motion of", name, "it does not move", "give it a clip");
  Threads pool(threads);
  MeanMotion motion;
  Planes picture;
  for (size_t frame = 0; frame < kMostFramesOfClip && source->read(picture); ++frame) {
    if (stop_requested()) throw Stopped();
    motion.next(at_most(picture, kSideForFlow), pool);
  }
  if (motion.pairs() == 0) throw Error("take the motion of", name, "no two frames follow each other in it");
  return motion.mean();
}

bool is_changed(const AliveOptions& options, const std::string& parameter) {
  return std::any_of(options.changes.begin(), options.changes.end(),
                     [&](const std::string& change) { return change.starts_with(parameter + "="); });
}

int print(const std::vector<Figure>& figures) {
  for (const Figure& f : figures) fmt::print("{} {:.{}g}\n", f.name, f.value, f.digits);
  return stop_requested() ? 130 : 0;
}

int judge_clip(const Preset& preset, const JudgeWords& w, const JudgeOptions& options) {
  std::vector<Planes> frames = read_frames(w.predict, [&](int width, int height) {
    if (!w.size.empty()) return std::pair(options.width, options.height);
    return prediction_size(preset, ParameterValues(alive_settings()).integer("size"), width, height);
  });
  frames.erase(frames.begin(),
               frames.begin() + learned_frames(static_cast<int64_t>(frames.size()), w.held_out));
  return print(judge_foresight(preset, frames, options));
}

}  // namespace

std::vector<Planes> read_style(const std::vector<std::string>& names) {
  std::vector<Planes> style;
  for (const std::string& name : names) {
    std::vector<Planes> found;
    std::error_code code;
    if (fs::is_directory(name, code)) {
      std::vector<fs::path> files;
      for (const auto& entry : fs::directory_iterator(name)) {
        if (is_picture_name(entry.path())) files.push_back(entry.path());
      }
      std::sort(files.begin(), files.end());
      const size_t every = std::max<size_t>(1, (files.size() + kMostPictures - 1) / kMostPictures);
      for (size_t i = 0; i < files.size(); i += every)
        found.push_back(at_most(read_picture(files[i]), kLongestSide));
    } else if (is_picture_name(name)) {
      found.push_back(at_most(read_picture(name), kLongestSide));
    } else {
      read_clip(name, found);
    }
    if (found.empty()) throw Error("learn from", name, "it has no pictures");
    std::move(found.begin(), found.end(), std::back_inserter(style));
  }
  return style;
}

int train_alive(AliveOptions options) {
  options.from = from_anywhere(options.from);
  Preset preset = load_preset(options.from);
  for (const std::string& change : options.changes) {
    const size_t at = change.find('=');
    override_value(preset, change.substr(0, at), at == std::string::npos ? "" : change.substr(at + 1));
  }
  ParameterValues settings(alive_settings());
  for (const std::string& word : options.settings) {
    const size_t at = word.find('=');
    settings.parse(word.substr(0, at), at == std::string::npos ? "" : word.substr(at + 1));
  }
  settings.set_text("network", find_asset(preset, settings.text("network")).string());
  if (settings.is_given("network"))  // so that it is found from any folder when the run goes on
    options.settings.push_back("network=" + fs::absolute(settings.text("network")).string());
  AliveSetup setup(std::move(preset), std::move(settings));
  setup.style = read_style(options.style);
  if (!options.predict.empty()) {
    const int shorter = setup.settings.integer("size");
    setup.clip = read_frames(options.predict, [&](int width, int height) {
      return prediction_size(setup.preset, shorter, width, height);
    });
  }
  if (!options.motion.empty())  // a run goes on where the clip has gone
    setup.motion =
        read_motion(options.resume ? motion_file(options.run).string() : options.motion, options.threads);
  if (!setup.motion.empty() && options.from == kCarried && !is_changed(options, "advect")) {
    const int side = setup.settings.integer("size");
    const double speed = motion_amount(resize_flow(setup.motion, side, side)).rms;
    setup.preset.values.set("advect", std::abs(setup.settings.number("motion_speed")) * speed);
  }
  setup.seed = options.seed;
  const bool done = run_alive(options, std::move(setup));
  if (!done) {
    note(fmt::format("stopped; continue with: reverie train --resume {}", options.run.string()));
    return 130;
  }
  fmt::print("{}\n", (options.run / (options.name + ".toml")).string());
  return 0;
}

int judge_preset(const JudgeWords& w) {
  const Preset preset = load_preset(w.preset);
  JudgeOptions options;
  std::tie(options.width, options.height) = parse_size(!w.size.empty()    ? w.size
                                                       : w.motion.empty() ? "256x256"
                                                                          : "96x96");
  options.frames = w.frames;
  options.seed = w.seed;
  options.threads = w.threads;
  options.read_picture = [](const fs::path& path) { return read_picture(path); };
  if (!w.predict.empty()) return judge_clip(preset, w, options);
  if (!w.motion.empty()) options.motion = read_motion(w.motion, w.threads);
  options.motion_speed = w.motion_speed;
  std::optional<LooksSettings> looks;
  if (!w.style.empty()) {
    const std::string network =
        w.network.empty() ? ParameterValues(alive_settings()).text("network") : w.network;
    looks = LooksSettings{find_asset(preset, network).string(), w.layers, w.style_size, w.scales};
  }
  return print(judge(preset, read_style(w.style), looks, options));
}

}  // namespace reverie
