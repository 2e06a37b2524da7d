// reverie convert: converts weights from one kind of file to another, Caffe's nets to models and recipes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>

#include "command_line.h"
#include "core/compressed.h"
#include "core/file.h"
#include "core/file_kind.h"
#include "core/log.h"
#include "core/text.h"
#include "verbs.h"
#include "weights/caffe_chain.h"
#include "weights/caffe_hourglass.h"
#include "weights/caffe_model.h"
#include "weights/caffe_recipe.h"
#include "weights/caffe_text.h"
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

Inputs sort_inputs(const std::vector<std::string>& files) {
  Inputs in;
  for (const std::string& file : files) {
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

void write_weights(TensorFile content, Form form, const std::string& output) {
  if (form == Form::kSafetensors) return write_safetensors(output, content);
  std::vector<std::string> lost;
  if (form == Form::kCaffemodel) {
    // Caffe keeps it in a separate file
    if (content.tensors.erase("mean") > 0) lost.emplace_back("the mean picture");
    write_caffemodel(output, content);
  } else {
    write_npy_folder(output, content);
  }
  for (const auto& [key, value] : content.metadata) lost.push_back(fmt::format("{} = {}", key, value));
  if (!lost.empty()) warning(printable(fmt::format("{} cannot store: {}", output, join(lost, "; "))));
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
    what = ", an hourglass: pool_size " + hourglass.model.metadata["pool_size"];
    return std::move(hourglass.model);
  } catch (const Error& e) {
    throw Error(fmt::format("{} (without the .prototxt, its tensors by layer name)", e.what()));
  }
}

int make_recipe(const Inputs& in, const std::string& output) {
  const CaffeRecipe recipe = recipe_from_caffe(read_caffe_net(in.net), read_caffe_solver(in.solver));
  for (const std::string& line : recipe.warnings) warning(printable(line));
  write_file(output, {reinterpret_cast<const uint8_t*>(recipe.text.data()), recipe.text.size()});
  note(fmt::format("{}: a recipe", output));
  return 0;
}

int act(const std::vector<std::string>& files, const std::string& output) {
  const Form form = form_of(output);
  for (const std::string& file : files) {
    std::error_code code;
    if (fs::equivalent(file, output, code))
      throw UsageError(fmt::format("the output {} is also an input: use another name", output));
  }
  const Inputs in = sort_inputs(files);
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
  std::string what;
  const TensorFile content = converted(in, what);
  write_weights(content, form, output);
  size_t total = 0;
  for (const auto& [name, tensor] : content.tensors) total += tensor.data.size();
  note(fmt::format("{}: {} tensors, {} values{}", output, content.tensors.size(), total, what));
  return 0;
}

}  // namespace

Action add_convert(CLI::App& app) {
  struct Words {
    std::vector<std::string> inputs;
    std::string output;
  };
  auto words = std::make_shared<Words>();
  app.add_option("input", words->inputs,
                 "weights (.caffemodel, .pth, .safetensors, a folder of .npy files), with a net (.prototxt) "
                 "or alone; "
                 "or a net and its solver (.prototxt)")
      ->required()
      ->expected(1, 2)
      ->type_name("IN");
  app.add_option("-o,--output", words->output,
                 "weights: .safetensors, .caffemodel, or a folder for .npy files; a recipe: .toml")
      ->required()
      ->type_name("OUT");
  return [words] { return act(words->inputs, words->output); };
}

}  // namespace reverie
