// reverie convert: converts weights from one kind of file to another, Caffe's nets to models and recipes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "command_line.h"
#include "core/compressed.h"
#include "core/file.h"
#include "core/file_kind.h"
#include "core/log.h"
#include "core/text.h"
#include "verbs.h"
#include "weights/caffe_chain.h"
#include "weights/caffe_export.h"
#include "weights/caffe_hourglass.h"
#include "weights/caffe_model.h"
#include "weights/caffe_recipe.h"
#include "weights/caffe_text.h"
#include "weights/hourglass_file.h"
#include "weights/npy_folder.h"
#include "weights/pth.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

struct Inputs {
  std::string net, solver, weights;  // files; empty if there is none
};

// What an input is, by its name or, where that says nothing, by its content.
FileType type_of(const std::string& file) {
  std::error_code code;
  const std::string ending = fs::path(uncompressed_name(file)).extension().string();
  if (ending == ".caffemodel") return FileType::kCaffeModel;
  if (ending == ".safetensors") return FileType::kSafetensors;
  if (ending == ".pth" || ending == ".pt") return FileType::kPyTorch;
  if (ending == ".prototxt") return FileType::kCaffeText;
  const FileKind kind = kind_of(fs::path(file));
  if (kind.type == FileType::kCaffeModel || kind.type == FileType::kSafetensors ||
      kind.type == FileType::kPyTorch || kind.type == FileType::kCaffeText)
    return kind.type;
  if (fs::is_directory(file, code) && kind.what.empty()) return FileType::kNpy;  // a folder of them
  throw Error(
      "convert", file,
      fmt::format("it is {}not a .caffemodel, .prototxt, .pth or .safetensors file or a folder of .npy files",
                  kind.what.empty() ? "" : fmt::format("{}, ", kind.what)),
      std::string(kind.use));
}

// Of a run's folder its model.
std::string file_of(const std::string& input) {
  const fs::path model = fs::path(input) / "model.safetensors";
  std::error_code code;
  return fs::is_regular_file(model, code) ? model.string() : input;
}

Inputs sort_inputs(const std::vector<std::string>& inputs) {
  Inputs in;
  for (const std::string& input : inputs) {
    const std::string file = file_of(input);
    std::string* place = &in.weights;
    if (type_of(file) == FileType::kCaffeText)
      place = is_caffe_solver(read_caffe_text(file), file) ? &in.solver : &in.net;
    if (!place->empty())
      throw UsageError(fmt::format("{} and {} are of the same kind: give only one", *place, file));
    *place = file;
  }
  return in;
}

TensorFile read_weights(const std::string& file) {
  switch (type_of(file)) {
    case FileType::kNpy:
      return read_npy_folder(file);
    case FileType::kCaffeModel:
      return read_caffemodel(file);
    case FileType::kPyTorch:
      return read_pth(file);
    default:
      return read_safetensors(file);
  }
}

enum class Form { kSafetensors, kNpyFolder, kCaffemodel, kRecipe };

Form form_of(const std::string& output) {
  const std::string ending = fs::path(output).extension().string();
  std::error_code code;
  if (output.ends_with('/') || ending.empty() || fs::is_directory(output, code)) return Form::kNpyFolder;
  if (ending == ".safetensors") return Form::kSafetensors;
  if (ending == ".caffemodel") return Form::kCaffemodel;
  if (ending == ".toml") return Form::kRecipe;
  throw UsageError(fmt::format(
      "-o takes .safetensors, .caffemodel, .toml (a recipe) or a folder (for .npy files), not '{}'", output));
}

void write_text(const fs::path& path, const std::string& text) {
  write_file(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

constexpr const char* kWritten = "# written by reverie convert\n";

// A file beside the weights: it may replace only what was written like it.
void write_beside(const fs::path& path, const std::string& text) {
  std::error_code code;
  if (fs::exists(path, code) && !read_text_file(path).starts_with(kWritten))
    throw Error("write", path.string(), "it already exists, and is not of an earlier conversion",
                "use another name");
  write_text(path, kWritten + text);
}

// What Caffe and NumPy keep apart from the weights: the net, a recipe, the mean picture.  Returns their
// names; none if Caffe has no net for these weights.
std::vector<std::string> write_caffe(TensorFile content, const fs::path& output) {
  const fs::path stem = fs::path(output).replace_extension();
  const auto beside = [&stem](const char* ending) { return fs::path(stem.string() + ending); };
  const fs::path mean_file = beside("-mean.binaryproto");
  const auto net = caffe_net_of(content, mean_file.filename().string());
  std::vector<std::string> written;
  if (net) {
    const std::string name = beside(".prototxt").filename().string();
    write_beside(beside(".prototxt"), *net);
    write_beside(beside(".toml"), recipe_of_net(*net, name));
    written = {name, beside(".toml").filename().string()};
  }
  if (const auto mean = content.tensors.extract("mean"); net && !mean.empty()) {
    if (mean.mapped().shape[1] * mean.mapped().shape[2] > 1) {  // else it is in the net
      write_file(mean_file, caffe_mean_bytes(mean.mapped()));
      written.push_back(mean_file.filename().string());
    }
  } else if (!mean.empty()) {
    warning(fmt::format("{} cannot store: the mean picture", printable(output.string())));
  }
  write_caffemodel(output, content);
  return written;
}

std::vector<std::string> write_npy(const TensorFile& content, const fs::path& output) {
  const auto net = caffe_net_of(content, "mean.npy");
  if (!net) {
    write_npy_folder(output, content);
    return {};
  }
  const std::map<std::string, std::string> texts = {{kNpyNet, *net},
                                                    {"recipe.toml", recipe_of_net(*net, kNpyNet)}};
  write_npy_folder(output, content, texts);
  return {kNpyNet, "recipe.toml"};
}

// Returns the names of the files that go with the weights.
std::vector<std::string> write_weights(const TensorFile& content, Form form, const std::string& output,
                                       Stored as) {
  if (form == Form::kSafetensors) {
    write_safetensors(output, content, as);
    return {};
  }
  std::vector<std::string> beside =
      form == Form::kCaffemodel ? write_caffe(content, output) : write_npy(content, output);
  if (!beside.empty() || content.metadata.empty()) return beside;
  std::vector<std::string> lost;
  for (const auto& [key, value] : content.metadata) lost.push_back(fmt::format("{} = {}", key, value));
  warning(printable(fmt::format("{} cannot store: {}", output, join(lost, "; "))));
  return beside;
}

// The mean picture that a net names, which lies beside it.
void add_mean(const CaffeNet& net, TensorFile& model) {
  if (model.metadata["mean"] != "training" || model.has("mean")) return;
  const std::string named = find_caffe_chain(net).data->transform->mean_file;
  const fs::path file = fs::path(net.file).parent_path() / fs::path(named).filename();
  std::error_code code;
  if (fs::exists(file, code)) {
    model.tensors["mean"] = read_caffe_mean(file);
  } else {
    warning(
        printable(fmt::format("the mean picture {} is not there: what reads the model takes the mean of its "
                              "record set's training pictures",
                              file.string())));
  }
}

const std::vector<std::string>& hourglass_keys() {
  static const std::vector<std::string> keys = {"pool_size", "pool", "activation", "output", "scale", "mean"};
  return keys;
}

// What an hourglass is where its file does not say: as --set has it, or else as readers will take it.
void complete(TensorFile& model, const std::vector<std::string>& changes, const std::string& file) {
  for (const std::string& text : changes) {
    const size_t equals = text.find('=');
    const std::string key(trim(std::string_view(text).substr(0, equals)));
    if (equals == std::string::npos || std::ranges::find(hourglass_keys(), key) == hourglass_keys().end())
      throw UsageError(fmt::format("--set takes KEY=VALUE with KEY one of {}, not '{}'",
                                   join(hourglass_keys(), ", "), printable(text)));
    model.metadata[key] = std::string(trim(std::string_view(text).substr(equals + 1)));
  }
  const auto family = model.metadata.find("family");
  const bool another = family != model.metadata.end() && family->second != "hourglass";
  if (another || !model.has("encode1.weight") || !model.has("decode1.weight")) {
    if (!changes.empty()) throw Error("set", changes[0], fmt::format("{} is no hourglass", printable(file)));
    return;
  }
  std::vector<std::string> missing;
  for (const std::string& key : hourglass_keys()) {
    if (!model.metadata.contains(key)) missing.push_back(key);
  }
  if (!changes.empty()) {
    model.metadata["family"] = "hourglass";
    read_hourglass_file(model);  // refuses what it cannot be
  }
  if (missing.empty()) return;
  warning(printable(fmt::format(
      "{} does not say its {}: the lab takes pool_size 2, pool max, activation tanh, scale 1/256 and the "
      "mean of "
      "the training pictures, a preset its own; give its .prototxt too, or --set pool=mean and so on",
      file, join(missing, ", "))));
}

// The net that lies beside weights, under their name.
std::string net_beside(const std::string& weights) {
  if (type_of(weights) != FileType::kCaffeModel) return "";
  const std::string net = fs::path(weights).replace_extension(".prototxt").string();
  std::error_code code;
  if (!fs::is_regular_file(net, code) || type_of(net) != FileType::kCaffeText) return "";
  return is_caffe_solver(read_caffe_text(net), net) || !has_decoder(read_caffe_net(net)) ? "" : net;
}

// What to write: the model of an hourglass, or the tensors under their own names.
TensorFile converted(const Inputs& in, std::string& what) {
  TensorFile weights = read_weights(in.weights);
  if (in.net.empty()) return weights;
  const CaffeNet net = read_caffe_net(in.net);
  if (!has_decoder(net)) {
    check_caffe_weights(net, weights);
    return weights;
  }
  try {
    CaffeHourglass hourglass = hourglass_from_caffe(net, weights);
    for (const std::string& line : hourglass.warnings) warning(printable(line));
    add_mean(net, hourglass.model);
    what = ", an hourglass: pool_size " + hourglass.model.metadata["pool_size"];
    return std::move(hourglass.model);
  } catch (const Error& e) {
    throw Error(fmt::format("{} (without the .prototxt, its tensors by layer name)", e.what()));
  }
}

int make_recipe(const Inputs& in, const std::string& output) {
  const CaffeRecipe recipe = recipe_from_caffe(read_caffe_net(in.net), read_caffe_solver(in.solver));
  for (const std::string& line : recipe.warnings) warning(printable(line));
  write_text(output, recipe.text);
  note(fmt::format("{}: a recipe", output));
  return 0;
}

int act(const std::vector<std::string>& files, const std::string& output,
        const std::vector<std::string>& changes, Stored as) {
  const Form form = form_of(output);
  if (as == Stored::kHalf && form != Form::kSafetensors)
    throw UsageError("--half is of .safetensors files alone");
  for (const std::string& file : files) {
    std::error_code code;
    if (fs::equivalent(file, output, code))
      throw UsageError(fmt::format("the output {} is also an input: use another name", output));
  }
  Inputs in = sort_inputs(files);
  if (form == Form::kRecipe) {
    if (in.net.empty() || in.solver.empty() || !in.weights.empty())
      throw UsageError("a recipe needs NET.prototxt SOLVER.prototxt");
    return make_recipe(in, output);
  }
  if (in.weights.empty() || !in.solver.empty()) {
    throw UsageError(in.solver.empty() ? "there are no weights among the inputs: give a .caffemodel, "
                                         ".pth, .safetensors or a folder of .npy files"
                                       : "a solver goes into a recipe: -o RECIPE.toml");
  }
  if (in.net.empty()) {
    in.net = net_beside(in.weights);
    if (!in.net.empty()) note(printable(fmt::format("with {}, which lies beside it", in.net)));
  }
  std::string what;
  TensorFile content = converted(in, what);
  complete(content, changes, in.weights);
  const std::vector<std::string> beside = write_weights(content, form, output, as);
  size_t total = 0;
  for (const auto& [name, tensor] : content.tensors) total += tensor.data.size();
  note(fmt::format("{}: {} tensors, {} values{}", output, content.tensors.size(), total, what));
  if (!beside.empty())
    note(printable(fmt::format("{} {}: what the weights alone do not say",
                               form == Form::kNpyFolder ? "in it" : "beside it", join(beside, ", "))));
  return 0;
}

}  // namespace

Action add_convert(CLI::App& app) {
  struct Words {
    std::vector<std::string> inputs, changes;
    std::string output;
    bool half = false;
  };
  auto words = std::make_shared<Words>();
  app.add_option(
         "input", words->inputs,
         "weights (.caffemodel, .pth, .safetensors, a run's folder, a folder of .npy files), with a net "
         "(.prototxt) or alone; or a net and its solver (.prototxt)")
      ->required()
      ->expected(1, 2)
      ->type_name("IN");
  app.add_option("-o,--output", words->output,
                 "weights: .safetensors, .caffemodel, or a folder for .npy files; a recipe: .toml")
      ->required()
      ->type_name("OUT");
  app.add_option(
         "--set", words->changes,
         "what an hourglass is where its file does not say: pool_size, pool, activation, output, scale "
         "or mean, such as pool=mean,max")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--half", words->half,
               "store .safetensors in half precision (float16): half the size; every reader takes it");
  return [words] {
    return act(words->inputs, words->output, words->changes, words->half ? Stored::kHalf : Stored::kFloat);
  };
}

}  // namespace reverie
