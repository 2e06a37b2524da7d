// Feed-forward networks as graphs: what Caffe's files and torchvision's state files describe is turned into
// one of these, and run by one piece of code.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "models/model.h"

namespace reverie {

struct Extent {
  int64_t height = 1, width = 1;
};

// What a node does with the outputs of its inputs, [N, C, H, W] or, after flattening, [N, C].  Weights are
// numbers of the graph's parameters, -1 where there are none.
struct ConvolutionOp {
  Extent stride, dilation;
  Extent pad_before{0, 0}, pad_after{0, 0};  // TensorFlow pads the sides differently
  int64_t group = 1;
  int weight = -1, bias = -1;  // [out, in / group, h, w], [out]
};
struct DeconvolutionOp {
  Extent stride, dilation, pad{0, 0};
  int64_t group = 1;
  int weight = -1, bias = -1;  // [in, out / group, h, w], [out]
};
struct DenseOp {
  int weight = -1, bias = -1;  // [out, in]; flattens its input
};
struct PoolOp {
  enum class Method { kMax, kMean } method = Method::kMax;
  Extent kernel, stride, pad{0, 0};
  bool round_up = true;    // the output's size, as Caffe does
  bool counts_pad = true;  // the mean divides by a window that reaches into the padding, as Caffe's does
  bool global = false;
};
struct ActivationOp {
  enum class Kind { kRelu, kPrelu, kElu, kTanh, kSigmoid, kAbs, kSoftmax } kind = Kind::kRelu;
  double slope = 0;  // of ReLU below 0; alpha of ELU
  int weight = -1;   // of PReLU: [C] or [1]
  int64_t axis = 1;  // of softmax
};
struct PowerOp {
  double power = 1, scale = 1, shift = 0;  // (shift + scale x)^power
};
struct NormaliseOp {  // local response normalisation
  int64_t size = 5;
  double alpha = 1, beta = 0.75, k = 1;
  bool within_channel = false;
};
struct ScaleOp {  // what batch normalisation is once it is trained: x * scale + shift, per channel
  int scale = -1, shift = -1;
};
struct ConcatOp {
  int64_t axis = 1;
};
struct SliceOp {
  int64_t axis = 1, begin = 0, end = 0;
};
struct CombineOp {
  enum class Kind { kSum, kProduct, kMax } kind = Kind::kSum;
  std::vector<double> coefficients;  // of the sum, empty: all 1
};
struct CropOp {  // to the size of the second input
  int64_t axis = 2;
  std::vector<int64_t> offsets;
};
struct ReshapeOp {
  std::vector<int64_t> shape;  // 0: as it was, -1: what is left
  int64_t axis = 0, axes = -1;
};
struct FlattenOp {
  int64_t axis = 1, end_axis = -1;
};
struct IdentityOp {};  // dropout and split in use

using GraphOp =
    std::variant<ConvolutionOp, DeconvolutionOp, DenseOp, PoolOp, ActivationOp, PowerOp, NormaliseOp, ScaleOp,
                 ConcatOp, SliceOp, CombineOp, CropOp, ReshapeOp, FlattenOp, IdentityOp>;

struct GraphNode {
  std::string name;  // of the layer whose output this is
  GraphOp op;
  std::vector<int> inputs;  // earlier nodes; -1 is the picture
};

// What a network does, without its weights: nodes in the order in which they are computed.
struct Graph {
  std::vector<GraphNode> nodes;
  Layout parameters;                            // what the ops' numbers mean
  std::string scores;                           // see Model::scores_layer()
  int64_t side = 0;                             // see Model::trained_side()
  std::map<std::string, std::string> metadata;  // of its file: what its family makes the graph from again
};

// A network that runs a graph.  `family` is "caffe" or "torchvision".  Shapes that do not fit each other at
// any size are an Error when the network is used, with the layer's name.
class GraphModel : public Model {
 public:
  // The parameters are those of the graph's layout.  Error where the graph is not one: names that are there
  // twice, inputs that come later.
  GraphModel(std::string family, Graph graph, Parameters parameters, InputTransform transform,
             std::vector<std::string> labels = {});

  const std::string& family() const override { return family_; }
  Parameters& parameters() override { return parameters_; }
  const Parameters& parameters() const override { return parameters_; }
  // Without those that a fully connected layer for another size keeps from being computed.
  std::vector<LayerInfo> layers(int64_t height, int64_t width) const override;
  std::vector<torch::Tensor> forward(const torch::Tensor& x, const std::vector<std::string>& wanted,
                                     const PassOptions& options) const override;
  using Model::forward;
  std::string scores_layer() const override { return graph_.scores; }
  const std::vector<std::string>& labels() const override { return labels_; }
  int64_t trained_side() const override { return graph_.side; }
  // Parameters by their names, the mean, and metadata family, side, labels, scale, and so on.
  TensorFile tensors() const override;

 private:
  using Weights = std::vector<torch::Tensor>;
  // Views of the parameters, those of convolutions as channels-last copies: made again where the parameters
  // have changed.
  std::shared_ptr<const Weights> weights() const;
  Weights prepare() const;

  std::string family_;
  Graph graph_;
  std::vector<std::string> names_;
  Parameters parameters_;
  std::vector<std::string> labels_;

  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Weights> weights_;
  mutable std::pair<const void*, int64_t> weights_of_;  // the numbers that they were made of, their version
};

// How pictures are seen, in a file: the tensor `mean`, metadata scale, channel_scale, channels.
void write_input(const InputTransform& input, TensorFile& file);
InputTransform read_input(const TensorFile& file);
// Labels as metadata, one a line.
std::vector<std::string> read_labels(const TensorFile& file);

// The numbers that a layout names, as the file has them.  Error names what is missing or of another shape.
Parameters read_parameters(const Layout& layout, const TensorFile& file);

}  // namespace reverie
