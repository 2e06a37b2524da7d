#include "models/torchvision/networks.h"

#include <fmt/format.h>

#include <algorithm>

namespace reverie::torchvision {
namespace {

using Names = std::vector<std::string>;

std::string at(const std::string& stem, int i) {
  return fmt::format("{}.{}", stem, i);
}

// The mean of each channel, and the labels' scores if they are in the file.
void finish(Builder& b, int from) {
  const int mean = b.global_mean("avgpool", from);
  if (!b.has("fc.weight")) return;
  b.dense("fc", mean);
  b.graph.scores = "fc";
}

// Fully connected layers with ReLUs between, each a step of `classifier`; tensors: where they stand in the
// file.
void finish_dense(Builder& b, int from, int64_t area, const std::array<int, 3>& steps,
                  const std::array<int, 3>& tensors) {
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string tensor = at("classifier", tensors[i]);
    if (!b.has(tensor + ".weight")) return;
    const std::string name = at("classifier", steps[i]);
    from = b.dense(name, from, i == 0 ? area : 1, tensor);
    if (i + 1 < steps.size()) {
      from = b.relu(at("classifier", steps[i] + 1), from);
    } else {
      b.graph.scores = name;
    }
  }
}

void alexnet(Builder& b) {
  constexpr int64_t kArea = 36;
  const auto step = [&](int i, int from, const Steps& steps = {}) {
    return b.relu(at("features", i + 1), b.convolution(at("features", i), from, steps));
  };
  int x = step(0, -1, {{4, 4}, 2});
  x = step(3, b.max_pool("features.2", x, 3, 2, 0, false));
  x = step(6, b.max_pool("features.5", x, 3, 2, 0, false));
  x = step(10, step(8, x));
  x = b.max_pool("features.12", x, 3, 2, 0, false);
  finish_dense(b, x, kArea, {1, 4, 6}, {1, 4, 6});
}

// Any of them: what has no weights between convolutions is a pool.
void vgg(Builder& b) {
  constexpr int64_t kArea = 49;
  int last = 0;
  for (int i = 0; i < 60; ++i) {
    if (b.has(at("features", i) + ".weight")) last = i;
  }
  int x = -1, group = 1, number = 1;
  for (int i = 0; i <= last;) {
    if (!b.has(at("features", i) + ".weight")) {
      x = b.max_pool(at("features", i++), x, 2, 2, 0, false);
      b.alias(fmt::format("pool{}", group++), x);
      number = 1;
      continue;
    }
    x = b.convolution(at("features", i++), x);
    const std::string norm = at("features", i);
    if (b.has(norm + ".running_mean") || b.has(norm + ".scale")) x = b.norm(at("features", i++), x);
    x = b.relu(at("features", i++), x);
    b.alias(fmt::format("relu{}_{}", group, number++), x);
    if (i > last) {
      x = b.max_pool(at("features", i), x, 2, 2, 0, false);
      b.alias(fmt::format("pool{}", group), x);
    }
  }
  const std::array<int, 3> usual = {0, 3, 6}, caffe = {1, 4, 6};
  finish_dense(b, x, kArea, usual, is_caffe_vgg(b) ? caffe : usual);
}

void squeezenet(Builder& b) {
  const bool newer = b.has("features.6.squeeze.weight");  // 1.1 pools earlier
  const std::vector<int> pools = newer ? std::vector<int>{2, 5, 8} : std::vector<int>{2, 6, 11};
  constexpr int kLast = 12;
  const auto step = [&](const std::string& name, int from) {
    return b.relu(name + "_activation", b.convolution(name, from));
  };
  int x = b.relu("features.1", b.convolution("features.0", -1, {{2, 2}, 0}));
  for (int i = 2; i <= kLast; ++i) {
    const std::string name = at("features", i);
    if (std::find(pools.begin(), pools.end(), i) != pools.end()) {
      x = b.max_pool(name, x, 3, 2, 0, true);
      continue;
    }
    const int squeezed = step(name + ".squeeze", x);
    const int one = step(name + ".expand1x1", squeezed);
    x = b.concat(name, {one, step(name + ".expand3x3", squeezed)});
  }
  if (!b.has("classifier.1.weight")) return;
  x = b.relu("classifier.2", b.convolution("classifier.1", x));
  b.flat("scores", b.global_mean("classifier.3", x));
  b.graph.scores = "scores";
}

// A block of two or three convolutions, the last of which is added to what the block got.
int residual(Builder& b, const std::string& name, int from, int64_t stride) {
  const bool deep = b.has(name + ".conv3.weight");
  const int count = deep ? 3 : 2;
  const int striding = deep ? 2 : 1;  // the 3x3, other than in Caffe
  int x = from;
  for (int i = 1; i <= count; ++i) {
    Steps steps;
    if (i == striding) steps.stride = {stride, stride};
    x = b.norm(fmt::format("{}.bn{}", name, i), b.convolution(fmt::format("{}.conv{}", name, i), x, steps));
    if (i < count) x = b.relu(fmt::format("{}.relu{}", name, i), x);
  }
  int around = from;
  if (const std::string down = name + ".downsample"; b.has(down + ".0.weight"))
    around = b.norm(down + ".1", b.convolution(down + ".0", from, {{stride, stride}, 0}));
  return b.relu(name, b.sum(name + ".add", x, around));
}

void resnet(Builder& b) {
  int x = b.relu("relu", b.norm("bn1", b.convolution("conv1", -1, {{2, 2}, 3})));
  x = b.max_pool("maxpool", x, 3, 2, 1, false);
  for (int stage = 1; stage <= 4; ++stage) {
    const std::string name = fmt::format("layer{}", stage);
    for (int i = 0; b.has(at(name, i) + ".conv1.weight"); ++i)
      x = residual(b, at(name, i), x, i == 0 && stage > 1 ? 2 : 1);
    b.alias(name, x);
  }
  finish(b, x);
}

// torchvision's BasicConv2d.
int basic(Builder& b, const std::string& name, int from, const Steps& steps = {}) {
  return b.relu(name, b.norm(name + ".bn", b.convolution(name + ".conv", from, steps)));
}

void googlenet(Builder& b) {
  b.norm_epsilon = 1e-3;
  int x = b.max_pool("maxpool1", basic(b, "conv1", -1, {{2, 2}, 3}), 3, 2, 0, true);
  x = b.max_pool("maxpool2", basic(b, "conv3", basic(b, "conv2", x)), 3, 2, 0, true);
  for (const char* part : {"3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"}) {
    const std::string name = std::string("inception") + part;
    const int one = basic(b, name + ".branch1", x);
    const int two = basic(b, name + ".branch2.1", basic(b, name + ".branch2.0", x));
    const int three = basic(b, name + ".branch3.1", basic(b, name + ".branch3.0", x));
    const int pooled = b.max_pool(name + ".branch4.0", x, 3, 1, 1, true);
    x = b.concat(name, {one, two, three, basic(b, name + ".branch4.1", pooled)});
    if (name == "inception3b") x = b.max_pool("maxpool3", x, 3, 2, 0, true);
    if (name == "inception4e") x = b.max_pool("maxpool4", x, 2, 2, 0, true);
  }
  finish(b, x);
}

// The blocks of Inception v3: branches of BasicConv2ds.
class InceptionBlock {
 public:
  InceptionBlock(Builder& b, std::string name, int from) : b_(b), name_(std::move(name)), from_(from) {}

  // One behind the other, the last with these steps.
  InceptionBlock& branch(const Names& parts, const Steps& last = {}) {
    ends_.push_back(row(from_, parts, last));
    return *this;
  }
  // The same, and the last two beside each other, joined.
  InceptionBlock& split(Names parts, const std::string& joined) {
    const std::string down = parts.back();
    parts.pop_back();
    const std::string across = parts.back();
    parts.pop_back();
    const int x = row(from_, parts, {});
    const int first = row(x, {across}, {});
    ends_.push_back(b_.concat(name_ + "." + joined, {first, row(x, {down}, {})}));
    return *this;
  }
  InceptionBlock& mean() {
    ends_.push_back(row(b_.mean_pool(name_ + ".avgpool", from_, 3, 1, 1), {"branch_pool"}, {}));
    return *this;
  }
  InceptionBlock& max() {
    ends_.push_back(b_.max_pool(name_ + ".maxpool", from_, 3, 2, 0, false));
    return *this;
  }
  int end() { return b_.concat(name_, ends_); }

 private:
  int row(int x, const Names& parts, const Steps& last) {
    for (const std::string& part : parts)
      x = basic(b_, name_ + "." + part, x, &part == &parts.back() ? last : Steps{});
    return x;
  }

  Builder& b_;
  std::string name_;
  int from_;
  std::vector<int> ends_;
};

void inception(Builder& b) {
  const Steps halves{{2, 2}, 0};
  b.norm_epsilon = 1e-3;
  int x = basic(b, "Conv2d_1a_3x3", -1, halves);
  x = basic(b, "Conv2d_2b_3x3", basic(b, "Conv2d_2a_3x3", x, {{1, 1}, 0}));
  x = basic(b, "Conv2d_3b_1x1", b.max_pool("maxpool1", x, 3, 2, 0, false));
  x = b.max_pool("maxpool2", basic(b, "Conv2d_4a_3x3", x, {{1, 1}, 0}), 3, 2, 0, false);
  for (const char* name : {"Mixed_5b", "Mixed_5c", "Mixed_5d"}) {
    InceptionBlock block(b, name, x);
    block.branch({"branch1x1"}).branch({"branch5x5_1", "branch5x5_2"});
    x = block.branch({"branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"}).mean().end();
  }
  InceptionBlock six(b, "Mixed_6a", x);
  six.branch({"branch3x3"}, halves).branch({"branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"}, halves);
  x = six.max().end();
  for (const char* name : {"Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"}) {
    InceptionBlock block(b, name, x);
    block.branch({"branch1x1"}).branch({"branch7x7_1", "branch7x7_2", "branch7x7_3"});
    block.branch({"branch7x7dbl_1", "branch7x7dbl_2", "branch7x7dbl_3", "branch7x7dbl_4", "branch7x7dbl_5"});
    x = block.mean().end();
  }
  InceptionBlock seven(b, "Mixed_7a", x);
  seven.branch({"branch3x3_1", "branch3x3_2"}, halves);
  seven.branch({"branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3", "branch7x7x3_4"}, halves);
  x = seven.max().end();
  for (const char* name : {"Mixed_7b", "Mixed_7c"}) {
    InceptionBlock block(b, name, x);
    block.branch({"branch1x1"}).split({"branch3x3_1", "branch3x3_2a", "branch3x3_2b"}, "branch3x3");
    block.split({"branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3a", "branch3x3dbl_3b"}, "branch3x3dbl");
    x = block.mean().end();
  }
  finish(b, x);
}

// The first whose signs are there.
constexpr std::array kNetworks = {
    Network{"GoogLeNet",
            {"inception3a.branch1.conv.weight", "inception5b.branch4.1.conv.weight"},
            googlenet,
            Seen::kTensorFlow},
    Network{"Inception v3",
            {"Conv2d_1a_3x3.conv.weight", "Mixed_7c.branch_pool.conv.weight"},
            inception,
            Seen::kTensorFlow,
            299},
    Network{"ResNet", {"layer1.0.conv1.weight", "layer4.0.conv1.weight"}, resnet},
    Network{"SqueezeNet", {"features.3.squeeze.weight", "features.12.expand3x3.weight"}, squeezenet},
    Network{"AlexNet", {"features.6.weight", "features.10.weight"}, alexnet},
    Network{"VGG", {"features.0.weight", "features.0.bias"}, vgg},
};

}  // namespace

const Network* find_network(const Builder& b) {
  const auto found = std::find_if(kNetworks.begin(), kNetworks.end(),
                                  [&](const Network& n) { return b.has(n.signs[0]) && b.has(n.signs[1]); });
  return found == kNetworks.end() ? nullptr : &*found;
}

bool is_caffe_vgg(const Builder& b) {
  return b.has("classifier.1.weight") && b.has("classifier.4.weight") && !b.has("classifier.0.weight");
}

}  // namespace reverie::torchvision
