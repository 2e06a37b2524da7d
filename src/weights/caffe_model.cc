#include "weights/caffe_model.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file.h"
#include "core/file_kind.h"
#include "core/text.h"
#include "reverie_caffe.pb.h"
#include "weights/caffe_old.h"

namespace reverie {
namespace {

constexpr uint64_t kMaxBytes = (uint64_t{1} << 31U) - 1;  // protobuf's own limit
constexpr int kMostLayers = 100'000;
constexpr int kMostFields = 10'000;  // of one layer: a field of two bytes becomes a message of a hundred
constexpr int kMostBlobs = 1000;     // of one layer
constexpr size_t kMaxCaffeRank = 32;
constexpr uint32_t kV1Layers = 2;  // fields of NetParameter
constexpr uint32_t kLayers = 100;

// Walks through the fields of one protobuf message without decoding them.
class Fields {
 public:
  struct Field {
    uint32_t number = 0;
    std::span<const uint8_t> bytes;  // for a field with a length, else empty
  };

  explicit Fields(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool at_end() const { return at_ == bytes_.size(); }
  size_t at() const { return at_; }

  // Nothing if the bytes end too early or are not protobuf.
  std::optional<Field> next() {
    constexpr uint64_t kLargestTag = UINT32_MAX;
    const std::optional<uint64_t> tag = varint();
    if (!tag || *tag > kLargestTag || *tag < 8) return {};
    Field field{static_cast<uint32_t>(*tag >> 3U), {}};
    switch (*tag & 7U) {
      case 0:
        if (!varint()) return {};
        return field;
      case 1:
        return skip(8) ? std::optional(field) : std::nullopt;
      case 5:
        return skip(4) ? std::optional(field) : std::nullopt;
      case 2: {
        const std::optional<uint64_t> length = varint();
        if (!length || *length > bytes_.size() - at_) return {};
        field.bytes = bytes_.subspan(at_, static_cast<size_t>(*length));
        at_ += static_cast<size_t>(*length);
        return field;
      }
      default:  // groups: not used by Caffe
        return {};
    }
  }

 private:
  bool skip(size_t n) {
    if (n > bytes_.size() - at_) return false;
    at_ += n;
    return true;
  }
  std::optional<uint64_t> varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ < bytes_.size(); shift += 7) {
      const uint8_t b = bytes_[at_++];
      value |= static_cast<uint64_t>(b & 0x7FU) << shift;
      if (b < 0x80U) return value;
    }
    return {};
  }

  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

bool is_old(const caffe::BlobProto& blob) {
  return blob.has_num() || blob.has_channels() || blob.has_height() || blob.has_width();
}

// Old blobs always have four dimensions; returns the meaningful ones.
std::vector<int64_t> shape_of(const caffe::BlobProto& blob, std::string_view type, int index) {
  if (!is_old(blob)) return {blob.shape().dim().begin(), blob.shape().dim().end()};
  std::vector<int64_t> four = {blob.num(), blob.channels(), blob.height(), blob.width()};
  const bool filters = index == 0 && (type == "Convolution" || type == "Deconvolution" || type.empty());
  if (filters || four[0] != 1 || four[1] != 1) return four;
  if (index == 0 && type == "InnerProduct") return {four[2], four[3]};
  return four[2] == 1 ? std::vector<int64_t>{four[3]} : four;
}

std::string blob_suffix(int index) {
  return index == 0 ? "weight" : (index == 1 ? "bias" : std::to_string(index));
}

class ModelReader {
 public:
  explicit ModelReader(std::string file) { content_.name = std::move(file); }

  void read(std::span<const uint8_t> bytes) {
    refuse_other_kinds(bytes, content_.name, FileType::kCaffeModel, "Caffe's weights (.caffemodel)");
    if (bytes.size() > kMaxBytes) fail(fmt::format("it is larger than {} bytes", kMaxBytes));
    Fields fields(bytes);
    while (!fields.at_end()) {
      const size_t begin = fields.at();
      const std::optional<Fields::Field> field = fields.next();
      if (!field) {
        fail(fmt::format("it is cut off or damaged after {} layers, at byte {}", layers_, begin),
             layers_ == 0 ? "is it a .caffemodel?" : "copy the file again");
      }
      if (field->number != kLayers && field->number != kV1Layers) continue;
      if (++layers_ > kMostLayers) fail(fmt::format("more than {} layers", kMostLayers));
      field->number == kLayers ? read_layer(field->bytes) : read_v1_layer(field->bytes);
    }
    if (layers_ == 0) fail("it has no layers", "is it a .caffemodel?");
    if (content_.tensors.empty()) fail(fmt::format("none of its {} layers has weights", layers_));
  }

  TensorFile take() { return std::move(content_); }

 private:
  [[noreturn]] void fail(const std::string& why, const std::string& advice = "") const {
    throw Error("read", content_.name, why, advice);
  }
  [[noreturn]] void fail_layer(const std::string& name, const std::string& why) const {
    fail(
        fmt::format("layer {}{}: {}", layers_, name.empty() ? "" : fmt::format(" {}", in_quotes(name)), why));
  }

  void require_few_fields(std::span<const uint8_t> bytes) const {
    Fields fields(bytes);
    int count = 0;
    while (!fields.at_end() && fields.next()) ++count;
    if (count > kMostFields) fail_layer("", fmt::format("it has {} fields", count));
  }

  template <class Layer>
  Layer parse(std::span<const uint8_t> bytes) const {
    require_few_fields(bytes);
    Layer layer;
    if (!layer.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      fail_layer(layer.name(), "it is damaged");
    return layer;
  }

  void read_layer(std::span<const uint8_t> bytes) {
    const auto layer = parse<caffe::LayerParameter>(bytes);
    add_blobs(layer, layer.type());
  }

  void read_v1_layer(std::span<const uint8_t> bytes) {
    require_few_fields_within(bytes);
    const auto layer = parse<caffe::V1LayerParameter>(bytes);
    if (layer.has_layer()) {
      add_blobs(layer.layer(), caffe_type_name(caffe_oldest_type(layer.layer().type())));
    } else {
      const std::string type = caffe_type_name(layer.type());
      add_blobs(layer, type.empty() ? "other" : type);
    }
  }

  // Of a layer of before 2014, which holds another one.
  void require_few_fields_within(std::span<const uint8_t> bytes) const {
    constexpr uint32_t kOldest = 1;
    Fields fields(bytes);
    while (!fields.at_end()) {
      const std::optional<Fields::Field> field = fields.next();
      if (!field) return;
      if (field->number == kOldest) require_few_fields(field->bytes);
    }
  }

  template <class Layer>
  void add_blobs(const Layer& layer, std::string_view type) {
    if (layer.blobs_size() > kMostBlobs)
      fail_layer(layer.name(), fmt::format("it has {} blobs", layer.blobs_size()));
    for (int i = 0; i < layer.blobs_size(); ++i) {
      const std::string key = layer.name() + "." + blob_suffix(i);
      if (!content_.tensors.emplace(key, tensor_of(layer.blobs(i), type, i, layer.name())).second)
        fail_layer(layer.name(), "another layer has the same name");
    }
  }

  Tensor tensor_of(const caffe::BlobProto& blob, std::string_view type, int index,
                   const std::string& name) const {
    Tensor tensor;
    tensor.shape = shape_of(blob, type, index);
    const auto refuse = [&](const std::string& why) {
      fail_layer(name, fmt::format("its blob {} ({}) {}", index, blob_suffix(index), why));
    };
    const std::optional<size_t> count = element_count(tensor.shape);
    if (!count) refuse(fmt::format("has the shape {}", shape_text(tensor.shape)));
    const int stored = blob.double_data_size() > 0 ? blob.double_data_size() : blob.data_size();
    if (*count != static_cast<size_t>(stored)) {
      refuse(
          fmt::format("has {} numbers, but its shape {} needs {}", stored, shape_text(tensor.shape), *count));
    }
    tensor.data.reserve(*count);
    for (const float v : blob.data()) tensor.data.push_back(v);
    if (blob.double_data_size() > 0) {
      tensor.data.clear();
      for (const double v : blob.double_data()) tensor.data.push_back(static_cast<float>(v));
    }
    return tensor;
  }

  TensorFile content_;
  int layers_ = 0;  // begun so far
};

// "conv1.weight" as conv1 and 0.
std::pair<std::string, int> layer_and_blob(const std::string& key, const std::string& file) {
  const size_t dot = key.rfind('.');
  const std::string suffix = dot == std::string::npos ? "" : key.substr(dot + 1);
  for (int i = 0; i < kMostBlobs; ++i) {
    if (suffix == blob_suffix(i)) return {key.substr(0, dot), i};
  }
  throw Error(
      "write", file,
      fmt::format("the name {} is not LAYER.weight, LAYER.bias or LAYER.2 and so on", in_quotes(key)));
}

// Caffe finds a layer's weights only by its name; the type is for people who look into the file.
std::string likely_type(const std::string& layer, const Tensor& weight) {
  if (weight.shape.size() == 4) return layer.starts_with("decode") ? "Deconvolution" : "Convolution";
  return weight.shape.size() == 2 ? "InnerProduct" : "";
}

struct NaturalLess {
  bool operator()(const std::string& a, const std::string& b) const {
    return natural_less(a, b) || (!natural_less(b, a) && a < b);
  }
};

}  // namespace

TensorFile parse_caffemodel(std::span<const uint8_t> bytes, const std::string& file) {
  ModelReader reader(file);
  reader.read(bytes);
  return reader.take();
}

TensorFile read_caffemodel(const std::filesystem::path& path) {
  return parse_caffemodel(read_content(path, kMaxBytes), path.string());
}

std::vector<uint8_t> caffemodel_bytes(const TensorFile& content, const std::string& file) {
  std::map<std::string, std::map<int, const Tensor*>, NaturalLess> layers;
  for (const auto& [key, tensor] : content.tensors) {
    require_whole(tensor, file, key);
    if (tensor.shape.size() > kMaxCaffeRank)
      throw Error("write", file,
                  fmt::format("tensor {} has {} dimensions, Caffe takes at most {}", in_quotes(key),
                              tensor.shape.size(), kMaxCaffeRank));
    const auto [layer, blob] = layer_and_blob(key, file);
    layers[layer][blob] = &tensor;
  }
  caffe::NetParameter net;
  for (const auto& [name, blobs] : layers) {
    caffe::LayerParameter& layer = *net.add_layer();
    layer.set_name(name);
    if (const std::string type = likely_type(name, *blobs.begin()->second); !type.empty())
      layer.set_type(type);
    for (const auto& [index, tensor] : blobs) {
      if (index != layer.blobs_size())
        throw Error("write", file,
                    fmt::format("layer {} has a tensor {} but no {}", in_quotes(name), blob_suffix(index),
                                blob_suffix(layer.blobs_size())));
      caffe::BlobProto& blob = *layer.add_blobs();
      blob.mutable_shape()->mutable_dim()->Add(tensor->shape.begin(), tensor->shape.end());
      blob.mutable_data()->Add(tensor->data.begin(), tensor->data.end());
    }
  }
  const size_t size = net.ByteSizeLong();
  if (size > kMaxBytes) throw Error("write", file, "a .caffemodel holds at most 2 GB");
  std::vector<uint8_t> bytes(size);
  net.SerializeToArray(bytes.data(), static_cast<int>(size));
  return bytes;
}

void write_caffemodel(const std::filesystem::path& path, const TensorFile& content) {
  write_file(path, caffemodel_bytes(content, path.string()));
}

}  // namespace reverie
