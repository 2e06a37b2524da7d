// What Caffe's files do not say: how the pictures of published networks are seen.
#pragma once

#include "models/caffe/build.h"

namespace reverie {

// What the net's data layer says, else what published networks of its name, shape or number of labels take:
// B, G, R from 0 to 255 without their mean.
InputTransform caffe_input(const CaffeNet& net, const CaffeGraph& graph);

}  // namespace reverie
