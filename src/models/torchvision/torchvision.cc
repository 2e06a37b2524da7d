#include "models/torchvision/torchvision.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "models/graph/graph.h"
#include "models/labels.h"
#include "models/torchvision/networks.h"
#include "weights/hourglass_file.h"
#include "weights/pth.h"

namespace reverie {
namespace {

using torchvision::Builder;
using torchvision::Network;
using torchvision::Seen;

torch::Tensor colour(double r, double g, double b) {
  return torch::tensor({r, g, b}, torch::kFloat32).view({3, 1, 1});
}

InputTransform input_of(Seen seen) {
  constexpr double kWhite = 255, kHalf = 127.5;
  InputTransform input;
  if (seen == Seen::kCaffe) {
    input.scale = 1;
    input.mean = colour(123.68, 116.779, 103.939);
    input.bgr = true;
  } else if (seen == Seen::kTensorFlow) {
    input.scale = 1 / kHalf;
    input.mean = colour(kHalf, kHalf, kHalf);
  } else {
    input.scale = 1 / kWhite;
    input.mean = colour(0.485 * kWhite, 0.456 * kWhite, 0.406 * kWhite);
    input.channel_scale = {1 / 0.229, 1 / 0.224, 1 / 0.225};
  }
  return input;
}

// The files of the weights that came from Caffe, which may have lost their fully connected layers.
bool is_caffe_name(const std::string& file) {
  return file.find("vgg16-00b39a1b") != std::string::npos || file.find("vgg19-d01eb7cb") != std::string::npos;
}

// Tensors that are of no use for pictures, or of the second networks that help training.
bool is_needless(const std::string& name) {
  return name == "mean" || name.ends_with(".num_batches_tracked") || name.starts_with("aux1.") ||
         name.starts_with("aux2.") || name.starts_with("AuxLogits.");
}

int64_t classes_of(const Builder& b) {
  const auto& nodes = b.graph.nodes;
  const auto it =
      std::find_if(nodes.begin(), nodes.end(), [&](const GraphNode& n) { return n.name == b.graph.scores; });
  return it == nodes.end() ? 0 : b.channels(static_cast<int>(it - nodes.begin()));
}

}  // namespace

bool is_torchvision(const TensorFile& file) {
  return torchvision::find_network(Builder(file)) != nullptr;
}

std::unique_ptr<Model> torchvision_model(const TensorFile& file) {
  Builder b(file);
  const Network* network = torchvision::find_network(b);
  if (!network) {
    throw Error("use", file.name,
                "its tensors are not those of AlexNet, VGG, GoogLeNet, Inception v3, ResNet or SqueezeNet");
  }
  network->build(b);
  for (const std::string& name : b.left()) {
    if (!is_needless(name))
      throw Error("use", file.name,
                  fmt::format("it is no {}: that has no tensor {}", network->name, in_quotes(name)));
  }
  b.graph.side = network->side;
  const bool own = family_of(file) == kTorchvision;
  const bool vgg = std::string_view(network->name) == "VGG";
  const bool caffe = vgg && (torchvision::is_caffe_vgg(b) || is_caffe_name(file.name));
  InputTransform input = own ? read_input(file) : input_of(caffe ? Seen::kCaffe : network->seen);
  std::vector<std::string> labels = read_labels(file);
  const int64_t classes = classes_of(b);
  const std::filesystem::path path(file.name);
  if (labels.empty()) labels = find_labels(path.parent_path(), classes, path.stem().string());
  if (static_cast<int64_t>(labels.size()) != classes) labels.clear();
  Parameters parameters = b.parameters();
  return std::make_unique<GraphModel>(kTorchvision, std::move(b.graph), std::move(parameters),
                                      std::move(input), std::move(labels));
}

Family torchvision_family() {
  Family family;
  family.name = kTorchvision;
  family.read_file = torchvision_model;
  family.endings = {".pth", ".pt"};
  family.read_own = [](const std::filesystem::path& path) { return torchvision_model(read_pth(path)); };
  return family;
}

}  // namespace reverie
