// reverie info FILE: describes a media file, weights file, record set, preset or recipe; with --preset: the
// memory needed to play one.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "command_line.h"
#include "control/description.h"
#include "control/modulation.h"
#include "control/session.h"
#include "core/compressed.h"
#include "core/file.h"
#include "core/file_kind.h"
#include "core/limits.h"
#include "core/stop.h"
#include "core/text.h"
#include "core/toml_tree.h"
#include "data/record_set.h"
#include "effects/effects.h"
#include "feedback/hourglass.h"
#include "feedback/kernels/kernel.h"
#include "media/picture.h"
#include "media/probe.h"
#include "media/source.h"
#include "preset_options.h"
#include "verbs.h"
#include "weights/caffe_model.h"
#include "weights/npy.h"
#include "weights/pth.h"
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
  fmt::print("  {} values in total\n", total);
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

// A recipe of the lab has a network and stages, a preset has neither.
bool is_recipe(const TomlNode& root) {
  return std::any_of(root.items.begin(), root.items.end(),
                     [](const TomlNode& node) { return node.key == "hourglass" || node.key == "stage"; });
}

int show_recipe(const std::string& file, const TomlNode& root) {
  std::string about;
  for (const TomlNode& node : root.items) {
    if (node.key == "about") about = node.text;
  }
  fmt::print("{}: a recipe: {}\n  reverie train {} --data SET\n", file, printable(about), file);
  return 0;
}

void show_part(const Part& part) {
  const Preset& preset = part.preset;
  fmt::print("  {} LFOs, {} followers of sound, {} keyframe tracks, {} maps\n", preset.lfos.size(),
             preset.followers.size(), preset.keyframes.size(), preset.maps.size());
  const ParameterTable& table = preset.values.table();
  for (size_t i = 0; i < table.size(); ++i) {
    if (!preset.values.is_initial(i)) fmt::print("  {} = {}\n", table[i].name, preset.values.format(i));
  }
}

int show_preset(const std::string& file, const Chain& chain) {
  const std::string& input = input_need_words()[static_cast<size_t>(chain.input())];
  if (chain.plain()) {
    const Preset& preset = chain.parts.front().preset;
    fmt::print("{}: preset '{}' of the effect {}, input {}\n  {}\n", file, preset.name, preset.effect, input,
               preset.about);
    show_part(chain.parts.front());
    return 0;
  }
  fmt::print("{}: chain '{}' of {} parts, input {}\n  {}\n", file, chain.name(), chain.parts.size(), input,
             chain.about);
  for (const Part& part : chain.parts) {
    fmt::print("{}: preset '{}' of the effect {}\n", part.name, part.preset.name, part.preset.effect);
    show_part(part);
  }
  return 0;
}

// What playing the part takes, by trying it.
void show_memory(const Part& part, int width, int height, const std::string& kernel, int threads) {
  const Preset& preset = part.preset;
  const EffectKind& effect = find_effect(preset.effect);
  if (!effect.memory) return;
  EffectSetup setup;
  setup.width = width;
  setup.height = height;
  setup.seed = 1;
  setup.threads = std::make_shared<Threads>(threads);
  setup.kernel = kernel;
  setup.find_file = [&preset](const std::string& name) { return find_asset(preset, name); };
  setup.read_picture = read_picture;
  const bool has_picture = preset.input != InputNeed::kNone;
  const Planes grey(3, height, width, 0.5F);
  ParameterValues values = preset.values;
  Automation(preset, setup.seed, read_picture).apply({}, has_picture ? &grey : nullptr, values);
  size_t all = 0;
  std::vector<std::string> shares;
  const auto megabytes = [](size_t bytes) { return static_cast<double>(bytes) * 1e-6; };
  for (const MemoryShare& share : effect.memory(setup, values, has_picture)) {
    all += share.bytes;
    shares.push_back(fmt::format("{} {:.1f}", share.what, megabytes(share.bytes)));
  }
  fmt::print("  {:.1f} MB at {}x{} with the kernel {} and {} threads: {}\n", megabytes(all), width, height,
             find_kernel(kernel).name, setup.threads->count(), join(shares, ", "));
}

struct Options {
  std::string file, preset, size = "512x512", kernel = "auto";
  std::vector<std::string> set;
  int threads = 0;
};

int show_playing(const Options& o) {
  const auto [width, height] = parse_size(o.size);
  find_kernel(o.kernel);  // an error before anything is printed
  Chain chain = load_chain(o.preset);
  apply_sets(o.set, chain);
  show_preset(o.preset, chain);
  for (const Part& part : chain.parts) show_memory(part, width, height, o.kernel, o.threads);
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
               d.chain.name(), d.seed, d.width, d.height, file);
  }
  return 0;
}

int show_session(const std::string& file, const Session& s) {
  fmt::print("{}: a set that was played, {} frames of {}x{} at {:g} fps, seed {}, beginning with {}\n", file,
             s.frames, s.start.width, s.start.height, s.start.fps, s.start.seed,
             printable(s.start.chain.name()));
  fmt::print("  {} events; made again with: reverie render --session {} -o OUT\n", s.events.size(), file);
  return 0;
}

// A run of the lab, an hourglass in .npy files, or pictures.
int show_folder(const std::string& folder) {
  std::error_code code;
  const fs::path path(folder);
  if (const fs::path model = path / "model.safetensors"; fs::exists(model, code))
    return show_weights(model.string(), read_safetensors(model), "safetensors, of a run");
  if (fs::exists(path / "encode1-filters.npy", code)) return show_npy_folder(folder);
  const SourceInfo info = open_source(folder)->info();
  fmt::print("{}\n", info.description);
  return 0;
}

// A file that info can only name: neither media nor any that it looks into.
bool is_other(FileType type) {
  switch (type) {
    case FileType::kUnknown:
    case FileType::kEmpty:
    case FileType::kText:
    case FileType::kPicture:
    case FileType::kVideo:
    case FileType::kSound:
      return false;
    default:
      return true;
  }
}

int act(const Options& o) {
  if (o.file.empty() == o.preset.empty()) throw UsageError("info takes a FILE, or --preset NAME");
  if (!o.preset.empty()) return show_playing(o);
  const std::string& file = o.file;
  const fs::path path(file);
  std::error_code code;
  if (!path.has_parent_path() && !path.has_extension() && !fs::exists(path, code)) {
    const std::vector<PresetEntry> presets = list_presets();
    const auto named = [&](const PresetEntry& preset) { return preset.name == file; };
    if (std::any_of(presets.begin(), presets.end(), named)) return show_preset(file, load_chain(file));
  }
  if (path.extension() == ".toml") {
    const TomlNode root = parse_toml(read_text_file(path, kMostTomlBytes), file);
    return is_recipe(root) ? show_recipe(file, root) : show_preset(file, load_chain(file));
  }
  const FileKind kind = kind_of(path);
  const std::string name = uncompressed_name(file);
  const auto is = [&](FileType type, const char* ending) {
    return kind.type == type || name.ends_with(ending);
  };
  if (is(FileType::kSafetensors, ".safetensors"))
    return show_weights(file, read_safetensors(file), "safetensors");
  if (is(FileType::kPyTorch, ".pth") || name.ends_with(".pt"))
    return show_weights(file, read_pth(file), "PyTorch weights");
  if (is(FileType::kCaffeModel, ".caffemodel"))
    return show_weights(file, read_caffemodel(file), "Caffe weights");
  if (is(FileType::kRecords, ".tfrecord")) return show_record_set(file);
  if (is(FileType::kNpy, ".npy")) {
    fmt::print("{}: NumPy array {}\n", file, shape_text(read_npy(path).shape));
    return 0;
  }
  if (path.extension() == ".session") return show_session(file, read_session(path));
  if (is_other(kind.type)) {
    fmt::print("{}: {}\n", printable(file), kind.what);
    if (!kind.use.empty()) fmt::print("  {}\n", kind.use);
    return 0;
  }
  if (fs::is_directory(path, code)) return show_folder(file);
  return show_media(file);
}

}  // namespace

Action add_info(CLI::App& app) {
  auto o = std::make_shared<Options>();
  app.add_option(
         "file", o->file,
         "a media file, weights file, record set, preset (its name or file), recipe or session; a run's or "
         "pictures' folder")
      ->type_name("FILE");
  auto* preset = app.add_option("--preset", o->preset, "a preset, and the memory that playing it takes")
                     ->type_name("NAME");
  app.add_option("--size", o->size, "of the frames it would play, in pixels")
      ->type_name("WxH")
      ->capture_default_str()
      ->needs(preset);
  app.add_option("--kernel", o->kernel, "what would compute them; default auto")
      ->type_name("NAME")
      ->needs(preset);
  app.add_option("--threads", o->threads, "0: one per core")
      ->check(CLI::Range(0, kMostThreads))
      ->needs(preset);
  app.add_option("--set", o->set, "a parameter's value: zoom=1.02")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->needs(preset);
  return [o] { return act(*o); };
}

}  // namespace reverie
