// The family `torchvision`: AlexNet, VGG, GoogLeNet, Inception v3, ResNet and SqueezeNet, known by the names
// and shapes of the tensors in their state files.
//
// Layers have the names of torchvision's modules (layer4.1, inception4c.branch2.1.conv); VGG's ReLUs and
// pools also those of the paper (relu4_3, pool4).  A fully connected layer behind a map of samples (AlexNet,
// VGG) needs pictures of the size it was trained on.
#pragma once

#include <memory>

#include "models/family.h"

namespace reverie {

inline constexpr const char* kTorchvision = "torchvision";

// Whether the tensors are those of one of them.
bool is_torchvision(const TensorFile& file);

// The file's own metadata, where Reverie wrote it, say how pictures are seen and what the labels are;
// otherwise that is known of the published weights, and labels stand beside the file (models/labels.h).  The
// second networks for training (aux1, AuxLogits) are left out, and the last layer where the file has none.
// Error naming the file for other tensors, of which it may have none.
std::unique_ptr<Model> torchvision_model(const TensorFile& file);

Family torchvision_family();

}  // namespace reverie
