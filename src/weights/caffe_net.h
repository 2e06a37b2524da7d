// Caffe's net descriptions (.prototxt) as plain data.
//
// Format: BVLC Caffe 1.0, src/caffe/proto/caffe.proto, NetParameter in protobuf's text form; also the form of
// 2014 (`layers`, types in capitals) and the one before it (`layers { layer { ... } }`), whose layers are
// converted to the later form.
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

// How a parameter is initialised.
struct CaffeFiller {
  std::string type = "constant";
  float value = 0;        // for constant
  float mean = 0;         // for gaussian
  float deviation = 1;    // for gaussian
  bool sparse = false;    // gaussian: most values are 0
  bool by_fan_in = true;  // xavier, msra: else by fan-out or the mean of both
};

// For Convolution and Deconvolution.
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
  bool round_up = true;  // the output size
};

struct CaffeInnerProduct {
  int outputs = 0;
  bool has_bias = true, transposed = false;
  CaffeFiller weight_filler, bias_filler;
};

// For LRN: x / (k + alpha / n * sum of squares)^beta.
struct CaffeNormalisation {
  int size = 5;
  float alpha = 1, beta = 0.75F, k = 1;
  bool within_channel = false;
};

enum class CaffeCombine { kProduct, kSum, kMax };

// For Eltwise.
struct CaffeEltwise {
  CaffeCombine combine = CaffeCombine::kSum;
  std::vector<float> coefficients;  // of the sum, empty: all 1
};

// (shift + scale x)^power
struct CaffePower {
  float power = 1, scale = 1, shift = 0;
};

struct CaffeReshape {
  std::vector<int64_t> shape;  // 0: as it was, -1: what is left
  int axis = 0, axes = -1;
};

// What a data layer does to its pictures: (picture - mean) * scale.
struct CaffeTransform {
  float scale = 1;
  std::string mean_file;           // of a mean picture
  std::vector<float> mean_values;  // one for all channels, or one per channel
  bool mirror = false;
  int64_t crop = 0;  // side in pixels, 0: none
};

struct CaffeData {
  std::string source;
  int64_t batch = 0;  // 0: not given
};

// For one blob of a layer.
struct CaffeMultiplier {
  std::string name;  // blobs with the same name are shared
  float rate = 1, decay = 1;
};

struct CaffeLayer {
  std::string name, type;  // the type as in `type: "Convolution"`
  int line = 0;            // where it begins in the file
  std::vector<std::string> bottoms, tops;
  bool in_training = true, in_testing = true;  // from include and exclude
  std::vector<float> loss_weights;
  std::vector<CaffeMultiplier> multipliers;
  std::optional<CaffeConvolution> convolution;      // always set for Convolution and Deconvolution
  std::optional<CaffePooling> pooling;              // always set for Pooling
  std::optional<CaffeInnerProduct> inner_product;   // always set for InnerProduct
  std::optional<CaffeNormalisation> normalisation;  // always set for LRN
  std::optional<CaffeEltwise> eltwise;              // always set for Eltwise
  std::optional<CaffePower> power;                  // always set for Power
  std::optional<CaffeReshape> reshape;              // always set for Reshape
  std::optional<CaffeTransform> transform;          // for data layers
  std::optional<CaffeData> data;
  std::vector<int64_t> cuts;               // for Slice: where the parts begin; for Crop: offsets
  float negative_slope = 0;                // for ReLU
  float alpha = 1;                         // for ELU
  float epsilon = 1e-5F;                   // for BatchNorm
  float dropout_ratio = 0.5F;              // for Dropout
  int axis = 1;                            // for layers that have one
  int axes = 1;                            // for Scale and Bias: how many they span
  int end_axis = -1;                       // for Flatten
  bool has_bias = false;                   // for Scale
  bool shared = false;                     // for PReLU: one slope for all channels
  bool loss_normalised_otherwise = false;  // loss_param is set
};

struct CaffeNet {
  std::string file;                                // for errors
  std::string title;                               // the net's `name`
  std::vector<std::string> inputs;                 // blobs that come from outside
  std::vector<std::vector<int64_t>> input_shapes;  // their shapes, if the file gives them
  std::vector<CaffeLayer> layers;
  std::vector<std::string> skipped;  // fields unknown to this reader, "line 12: name"
};

// Error names the file, and the line or the layer: text that does not parse, a layer without a type, sizes
// that are 0 or above 65535, more than 100000 layers.
CaffeNet read_caffe_net(const std::filesystem::path& path);

// The same from memory; file is the name for errors.
CaffeNet parse_caffe_net(std::string_view text, const std::string& file);

}  // namespace reverie
