// Writes an hourglass as Caffe has it: the net that goes with its weights, and the mean picture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "weights/caffe_net.h"
#include "weights/tensor.h"

namespace reverie {

// The net (.prototxt) of an hourglass whose metadata say its pool sizes (hourglass_file.h), which
// hourglass_from_caffe() reads back as the same; what other metadata do not say is max, tanh, 1/256, mean
// subtracted.  mean_file: the name that the net gives its mean picture.  Nothing if the tensors are of no
// hourglass, do not say their pool sizes, or pool as Caffe cannot.
std::optional<std::string> caffe_net_of(const TensorFile& model, const std::string& mean_file);

// The recipe (TOML) that trains such a net from the start; how the model was trained is not in it.
std::string recipe_of_net(const std::string& net, const std::string& file);

// A mean picture [3, H, W] as Caffe's .binaryproto, and back; Error names the file for what is none.
std::vector<uint8_t> caffe_mean_bytes(const Tensor& mean);
Tensor read_caffe_mean(const std::filesystem::path& path);

}  // namespace reverie
