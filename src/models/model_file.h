// An hourglass as a .safetensors file: what `train` writes, `evaluate` reads and the feedback effect plays.
#pragma once

#include <filesystem>
#include <string>

#include "models/hourglass_net.h"
#include "weights/tensor.h"

namespace reverie {

// How pictures become what the network sees: (picture - mean) * scale, pictures in 0..255.
struct InputTransform {
  double scale = 1.0 / 256;
  bool subtract_mean = true;  // the mean picture of the training split
  torch::Tensor mean;         // [3, H, W] in 0..255; undefined where it is not known (a file from Caffe)
};

struct HourglassModel {
  HourglassNet net;
  InputTransform input;
};

// Tensors encodeN.weight [upper, lower, k, k], encodeN.bias, decodeN.weight [upper, lower, k, k] (stride
// pool_size), decodeN.bias, mean [3, H, W]; metadata family, pool_size, pool, activation (lists, from level 1
// up), output, scale, mean ("training" or "none").  Tied weights are written out.
TensorFile model_tensors(const HourglassModel& model);

// The same back; what the metadata leave out is pool size 2, max, tanh, 1/256, mean subtracted.  path may be
// a run's folder.  Error names the file for whatever does not fit.
HourglassModel read_model(const std::filesystem::path& path);
HourglassModel model_from_tensors(const TensorFile& file);

// A tensor of any device as one of `weights`, float32, same shape.
Tensor to_plain(const torch::Tensor& t);

// The file that a model's name means: a .safetensors file, or model.safetensors of a run's folder.
std::filesystem::path model_path(const std::filesystem::path& path);

// Copies the parameters that have the same name and shape in both; gives how many levels were taken whole,
// from the lowest.
int take_levels(HourglassNet& to, const HourglassNet& from);

}  // namespace reverie
