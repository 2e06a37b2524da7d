#include "models/graph/ops.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "models/lean.h"

namespace reverie {
namespace {

using Ints = std::vector<int64_t>;

Ints both(const Extent& e) {
  return {e.height, e.width};
}

const torch::Tensor& weight_of(const std::vector<torch::Tensor>& weights, int number) {
  static const torch::Tensor none;
  return number < 0 ? none : weights[static_cast<size_t>(number)];
}

// [C] as it is multiplied with [N, C, ...].
torch::Tensor per_channel(const torch::Tensor& values, const torch::Tensor& x) {
  Ints shape(static_cast<size_t>(x.dim()), 1);
  if (x.dim() > 1) shape[1] = -1;
  return values.view(shape);
}

// y = x / (k + alpha * mean of squares)^beta.  Saves two tensors of x's size; plain autograd would save six.
class Normalise : public torch::autograd::Function<Normalise> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               int64_t size, bool within, double alpha, double beta, double k) {
    const torch::Tensor base = mean(x.square(), size, within).mul_(alpha).add_(k);
    context->save_for_backward({x, base});
    context->saved_data["size"] = size;
    context->saved_data["within"] = within;
    context->saved_data["alpha"] = alpha;
    context->saved_data["beta"] = beta;
    return base.pow(-beta).mul_(x);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const torch::Tensor& base = saved[1];
    const double alpha = context->saved_data["alpha"].toDouble();
    const double beta = context->saved_data["beta"].toDouble();
    const torch::Tensor direct = base.pow(-beta).mul_(gradients[0]);
    const torch::Tensor through = mean((direct * x).div_(base), context->saved_data["size"].toInt(),
                                       context->saved_data["within"].toBool())
                                      .mul_(x);
    return {direct.sub(through, 2 * alpha * beta), {}, {}, {}, {}, {}};
  }

 private:
  // Over the window around each number, with zeros beyond the edges: its own transpose, as sizes are odd.
  static torch::Tensor mean(const torch::Tensor& x, int64_t size, bool within) {
    const int64_t side = (size - 1) / 2;
    if (within) return torch::avg_pool2d(x, size, 1, side);
    const int64_t channels = x.size(1);
    torch::Tensor sum = x.clone();
    for (int64_t d = 1; d <= std::min(side, channels - 1); ++d) {
      const int64_t rest = channels - d;
      sum.narrow(1, 0, rest).add_(x.narrow(1, d, rest));
      sum.narrow(1, d, rest).add_(x.narrow(1, 0, rest));
    }
    return sum.div_(static_cast<double>(size));
  }
};

torch::Tensor leaky(const torch::Tensor& x, const torch::Tensor& weight) {
  const torch::Tensor slope = weight.numel() == 1 ? weight.view(-1) : per_channel(weight, x);
  return x.clamp_min(0) + x.clamp_max(0) * slope;
}

}  // namespace

torch::Tensor OpRun::operator()(const ConvolutionOp& op) const {
  torch::Tensor x = inputs[0];
  Ints pad = both(op.pad_before);
  if (pad != both(op.pad_after)) {
    x = torch::constant_pad_nd(
        x, {op.pad_before.width, op.pad_after.width, op.pad_before.height, op.pad_after.height});
    pad = {0, 0};
  }
  return lean_convolution(x, weight_of(weights, op.weight), weight_of(weights, op.bias),
                          {both(op.stride), pad, both(op.dilation), op.group});
}

torch::Tensor OpRun::operator()(const DeconvolutionOp& op) const {
  return torch::conv_transpose2d(inputs[0], weight_of(weights, op.weight), weight_of(weights, op.bias),
                                 both(op.stride), both(op.pad), 0, op.group, both(op.dilation));
}

torch::Tensor OpRun::operator()(const DenseOp& op) const {
  return torch::linear(inputs[0].flatten(1), weight_of(weights, op.weight), weight_of(weights, op.bias));
}

torch::Tensor OpRun::operator()(const PoolOp& op) const {
  const torch::Tensor& x = inputs[0];
  const bool max = op.method == PoolOp::Method::kMax;
  if (op.global) return max ? x.amax({2, 3}, true) : x.mean(at::IntArrayRef({2, 3}), true);
  const Ints kernel = both(op.kernel);
  const Ints stride = both(op.stride);
  const Ints pad = both(op.pad);
  if (!max) return torch::avg_pool2d(x, kernel, stride, pad, op.round_up, op.counts_pad);
  return lean_max_pool(x, {kernel, stride, pad, op.round_up});
}

torch::Tensor OpRun::operator()(const ActivationOp& op) const {
  using Kind = ActivationOp::Kind;
  torch::Tensor x = inputs[0];
  switch (op.kind) {
    case Kind::kRelu:
      if (op.slope != 0)
        return overwrite && op.slope > 0 ? torch::leaky_relu_(x, op.slope) : torch::leaky_relu(x, op.slope);
      return lean_relu(x, options, overwrite);
    case Kind::kPrelu:
      return leaky(x, weight_of(weights, op.weight));
    case Kind::kElu:
      return torch::elu(x, op.slope);
    case Kind::kTanh:
      return overwrite ? torch::tanh_(x) : torch::tanh(x);
    case Kind::kSigmoid:
      return overwrite ? torch::sigmoid_(x) : torch::sigmoid(x);
    case Kind::kAbs:
      return torch::abs(x);
    case Kind::kSoftmax:
      return torch::softmax(x, op.axis);
  }
  return x;
}

torch::Tensor OpRun::operator()(const PowerOp& op) const {
  torch::Tensor y = inputs[0];
  if (op.scale != 1) y = y * op.scale;
  if (op.shift != 0) y = y + op.shift;
  return op.power == 1 ? y : torch::pow(y, op.power);
}

torch::Tensor OpRun::operator()(const NormaliseOp& op) const {
  return Normalise::apply(inputs[0], op.size, op.within_channel, op.alpha, op.beta, op.k);
}

torch::Tensor OpRun::operator()(const ScaleOp& op) const {
  // the same roundings whether it overwrites or not
  torch::Tensor y = inputs[0];
  const torch::Tensor& shift = weight_of(weights, op.shift);
  if (op.scale >= 0) {
    const torch::Tensor scale = per_channel(weight_of(weights, op.scale), y);
    y = overwrite ? y.mul_(scale) : y * scale;
  }
  if (op.shift < 0) return y;
  return overwrite || op.scale >= 0 ? y.add_(per_channel(shift, y)) : y + per_channel(shift, y);
}

torch::Tensor OpRun::operator()(const ConcatOp& op) const {
  return torch::cat(inputs, op.axis);
}

torch::Tensor OpRun::operator()(const SliceOp& op) const {
  return inputs[0].slice(op.axis, op.begin, op.end);
}

torch::Tensor OpRun::operator()(const CombineOp& op) const {
  using Kind = CombineOp::Kind;
  const auto factor = [&](size_t i) { return op.coefficients.empty() ? 1.0 : op.coefficients[i]; };
  torch::Tensor y = inputs[0];
  if (op.kind == Kind::kSum && factor(0) != 1) y = overwrite ? y.mul_(factor(0)) : y * factor(0);
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (op.kind == Kind::kProduct) y = y * inputs[i];
    if (op.kind == Kind::kMax) y = torch::maximum(y, inputs[i]);
    if (op.kind != Kind::kSum) continue;
    const bool own = overwrite || i > 1 || factor(0) != 1;
    y = own ? y.add_(inputs[i], factor(i)) : y.add(inputs[i], factor(i));
  }
  return y;
}

torch::Tensor OpRun::operator()(const CropOp& op) const {
  torch::Tensor y = inputs[0];
  for (int64_t axis = op.axis; axis < y.dim(); ++axis) {
    const auto i = static_cast<size_t>(axis - op.axis);
    y = y.narrow(axis, op.offsets.size() == 1 ? op.offsets[0] : (op.offsets.empty() ? 0 : op.offsets[i]),
                 inputs[1].size(axis));
  }
  return y;
}

torch::Tensor OpRun::operator()(const ReshapeOp& op) const {
  return inputs[0].reshape(reshaped(op, inputs[0].sizes().vec()));
}

torch::Tensor OpRun::operator()(const FlattenOp& op) const {
  return inputs[0].reshape(flattened(op, inputs[0].sizes().vec()));
}

torch::Tensor OpRun::operator()(const IdentityOp& /*op*/) const {
  return inputs[0];
}

bool may_be_overwritten(const GraphNode& node) {
  const GraphOp& op = node.op;
  return std::holds_alternative<ConvolutionOp>(op) || std::holds_alternative<DeconvolutionOp>(op) ||
         std::holds_alternative<DenseOp>(op) || std::holds_alternative<PoolOp>(op) ||
         std::holds_alternative<ScaleOp>(op) || std::holds_alternative<ConcatOp>(op) ||
         (std::holds_alternative<CombineOp>(op) && node.inputs.size() > 1);
}

}  // namespace reverie
