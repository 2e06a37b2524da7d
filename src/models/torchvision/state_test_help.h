// States of torchvision's networks with random weights: the names and shapes that torchvision gives them,
// written down apart from the code that reads them.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "models/model.h"
#include "models/torch.h"

namespace reverie::states {

inline void add(TensorFile& file, const std::string& name, const torch::Tensor& values) {
  file.tensors[name] = to_plain(values);
}

inline void convolution(TensorFile& file, const std::string& name, int64_t out, int64_t in, int64_t height,
                        int64_t width, bool bias) {
  const double size = std::sqrt(2.0 / static_cast<double>(in * height * width));
  add(file, name + ".weight", torch::randn({out, in, height, width}) * size);
  if (bias) add(file, name + ".bias", torch::randn({out}) * 0.1);
}

inline void norm(TensorFile& file, const std::string& name, int64_t channels) {
  add(file, name + ".weight", torch::rand({channels}) + 0.5);
  add(file, name + ".bias", torch::randn({channels}) * 0.1);
  add(file, name + ".running_mean", torch::randn({channels}) * 0.1);
  add(file, name + ".running_var", torch::rand({channels}) + 0.5);
  file.tensors[name + ".num_batches_tracked"] = {{}, {7}};
}

inline void dense(TensorFile& file, const std::string& name, int64_t out, int64_t in) {
  add(file, name + ".weight", torch::randn({out, in}) / std::sqrt(static_cast<double>(in)));
  add(file, name + ".bias", torch::randn({out}) * 0.1);
}

// torchvision's BasicConv2d.
inline void basic(TensorFile& file, const std::string& name, int64_t out, int64_t in, int64_t height = 1,
                  int64_t width = 1) {
  convolution(file, name + ".conv", out, in, height, width, false);
  norm(file, name + ".bn", out);
}

inline TensorFile alexnet(int64_t classes) {
  TensorFile file;
  const std::vector<std::vector<int64_t>> steps = {
      {0, 64, 3, 11}, {3, 192, 64, 5}, {6, 384, 192, 3}, {8, 256, 384, 3}, {10, 256, 256, 3}};
  for (const auto& s : steps)
    convolution(file, "features." + std::to_string(s[0]), s[1], s[2], s[3], s[3], true);
  if (classes == 0) return file;
  constexpr int64_t kHidden = 16;  // 4096 in the published one
  dense(file, "classifier.1", kHidden, int64_t{256} * 36);
  dense(file, "classifier.4", kHidden, kHidden);
  dense(file, "classifier.6", classes, kHidden);
  return file;
}

// Without fully connected layers; `places` are those of the convolutions.
inline TensorFile vgg(const std::vector<int64_t>& places, const std::vector<int64_t>& channels, bool norms) {
  TensorFile file;
  int64_t in = 3;
  for (size_t i = 0; i < places.size(); ++i) {
    convolution(file, "features." + std::to_string(places[i]), channels[i], in, 3, 3, true);
    if (norms) norm(file, "features." + std::to_string(places[i] + 1), channels[i]);
    in = channels[i];
  }
  return file;
}
inline TensorFile vgg16() {
  return vgg({0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28},
             {64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512}, false);
}
inline TensorFile vgg19() {
  return vgg({0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34},
             {64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 512, 512, 512, 512, 512, 512}, false);
}
inline TensorFile vgg16_bn() {
  return vgg({0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40},
             {64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512}, true);
}

inline TensorFile googlenet(int64_t classes) {
  TensorFile file;
  basic(file, "conv1", 64, 3, 7, 7);
  basic(file, "conv2", 64, 64);
  basic(file, "conv3", 192, 64, 3, 3);
  struct Block {
    const char* name;
    int64_t in, one, three_reduce, three, five_reduce, five, pool;
  };
  for (const Block& b :
       {Block{"3a", 192, 64, 96, 128, 16, 32, 32}, Block{"3b", 256, 128, 128, 192, 32, 96, 64},
        Block{"4a", 480, 192, 96, 208, 16, 48, 64}, Block{"4b", 512, 160, 112, 224, 24, 64, 64},
        Block{"4c", 512, 128, 128, 256, 24, 64, 64}, Block{"4d", 512, 112, 144, 288, 32, 64, 64},
        Block{"4e", 528, 256, 160, 320, 32, 128, 128}, Block{"5a", 832, 256, 160, 320, 32, 128, 128},
        Block{"5b", 832, 384, 192, 384, 48, 128, 128}}) {
    const std::string name = std::string("inception") + b.name;
    basic(file, name + ".branch1", b.one, b.in);
    basic(file, name + ".branch2.0", b.three_reduce, b.in);
    basic(file, name + ".branch2.1", b.three, b.three_reduce, 3, 3);
    basic(file, name + ".branch3.0", b.five_reduce, b.in);
    basic(file, name + ".branch3.1", b.five, b.five_reduce, 3, 3);
    basic(file, name + ".branch4.1", b.pool, b.in);
  }
  basic(file, "aux1.conv", 128, 512);
  dense(file, "fc", classes, 1024);
  return file;
}

inline void inception_a(TensorFile& f, const std::string& name, int64_t in, int64_t pool) {
  basic(f, name + ".branch1x1", 64, in);
  basic(f, name + ".branch5x5_1", 48, in);
  basic(f, name + ".branch5x5_2", 64, 48, 5, 5);
  basic(f, name + ".branch3x3dbl_1", 64, in);
  basic(f, name + ".branch3x3dbl_2", 96, 64, 3, 3);
  basic(f, name + ".branch3x3dbl_3", 96, 96, 3, 3);
  basic(f, name + ".branch_pool", pool, in);
}

inline void inception_c(TensorFile& f, const std::string& name, int64_t c) {
  basic(f, name + ".branch1x1", 192, 768);
  basic(f, name + ".branch7x7_1", c, 768);
  basic(f, name + ".branch7x7_2", c, c, 1, 7);
  basic(f, name + ".branch7x7_3", 192, c, 7, 1);
  basic(f, name + ".branch7x7dbl_1", c, 768);
  basic(f, name + ".branch7x7dbl_2", c, c, 7, 1);
  basic(f, name + ".branch7x7dbl_3", c, c, 1, 7);
  basic(f, name + ".branch7x7dbl_4", c, c, 7, 1);
  basic(f, name + ".branch7x7dbl_5", 192, c, 1, 7);
  basic(f, name + ".branch_pool", 192, 768);
}

inline void inception_e(TensorFile& f, const std::string& name, int64_t in) {
  basic(f, name + ".branch1x1", 320, in);
  basic(f, name + ".branch3x3_1", 384, in);
  basic(f, name + ".branch3x3_2a", 384, 384, 1, 3);
  basic(f, name + ".branch3x3_2b", 384, 384, 3, 1);
  basic(f, name + ".branch3x3dbl_1", 448, in);
  basic(f, name + ".branch3x3dbl_2", 384, 448, 3, 3);
  basic(f, name + ".branch3x3dbl_3a", 384, 384, 1, 3);
  basic(f, name + ".branch3x3dbl_3b", 384, 384, 3, 1);
  basic(f, name + ".branch_pool", 192, in);
}

inline TensorFile inception(int64_t classes) {
  TensorFile f;
  basic(f, "Conv2d_1a_3x3", 32, 3, 3, 3);
  basic(f, "Conv2d_2a_3x3", 32, 32, 3, 3);
  basic(f, "Conv2d_2b_3x3", 64, 32, 3, 3);
  basic(f, "Conv2d_3b_1x1", 80, 64);
  basic(f, "Conv2d_4a_3x3", 192, 80, 3, 3);
  inception_a(f, "Mixed_5b", 192, 32);
  inception_a(f, "Mixed_5c", 256, 64);
  inception_a(f, "Mixed_5d", 288, 64);
  basic(f, "Mixed_6a.branch3x3", 384, 288, 3, 3);
  basic(f, "Mixed_6a.branch3x3dbl_1", 64, 288);
  basic(f, "Mixed_6a.branch3x3dbl_2", 96, 64, 3, 3);
  basic(f, "Mixed_6a.branch3x3dbl_3", 96, 96, 3, 3);
  inception_c(f, "Mixed_6b", 128);
  inception_c(f, "Mixed_6c", 160);
  inception_c(f, "Mixed_6d", 160);
  inception_c(f, "Mixed_6e", 192);
  basic(f, "AuxLogits.conv0", 128, 768);
  basic(f, "Mixed_7a.branch3x3_1", 192, 768);
  basic(f, "Mixed_7a.branch3x3_2", 320, 192, 3, 3);
  basic(f, "Mixed_7a.branch7x7x3_1", 192, 768);
  basic(f, "Mixed_7a.branch7x7x3_2", 192, 192, 1, 7);
  basic(f, "Mixed_7a.branch7x7x3_3", 192, 192, 7, 1);
  basic(f, "Mixed_7a.branch7x7x3_4", 192, 192, 3, 3);
  inception_e(f, "Mixed_7b", 1280);
  inception_e(f, "Mixed_7c", 2048);
  dense(f, "fc", classes, 2048);
  return f;
}

// ResNet-18 (deep: false; blocks 2, 2, 2, 2) or -50 (deep; 3, 4, 6, 3).
inline TensorFile resnet(bool deep, const std::vector<int>& blocks, int64_t classes) {
  TensorFile file;
  convolution(file, "conv1", 64, 3, 7, 7, false);
  norm(file, "bn1", 64);
  int64_t in = 64;
  for (int stage = 0; stage < 4; ++stage) {
    const int64_t inner = int64_t{64} << stage;
    const int64_t out = deep ? 4 * inner : inner;
    for (int i = 0; i < blocks[static_cast<size_t>(stage)]; ++i) {
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(i);
      convolution(file, name + ".conv1", inner, in, deep ? 1 : 3, deep ? 1 : 3, false);
      norm(file, name + ".bn1", inner);
      convolution(file, name + ".conv2", inner, inner, 3, 3, false);
      norm(file, name + ".bn2", inner);
      if (deep) {
        convolution(file, name + ".conv3", out, inner, 1, 1, false);
        norm(file, name + ".bn3", out);
      }
      if (i == 0 && in != out) {
        convolution(file, name + ".downsample.0", out, in, 1, 1, false);
        norm(file, name + ".downsample.1", out);
      }
      in = out;
    }
  }
  if (classes > 0) dense(file, "fc", classes, in);
  return file;
}

inline TensorFile squeezenet(bool newer, int64_t classes) {
  TensorFile file;
  const int64_t first = newer ? 64 : 96;
  convolution(file, "features.0", first, 3, newer ? 3 : 7, newer ? 3 : 7, true);
  const std::vector<int> places =
      newer ? std::vector<int>{3, 4, 6, 7, 9, 10, 11, 12} : std::vector<int>{3, 4, 5, 7, 8, 9, 10, 12};
  const std::vector<int64_t> squeezed = {16, 16, 32, 32, 48, 48, 64, 64};
  int64_t in = first;
  for (size_t i = 0; i < places.size(); ++i) {
    const std::string name = "features." + std::to_string(places[i]);
    const int64_t s = squeezed[i];
    convolution(file, name + ".squeeze", s, in, 1, 1, true);
    convolution(file, name + ".expand1x1", 4 * s, s, 1, 1, true);
    convolution(file, name + ".expand3x3", 4 * s, s, 3, 3, true);
    in = 8 * s;
  }
  if (classes > 0) convolution(file, "classifier.1", classes, in, 1, 1, true);
  return file;
}

}  // namespace reverie::states
