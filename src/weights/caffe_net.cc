#include "weights/caffe_net.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "reverie_caffe.pb.h"
#include "weights/caffe_old.h"
#include "weights/caffe_text.h"
#include "weights/tensor.h"

namespace reverie {
namespace {

constexpr uint32_t kLargestSize = 65535;
constexpr int kMostLayers = 100'000;

// Reads the parts of one layer; its errors name file and layer.
class LayerReader {
 public:
  LayerReader(const CaffeNet& net, std::string name) : file_(net.file), name_(std::move(name)) {}

  [[noreturn]] void fail(const std::string& why) const {
    throw Error("read", file_, "layer " + in_quotes(name_) + ": " + why);
  }

  int whole(uint32_t value, const char* what, uint32_t least) const {
    if (value < least || value > kLargestSize)
      fail(fmt::format("{} is {}, allowed: {} to {}", what, value, least, kLargestSize));
    return static_cast<int>(value);
  }

  // One number for both sides, or height and width, or the fields _h and _w.
  template <class Repeated>
  CaffeSize size(const Repeated& list, bool has_both, uint32_t height, uint32_t width, const char* what,
                 uint32_t fallback, uint32_t least) const {
    if (list.size() > 2) fail(fmt::format("{} has {} numbers: only 2-D is supported", what, list.size()));
    if (has_both && !list.empty()) fail(fmt::format("{} is given twice", what));
    if (!has_both) {
      height = list.empty() ? fallback : list[0];
      width = list.empty() ? fallback : list[list.size() - 1];
    }
    return {whole(height, what, least), whole(width, what, least)};
  }

  CaffeFiller filler(const caffe::FillerParameter& from) const {
    return {from.type(), from.value(),        from.mean(),
            from.std(),  from.sparse() != -1, from.variance_norm() == caffe::FillerParameter::FAN_IN};
  }

  CaffeConvolution convolution(const caffe::ConvolutionParameter& from) const {
    CaffeConvolution c;
    c.outputs = whole(from.num_output(), "num_output", 1);
    c.has_bias = from.bias_term();
    c.kernel = size(from.kernel_size(), from.has_kernel_h() || from.has_kernel_w(), from.kernel_h(),
                    from.kernel_w(), "kernel_size", 0, 1);
    c.stride = size(from.stride(), from.has_stride_h() || from.has_stride_w(),
                    from.has_stride_h() ? from.stride_h() : 1, from.has_stride_w() ? from.stride_w() : 1,
                    "stride", 1, 1);
    c.pad = size(from.pad(), from.has_pad_h() || from.has_pad_w(), from.pad_h(), from.pad_w(), "pad", 0, 0);
    c.dilation = size(from.dilation(), false, 0, 0, "dilation", 1, 1);
    c.group = whole(from.group(), "group", 1);
    if (from.axis() != 1 && from.axis() != -3) fail(fmt::format("axis {} is not supported", from.axis()));
    c.weight_filler = filler(from.weight_filler());
    c.bias_filler = filler(from.bias_filler());
    return c;
  }

  CaffePooling pooling(const caffe::PoolingParameter& from) const {
    CaffePooling p;
    p.method = static_cast<CaffePoolMethod>(from.pool());
    p.global = from.global_pooling();
    p.round_up = from.round_mode() == caffe::PoolingParameter::CEIL && from.ceil_mode();
    using One = std::vector<uint32_t>;
    const auto one = [](bool has, uint32_t value) { return has ? One{value} : One{}; };
    if (!p.global) {
      p.kernel =
          size(one(from.has_kernel_size(), from.kernel_size()), from.has_kernel_h() || from.has_kernel_w(),
               from.kernel_h(), from.kernel_w(), "kernel_size", 0, 1);
    }
    p.stride = size(one(from.has_stride(), from.stride()), from.has_stride_h() || from.has_stride_w(),
                    from.has_stride_h() ? from.stride_h() : 1, from.has_stride_w() ? from.stride_w() : 1,
                    "stride", 1, 1);
    p.pad = size(one(from.has_pad(), from.pad()), from.has_pad_h() || from.has_pad_w(), from.pad_h(),
                 from.pad_w(), "pad", 0, 0);
    return p;
  }

  CaffeInnerProduct inner_product(const caffe::InnerProductParameter& from) const {
    CaffeInnerProduct p;
    if (from.num_output() < 1 || from.num_output() > (1U << 30U))
      fail(fmt::format("num_output is {}", from.num_output()));
    p.outputs = static_cast<int>(from.num_output());
    p.has_bias = from.bias_term();
    p.transposed = from.transpose();
    p.weight_filler = filler(from.weight_filler());
    p.bias_filler = filler(from.bias_filler());
    return p;
  }

  CaffeNormalisation normalisation(const caffe::LRNParameter& from) const {
    CaffeNormalisation n;
    n.size = whole(from.local_size(), "local_size", 1);
    n.alpha = from.alpha();
    n.beta = from.beta();
    n.k = from.k();
    n.within_channel = from.norm_region() == caffe::LRNParameter::WITHIN_CHANNEL;
    return n;
  }

  CaffeReshape reshape(const caffe::ReshapeParameter& from) const {
    CaffeReshape r;
    for (const int64_t d : from.shape().dim()) {
      if (d < -1 || d > (int64_t{1} << 30U)) fail(fmt::format("dim is {}", d));
      r.shape.push_back(d);
    }
    r.axis = from.axis();
    r.axes = from.num_axes();
    return r;
  }

 private:
  const std::string& file_;
  std::string name_;
};

// Whether a layer is in the net for a phase, at level 0 and without stages.
template <class Layer>
bool included(const Layer& from, caffe::Phase phase) {
  const auto meets = [phase](const caffe::NetStateRule& rule) {
    return (!rule.has_phase() || rule.phase() == phase) && rule.min_level() <= 0 &&
           (!rule.has_max_level() || rule.max_level() >= 0) && rule.stage().empty();
  };
  const auto any = [&meets](const auto& rules) { return std::any_of(rules.begin(), rules.end(), meets); };
  return from.include().empty() ? !any(from.exclude()) : any(from.include());
}

// The transform that data layers of before 2014 have among their own fields.
template <class Data>
std::optional<CaffeTransform> old_transform(const Data& data) {
  if (!data.has_scale() && !data.has_mean_file() && !data.has_mirror() && !data.has_crop_size()) return {};
  CaffeTransform t;
  t.scale = data.scale();
  t.mean_file = data.mean_file();
  t.mirror = data.mirror();
  t.crop = data.crop_size();
  return t;
}

template <class Layer>
void read_data(const Layer& from, CaffeLayer& layer) {
  if (from.has_data_param()) {
    layer.data = {from.data_param().source(), from.data_param().batch_size()};
    layer.transform = old_transform(from.data_param());
  } else if (from.has_image_data_param()) {
    layer.data = {from.image_data_param().source(), from.image_data_param().batch_size()};
    layer.transform = old_transform(from.image_data_param());
  } else if (from.has_hdf5_data_param()) {
    layer.data = {from.hdf5_data_param().source(), from.hdf5_data_param().batch_size()};
  } else if (from.has_memory_data_param()) {
    layer.data = {"", from.memory_data_param().batch_size()};
  }
  if (!from.has_transform_param()) return;
  const caffe::TransformationParameter& t = from.transform_param();
  layer.transform = {t.scale(),
                     t.mean_file(),
                     {t.mean_value().begin(), t.mean_value().end()},
                     t.mirror(),
                     static_cast<int64_t>(t.crop_size())};
}

// What layers of both forms have under the same names.
template <class Layer>
CaffeLayer read_layer(const Layer& from, const std::string& type, const LayerReader& reader) {
  CaffeLayer layer;
  layer.name = from.name();
  layer.type = type;
  if (type.empty()) reader.fail("it has no type");
  layer.bottoms.assign(from.bottom().begin(), from.bottom().end());
  layer.tops.assign(from.top().begin(), from.top().end());
  layer.in_training = included(from, caffe::TRAIN);
  layer.in_testing = included(from, caffe::TEST);
  layer.loss_weights.assign(from.loss_weight().begin(), from.loss_weight().end());
  if (type == "Convolution" || type == "Deconvolution")
    layer.convolution = reader.convolution(from.convolution_param());
  if (type == "Pooling") layer.pooling = reader.pooling(from.pooling_param());
  if (type == "InnerProduct") layer.inner_product = reader.inner_product(from.inner_product_param());
  read_data(from, layer);
  layer.negative_slope = from.relu_param().negative_slope();
  layer.dropout_ratio = from.dropout_param().dropout_ratio();
  if (type == "LRN") layer.normalisation = reader.normalisation(from.lrn_param());
  if (type == "Eltwise") {
    const caffe::EltwiseParameter& e = from.eltwise_param();
    layer.eltwise = {static_cast<CaffeCombine>(e.operation()), {e.coeff().begin(), e.coeff().end()}};
  }
  if (type == "Power")
    layer.power = {from.power_param().power(), from.power_param().scale(), from.power_param().shift()};
  if (type == "Concat") {
    layer.axis = from.concat_param().has_concat_dim() ? static_cast<int>(from.concat_param().concat_dim())
                                                      : from.concat_param().axis();
  }
  if (type == "Softmax" || type == "SoftmaxWithLoss") layer.axis = from.softmax_param().axis();
  if (type == "InnerProduct") layer.axis = from.inner_product_param().axis();
  if (type == "Slice") {
    const caffe::SliceParameter& slice = from.slice_param();
    layer.axis = slice.has_slice_dim() ? static_cast<int>(slice.slice_dim()) : slice.axis();
    layer.cuts.assign(slice.slice_point().begin(), slice.slice_point().end());
  }
  layer.loss_normalised_otherwise = from.has_loss_param();
  return layer;
}

// What came in 2015 and later.
void read_newer(const caffe::LayerParameter& from, const LayerReader& reader, CaffeLayer& layer) {
  if (layer.type == "Reshape") layer.reshape = reader.reshape(from.reshape_param());
  if (layer.type == "Flatten") {
    layer.axis = from.flatten_param().axis();
    layer.end_axis = from.flatten_param().end_axis();
  }
  if (layer.type == "Scale") {
    layer.axis = from.scale_param().axis();
    layer.axes = from.scale_param().num_axes();
    layer.has_bias = from.scale_param().bias_term();
  }
  if (layer.type == "Bias") {
    layer.axis = from.bias_param().axis();
    layer.axes = from.bias_param().num_axes();
  }
  if (layer.type == "Crop") {
    layer.axis = from.crop_param().axis();
    layer.cuts.assign(from.crop_param().offset().begin(), from.crop_param().offset().end());
  }
  layer.alpha = from.elu_param().alpha();
  layer.epsilon = from.batch_norm_param().eps();
  layer.shared = from.prelu_param().channel_shared();
}

CaffeLayer layer_of(const caffe::LayerParameter& from, const CaffeNet& net) {
  const LayerReader reader(net, from.name());
  CaffeLayer layer = read_layer(from, from.type(), reader);
  read_newer(from, reader, layer);
  for (const caffe::ParamSpec& p : from.param())
    layer.multipliers.push_back({p.name(), p.lr_mult(), p.decay_mult()});
  return layer;
}

CaffeLayer layer_of(const caffe::V1LayerParameter& from, const CaffeNet& net) {
  const LayerReader reader(net, from.name());
  CaffeLayer layer = read_layer(from, caffe_type_name(from.type()), reader);
  const auto count = std::max({from.param_size(), from.blobs_lr_size(), from.weight_decay_size()});
  for (int i = 0; i < count; ++i) {
    CaffeMultiplier m;
    if (i < from.param_size()) m.name = from.param(i);
    if (i < from.blobs_lr_size()) m.rate = from.blobs_lr(i);
    if (i < from.weight_decay_size()) m.decay = from.weight_decay(i);
    layer.multipliers.push_back(std::move(m));
  }
  return layer;
}

void read_inputs(const caffe::NetParameter& from, CaffeNet& net) {
  net.inputs.assign(from.input().begin(), from.input().end());
  for (const caffe::BlobShape& shape : from.input_shape())
    net.input_shapes.emplace_back(shape.dim().begin(), shape.dim().end());
  for (int i = 0; i + 4 <= from.input_dim_size(); i += 4)
    net.input_shapes.emplace_back(from.input_dim().begin() + i, from.input_dim().begin() + i + 4);
  for (const caffe::LayerParameter& layer : from.layer()) {
    if (layer.type() != "Input") continue;
    for (const caffe::BlobShape& shape : layer.input_param().shape())
      net.input_shapes.emplace_back(shape.dim().begin(), shape.dim().end());
  }
}

}  // namespace

CaffeNet parse_caffe_net(std::string_view text, const std::string& file) {
  caffe::NetParameter from;
  CaffeNet net;
  net.file = file;
  CaffeLines lines = {{"layer", {}}, {"layers", {}}};
  net.skipped = parse_caffe_text(text, file, from, &lines);
  net.title = from.name();
  if (from.layer_size() > kMostLayers || from.layers_size() > kMostLayers)
    throw Error("read", file, fmt::format("more than {} layers", kMostLayers));
  if (from.layer_size() > 0 && from.layers_size() > 0)
    throw Error("read", file, "it has both `layer` and `layers`");
  read_inputs(from, net);
  const std::vector<int> kept = upgrade_oldest(from, file);
  for (const auto& layer : from.layers()) {
    net.layers.push_back(layer_of(layer, net));
    net.layers.back().line = lines["layers"][static_cast<size_t>(kept[net.layers.size() - 1])];
  }
  for (const auto& layer : from.layer()) {
    net.layers.push_back(layer_of(layer, net));
    net.layers.back().line = lines["layer"][net.layers.size() - 1];
  }
  return net;
}

CaffeNet read_caffe_net(const std::filesystem::path& path) {
  return parse_caffe_net(read_caffe_text(path), path.string());
}

}  // namespace reverie
