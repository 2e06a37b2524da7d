// What Caffe's files do not say: how the pictures of published networks are seen, and what scores mean.
#pragma once

#include <filesystem>

#include "models/caffe/build.h"

namespace reverie {

// What the net's data layer says, else what published networks of its name, shape or number of labels take:
// B, G, R from 0 to 255 without their mean.
InputTransform caffe_input(const CaffeNet& net, const CaffeGraph& graph);

// From a text file in the folder that has a line for each score; empty where there is none.  Synset numbers
// (n01440764) and the marks of Places (/a/airfield 0) are left out.
std::vector<std::string> find_labels(const std::filesystem::path& folder, int64_t count);

}  // namespace reverie
