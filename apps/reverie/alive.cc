#include "alive.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

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

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostPictures = 24;  // of one name: a clip or a folder
constexpr int kLongestSide = 1024;

Planes held(Planes picture) {
  const int longest = std::max(picture.height(), picture.width());
  if (longest <= kLongestSide) return picture;
  const auto side = [&](int n) { return std::max(1, static_cast<int>(int64_t{n} * kLongestSide / longest)); };
  return resize(picture, side(picture.height()), side(picture.width()));
}

void read_clip(const fs::path& path, std::vector<Planes>& out) {
  const auto source = open_source(path.string(), {});
  const int64_t count = source->info().frames.value_or(static_cast<int64_t>(kMostPictures));
  const int64_t every = std::max<int64_t>(1, count / static_cast<int64_t>(kMostPictures));
  Planes picture;
  for (int64_t frame = 0; out.size() < kMostPictures && source->read(picture); ++frame) {
    if (frame % every == 0) out.push_back(held(picture));
  }
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
      for (size_t i = 0; i < files.size(); i += every) found.push_back(held(read_picture(files[i])));
    } else if (is_picture_name(name)) {
      found.push_back(held(read_picture(name)));
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
  std::tie(options.width, options.height) = parse_size(w.size);
  options.frames = w.frames;
  options.seed = w.seed;
  options.threads = w.threads;
  options.read_picture = [](const fs::path& path) { return read_picture(path); };
  std::optional<LooksSettings> looks;
  if (!w.style.empty()) {
    const std::string network =
        w.network.empty() ? ParameterValues(alive_settings()).text("network") : w.network;
    looks = LooksSettings{find_asset(preset, network).string(), w.layers, w.style_size, w.scales};
  }
  for (const Figure& f : judge(preset, read_style(w.style), looks, options))
    fmt::print("{} {:.{}g}\n", f.name, f.value, f.digits);
  return stop_requested() ? 130 : 0;
}

}  // namespace reverie
