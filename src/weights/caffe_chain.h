// The hourglass in a Caffe net: which layers lead up and which lead down, whatever they are called.
#pragma once

#include <string>
#include <vector>

#include "weights/caffe_net.h"

namespace reverie {

// What connects level l and level l + 1.  The layers belong to the net.
struct CaffeLevel {
  const CaffeLayer* encode = nullptr;
  std::string activation = "linear";  // after encode: linear, tanh, relu, sigmoid
  CaffePoolMethod pool = CaffePoolMethod::kMax;
  int pool_size = 1;
  const CaffeLayer* decode = nullptr;
  std::string decode_activation = "linear";
};

// Compares the reconstruction of a level with the level.
struct CaffeLoss {
  const CaffeLayer* layer = nullptr;
  int level = 0;
  int from = 1;  // the level that the reconstruction is decoded from
  float weight = 1;
  bool on_linear = true, on_active = true;  // reads it before, after its activation; both if there is none
};

struct CaffeChain {
  const CaffeLayer* data = nullptr;  // null if the picture is an input of the net
  std::vector<CaffeLevel> levels;    // from the picture up, at least one
  std::string output = "linear";     // activation of the output picture
  std::vector<CaffeLoss> losses;
  std::vector<const CaffeLayer*> dropouts;
};

// Whether a net could be an hourglass: it has a Convolution and a Deconvolution for training.
bool has_decoder(const CaffeNet& net);

// The chain of the layers for training: upwards from the picture, Convolution, an optional activation and an
// optional Pooling for each level; downwards, Deconvolution and an optional activation, each from the
// reconstruction of its level or from the level itself.  Checked: square filters, one group, no dilation;
// encode with stride 1 and padding (k - 1) / 2, non-overlapping pools without padding, decode with stride
// pool_size and padding (k - pool_size) / 2.  Error names the file and the layer, also for a layer that has
// no place in an hourglass.
CaffeChain find_caffe_chain(const CaffeNet& net);

}  // namespace reverie
