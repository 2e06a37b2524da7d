// reverie info FILE: what a media file, weights file, record set, preset or recipe is.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "control/description.h"
#include "control/preset.h"
#include "core/file.h"
#include "core/text.h"
#include "core/toml_tree.h"
#include "data/record_set.h"
#include "feedback/hourglass.h"
#include "media/probe.h"
#include "verbs.h"
#include "weights/caffe_model.h"
#include "weights/npy.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

int show_weights(const std::string& file, const TensorFile& weights, const char* kind) {
  size_t total = 0;
  fmt::print("{}: {}, {} tensors\n", file, kind, weights.tensors.size());
  for (const auto& [key, value] : weights.metadata)
    fmt::print("  {} = {}\n", printable(key), printable(value));
  for (const auto& [name, tensor] : weights.tensors) {
    fmt::print("  {:<28} {}\n", printable(name), shape_text(tensor.shape));
    total += tensor.data.size();
  }
  fmt::print("  {} values in all\n", total);
  return 0;
}

int show_npy_folder(const std::string& folder) {
  const Hourglass glass = hourglass_from_npy_folder(folder, [](int) { return 2; });
  fmt::print("{}: an hourglass in .npy files, {} levels\n", folder, glass.levels());
  for (const Layer& l : glass.layers) {
    fmt::print("  {} -> {} channels, encode {}x{}, decode {}x{}\n", l.lower, l.upper, l.encode_kernel,
               l.encode_kernel, l.decode_kernel, l.decode_kernel);
  }
  return 0;
}

int show_record_set(const std::string& file) {
  const RecordSet set = RecordSet::open(file);
  fmt::print("{}: a record set, {} pictures for training, {} for testing, {} labels\n", file,
             set.size(Split::kTrain), set.size(Split::kTest), set.labels().size());
  return 0;
}

// A recipe of the lab says [hourglass], a preset does not.
bool is_recipe(const TomlNode& root) {
  return std::any_of(root.items.begin(), root.items.end(),
                     [](const TomlNode& node) { return node.key == "hourglass"; });
}

int show_recipe(const std::string& file, const TomlNode& root) {
  std::string about;
  for (const TomlNode& node : root.items) {
    if (node.key == "about") about = node.text;
  }
  fmt::print("{}: a recipe: {}\n  reverie train {} --data SET\n", file, printable(about), file);
  return 0;
}

int show_preset(const std::string& file) {
  const Preset preset = load_preset(file);
  fmt::print("{}: preset '{}' of the effect {}, input {}\n  {}\n", file, preset.name, preset.effect,
             input_need_words()[static_cast<size_t>(preset.input)], preset.about);
  fmt::print("  {} LFOs, {} followers of sound, {} keyframe tracks, {} maps\n", preset.lfos.size(),
             preset.followers.size(), preset.keyframes.size(), preset.maps.size());
  const ParameterTable& table = preset.values.table();
  for (size_t i = 0; i < table.size(); ++i) {
    if (!preset.values.is_initial(i)) fmt::print("  {} = {}\n", table[i].name, preset.values.format(i));
  }
  return 0;
}

std::string describe(const StreamInfo& s) {
  std::string line = s.codec;
  if (s.kind == StreamInfo::Kind::kVideo) {
    line = fmt::format("video {} {}x{} {}, {:g} fps", s.codec, s.width, s.height, s.pixel_format, s.fps);
    if (s.shown_width != s.width || s.shown_height != s.height)
      line += fmt::format(", shown as {}x{}", s.shown_width, s.shown_height);
  } else if (s.kind == StreamInfo::Kind::kSound) {
    line = fmt::format("sound {} {} Hz, {} channels", s.codec, s.sample_rate, s.channels);
  }
  if (!s.language.empty()) line += " (" + s.language + ")";
  return line + (s.best ? "  <- played" : "");
}

void print_streams(const std::string& file, const MediaInfo& info) {
  fmt::print("{}: {}{}{}\n", file, info.picture ? "a still picture, " : "", info.container,
             info.seconds ? fmt::format(", {:.2f} s", *info.seconds) : "");
  for (const StreamInfo& s : info.streams) fmt::print("  {}\n", describe(s));
  for (const auto& [key, value] : info.metadata) {
    if (key != "comment") fmt::print("  {} = {}\n", printable(key), printable(value));
  }
}

int show_media(const std::string& file) {
  const MediaInfo info = probe(file);
  print_streams(file, info);
  if (const auto it = info.metadata.find("comment");
      it != info.metadata.end() && it->second.starts_with("# reverie render")) {
    const RenderDescription d = parse_description(it->second, file);
    fmt::print("  made by Reverie: preset {}, seed {}, {}x{}; again with: reverie render --again {} -o OUT\n",
               d.preset.name, d.seed, d.width, d.height, file);
  }
  return 0;
}

int act(const std::string& file) {
  const fs::path path(file);
  std::error_code code;
  if (path.extension() == ".toml") {
    const TomlNode root = parse_toml(read_text_file(path, kMostTomlBytes), file);
    return is_recipe(root) ? show_recipe(file, root) : show_preset(file);
  }
  if (path.extension() == ".safetensors") return show_weights(file, read_safetensors(file), "safetensors");
  if (path.extension() == ".caffemodel") return show_weights(file, read_caffemodel(file), "Caffe weights");
  if (path.extension() == ".tfrecord" || file.ends_with(".tfrecord.gz")) return show_record_set(file);
  if (path.extension() == ".npy") {
    fmt::print("{}: NumPy array {}\n", file, shape_text(read_npy(path).shape));
    return 0;
  }
  if (fs::is_directory(path, code) && fs::exists(path / "encode1-filters.npy", code))
    return show_npy_folder(file);
  return show_media(file);
}

}  // namespace

Action add_info(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  app.add_option("file", *file, "a media file, weights file, record set, preset, recipe or folder")
      ->required()
      ->type_name("FILE");
  return [file] { return act(*file); };
}

}  // namespace reverie
