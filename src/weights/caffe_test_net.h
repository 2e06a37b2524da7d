// Caffe nets for tests.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "weights/caffe_net.h"

namespace reverie {

inline std::string data_layer(const std::string& more = "") {
  return "layer { name: 'd' type: 'Data' top: 'data' data_param { batch_size: 10 } " + more + " }\n";
}
inline std::string conv_layer(const std::string& name, const std::string& from, int outputs,
                              const std::string& more = "kernel_size: 3 pad: 1",
                              const std::string& outside = "") {
  return fmt::format(
      "layer {{ name: '{0}' type: 'Convolution' bottom: '{1}' top: '{0}' convolution_param {{ num_output: "
      "{2} {3} "
      "weight_filler {{ type: 'xavier' }} }} {4} }}\n",
      name, from, outputs, more, outside);
}
inline std::string deconv_layer(const std::string& name, const std::string& from, int outputs,
                                const std::string& more = "kernel_size: 4 pad: 1 stride: 2",
                                const std::string& outside = "") {
  return fmt::format(
      "layer {{ name: '{0}' type: 'Deconvolution' bottom: '{1}' top: '{0}' convolution_param {{ num_output: "
      "{2} "
      "{3} weight_filler {{ type: 'xavier' }} }} {4} }}\n",
      name, from, outputs, more, outside);
}
// In place if to is empty.
inline std::string plain_layer(const std::string& type, const std::string& from, const std::string& to = "") {
  return fmt::format("layer {{ name: '{0}-{1}' type: '{0}' bottom: '{1}' top: '{2}' }}\n", type, from,
                     to.empty() ? from : to);
}
inline std::string pool_layer(const std::string& from, const std::string& to,
                              const std::string& more = "pool: MAX kernel_size: 2 stride: 2") {
  return fmt::format(
      "layer {{ name: '{1}' type: 'Pooling' bottom: '{0}' top: '{1}' pooling_param {{ {2} }} }}\n", from, to,
      more);
}
inline std::string loss_layer(const std::string& a, const std::string& b, float weight = 1,
                              const std::string& type = "EuclideanLoss") {
  return fmt::format(
      "layer {{ name: 'loss-{0}' type: '{3}' bottom: '{0}' bottom: '{1}' top: 'loss-{0}' "
      "loss_weight: {2} }}\n",
      a, b, weight, type);
}

// Two levels with other names than ours, activations in place: up a, b; down y, z.
inline std::string two_levels() {
  return data_layer() + conv_layer("a", "data", 4) + plain_layer("TanH", "a") + pool_layer("a", "pa") +
         conv_layer("b", "pa", 5, "kernel_size: 5 pad: 2") + plain_layer("ReLU", "b") +
         pool_layer("b", "pb", "pool: AVE kernel_size: 3 stride: 3") +
         deconv_layer("y", "pb", 4, "kernel_size: 5 pad: 1 stride: 3") + plain_layer("ReLU", "y") +
         deconv_layer("z", "y", 3) + plain_layer("Sigmoid", "z");
}

inline CaffeNet test_net(const std::string& text) {
  return parse_caffe_net(text, "net.prototxt");
}

// The shared test data, $REVERIE_DATA or next to the project.
inline std::filesystem::path caffe_data(const std::string& file) {
  const char* data = std::getenv("REVERIE_DATA");
  return (data != nullptr ? std::filesystem::path(data) : std::filesystem::path("../shared/data")) / file;
}

}  // namespace reverie
