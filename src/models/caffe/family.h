// The family `caffe`: networks from Caffe's own files.
#pragma once

#include <filesystem>

#include "models/family.h"
#include "weights/caffe_net.h"

namespace reverie {

// NET.caffemodel, with the .prototxt beside it that has its name, or else that its weights fit; or
// NET.prototxt, with NET.caffemodel beside it, or else random weights.  Labels are looked for there too.
std::unique_ptr<Model> read_caffe(const std::filesystem::path& path);

// The network of a net's text; with random weights of the seed where there are none.
std::unique_ptr<Model> caffe_model(const std::string& text, const std::string& file,
                                   const TensorFile* weights, const std::filesystem::path& folder,
                                   uint64_t seed = 1);

// Its file holds the weights by name, batch normalisation as LAYER.scale and LAYER.shift, the mean, and
// metadata family, prototxt (the net's text), labels, scale, channel_scale, channels.
Family caffe_family();

}  // namespace reverie
