// What each op computes, and what it makes of shapes.
#pragma once

#include <vector>

#include "models/graph/graph.h"

namespace reverie {

// Runs one op: std::visit(OpRun{...}, node.op).
struct OpRun {
  const std::vector<torch::Tensor>& weights;
  const PassOptions& options;
  const std::vector<torch::Tensor>& inputs;
  bool overwrite = false;  // nobody needs the first input any more

  torch::Tensor operator()(const ConvolutionOp& op) const;
  torch::Tensor operator()(const DeconvolutionOp& op) const;
  torch::Tensor operator()(const DenseOp& op) const;
  torch::Tensor operator()(const PoolOp& op) const;
  torch::Tensor operator()(const ActivationOp& op) const;
  torch::Tensor operator()(const PowerOp& op) const;
  torch::Tensor operator()(const NormaliseOp& op) const;
  torch::Tensor operator()(const ScaleOp& op) const;
  torch::Tensor operator()(const ConcatOp& op) const;
  torch::Tensor operator()(const SliceOp& op) const;
  torch::Tensor operator()(const CombineOp& op) const;
  torch::Tensor operator()(const CropOp& op) const;
  torch::Tensor operator()(const ReshapeOp& op) const;
  torch::Tensor operator()(const FlattenOp& op) const;
  torch::Tensor operator()(const IdentityOp& op) const;
};

// Whether what comes out of an op is its own memory, which no gradient needs again: the next op may overwrite
// it.
bool may_be_overwritten(const GraphNode& node);

using Shape = std::vector<int64_t>;

// What a layer says of the size of the pictures: it is too small, or not the one that a fully connected layer
// was made for.
struct WrongSize {
  std::string why;
  bool too_small = false;
};

// The shape that an op's output has: std::visit(OpShape{...}, node.op).  Throws WrongSize, and Error for what
// fits at no size.
struct OpShape {
  const std::vector<ParameterSlice>& slices;
  const GraphNode& node;
  const std::vector<Shape>& inputs;

  Shape operator()(const ConvolutionOp& op) const;
  Shape operator()(const DeconvolutionOp& op) const;
  Shape operator()(const DenseOp& op) const;
  Shape operator()(const PoolOp& op) const;
  Shape operator()(const ActivationOp& op) const;
  Shape operator()(const PowerOp& op) const;
  Shape operator()(const NormaliseOp& op) const;
  Shape operator()(const ScaleOp& op) const;
  Shape operator()(const ConcatOp& op) const;
  Shape operator()(const SliceOp& op) const;
  Shape operator()(const CombineOp& op) const;
  Shape operator()(const CropOp& op) const;
  Shape operator()(const ReshapeOp& op) const;
  Shape operator()(const FlattenOp& op) const;
  Shape operator()(const IdentityOp& op) const;

 private:
  [[noreturn]] void fail(const std::string& why) const;
  const Shape& picture() const;  // the first input, which is to have four axes
  const Shape& shape_of(int weight) const { return slices[static_cast<size_t>(weight)].shape; }
  size_t axis(int64_t axis) const;
  void check_channels(int64_t channels, int64_t group) const;
  void check_count(int weight, int64_t count) const;
};

// The side of a pooling's output.
int64_t pooled(int64_t side, int64_t kernel, int64_t stride, int64_t pad, bool round_up);
// The shape that a reshape asks for, of as many numbers; empty where there is none.
Shape reshaped(const ReshapeOp& op, const Shape& from);
Shape flattened(const FlattenOp& op, const Shape& from);

// Sample i of a layer depends on the pixels first + i * step to last + i * step, along one axis.
struct Span {
  double first = 0, last = 0, step = 1;
};
struct Reach {
  Span down, across;
};
// That of a node's output, from those of its inputs.
Reach reach_of(const GraphNode& node, const std::vector<ParameterSlice>& slices,
               const std::vector<Reach>& inputs, const std::vector<Shape>& shapes);

}  // namespace reverie
