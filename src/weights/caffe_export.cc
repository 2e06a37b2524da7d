#include "weights/caffe_export.h"

#include <fmt/format.h>

#include "core/compressed.h"
#include "core/error.h"
#include "core/text.h"
#include "reverie_caffe.pb.h"
#include "weights/caffe_recipe.h"
#include "weights/hourglass_file.h"

namespace reverie {
namespace {

constexpr uint64_t kMostMeanBytes = uint64_t{1} << 30U;

std::string activation_layer(ActivationKind kind, const std::string& blob) {
  static const std::vector<std::string> types = {"TanH", "ReLU", "", "Sigmoid"};
  const std::string& type = types[static_cast<size_t>(kind)];
  if (type.empty()) return "";
  return fmt::format("layer {{ name: \"{0}_active\" type: \"{1}\" bottom: \"{0}\" top: \"{0}\" }}\n", blob,
                     type);
}

std::string convolution_layer(const std::string& name, const char* type, const std::string& from, int outputs,
                              const std::string& shape) {
  return fmt::format(
      "layer {{\n  name: \"{0}\" type: \"{1}\" bottom: \"{2}\" top: \"{0}\"\n"
      "  convolution_param {{ num_output: {3} {4} weight_filler {{ type: \"xavier\" }} }}\n}}\n",
      name, type, from, outputs, shape);
}

std::string data_layer_of(const HourglassFile& glass, const std::string& mean_file) {
  std::string transform = fmt::format("scale: {}", glass.scale.value_or(1.0 / 256));
  const Tensor* mean = glass.subtract_mean ? glass.mean : nullptr;
  if (mean && mean->shape[1] * mean->shape[2] == 1) {
    for (const float v : mean->data) transform += fmt::format(" mean_value: {}", v);
  } else if (glass.subtract_mean) {
    transform += fmt::format(" mean_file: {}", quote_toml(mean_file));
  }
  return fmt::format(
      "layer {{\n  name: \"data\" type: \"Data\" top: \"data\"\n  transform_param {{ {} }}\n"
      "  data_param {{ source: \"pictures_lmdb\" backend: LMDB batch_size: 100 }}\n}}\n",
      transform);
}

}  // namespace

std::optional<std::string> caffe_net_of(const TensorFile& model, const std::string& mean_file) {
  if (!model.metadata.contains("pool_size")) return {};
  const HourglassFile glass = read_hourglass_file(model);
  if (const auto pool = model.metadata.find("pool"); pool != model.metadata.end()) {
    for (const HourglassFileLevel& level : glass.levels) {
      if (!level.pool) return {};
    }
  }
  std::string net = "name: \"hourglass\"\n" + data_layer_of(glass, mean_file);
  std::string blob = "data";
  const size_t levels = glass.levels.size();
  for (size_t l = 0; l < levels; ++l) {
    const HourglassFileLevel& level = glass.levels[l];
    const std::string name = fmt::format("encode{}", l + 1);
    net += convolution_layer(
        name, "Convolution", blob, level.upper,
        fmt::format("kernel_size: {} pad: {}", level.encode_kernel, (level.encode_kernel - 1) / 2));
    net += activation_layer(level.activation.value_or(ActivationKind::kTanh), name);
    blob = name;
    if (*level.pool_size == 1) continue;
    blob = fmt::format("pool{}", l + 1);
    net += fmt::format(
        "layer {{\n  name: \"{0}\" type: \"Pooling\" bottom: \"{1}\" top: \"{0}\"\n"
        "  pooling_param {{ pool: {2} kernel_size: {3} stride: {3} }}\n}}\n",
        blob, name, level.pool == PoolKind::kMean ? "AVE" : "MAX", *level.pool_size);
  }
  for (size_t l = levels; l-- > 0;) {
    const HourglassFileLevel& level = glass.levels[l];
    const std::string name = fmt::format("decode{}", l + 1);
    net += convolution_layer(name, "Deconvolution", blob, level.lower,
                             fmt::format("kernel_size: {} stride: {} pad: {}", level.decode_kernel,
                                         *level.pool_size, (level.decode_kernel - *level.pool_size) / 2));
    const auto below = l > 0 ? level.activation : glass.output ? glass.output : glass.levels[0].activation;
    net += activation_layer(below.value_or(ActivationKind::kTanh), name);
    blob = name;
  }
  return net +
         "layer { name: \"loss\" type: \"EuclideanLoss\" bottom: \"decode1\" bottom: \"data\" top: "
         "\"loss\" }\n";
}

std::string recipe_of_net(const std::string& net, const std::string& file) {
  CaffeSolver solver;
  solver.file = file;
  solver.rate = 0.001F;
  solver.iterations = 10000;
  solver.momentum = 0.9F;
  return "# The weights do not say how they were trained: [[stage]] is a plain one to begin with.\n" +
         recipe_from_caffe(parse_caffe_net(net, file), solver).text;
}

std::vector<uint8_t> caffe_mean_bytes(const Tensor& mean) {
  caffe::BlobProto blob;
  blob.set_num(1);
  blob.set_channels(static_cast<int>(mean.shape[0]));
  blob.set_height(static_cast<int>(mean.shape[1]));
  blob.set_width(static_cast<int>(mean.shape[2]));
  blob.mutable_data()->Add(mean.data.begin(), mean.data.end());
  std::vector<uint8_t> bytes(blob.ByteSizeLong());
  blob.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

Tensor read_caffe_mean(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_content(path, kMostMeanBytes);
  caffe::BlobProto blob;
  const bool read = blob.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  Tensor mean{{blob.channels(), blob.height(), blob.width()}, {blob.data().begin(), blob.data().end()}};
  if (mean.data.empty()) mean.data.assign(blob.double_data().begin(), blob.double_data().end());
  const auto count = element_count(mean.shape);
  if (!read || blob.channels() != 3 || !count || *count == 0 || *count != mean.data.size())
    throw Error("read", path.string(), "it is no mean picture of three channels");
  return mean;
}

}  // namespace reverie
