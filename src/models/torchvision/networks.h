// The networks of torchvision, by the names of their modules.
//
// Krizhevsky 2014 (AlexNet), Simonyan and Zisserman 2015 (VGG), Szegedy et al. 2015 (GoogLeNet) and 2016
// (Inception v3), He et al. 2016 (ResNet), Iandola et al. 2016 (SqueezeNet), as torchvision/models/*.py has
// them.
#pragma once

#include <array>
#include <string>

#include "models/torchvision/builder.h"

namespace reverie::torchvision {

// What pictures are made into before.
enum class Seen {
  kImageNet,    // the mean and deviation of ImageNet's colours
  kTensorFlow,  // -1 to 1: GoogLeNet and Inception v3, whose weights come from there
  kCaffe,       // BGR, less a mean colour
};

struct Network {
  const char* name = "";  // for errors: "ResNet"
  // Tensors that only this one has.
  std::array<const char*, 2> signs = {};
  void (*build)(Builder& builder) = nullptr;
  Seen seen = Seen::kImageNet;
  int64_t side = 224;  // of the pictures it was trained on
};

// Null where the file's tensors are of none of them.
const Network* find_network(const Builder& builder);

// Of a VGG: weights of Caffe, as J. Johnson converted them: their fully connected layers stand elsewhere.
bool is_caffe_vgg(const Builder& builder);

}  // namespace reverie::torchvision
