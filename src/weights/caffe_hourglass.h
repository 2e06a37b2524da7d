// Converts a Caffe net and its weights to an hourglass that Reverie can play and train.
#pragma once

#include <string>
#include <vector>

#include "weights/caffe_net.h"
#include "weights/tensor.h"

namespace reverie {

struct CaffeHourglass {
  TensorFile model;
  std::vector<std::string> warnings;  // what the model cannot express, one line each
};

// Tensors encodeN.weight [upper, lower, k, k], encodeN.bias, decodeN.weight [upper, lower, k, k] (stride
// pool_size), decodeN.bias, N = 1.. from the picture upwards, whatever the layers are called; metadata as
// hourglass_file.h has them, mean "training" where the data layer subtracts a mean picture (the weights'
// tensor `mean`, if they have one) or mean values.  Error names file and layer where the net is no hourglass
// (caffe_chain.h) or the weights do not fit it.
CaffeHourglass hourglass_from_caffe(const CaffeNet& net, const TensorFile& weights);

// Error names a layer with weights to learn (Convolution, Deconvolution, InnerProduct) that has none, or
// whose weights do not match the net.
void check_caffe_weights(const CaffeNet& net, const TensorFile& weights);

}  // namespace reverie
