#include "control/description.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/preset_read.h"
#include "control/signals.h"
#include "core/error.h"
#include "core/text.h"
#include "core/toml_reader.h"

namespace reverie {
namespace {

constexpr std::string_view kFirstLine = "# reverie render 1";
constexpr int kLargestSide = 1 << 16;
constexpr double kMostFps = 1e4;
constexpr int64_t kMostFrames = int64_t{1} << 53U;
constexpr double kLatestStart = 1e9;  // seconds

// The folders the preset's files are looked for in, its own first.
void read_folders(const TomlReader& reader, Preset& preset) {
  for (const TomlNode* node : reader.list("folders"))
    preset.parent_folders.emplace_back(reader.text_at(*node));
  if (preset.parent_folders.empty()) return;
  preset.folder = preset.parent_folders.front();
  preset.parent_folders.erase(preset.parent_folders.begin());
}

RenderDescription read_render(const TomlReader& reader, Preset preset) {
  preset.name = reader.text("preset", "");
  preset.path.clear();
  preset.folder.clear();
  read_folders(reader, preset);
  RenderDescription d;
  d.preset = std::move(preset);
  d.seed = reader.seed("seed");
  d.width = static_cast<int>(reader.whole("width", 1, kLargestSide));
  d.height = static_cast<int>(reader.whole("height", 1, kLargestSide));
  d.fps = reader.number("fps", 1 / kMostFps, kMostFps);
  if (reader.find("frames")) d.frames = reader.whole("frames", 0, kMostFrames);
  d.kernel = reader.text("kernel", "");
  d.input = reader.text("input", "");
  d.start = reader.number("start", 0, kLatestStart, 0);
  d.loop = reader.flag("loop", false);
  d.sound = reader.text("sound", "");
  if (reader.find("tempo")) d.tempo = reader.number("tempo", kSlowestTempo, kFastestTempo);
  d.fit = reader.word<Fit>("fit", fit_words(), Fit::kCrop);
  for (const TomlNode* node : reader.list("without")) d.without.emplace_back(reader.text_at(*node));
  d.version = reader.text("version", "");
  return d;
}

// Takes the table [render] out, so that a preset is left.
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
  std::vector<std::string> folders = {quote_toml(d.preset.folder.string())};
  for (const auto& folder : d.preset.parent_folders) folders.push_back(quote_toml(folder.string()));
  std::string s = fmt::format("{}\n{}\n[render]\n", kFirstLine, format_preset(d.preset));
  s += fmt::format("version = {}\npreset = {}\nfolders = [{}]\n", quote_toml(d.version),
                   quote_toml(d.preset.name), join(folders, ", "));
  s += fmt::format("seed = \"{}\"\nwidth = {}\nheight = {}\nfps = {}\n", d.seed, d.width, d.height, d.fps);
  if (d.frames) s += fmt::format("frames = {}\n", *d.frames);
  s += fmt::format("kernel = {}\ninput = {}\nstart = {}\nloop = {}\nfit = {}\n", quote_toml(d.kernel),
                   quote_toml(d.input), d.start, d.loop, quote_toml(fit_word(d.fit)));
  if (!d.without.empty()) {
    std::vector<std::string> steps;
    for (const std::string& step : d.without) steps.push_back(quote_toml(step));
    s += fmt::format("without = [{}]\n", join(steps, ", "));
  }
  if (!d.sound.empty()) s += fmt::format("sound = {}\n", quote_toml(d.sound));
  if (d.tempo) s += fmt::format("tempo = {}\n", *d.tempo);
  return s;
}

RenderDescription parse_description(std::string_view text, const std::string& file_name) {
  if (trim(text.substr(0, text.find('\n'))) != kFirstLine) {
    throw Error("read", file_name, fmt::format("its description does not begin with '{}'", kFirstLine),
                "it was not rendered by Reverie, or by a newer one");
  }
  TomlNode root = parse_toml(text, file_name);
  const TomlNode render = take_render(root, file_name);
  const TomlReader reader(render, file_name,
                          {"version", "preset", "folders", "seed", "width", "height", "fps", "frames",
                           "kernel", "input", "start", "loop", "fit", "without", "sound", "tempo"});
  const auto no_parent = [](const std::string& name) -> Preset {
    throw Error(fmt::format("the preset of a description has no parent, but it names '{}'", name));
  };
  return read_render(reader, read_preset(root, file_name, no_parent));
}

}  // namespace reverie
