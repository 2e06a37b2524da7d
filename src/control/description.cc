#include "control/description.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/preset_read.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/signals.h"
#include "core/text.h"
#include "core/toml_reader.h"

namespace reverie {
namespace {

constexpr std::string_view kFirstLine = "# reverie render 1", kFirstLineOfChain = "# reverie render 2";
constexpr double kLatestStart = 1e9;  // seconds

// The folders the preset's files are looked for in, its own first.  Those of a chain stand with its parts.
void read_folders(const TomlReader& reader, Preset& preset) {
  for (const TomlNode* node : reader.list("folders"))
    preset.parent_folders.emplace_back(reader.text_at(*node));
  if (preset.parent_folders.empty()) return;
  preset.folder = preset.parent_folders.front();
  preset.parent_folders.erase(preset.parent_folders.begin());
}

RenderDescription read_render(const TomlReader& reader, Chain chain) {
  const std::string name = reader.text("preset", "");
  chain.path.clear();
  if (chain.plain()) {
    Preset& preset = chain.parts.front().preset;
    preset.name = name;
    preset.path.clear();
    preset.folder.clear();
    read_folders(reader, preset);
  } else {
    chain.given_name = name;
  }
  RenderDescription d;
  d.chain = std::move(chain);
  d.seed = reader.seed("seed");
  d.width = static_cast<int>(reader.whole("width", 1, kLargestSide));
  d.height = static_cast<int>(reader.whole("height", 1, kLargestSide));
  d.fps = reader.number("fps", kLowestFps, kHighestFps);
  if (reader.find("frames")) d.frames = reader.whole("frames", 0, kMostFrames);
  d.kernel = reader.text("kernel", "");
  d.input = reader.text("input", "");
  d.start = reader.number("start", 0, kLatestStart, 0);
  d.loop = reader.flag("loop", false);
  d.sound = reader.text("sound", "");
  if (reader.find("tempo")) d.tempo = reader.number("tempo", kSlowestTempo, kFastestTempo);
  d.fit = reader.word<Fit>("fit", fit_words(), Fit::kCrop);
  // version 0.1 showed every frame as stored
  d.deinterlace = reader.word<Deinterlace>("deinterlace", deinterlace_words(), Deinterlace::kOff);
  for (const TomlNode* node : reader.list("without")) d.without.emplace_back(reader.text_at(*node));
  d.threads = static_cast<int>(reader.whole("threads", 0, kMostThreads, 0));
  d.version = reader.text("version", "");
  return d;
}

// Removes the table [render], so that a preset is left.
TomlNode take_render(TomlNode& root, const std::string& file_name) {
  const auto it = std::find_if(root.items.begin(), root.items.end(),
                               [](const TomlNode& entry) { return entry.key == "render"; });
  if (it == root.items.end()) fail_at_line(file_name, root.line, "the table [render] is missing");
  TomlNode render = std::move(*it);
  root.items.erase(it);
  return render;
}

}  // namespace

std::string format_description(const RenderDescription& d) {
  const bool plain = d.chain.plain();
  std::string s =
      fmt::format("{}\n{}\n[render]\n", plain ? kFirstLine : kFirstLineOfChain, format_chain(d.chain));
  s += fmt::format("version = {}\npreset = {}\n", quote_toml(d.version), quote_toml(d.chain.name()));
  if (plain) s += fmt::format("folders = [{}]\n", folder_list(d.chain.parts.front().preset));
  s += fmt::format("seed = \"{}\"\nwidth = {}\nheight = {}\nfps = {}\n", d.seed, d.width, d.height, d.fps);
  if (d.frames) s += fmt::format("frames = {}\n", *d.frames);
  s += fmt::format("kernel = {}\ninput = {}\nstart = {}\nloop = {}\nfit = {}\ndeinterlace = {}\n",
                   quote_toml(d.kernel), quote_toml(d.input), d.start, d.loop, quote_toml(fit_word(d.fit)),
                   quote_toml(deinterlace_word(d.deinterlace)));
  if (!d.without.empty()) {
    std::vector<std::string> steps;
    for (const std::string& step : d.without) steps.push_back(quote_toml(step));
    s += fmt::format("without = [{}]\n", join(steps, ", "));
  }
  if (!d.sound.empty()) s += fmt::format("sound = {}\n", quote_toml(d.sound));
  if (d.tempo) s += fmt::format("tempo = {}\n", *d.tempo);
  if (d.threads > 0) s += fmt::format("threads = {}\n", d.threads);
  return s;
}

RenderDescription parse_description(std::string_view text, const std::string& file_name) {
  const auto first = trim(text.substr(0, text.find('\n')));
  if (first != kFirstLine && first != kFirstLineOfChain) {
    throw Error("read", file_name, fmt::format("its description does not begin with '{}'", kFirstLine),
                "it was not rendered by Reverie, or by a newer one");
  }
  TomlNode root = parse_toml(text, file_name);
  const TomlNode render = take_render(root, file_name);
  const TomlReader reader(
      render, file_name,
      {"version", "preset", "folders", "seed", "width", "height", "fps", "frames", "kernel", "input", "start",
       "loop", "fit", "deinterlace", "without", "sound", "tempo", "threads"});
  const auto no_other = [](const std::string& name) -> Chain {
    throw Error(fmt::format("the preset of a description is whole, but this one names '{}'", name));
  };
  return read_render(reader, read_chain(root, file_name, no_other));
}

}  // namespace reverie
