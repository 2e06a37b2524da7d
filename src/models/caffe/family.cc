#include "models/caffe/family.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "models/caffe/build.h"
#include "models/caffe/published.h"
#include "models/labels.h"
#include "weights/caffe_model.h"
#include "weights/caffe_text.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

void warn_of_skipped(const CaffeNet& net) {
  constexpr size_t kMost = 3;
  for (size_t i = 0; i < std::min(kMost, net.skipped.size()); ++i)
    warning(fmt::format("{}: {} is not known here and skipped", net.file, printable(net.skipped[i])));
}

std::vector<fs::path> nets_beside(const fs::path& weights) {
  std::vector<fs::path> nets;
  std::error_code code;
  const fs::path folder = weights.has_parent_path() ? weights.parent_path() : ".";
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    if (entry.path().extension() == ".prototxt") nets.push_back(entry.path());
  }
  std::sort(nets.begin(), nets.end());
  std::stable_partition(nets.begin(), nets.end(), [](const fs::path& net) {
    return lower(net.stem().string()).find("deploy") != std::string::npos;
  });
  return nets;
}

// The net whose layers the weights fit.
fs::path find_net(const fs::path& path, const TensorFile& weights) {
  const fs::path own = fs::path(path).replace_extension(".prototxt");
  std::error_code code;
  if (fs::exists(own, code)) return own;
  std::string reason;
  for (const fs::path& net : nets_beside(path)) {
    try {
      build_caffe(read_caffe_net(net), &weights);
      return net;
    } catch (const Error& error) {
      if (reason.empty()) reason = fmt::format("no .prototxt beside it fits: {}", error.what());
    }
  }
  throw Error("use", path.string(), reason.empty() ? "no .prototxt beside it describes its network" : reason,
              reason.empty() ? "put the network's deploy.prototxt there" : "");
}

std::unique_ptr<Model> read_file(const TensorFile& file) {
  const auto text = file.metadata.find("prototxt");
  if (text == file.metadata.end()) throw Error("use", file.name, "it has no metadata 'prototxt'");
  const CaffeNet net = parse_caffe_net(text->second, file.name);
  CaffeGraph graph = build_caffe(net, &file);
  Parameters parameters = load_caffe(graph, file);
  graph.graph.metadata["prototxt"] = text->second;
  std::vector<std::string> labels = read_labels(file);
  if (!labels.empty() && static_cast<int64_t>(labels.size()) != graph.score_count)
    throw Error("use", file.name,
                fmt::format("it has {} labels for {} scores", labels.size(), graph.score_count));
  return std::make_unique<GraphModel>("caffe", std::move(graph.graph), std::move(parameters),
                                      read_input(file), std::move(labels));
}

}  // namespace

std::unique_ptr<Model> caffe_model(const std::string& text, const std::string& file,
                                   const TensorFile* weights, const fs::path& folder, uint64_t seed) {
  const CaffeNet net = parse_caffe_net(text, file);
  warn_of_skipped(net);
  CaffeGraph graph = build_caffe(net, weights);
  Parameters parameters = weights != nullptr ? load_caffe(graph, *weights) : random_caffe(graph, seed);
  InputTransform input = caffe_input(net, graph);
  graph.graph.metadata["prototxt"] = text;
  return std::make_unique<GraphModel>("caffe", std::move(graph.graph), std::move(parameters),
                                      std::move(input), find_labels(folder, graph.score_count));
}

std::unique_ptr<Model> read_caffe(const fs::path& path) {
  const bool named_weights = lower(path.extension().string()) == ".caffemodel";
  const fs::path numbers = named_weights ? path : fs::path(path).replace_extension(".caffemodel");
  std::error_code code;
  const bool has_weights = named_weights || fs::exists(numbers, code);
  TensorFile weights;
  if (has_weights) weights = read_caffemodel(numbers);
  const fs::path text = named_weights ? find_net(path, weights) : path;
  std::unique_ptr<Model> model =
      caffe_model(read_caffe_text(text), text.string(), has_weights ? &weights : nullptr, path.parent_path());
  if (!has_weights)
    note(fmt::format("{}: there is no {} beside it, so its weights are random", path.string(),
                     numbers.filename().string()));
  return model;
}

Family caffe_family() {
  Family family;
  family.name = "caffe";
  family.read_file = read_file;
  family.endings = {".caffemodel", ".prototxt"};
  family.read_own = read_caffe;
  return family;
}

}  // namespace reverie
