#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "models/graph/ops.h"

namespace reverie {
namespace {

int64_t count_of(const Shape& shape, size_t begin, size_t end) {
  return std::accumulate(shape.begin() + static_cast<int64_t>(begin),
                         shape.begin() + static_cast<int64_t>(end), int64_t{1}, std::multiplies<>());
}

int64_t rounded_down(int64_t a, int64_t b) {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

int64_t window(int64_t kernel, int64_t dilation) {
  return dilation * (kernel - 1) + 1;
}

// A side of a convolution's output.
int64_t convolved(int64_t side, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad) {
  return rounded_down(side + pad - window(kernel, dilation), stride) + 1;
}

std::string needs(const Shape& from, int64_t height, int64_t width) {
  return fmt::format("its input is {}x{}, its window {}x{}", from[3], from[2], width, height);
}

}  // namespace

int64_t pooled(int64_t side, int64_t kernel, int64_t stride, int64_t pad, bool round_up) {
  const int64_t room = side + 2 * pad - kernel;
  const int64_t out = rounded_down(room + (round_up ? stride - 1 : 0), stride) + 1;
  return round_up && (out - 1) * stride >= side + pad ? out - 1 : out;
}

Shape reshaped(const ReshapeOp& op, const Shape& from) {
  const auto rank = static_cast<int64_t>(from.size());
  const int64_t begin = op.axis < 0 ? op.axis + rank + 1 : op.axis;
  const int64_t end = op.axes < 0 ? rank : begin + op.axes;
  if (begin < 0 || end > rank) return {};
  Shape to(from.begin(), from.begin() + begin);
  size_t rest = 0;
  bool has_rest = false;
  for (size_t i = 0; i < op.shape.size(); ++i) {
    const auto as_was = static_cast<size_t>(begin) + i;
    if (op.shape[i] == 0 && as_was >= from.size()) return {};
    if (op.shape[i] == -1) {
      if (has_rest) return {};
      has_rest = true;
      rest = to.size();
    }
    to.push_back(op.shape[i] == 0 ? from[as_was] : (op.shape[i] < 0 ? 1 : op.shape[i]));
  }
  to.insert(to.end(), from.begin() + end, from.end());
  if (!element_count(to)) return {};
  const int64_t count = count_of(from, 0, from.size());
  const int64_t named = count_of(to, 0, to.size());
  if (named <= 0 || (has_rest ? count % named != 0 : count != named)) return {};
  if (has_rest) to[rest] = count / named;
  return to;
}

Shape flattened(const FlattenOp& op, const Shape& from) {
  const auto rank = static_cast<int64_t>(from.size());
  const int64_t begin = op.axis < 0 ? op.axis + rank : op.axis;
  const int64_t end = (op.end_axis < 0 ? op.end_axis + rank : op.end_axis) + 1;
  if (begin < 0 || end > rank || begin >= end) return {};
  Shape to(from.begin(), from.begin() + begin);
  to.push_back(count_of(from, static_cast<size_t>(begin), static_cast<size_t>(end)));
  to.insert(to.end(), from.begin() + end, from.end());
  return to;
}

void OpShape::fail(const std::string& why) const {
  throw Error("run", "layer '" + node.name + "'", why);
}

const Shape& OpShape::picture() const {
  if (inputs[0].size() != 4) fail("what it is given is not a picture: it has " + shape_text(inputs[0]));
  return inputs[0];
}

size_t OpShape::axis(int64_t axis) const {
  const auto rank = static_cast<int64_t>(inputs[0].size());
  const int64_t positive = axis < 0 ? axis + rank : axis;
  if (positive < 0 || positive >= rank) fail(fmt::format("its input has no axis {}", axis));
  return static_cast<size_t>(positive);
}

void OpShape::check_channels(int64_t channels, int64_t group) const {
  if (picture()[1] != channels)
    fail(fmt::format("it is made for {} channels, its input has {}", channels, picture()[1]));
  if (group < 1 || channels % group != 0) fail(fmt::format("{} channels make no {} groups", channels, group));
}

void OpShape::check_count(int weight, int64_t count) const {
  if (weight < 0) return;
  const Shape& shape = shape_of(weight);
  if (shape.size() != 1 || (shape[0] != count && shape[0] != 1))
    fail(fmt::format("its parameters are {}, its channels {}", shape_text(shape), count));
}

Shape OpShape::operator()(const ConvolutionOp& op) const {
  const Shape& w = shape_of(op.weight);
  check_channels(w[1] * op.group, op.group);
  if (w[0] % op.group != 0) fail(fmt::format("{} channels make no {} groups", w[0], op.group));
  check_count(op.bias, w[0]);
  const Shape& from = picture();
  const int64_t height = convolved(from[2], w[2], op.stride.height, op.dilation.height,
                                   op.pad_before.height + op.pad_after.height);
  const int64_t width =
      convolved(from[3], w[3], op.stride.width, op.dilation.width, op.pad_before.width + op.pad_after.width);
  if (height < 1 || width < 1)
    throw WrongSize{needs(from, window(w[2], op.dilation.height), window(w[3], op.dilation.width)), true};
  return {from[0], w[0], height, width};
}

Shape OpShape::operator()(const DeconvolutionOp& op) const {
  const Shape& w = shape_of(op.weight);
  check_channels(w[0], op.group);
  check_count(op.bias, w[1] * op.group);
  const Shape& from = picture();
  const auto side = [](int64_t in, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad) {
    return (in - 1) * stride + window(kernel, dilation) - 2 * pad;
  };
  const int64_t height = side(from[2], w[2], op.stride.height, op.dilation.height, op.pad.height);
  const int64_t width = side(from[3], w[3], op.stride.width, op.dilation.width, op.pad.width);
  if (height < 1 || width < 1) throw WrongSize{needs(from, w[2], w[3]), true};
  return {from[0], w[1] * op.group, height, width};
}

Shape OpShape::operator()(const DenseOp& op) const {
  const Shape& w = shape_of(op.weight);
  check_count(op.bias, w[0]);
  const Shape& from = inputs[0];
  const int64_t count = count_of(from, 1, from.size());
  if (count != w[1]) {
    const std::string why = fmt::format("it is fully connected to {} numbers, and here are {}", w[1], count);
    if (from.size() != 4) fail(why);
    throw WrongSize{why};
  }
  return {from[0], w[0]};
}

Shape OpShape::operator()(const PoolOp& op) const {
  const Shape& from = picture();
  if (op.global) return {from[0], from[1], 1, 1};
  if (2 * op.pad.height > op.kernel.height || 2 * op.pad.width > op.kernel.width)
    fail("it pads by more than half of its window");
  const int64_t height = pooled(from[2], op.kernel.height, op.stride.height, op.pad.height, op.round_up);
  const int64_t width = pooled(from[3], op.kernel.width, op.stride.width, op.pad.width, op.round_up);
  if (height < 1 || width < 1) throw WrongSize{needs(from, op.kernel.height, op.kernel.width), true};
  return {from[0], from[1], height, width};
}

Shape OpShape::operator()(const ActivationOp& op) const {
  if (op.kind == ActivationOp::Kind::kSoftmax) axis(op.axis);
  if (op.kind == ActivationOp::Kind::kPrelu) check_count(op.weight, inputs[0].at(axis(1)));
  return inputs[0];
}

Shape OpShape::operator()(const PowerOp& /*op*/) const {
  return inputs[0];
}

Shape OpShape::operator()(const NormaliseOp& op) const {
  if (op.size < 1 || op.size % 2 == 0) fail("the size of its window is even");
  return picture();
}

Shape OpShape::operator()(const ScaleOp& op) const {
  const int64_t channels = inputs[0][axis(1)];
  check_count(op.scale, channels);
  check_count(op.shift, channels);
  return inputs[0];
}

Shape OpShape::operator()(const ConcatOp& op) const {
  const size_t along = axis(op.axis);
  Shape to = inputs[0];
  for (size_t i = 1; i < inputs.size(); ++i) {
    Shape from = inputs[i];
    const int64_t more = along < from.size() ? from[along] : 0;
    if (along < from.size()) from[along] = to[along];
    if (from != to)
      fail(fmt::format("its inputs do not fit each other: {} and {}", shape_text(to), shape_text(inputs[i])));
    to[along] += more;
  }
  return to;
}

Shape OpShape::operator()(const SliceOp& op) const {
  const size_t along = axis(op.axis);
  Shape to = inputs[0];
  if (op.begin < 0 || op.begin >= op.end || op.end > to[along])
    fail(fmt::format("it takes {} to {} of {}", op.begin, op.end, to[along]));
  to[along] = op.end - op.begin;
  return to;
}

Shape OpShape::operator()(const CombineOp& op) const {
  for (const Shape& shape : inputs) {
    if (shape != inputs[0])
      fail(fmt::format("its inputs do not fit each other: {} and {}", shape_text(inputs[0]),
                       shape_text(shape)));
  }
  if (!op.coefficients.empty() && op.coefficients.size() != inputs.size())
    fail(fmt::format("it has {} coefficients for {} inputs", op.coefficients.size(), inputs.size()));
  return inputs[0];
}

Shape OpShape::operator()(const CropOp& op) const {
  if (inputs.size() != 2 || inputs[1].size() != inputs[0].size()) fail("it takes two inputs of as many axes");
  Shape to = inputs[0];
  const size_t begin = axis(op.axis);
  if (op.offsets.size() > 1 && op.offsets.size() != to.size() - begin)
    fail(fmt::format("it has {} offsets for {} axes", op.offsets.size(), to.size() - begin));
  for (size_t i = begin; i < to.size(); ++i) {
    const int64_t offset =
        op.offsets.empty() ? 0 : (op.offsets.size() == 1 ? op.offsets[0] : op.offsets[i - begin]);
    if (offset < 0 || offset > to[i] - inputs[1][i])
      throw WrongSize{fmt::format("it takes {} from {} on of {}", inputs[1][i], offset, to[i]), true};
    to[i] = inputs[1][i];
  }
  return to;
}

Shape OpShape::operator()(const ReshapeOp& op) const {
  Shape to = reshaped(op, inputs[0]);
  if (to.empty()) throw WrongSize{shape_text(inputs[0]) + " cannot be reshaped to " + shape_text(op.shape)};
  return to;
}

Shape OpShape::operator()(const FlattenOp& op) const {
  Shape to = flattened(op, inputs[0]);
  if (to.empty()) fail("it flattens axes that its input does not have: " + shape_text(inputs[0]));
  return to;
}

Shape OpShape::operator()(const IdentityOp& /*op*/) const {
  return inputs[0];
}

namespace {

struct Windows {
  Extent kernel{1, 1}, stride{1, 1}, pad{0, 0};
};

Span through(const Span& from, int64_t kernel, int64_t stride, int64_t pad) {
  const auto before = static_cast<double>(pad);
  return {from.first - before * from.step, from.last + (static_cast<double>(kernel) - 1 - before) * from.step,
          from.step * static_cast<double>(stride)};
}

Reach through(const Reach& from, const Windows& w) {
  return {through(from.down, w.kernel.height, w.stride.height, w.pad.height),
          through(from.across, w.kernel.width, w.stride.width, w.pad.width)};
}

Span shifted(const Span& from, int64_t samples) {
  const double by = static_cast<double>(samples) * from.step;
  return {from.first + by, from.last + by, from.step};
}

// One sample of all.
Span all_of(const Span& from, int64_t count) {
  const double last = from.last + static_cast<double>(count - 1) * from.step;
  return {from.first, last, last - from.first + 1};
}

Reach all_of(const Reach& from, const Shape& shape) {
  return {all_of(from.down, shape.size() == 4 ? shape[2] : 1),
          all_of(from.across, shape.size() == 4 ? shape[3] : 1)};
}

// Sample j of the output sees those of the input from (j + pad - kernel + 1) / stride to (j + pad) / stride.
Span against(const Span& from, int64_t kernel, int64_t stride, int64_t pad) {
  const double step = from.step / static_cast<double>(stride);
  const int64_t seen = (kernel - 1) / stride;
  const double last = from.last + static_cast<double>(pad) * step;
  return {last - (from.last - from.first) - static_cast<double>(seen) * from.step, last, step};
}

void join(Span& to, const Span& from) {
  to.first = std::min(to.first, from.first);
  to.last = std::max(to.last, from.last);
  to.step = std::max(to.step, from.step);
}

struct OpReach {
  const std::vector<ParameterSlice>& slices;
  const Reach& from;
  const Shape& shape;

  Reach operator()(const ConvolutionOp& op) const {
    const Shape& w = slices[static_cast<size_t>(op.weight)].shape;
    return through(
        from,
        {{window(w[2], op.dilation.height), window(w[3], op.dilation.width)}, op.stride, op.pad_before});
  }
  Reach operator()(const DeconvolutionOp& op) const {
    const Shape& w = slices[static_cast<size_t>(op.weight)].shape;
    return {against(from.down, window(w[2], op.dilation.height), op.stride.height, op.pad.height),
            against(from.across, window(w[3], op.dilation.width), op.stride.width, op.pad.width)};
  }
  Reach operator()(const PoolOp& op) const {
    return op.global ? all_of(from, shape) : through(from, {op.kernel, op.stride, op.pad});
  }
  Reach operator()(const NormaliseOp& op) const {
    if (!op.within_channel) return from;
    return through(from, {{op.size, op.size}, {1, 1}, {op.size / 2, op.size / 2}});
  }
  Reach operator()(const CropOp& op) const {
    const auto offset = [&](int64_t axis) {
      if (axis < op.axis || op.offsets.empty()) return int64_t{0};
      return op.offsets.size() == 1 ? op.offsets[0] : op.offsets[static_cast<size_t>(axis - op.axis)];
    };
    return {shifted(from.down, offset(2)), shifted(from.across, offset(3))};
  }
  Reach operator()(const DenseOp& /*op*/) const { return all_of(from, shape); }
  Reach operator()(const ReshapeOp& /*op*/) const { return all_of(from, shape); }
  Reach operator()(const FlattenOp& /*op*/) const { return all_of(from, shape); }
  template <class Op>
  Reach operator()(const Op& /*op*/) const {
    return from;
  }
};

}  // namespace

Reach reach_of(const GraphNode& node, const std::vector<ParameterSlice>& slices,
               const std::vector<Reach>& inputs, const std::vector<Shape>& shapes) {
  Reach from = inputs[0];
  for (const Reach& other : inputs) {
    join(from.down, other.down);
    join(from.across, other.across);
  }
  return std::visit(OpReach{slices, from, shapes[0]}, node.op);
}

}  // namespace reverie
