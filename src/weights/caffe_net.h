// Caffe's net descriptions (.prototxt) as plain data.
//
// Format: BVLC Caffe 1.0, src/caffe/proto/caffe.proto, NetParameter in protobuf's text form; also the form of
// 2014 (`layers`, types in capitals), whose layers come out like the later ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

struct CaffeSize {
  int height = 0, width = 0;
  bool operator==(const CaffeSize&) const = default;
};

// How a parameter begins.
struct CaffeFiller {
  std::string type = "constant";
  float value = 0;        // of constant
  float mean = 0;         // of gaussian
  float deviation = 1;    // of gaussian
  bool sparse = false;    // gaussian: most of them 0
  bool by_fan_in = true;  // xavier, msra: else by fan-out or the mean of both
};

// Of Convolution and Deconvolution.
struct CaffeConvolution {
  int outputs = 0;
  bool has_bias = true;
  CaffeSize kernel, stride{1, 1}, pad, dilation{1, 1};
  int group = 1;
  CaffeFiller weight_filler, bias_filler;
};

enum class CaffePoolMethod { kMax, kMean, kStochastic };

struct CaffePooling {
  CaffePoolMethod method = CaffePoolMethod::kMax;
  CaffeSize kernel, stride{1, 1}, pad;
  bool global = false;   // over the whole picture
  bool round_up = true;  // the size of the result
};

struct CaffeInnerProduct {
  int outputs = 0;
  bool has_bias = true, transposed = false;
  CaffeFiller weight_filler, bias_filler;
};

// What a data layer does to its pictures: (picture - mean) * scale.
struct CaffeTransform {
  float scale = 1;
  std::string mean_file;           // a picture's
  std::vector<float> mean_values;  // of all channels or of each
  bool mirror = false;
  int64_t crop = 0;  // side in pixels, 0: none
};

struct CaffeData {
  std::string source;
  int64_t batch = 0;  // 0: not said
};

// Of one blob of a layer.
struct CaffeMultiplier {
  std::string name;  // blobs of one name are one
  float rate = 1, decay = 1;
};

struct CaffeLayer {
  std::string name, type;  // the type as in `type: "Convolution"`
  std::vector<std::string> bottoms, tops;
  bool in_training = true, in_testing = true;  // by include and exclude
  std::vector<float> loss_weights;
  std::vector<CaffeMultiplier> multipliers;
  std::optional<CaffeConvolution> convolution;     // always there for Convolution and Deconvolution
  std::optional<CaffePooling> pooling;             // always there for Pooling
  std::optional<CaffeInnerProduct> inner_product;  // always there for InnerProduct
  std::optional<CaffeTransform> transform;         // of data layers
  std::optional<CaffeData> data;
  float negative_slope = 0;                // of ReLU
  float dropout_ratio = 0.5F;              // of Dropout
  int axis = 1;                            // of Concat and Softmax
  bool loss_normalised_otherwise = false;  // loss_param says something
};

struct CaffeNet {
  std::string file;                                // for errors
  std::string title;                               // the net's `name`
  std::vector<std::string> inputs;                 // blobs that come from outside
  std::vector<std::vector<int64_t>> input_shapes;  // of them, as far as the file says
  std::vector<CaffeLayer> layers;
  std::vector<std::string> skipped;  // fields that this reader does not know, "line 12: name"
};

// Error names the file, and the line or the layer: text that does not parse, a layer without a type, sizes
// that are 0 or above 65535, more than 100000 layers.
CaffeNet read_caffe_net(const std::filesystem::path& path);

// The same from memory; file is the name for errors.
CaffeNet parse_caffe_net(std::string_view text, const std::string& file);

}  // namespace reverie
