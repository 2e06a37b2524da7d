#include "models/lean.h"

#include <torch/csrc/autograd/custom_function.h>

namespace reverie {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

bool has_gradient(const torch::Tensor& x) {
  return x.requires_grad() && torch::GradMode::is_enabled();
}

// What a backward pass takes for its input where only the shape and the layout are read: memory that nobody
// touches.
torch::Tensor stand_in(const std::vector<int64_t>& sizes, const torch::Tensor& like, bool channels_last) {
  return torch::empty(sizes, like.options(),
                      channels_last ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous);
}

bool is_channels_last(const torch::Tensor& x) {
  return x.suggest_memory_format() == torch::MemoryFormat::ChannelsLast;
}

// What was saved of a tensor, to make its stand-in.
void save_form(AutogradContext* context, const torch::Tensor& x) {
  context->saved_data["sizes"] = x.sizes().vec();
  context->saved_data["channels_last"] = is_channels_last(x);
}

torch::Tensor saved_form(AutogradContext* context, const torch::Tensor& like) {
  return stand_in(context->saved_data["sizes"].toIntVector(), like,
                  context->saved_data["channels_last"].toBool());
}

// What autograd is not to look at: constants, of which the bias may be undefined.
struct Filters {
  torch::Tensor weight, bias;
};

class Convolution : public Function<Convolution> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const Filters& filters,
                               const ConvolutionSteps& steps) {
    save_form(context, x);
    context->save_for_backward({filters.weight});
    context->saved_data["stride"] = steps.stride;
    context->saved_data["pad"] = steps.pad;
    context->saved_data["dilation"] = steps.dilation;
    context->saved_data["group"] = steps.group;
    return torch::conv2d(x, filters.weight, filters.bias, steps.stride, steps.pad, steps.dilation,
                         steps.group);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const torch::Tensor weight = context->get_saved_variables()[0];
    const auto numbers = [&](const char* name) { return context->saved_data[name].toIntVector(); };
    const auto all = at::convolution_backward(gradients[0], saved_form(context, gradients[0]), weight,
                                              c10::nullopt, numbers("stride"), numbers("pad"),
                                              numbers("dilation"), false, at::IntArrayRef{0, 0},
                                              context->saved_data["group"].toInt(), {true, false, false});
    return {std::get<0>(all), {}, {}};
  }
};

class Relu : public Function<Relu> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, double leak,
                               bool may_overwrite) {
    context->save_for_backward({x > 0});
    context->saved_data["leak"] = leak;
    if (!may_overwrite) return torch::relu(x);
    context->mark_dirty({x});
    torch::Tensor y = x;
    return y.relu_();
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const torch::Tensor& g = gradients[0];
    const torch::Tensor above = context->get_saved_variables()[0];
    const double leak = context->saved_data["leak"].toDouble();
    return {leak == 0 ? g * above : torch::where(above, g, g * leak), {}, {}};
  }
};

class MaxPool : public Function<MaxPool> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const PoolSteps& steps) {
    auto [y, places] = torch::max_pool2d_with_indices(x, steps.kernel, steps.stride, steps.pad,
                                                      at::IntArrayRef{1, 1}, steps.round_up);
    save_form(context, x);
    context->save_for_backward({places.to(torch::kInt)});  // of a plane: 2^31 samples are not reached
    context->saved_data["kernel"] = steps.kernel;
    context->saved_data["stride"] = steps.stride;
    context->saved_data["pad"] = steps.pad;
    context->saved_data["round_up"] = steps.round_up;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto numbers = [&](const char* name) { return context->saved_data[name].toIntVector(); };
    const torch::Tensor places = context->get_saved_variables()[0].to(torch::kLong);
    return {torch::max_pool2d_with_indices_backward(
                gradients[0], saved_form(context, gradients[0]), numbers("kernel"), numbers("stride"),
                numbers("pad"), at::IntArrayRef{1, 1}, context->saved_data["round_up"].toBool(), places),
            {}};
  }
};

}  // namespace

torch::Tensor lean_convolution(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                               const ConvolutionSteps& steps) {
  if (!has_gradient(x))
    return torch::conv2d(x, weight, bias, steps.stride, steps.pad, steps.dilation, steps.group);
  return Convolution::apply(x, Filters{weight, bias}, steps);
}

torch::Tensor lean_relu(const torch::Tensor& x, const PassOptions& options, bool may_overwrite) {
  if (has_gradient(x)) return Relu::apply(x, options.leak, may_overwrite);
  torch::Tensor y = x;
  return may_overwrite ? y.relu_() : torch::relu(x);
}

torch::Tensor lean_max_pool(const torch::Tensor& x, const PoolSteps& steps) {
  if (!has_gradient(x))
    return torch::max_pool2d(x, steps.kernel, steps.stride, steps.pad, at::IntArrayRef{1, 1}, steps.round_up);
  return MaxPool::apply(x, steps);
}

}  // namespace reverie
