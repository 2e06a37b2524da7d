// reverie dream: asks layers of a network to enhance what they see, in a picture or a video.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "clip.h"
#include "command_line.h"
#include "core/error.h"
#include "core/file.h"
#include "core/fit.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/parallel.h"
#include "core/picture_note.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "core/toml_reader.h"
#include "dream/picture.h"
#include "effects/effects.h"
#include "media/picture.h"
#include "media/source.h"
#include "preset_options.h"
#include "verbs.h"

namespace reverie {
namespace {

constexpr const char* kNoise = "noise";
constexpr int kDefaultNoiseSide = 512;
constexpr double kDefaultFactor = 2;
constexpr int kMostPictures = 64;                         // of a batch
constexpr uint64_t kLargestPicture = uint64_t{1} << 31U;  // bytes, of --again
constexpr std::string_view kFirstLine = "# reverie dream 1";

struct Words : ClipWords {
  std::string input, output, again, model, guide, mask, style = "classic", label, watch, memory;
  std::vector<std::string> layers, set, repeated;  // values: of the command line, of --again
  std::optional<int> steps, octaves;
  std::optional<double> factor;
  uint64_t seed = 1;
  int batch = 1;
};

std::vector<std::string> style_names() {
  std::vector<std::string> names;
  for (const DreamStyle& style : dream_styles()) names.push_back(style.name);
  return names;
}

bool is_still(const std::string& path) {
  const std::string ending = lower(std::filesystem::path(path).extension().string());
  return (ending == ".png" || ending == ".jpg" || ending == ".jpeg") && path.find('%') == std::string::npos;
}

// "2G", "800M"
std::string gigabytes(const std::string& word) {
  const char unit = word.empty() ? ' ' : word.back();
  const auto number = to_number(unit == 'G' || unit == 'M' ? word.substr(0, word.size() - 1) : word);
  if (!number || *number <= 0) throw UsageError(fmt::format("--memory takes 2G or 800M, not '{}'", word));
  return fmt::format("{}", unit == 'M' ? *number / 1000 : *number);
}

// The words as values of the effect's parameters, later ones over earlier ones.
std::vector<std::string> values_of(const Words& w, const Preset& preset) {
  std::vector<std::string> sets;
  const auto& styles = dream_styles();
  const auto style =
      std::find_if(styles.begin(), styles.end(), [&](const DreamStyle& s) { return s.name == w.style; });
  for (const auto& [name, value] : style->values) sets.push_back(name + "=" + value);
  sets.insert(sets.end(), w.repeated.begin(), w.repeated.end());
  std::vector<std::string> layers = w.layers;
  if (!w.label.empty()) {
    layers.push_back(class_term(find_asset(preset, w.model.empty() ? default_model() : w.model), w.label));
  }
  if (!layers.empty()) sets.push_back("layers=" + join(layers, " + "));
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) sets.push_back(fmt::format("{}={}", name, value));
  };
  add("model", from_anywhere(w.model));
  add("guide", from_anywhere(w.guide));
  add("mask", from_anywhere(w.mask));
  if (w.steps) add("steps", std::to_string(*w.steps));
  if (w.octaves) add("octaves", std::to_string(*w.octaves));
  if (!w.memory.empty()) add("memory", gigabytes(w.memory));
  const auto given = [](bool is, const char* value = "given") { return std::string(is ? value : ""); };
  refuse_said_twice({{"--layer", "layers", given(!w.layers.empty())},
                     {"--class", "layers", w.label},
                     {"--model", "model", w.model},
                     {"--guide", "guide", w.guide},
                     {"--mask", "mask", w.mask},
                     {"--steps", "steps", given(w.steps.has_value())},
                     {"--octaves", "octaves", given(w.octaves.has_value())},
                     {"--memory", "memory", w.memory}},
                    w.set);
  sets.insert(sets.end(), w.set.begin(), w.set.end());
  return sets;
}

// What --again repeats, as a picture's note: the words that are left of the command line once everything is a
// value of a parameter.
std::string note_for(const Words& w, const std::vector<std::string>& sets, int threads) {
  std::vector<std::string> quoted;
  for (const std::string& set : sets) quoted.push_back(quote_toml(set));
  return fmt::format(
      "{}\n\n[dream]\ninput = {}\nsize = {}\nstyle = {}\nseed = {}\nbatch = {}\nfactor = {}\n"
      "threads = {}\nset = [{}]\n",
      kFirstLine, quote_toml(from_anywhere(w.input)), quote_toml(w.size), quote_toml(w.style),
      toml_seed(w.seed), w.batch, w.factor.value_or(kDefaultFactor), threads, join(quoted, ", "));
}

// Of a picture that Reverie dreamed; what the command line adds comes after it.
Words again(Words w) {
  const auto text = note_of(read_file(w.again, kLargestPicture));
  if (!text || !text->starts_with(kFirstLine))
    throw Error("repeat", w.again, "it does not say how it was dreamed",
                "--again takes a .png or .jpg of `reverie dream`; for videos: reverie render --again");
  const TomlNode root = parse_toml(*text, w.again);
  const TomlReader top(root, w.again, {"dream"});
  const TomlNode* table = top.find("dream");
  if (table == nullptr || table->kind != TomlNode::Kind::kTable)
    throw Error("repeat", w.again, "its table [dream] is missing");
  const TomlReader r(*table, w.again,
                     {"input", "size", "style", "seed", "batch", "factor", "threads", "set"});
  if (w.input.empty()) w.input = r.text("input");
  if (is_address(w.input) && w.input != kNoise)
    throw Error("repeat", w.again, "its input was " + w.input, "give it as INPUT if you want it opened");
  if (w.size.empty()) w.size = r.text("size", "");
  static const std::vector<std::string> styles = style_names();
  w.style = styles[static_cast<size_t>(r.word<int>("style", styles))];
  if (!w.given_seed) w.seed = r.seed("seed");
  w.batch = static_cast<int>(r.whole("batch", 1, kMostPictures, 1));
  w.factor = r.number("factor", 0, 1000, kDefaultFactor);
  if (w.threads == 0) w.threads = static_cast<int>(r.whole("threads", 0, kMostThreads, 0));
  for (const TomlNode* node : r.list("set")) w.repeated.push_back(r.text_at(*node));
  return w;
}

Planes start_of(const Words& w) {
  const auto [width, height] = w.size.empty() ? std::pair(0, 0) : parse_size(w.size);
  if (w.input == kNoise) {
    return dream_noise(height > 0 ? height : kDefaultNoiseSide, width > 0 ? width : kDefaultNoiseSide,
                       w.seed);
  }
  const Planes picture = read_picture(w.input);
  return width > 0 ? fit_picture(picture, height, width, Fit::kCrop) : picture;
}

DreamRequest request_of(const Words& w, const Chain& chain) {
  DreamRequest r;
  r.picture = start_of(w);
  r.values = chain.parts[0].preset.values;
  r.style = w.style;
  r.seed = w.seed;
  r.batch = w.batch;
  r.threads = Threads(w.threads).count();
  if (w.factor) r.factor = *w.factor;
  const Preset preset = chain.parts[0].preset;
  r.find_file = [preset](const std::string& name) { return find_asset(preset, name); };
  r.read_picture = [](const std::filesystem::path& path) { return read_picture(path); };
  return r;
}

int dream_picture(const Words& w, const Chain& chain, const std::vector<std::string>& sets) {
  const DreamRequest request = request_of(w, chain);
  const std::string how = note_for(w, sets, request.threads);
  std::optional<Progress> progress;
  int octave = -1;
  const auto told = [&](const DreamStep& at, const std::function<Planes()>& now) {
    if (at.octave != octave) {
      octave = at.octave;
      progress.reset();
      if (at.tile > 0) note(fmt::format("{}x{}: in tiles of {} pixels", at.width, at.height, at.tile));
      progress.emplace(
          fmt::format("dream, octave {} of {} ({}x{})", at.octave + 1, at.octaves, at.width, at.height),
          "steps", at.steps, w.quiet);
    }
    progress->update(at.step, fmt::format("{:.4g}", at.value));
    if (!w.watch.empty()) write_picture(w.watch, now());
  };
  const std::vector<Planes> made = dream_pictures(request, told);
  progress.reset();
  const std::filesystem::path out = w.output;
  for (size_t i = 0; i < made.size(); ++i) {
    const std::string name = made.size() == 1
                                 ? out.string()
                                 : (out.parent_path() / fmt::format("{}-{}{}", out.stem().string(), i + 1,
                                                                    out.extension().string()))
                                       .string();
    write_picture(name, made[i], how);
    note(fmt::format("{}; {}x{}, seed {}", name, made[i].width(), made[i].height(), w.seed));
  }
  return 0;
}

int dream_video(const Words& w, Chain chain) {
  if (w.style == "lucid" || w.style == "enhance")
    throw UsageError(fmt::format("--style {} makes pictures: give -o OUT.png", w.style));
  return render_clip(clip_request(w, std::move(chain), w.input == kNoise ? "" : w.input, w.output));
}

int run(Words w) {
  if (w.given_seed) w.seed = *w.given_seed;
  if (!w.again.empty()) {
    if (w.output.empty()) throw UsageError("--again needs -o OUT");
    w = again(std::move(w));
  }
  if (w.input.empty()) throw UsageError("INPUT is missing: a picture, a video, or noise");
  if (w.output.empty()) {
    const std::string stem = std::filesystem::path(w.input).stem().string();
    w.output =
        fmt::format("out/{}-dream.{}", stem, w.input == kNoise || is_picture_name(w.input) ? "png" : "mp4");
  }
  if (w.style == "lucid" && w.input != kNoise)
    throw UsageError("--style lucid starts from noise: give noise as the INPUT, and --size");
  for (const std::string& written : {w.output, w.watch})
    refuse_overwriting(written, {w.input, w.guide, w.mask, w.model, w.again});
  Chain chain = load_chain("dream");
  const bool still = is_still(w.output);
  if (still && !w.start.empty()) throw UsageError("--start is for videos: a picture has one moment");
  if (still && w.resume) throw UsageError("--resume goes on with videos: a picture is made at once");
  if (still) chain.parts[0].preset.values = ParameterValues(chain.parts[0].preset.values.table());
  const std::vector<std::string> sets = values_of(w, chain.parts[0].preset);
  apply_sets(sets, chain);
  return still ? dream_picture(w, chain, sets) : dream_video(w, std::move(chain));
}

}  // namespace

Action add_dream(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("INPUT", w->input,
                 "a picture or video to dream of, or noise, of 512x512 unless --size says");
  app.add_option(
         "-o,--output", w->output,
         ".png or .jpg, else a video as for `render`: of a picture or noise it is an endless dream; default "
         "out/INPUT-dream.png or .mp4")
      ->type_name("OUT");
  app.add_option("--again", w->again,
                 "dream this picture of Reverie's again; what else is given comes on top")
      ->type_name("FILE");
  app.add_option("--model", w->model,
                 "the network: .caffemodel, .prototxt, .pth, .safetensors, or a run's folder")
      ->type_name("M");
  app.add_option(
         "--layer", w->layers,
         "what is enhanced: NAME, NAME:3,7-9*0.5, NAME:strongest5, NAME:7@0.5,0.5 (a neuron), NAME:v.npy (a "
         "direction); several are added up; `reverie layers M` lists them")
      ->type_name("LAYER")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--class", w->label, "a label of the network, or its number: the picture becomes it");
  app.add_option("--style", w->style, "classic, lapnorm, lucid (from noise) or enhance; default classic")
      ->check(CLI::IsMember(style_names()));
  app.add_option("--guide", w->guide, "a picture whose features grow where they match best")
      ->type_name("FILE");
  app.add_option("--mask", w->mask,
                 "where it dreams: a picture, white for everywhere, or key:RRGGBB[:RADIUS]");
  app.add_option("--octaves", w->octaves, "sizes, from the smallest up; default 4")->check(CLI::Range(1, 16));
  app.add_option("--steps", w->steps, "of each octave; default 10, of lucid 512, of enhance 100")
      ->check(CLI::Range(0, 100000));
  app.add_option("--factor", w->factor, "how far enhance raises the layer's activations; default 2");
  app.add_option("--batch", w->batch, "so many pictures of lucid that differ from each other")
      ->check(CLI::Range(1, kMostPictures));
  app.add_option("--memory", w->memory, "for a gradient; larger pictures are cut into tiles; default 2G");
  app.add_option("--watch", w->watch, "a picture that is written again after every step")->type_name("FILE");
  app.add_option("--set", w->set,
                 "any parameter of the effect, such as zoom=1.03 (`reverie parameters dream`)")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_clip_options(app, *w);
  return [w] { return run(*w); };
}

}  // namespace reverie
