#include "weights/caffe_old.h"

#include <map>

#include "core/error.h"
#include "weights/tensor.h"

namespace reverie {

using V1 = caffe::V1LayerParameter;

// The names of 2015 for the types of 2014.
std::string caffe_type_name(V1::LayerType type) {
  static const std::map<V1::LayerType, std::string> names = {
      {V1::ABSVAL, "AbsVal"},
      {V1::ACCURACY, "Accuracy"},
      {V1::ARGMAX, "ArgMax"},
      {V1::BNLL, "BNLL"},
      {V1::CONCAT, "Concat"},
      {V1::CONTRASTIVE_LOSS, "ContrastiveLoss"},
      {V1::CONVOLUTION, "Convolution"},
      {V1::DATA, "Data"},
      {V1::DECONVOLUTION, "Deconvolution"},
      {V1::DROPOUT, "Dropout"},
      {V1::DUMMY_DATA, "DummyData"},
      {V1::ELTWISE, "Eltwise"},
      {V1::EUCLIDEAN_LOSS, "EuclideanLoss"},
      {V1::EXP, "Exp"},
      {V1::FLATTEN, "Flatten"},
      {V1::HDF5_DATA, "HDF5Data"},
      {V1::HDF5_OUTPUT, "HDF5Output"},
      {V1::HINGE_LOSS, "HingeLoss"},
      {V1::IM2COL, "Im2col"},
      {V1::IMAGE_DATA, "ImageData"},
      {V1::INFOGAIN_LOSS, "InfogainLoss"},
      {V1::INNER_PRODUCT, "InnerProduct"},
      {V1::LRN, "LRN"},
      {V1::MEMORY_DATA, "MemoryData"},
      {V1::MULTINOMIAL_LOGISTIC_LOSS, "MultinomialLogisticLoss"},
      {V1::MVN, "MVN"},
      {V1::POOLING, "Pooling"},
      {V1::POWER, "Power"},
      {V1::RELU, "ReLU"},
      {V1::SIGMOID, "Sigmoid"},
      {V1::SIGMOID_CROSS_ENTROPY_LOSS, "SigmoidCrossEntropyLoss"},
      {V1::SILENCE, "Silence"},
      {V1::SLICE, "Slice"},
      {V1::SOFTMAX, "Softmax"},
      {V1::SOFTMAX_LOSS, "SoftmaxWithLoss"},
      {V1::SPLIT, "Split"},
      {V1::TANH, "TanH"},
      {V1::THRESHOLD, "Threshold"},
      {V1::WINDOW_DATA, "WindowData"},
  };
  const auto it = names.find(type);
  return it == names.end() ? "" : it->second;
}

V1::LayerType caffe_oldest_type(const std::string& type) {
  static const std::map<std::string, V1::LayerType> types = {
      {"accuracy", V1::ACCURACY},
      {"bnll", V1::BNLL},
      {"concat", V1::CONCAT},
      {"conv", V1::CONVOLUTION},
      {"data", V1::DATA},
      {"dropout", V1::DROPOUT},
      {"euclidean_loss", V1::EUCLIDEAN_LOSS},
      {"flatten", V1::FLATTEN},
      {"hdf5_data", V1::HDF5_DATA},
      {"hdf5_output", V1::HDF5_OUTPUT},
      {"im2col", V1::IM2COL},
      {"images", V1::IMAGE_DATA},
      {"infogain_loss", V1::INFOGAIN_LOSS},
      {"innerproduct", V1::INNER_PRODUCT},
      {"lrn", V1::LRN},
      {"multinomial_logistic_loss", V1::MULTINOMIAL_LOGISTIC_LOSS},
      {"pool", V1::POOLING},
      {"relu", V1::RELU},
      {"sigmoid", V1::SIGMOID},
      {"softmax", V1::SOFTMAX},
      {"softmax_loss", V1::SOFTMAX_LOSS},
      {"split", V1::SPLIT},
      {"tanh", V1::TANH},
      {"window_data", V1::WINDOW_DATA},
  };
  const auto it = types.find(type);
  return it == types.end() ? V1::NONE : it->second;
}

namespace {

void take_filters(const caffe::V0LayerParameter& from, caffe::ConvolutionParameter& to) {
  if (from.has_num_output()) to.set_num_output(from.num_output());
  to.set_bias_term(from.biasterm());
  to.add_pad(from.pad());
  to.add_kernel_size(from.kernelsize());
  to.add_stride(from.stride());
  to.set_group(from.group());
  if (from.has_weight_filler()) *to.mutable_weight_filler() = from.weight_filler();
  if (from.has_bias_filler()) *to.mutable_bias_filler() = from.bias_filler();
}

void take_data(const caffe::V0LayerParameter& from, V1& to) {
  to.mutable_data_param()->set_source(from.source());
  to.mutable_data_param()->set_batch_size(from.batchsize());
  caffe::TransformationParameter& transform = *to.mutable_transform_param();
  transform.set_scale(from.scale());
  transform.set_mirror(from.mirror());
  transform.set_crop_size(from.cropsize());
  if (from.has_meanfile()) transform.set_mean_file(from.meanfile());
}

void take_rest(const caffe::V0LayerParameter& from, V1& to) {
  if (from.has_dropout_ratio()) to.mutable_dropout_param()->set_dropout_ratio(from.dropout_ratio());
  if (to.type() == V1::INNER_PRODUCT) {
    caffe::InnerProductParameter& product = *to.mutable_inner_product_param();
    product.set_num_output(from.num_output());
    product.set_bias_term(from.biasterm());
    if (from.has_weight_filler()) *product.mutable_weight_filler() = from.weight_filler();
    if (from.has_bias_filler()) *product.mutable_bias_filler() = from.bias_filler();
  }
  if (to.type() == V1::POOLING) {
    caffe::PoolingParameter& pool = *to.mutable_pooling_param();
    pool.set_pool(from.pool());
    pool.set_kernel_size(from.kernelsize());
    pool.set_stride(from.stride());
    pool.set_pad(from.pad());
  }
  if (to.type() == V1::LRN) {
    caffe::LRNParameter& lrn = *to.mutable_lrn_param();
    lrn.set_local_size(from.local_size());
    lrn.set_alpha(from.alpha());
    lrn.set_beta(from.beta());
    lrn.set_k(from.k());
  }
  if (to.type() == V1::CONCAT) to.mutable_concat_param()->set_concat_dim(from.concat_dim());
}

V1 upgraded(const V1& old, const std::string& file) {
  const caffe::V0LayerParameter& from = old.layer();
  V1 to;
  to.set_name(from.name());
  to.set_type(caffe_oldest_type(from.type()));
  if (to.type() == V1::NONE)
    throw Error("read", file, "layer " + in_quotes(from.name()) + ": its type is " + in_quotes(from.type()));
  *to.mutable_bottom() = old.bottom();
  *to.mutable_top() = old.top();
  *to.mutable_blobs_lr() = from.blobs_lr();
  *to.mutable_weight_decay() = from.weight_decay();
  if (to.type() == V1::CONVOLUTION) take_filters(from, *to.mutable_convolution_param());
  if (to.type() == V1::DATA || to.type() == V1::IMAGE_DATA) take_data(from, to);
  take_rest(from, to);
  return to;
}

// A blob that `padding` made.
struct Padded {
  std::string from;
  uint32_t by = 0;
};

void merge_padding(V1& layer, const std::map<std::string, Padded>& padded, const std::string& file) {
  for (std::string& bottom : *layer.mutable_bottom()) {
    const auto it = padded.find(bottom);
    if (it == padded.end()) continue;
    bottom = it->second.from;
    if (layer.type() == V1::CONVOLUTION) {
      layer.mutable_convolution_param()->set_pad(0, it->second.by);
    } else if (layer.type() == V1::POOLING) {
      layer.mutable_pooling_param()->set_pad(it->second.by);
    } else {
      throw Error("read", file, "layer " + in_quotes(layer.name()) + ": it cannot read what is padded");
    }
  }
}

}  // namespace

std::vector<int> upgrade_oldest(caffe::NetParameter& net, const std::string& file) {
  std::vector<int> kept;
  std::map<std::string, Padded> padded;
  google::protobuf::RepeatedPtrField<V1> layers;
  for (int i = 0; i < net.layers_size(); ++i) {
    const V1& layer = net.layers(i);
    if (layer.has_layer() && layer.layer().type() == "padding") {
      if (layer.bottom_size() != 1 || layer.top_size() != 1)
        throw Error("read", file,
                    "layer " + in_quotes(layer.layer().name()) + ": it has no one input and output");
      padded[layer.top(0)] = {layer.bottom(0), layer.layer().pad()};
      continue;
    }
    V1& to = *layers.Add();
    to = layer.has_layer() ? upgraded(layer, file) : layer;
    if (layer.has_layer()) merge_padding(to, padded, file);
    for (const std::string& top : to.top()) padded.erase(top);
    kept.push_back(i);
  }
  net.mutable_layers()->Swap(&layers);
  return kept;
}

}  // namespace reverie
