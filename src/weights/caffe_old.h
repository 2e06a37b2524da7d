// Older forms of Caffe's layers, turned into those of 2014; used only by the caffe_*.cc files.
#pragma once

#include <string>
#include <vector>

#include "reverie_caffe.pb.h"

namespace reverie {

// The names of 2015 for the types of 2014; empty for those that have none.
std::string caffe_type_name(caffe::V1LayerParameter::LayerType type);

// The type of a layer of before 2014, "conv"; NONE where there is no such type.
caffe::V1LayerParameter::LayerType caffe_oldest_type(const std::string& type);

// Layers of before 2014 become those of 2014; `padding` layers become the padding of what reads them.  Gives
// the places that the layers left had.  Error names a layer that cannot be turned.
std::vector<int> upgrade_oldest(caffe::NetParameter& net, const std::string& file);

}  // namespace reverie
