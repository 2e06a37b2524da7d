#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/test_help.h"
#include "models/caffe/family.h"
#include "models/caffe/published.h"
#include "models/caffe/published_testing.h"
#include "models/graph/graph.h"
#include "weights/caffe_model.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Model> net_of(const std::string& text, const TensorFile* weights = nullptr) {
  return caffe_model(text, "net.prototxt", weights, "/nowhere");
}

std::string error_of(const std::string& text, const TensorFile* weights = nullptr) {
  return message_of([&] { net_of(text, weights); });
}

std::string input(int height, int width) {
  return fmt::format("input: 'data' input_dim: 1 input_dim: 3 input_dim: {} input_dim: {}\n", height, width);
}

std::string layer(const std::string& name, const std::string& type, const std::string& from,
                  const std::string& more = "") {
  return fmt::format("layer {{ name: '{0}' type: '{1}' bottom: '{2}' top: '{0}' {3} }}\n", name, type, from,
                     more);
}

LayerInfo layer_of(const Model& model, const std::string& name, int64_t height, int64_t width) {
  for (const LayerInfo& info : model.layers(height, width)) {
    if (info.name == name) return info;
  }
  ADD_FAILURE() << "no layer " << name;
  return {};
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

// A layer of a published net, at the size of its training pictures.
struct Known {
  const char* layer;
  int64_t channels, side, receptive, step;
};

struct Published {
  std::string text;
  int64_t side;
  std::string scores;
  std::string last_convolution;
  int64_t small_side;  // enough for that one
  std::vector<Known> known;
};

void check(const Published& net) {
  const std::unique_ptr<Model> model = net_of(net.text);
  EXPECT_EQ(model->trained_side(), net.side);
  EXPECT_EQ(model->scores_layer(), net.scores);
  for (const Known& known : net.known) {
    const LayerInfo info = layer_of(*model, known.layer, net.side, net.side);
    EXPECT_EQ(info.channels, known.channels) << known.layer;
    EXPECT_EQ(info.height, known.side) << known.layer;
    EXPECT_EQ(info.width, known.side) << known.layer;
    EXPECT_EQ(info.receptive, known.receptive) << known.layer;
    EXPECT_EQ(info.step, known.step) << known.layer;
  }
  torch::manual_seed(1);
  const torch::Tensor x = torch::randn({1, 3, net.small_side, net.small_side}).requires_grad_(true);
  const torch::Tensor y = model->forward(x, {net.last_convolution})[0];
  EXPECT_TRUE(torch::isfinite(y).all().item<bool>());
  EXPECT_GT(torch::autograd::grad({y.square().sum()}, {x})[0].abs().sum().item<double>(), 0);
}

TEST(CaffePublished, GoogLeNet) {
  check({published::googlenet("GoogleNet", 1000),
         224,
         "loss3/classifier",
         "inception_5b/3x3",
         64,
         {{"conv1/7x7_s2", 64, 112, 7, 2},
          {"pool1/3x3_s2", 64, 56, 11, 4},
          {"inception_3a/output", 256, 28, 59, 8},
          {"inception_4c/output", 512, 14, 299, 16},
          {"inception_5b/output", 1024, 7, 715, 32}}});
  check({published::googlenet("GoogleNet", 365), 224, "loss3/classifier", "conv2/3x3", 32, {}});
}

TEST(CaffePublished, AlexNetAndCaffeNet) {
  for (const bool pool_first : {false, true}) {
    check({published::alexnet(pool_first, 8),
           227,
           "fc8",
           "conv5",
           67,
           {{"conv1", 96, 55, 11, 4}, {"conv2", 256, 27, 51, 8}, {"pool5", 256, 6, 195, 32}}});
  }
}

TEST(CaffePublished, Vgg) {
  check({published::vgg(16, 8),
         224,
         "fc8",
         "conv5_3",
         32,
         {{"conv3_3", 256, 56, 40, 4}, {"pool5", 512, 7, 212, 32}}});
  check({published::vgg(19, 8), 224, "fc8", "conv3_4", 16, {{"conv5_4", 512, 14, 252, 16}}});
}

TEST(CaffePublished, NetworkInNetwork) {
  check({published::nin(),
         224,
         "pool4",
         "cccp8-1024",
         64,
         {{"conv1", 96, 54, 11, 4}, {"cccp8-1024", 1000, 6, 195, 32}}});
}

TEST(CaffePublished, SqueezeNets) {
  check({published::squeezenet(false),
         227,
         "pool10",
         "conv10",
         48,
         {{"conv1", 96, 111, 7, 2}, {"fire4/concat", 256, 55, 35, 4}, {"conv10", 1000, 15, 155, 16}}});
  check({published::squeezenet(true),
         227,
         "pool10",
         "conv10",
         48,
         {{"conv1", 64, 113, 3, 2}, {"fire9/concat", 512, 14, 207, 16}, {"conv10", 1000, 14, 207, 16}}});
}

TEST(CaffePublished, ResNet50) {
  check({published::resnet50(),
         224,
         "fc1000",
         "res5c_branch2c",
         48,
         {{"pool1", 64, 56, 11, 4}, {"res3d_relu", 512, 28, 99, 8}, {"res5c", 2048, 7, 483, 32}}});
}

TEST(CaffePublished, AreSeenAsTheyWereTrained) {
  const auto mean = [](const std::string& text) {
    const CaffeNet net = parse_caffe_net(text, "net.prototxt");
    return caffe_input(net, build_caffe(net, nullptr)).mean.flatten();
  };
  const auto is = [](const torch::Tensor& t, float r, float g, float b) {
    return torch::allclose(t, torch::tensor({r, g, b}));
  };
  EXPECT_TRUE(is(mean(published::squeezenet(true)), 123, 117, 104));
  EXPECT_TRUE(is(mean(published::vgg(16, 2)), 123.68F, 116.779F, 103.939F));
  EXPECT_TRUE(is(mean(published::googlenet("GoogleNet", 365)), 116.676F, 112.514F, 104.051F));
  EXPECT_TRUE(is(mean(published::googlenet("GoogleNet", 205)), 116.047F, 113.753F, 105.417F));
  EXPECT_TRUE(net_of(published::squeezenet(true))->input.bgr);
  const std::string data =
      "layer { name: 'd' type: 'Data' top: 'data' top: 'label' transform_param { crop_size: 9 ";
  const std::string conv =
      layer("c", "Convolution", "data", "convolution_param { num_output: 2 kernel_size: 3 }");
  const auto own = net_of(data + "mean_value: 1 mean_value: 2 mean_value: 3 scale: 0.5 } }" + conv);
  EXPECT_TRUE(is(own->input.mean.flatten(), 3, 2, 1));
  EXPECT_EQ(own->input.scale, 0.5);
  EXPECT_EQ(own->trained_side(), 9);
  EXPECT_FALSE(net_of(data + "scale: 2 } }" + conv)->input.subtract_mean);
  EXPECT_NE(error_of(data + "scale: -1 } }" + conv).find("the scale of its pictures is -1"),
            std::string::npos);
}

// Every type of layer, run once.
TEST(CaffeNets, AllTypesRun) {
  const std::string text =
      input(12, 16) +
      layer("conv", "Convolution", "data", "convolution_param { num_output: 4 kernel_size: 3 pad: 1 }") +
      layer("bn", "BatchNorm", "conv") + layer("scale", "Scale", "bn", "scale_param { bias_term: true }") +
      layer("bias", "Bias", "scale") + layer("prelu", "PReLU", "bias") + layer("elu", "ELU", "prelu") +
      layer("lrn", "LRN", "elu", "lrn_param { norm_region: WITHIN_CHANNEL local_size: 3 }") +
      layer("abs", "AbsVal", "lrn") +
      layer("power", "Power", "abs", "power_param { scale: 0.5 shift: 1 power: 2 }") +
      "layer { name: 'split' type: 'Split' bottom: 'power' top: 'left' top: 'right' }\n" +
      layer("tanh", "TanH", "left") + layer("sigmoid", "Sigmoid", "right") +
      "layer { name: 'sum' type: 'Eltwise' bottom: 'tanh' bottom: 'sigmoid' top: 'sum' }\n"
      "layer { name: 'slice' type: 'Slice' bottom: 'sum' top: 'a' top: 'b' }\n"
      "layer { name: 'cat' type: 'Concat' bottom: 'b' bottom: 'a' top: 'cat' }\n" +
      layer("pool", "Pooling", "cat", "pooling_param { pool: STOCHASTIC kernel_size: 2 stride: 2 }") +
      layer("up", "Deconvolution", "pool",
            "convolution_param { num_output: 4 kernel_size: 4 stride: 2 group: 4 }") +
      "layer { name: 'crop' type: 'Crop' bottom: 'up' bottom: 'cat' top: 'crop' crop_param { offset: 1 } "
      "}\n" +
      layer("drop", "Dropout", "crop") + layer("relu", "ReLU", "drop", "relu_param { negative_slope: 0.1 }") +
      layer("reshape", "Reshape", "relu", "reshape_param { shape { dim: 0 dim: 2 dim: -1 dim: 0 } }") +
      layer("flat", "Flatten", "reshape") +
      layer("fc", "InnerProduct", "flat", "inner_product_param { num_output: 5 }") +
      "layer { name: 'acc' type: 'Accuracy' bottom: 'fc' bottom: 'label' top: 'acc' }\n"
      "layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'fc' bottom: 'label' top: 'loss' }\n";
  const auto model = net_of(text);
  const torch::Tensor x = torch::randn({2, 3, 12, 16}).requires_grad_(true);
  std::vector<std::string> names;
  for (const LayerInfo& info : model->layers(12, 16)) names.push_back(info.name);
  EXPECT_EQ(names.size(), 24U);
  const auto all = model->forward(x, names);
  EXPECT_EQ(all.back().sizes(), (std::vector<int64_t>{2, 5}));
  EXPECT_EQ(model->scores_layer(), "fc");
  EXPECT_GT(torch::autograd::grad({all.back().sum()}, {x})[0].abs().sum().item<double>(), 0);
  EXPECT_EQ(model->forward(x, {"slice/b"})[0].size(1), 2);
}

TensorFile toy_weights() {
  TensorFile file;
  file.name = "toy.caffemodel";
  const auto add = [&](const std::string& name, std::vector<int64_t> shape) {
    Tensor t{std::move(shape), {}};
    for (size_t i = 0; i < *element_count(t.shape); ++i)
      t.data.push_back(0.25F + 0.5F * std::sin(static_cast<float>(i)));
    file.tensors[name] = t;
  };
  add("c.weight", {4, 3, 3, 3});
  add("c.bias", {1, 1, 1, 4});
  add("n.weight", {4});
  file.tensors["n.bias"] = {{1, 4, 1, 1}, {4, 5, 6, 7}};
  file.tensors["n.2"] = {{1}, {2}};
  add("f.weight", {1, 1, 2, 4 * 6 * 6});
  add("f.bias", {2});
  return file;
}

std::string toy_net(const std::string& begin = input(6, 6)) {
  return begin +
         layer("c", "Convolution", "data", "convolution_param { num_output: 4 kernel_size: 3 pad: 1 }") +
         layer("n", "BatchNorm", "c") +
         layer("f", "InnerProduct", "n", "inner_product_param { num_output: 2 }") +
         layer("p", "Softmax", "f");
}

TEST(CaffeNets, TakeTheWeightsOfTheirFile) {
  const TensorFile weights = toy_weights();
  const auto model = net_of(toy_net(), &weights);
  const torch::Tensor x = torch::randn({1, 3, 6, 6});
  const auto y = model->forward(x, {"c", "n", "f"});
  const torch::Tensor c = torch::conv2d(x, from_plain(weights.get("c.weight")),
                                        from_plain(weights.get("c.bias")).view({4}), 1, 1);
  EXPECT_TRUE(torch::allclose(y[0], c, 1e-4, 1e-4));
  const torch::Tensor mean = (from_plain(weights.get("n.weight")) / 2).view({1, 4, 1, 1});
  const torch::Tensor variance = (from_plain(weights.get("n.bias")) / 2).view({1, 4, 1, 1});
  EXPECT_TRUE(torch::allclose(y[1], (c - mean) / (variance + 1e-5).sqrt(), 1e-4, 1e-4));
  // a net that says nothing of its pictures' size: it is where its weights fit
  const auto same = net_of(toy_net("layer { name: 'd' type: 'Data' top: 'data' }"), &weights);
  EXPECT_EQ(same->trained_side(), 6);
  EXPECT_TRUE(torch::equal(same->forward(x, {"f"})[0], y[2]));
}

TEST(CaffeNets, TransposedInnerProductsAreTurned) {
  TensorFile weights;
  weights.tensors["f.weight"] = {{12, 2}, std::vector<float>(24)};
  for (size_t i = 0; i < 24; ++i) weights.tensors["f.weight"].data[i] = static_cast<float>(i);
  const auto model =
      net_of(input(2, 2) + layer("f", "InnerProduct", "data",
                                 "inner_product_param { num_output: 2 transpose: true bias_term: false }"),
             &weights);
  torch::Tensor x = torch::zeros({1, 3, 2, 2});
  x[0][0][0][1] = 1;
  EXPECT_TRUE(torch::equal(model->forward(x, {"f"})[0], torch::tensor({{2.0F, 3.0F}})));
}

TEST(CaffeNets, LayersOfOneNameGetNumbers) {
  std::string text = input(8, 8);
  for (int i = 0; i < 30'000; ++i) text += "layer { name: 'a' type: 'ReLU' bottom: 'data' top: 'data' }\n";
  const CaffeGraph graph = build_caffe(parse_caffe_net(text, "net.prototxt"), nullptr);
  EXPECT_EQ(graph.graph.nodes[1].name, "a-2");
  EXPECT_EQ(graph.graph.nodes.back().name, "a-30000");
}

TEST(CaffeNets, OnlyThePhaseOfUseCounts) {
  const auto model = net_of(
      "layer { name: 'd' type: 'Data' top: 'data' top: 'label' include { phase: TRAIN }\n"
      "        transform_param { crop_size: 12 } }\n"
      "layer { name: 'd' type: 'Data' top: 'data' top: 'label' include { phase: TEST }\n"
      "        transform_param { crop_size: 8 mean_value: 7 } }\n" +
      layer("a", "Convolution", "data", "convolution_param { num_output: 2 kernel_size: 3 }") +
      layer("only-train", "Foo", "a", "include { phase: TRAIN }") +
      "layer { name: 'loss' type: 'EuclideanLoss' bottom: 'a' bottom: 'label' top: 'loss' }");
  EXPECT_EQ(model->trained_side(), 8);
  EXPECT_EQ(model->input.mean.flatten()[0].item<float>(), 7);
  EXPECT_EQ(model->layers(8, 8).size(), 1U);
}

TEST(CaffeNets, FilesFindEachOther) {
  const TemporaryFolder folder;
  const fs::path weights = folder.path() / "toy_v2.caffemodel";
  write_caffemodel(weights, toy_weights());
  EXPECT_NE(message_of([&] { read_model(weights); }).find("no .prototxt beside it describes its network"),
            std::string::npos);
  write_text(folder.path() / "a_deploy.prototxt", published::squeezenet(true));
  EXPECT_NE(message_of([&] { read_model(weights); }).find("no .prototxt beside it fits: cannot run "),
            std::string::npos);
  write_text(folder.path() / "solver.prototxt", "base_lr: 0.1 net: 'x'");
  write_text(folder.path() / "toy.prototxt", toy_net());
  write_text(folder.path() / "classes.txt", "n01440764 tench, Tinca tinca\n/a/airport_terminal 2\n");
  write_text(folder.path() / "a.txt", "one\ntwo\n");
  const auto model = read_model(weights);
  EXPECT_EQ(model->labels(), (std::vector<std::string>{"tench, Tinca tinca", "airport_terminal"}));
  const auto random = read_model(folder.path() / "toy.prototxt");
  EXPECT_FALSE(torch::equal(model->parameters().flat(), random->parameters().flat()));
  EXPECT_TRUE(torch::equal(random->parameters().flat(),
                           read_model(folder.path() / "toy.prototxt")->parameters().flat()));
  fs::rename(folder.path() / "toy.prototxt", folder.path() / "toy_v2.prototxt");
  EXPECT_TRUE(torch::equal(read_model(folder.path() / "toy_v2.prototxt")->parameters().flat(),
                           model->parameters().flat()));
}

TEST(CaffeNets, AModelFileComesBack) {
  const TemporaryFolder folder;
  const TensorFile weights = toy_weights();
  const auto model = net_of(toy_net(), &weights);
  const fs::path path = folder.path() / "toy.safetensors";
  write_model(path, *model);
  const auto again = read_model(path);
  EXPECT_EQ(again->family(), "caffe");
  EXPECT_EQ(again->trained_side(), 6);
  EXPECT_TRUE(torch::equal(again->input.mean, model->input.mean));
  EXPECT_TRUE(again->input.bgr);
  const torch::Tensor x = torch::randn({1, 3, 6, 6});
  EXPECT_TRUE(torch::equal(again->forward(x, {"p"})[0], model->forward(x, {"p"})[0]));
}

TEST(CaffeNets, WhatCannotBeRunIsOneLine) {
  const auto has = [](const std::string& error, const std::string& part) {
    EXPECT_NE(error.find(part), std::string::npos) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  };
  const std::string in = input(8, 8);
  has(error_of(in + layer("a", "SPP", "data")),
      "net.prototxt: layer 'a' (SPP, line 2): layers of this type cannot");
  has(error_of(in + layer("a", "ReLU", "b") + layer("b", "ReLU", "a")),
      "no layer before it makes its bottom 'b'");
  has(error_of(in + "layer { name: 'a' type: 'ReLU' }"), "'a' (ReLU, line 2): it has no bottom");
  has(error_of(in + "layer { name: 'a' type: 'ReLU' bottom: 'data' }"), "it has no top");
  has(error_of("input: 'data' input: 'more'" + layer("a", "ReLU", "more")), "its bottom is not a picture");
  has(error_of(in), "it has no layers");
  has(error_of(layer("a", "ReLU", "data")), "it says nowhere where its pictures come from");
  has(error_of("input: 'data' input_dim: 1 input_dim: 1 input_dim: 9 input_dim: 9"),
      "have 1 channels, not 3");
  has(error_of(input(8, 90000) + layer("a", "ReLU", "data")), "its pictures are 90000x8");
  const auto conv = [&](const std::string& more) {
    return layer("a", "Convolution", "data", "convolution_param { " + more + " }");
  };
  has(error_of(in + conv("num_output: 65535 kernel_size: 4096 pad: 4096")), "more than the 2 GB");
  has(error_of(in + conv("num_output: 4 kernel_size: 99")), "its input is 8x8, its window 99x99");
  has(error_of(in + conv("num_output: 4 kernel_size: 3 group: 2")), "3 channels to 4 make no 2 groups");
  std::string huge = in;
  std::string from = "data";
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    huge += layer(name, "Deconvolution", from,
                  "convolution_param { num_output: 1 kernel_size: 1 stride: 65535 }");
    from = name;
  }
  has(error_of(huge), "its output would be [1, 1, ");
  has(error_of(in + layer("r", "Reshape", "data",
                          "reshape_param { shape { dim: 1000000000 dim: 1000000000 dim: "
                          "1000000000 dim: 1000000000 dim: 1000000000 } }")),
      "cannot be reshaped");
  has(error_of(in + layer("s", "Slice", "data", "slice_param { slice_point: 9 }")), "1 cuts make no 1 parts");
  has(error_of(in + layer("s", "Scale", "data", "scale_param { axis: 0 }")), "only one number per channel");
  TensorFile weights = toy_weights();
  weights.tensors["f.weight"] = {{2, 5}, std::vector<float>(10)};
  has(error_of(toy_net(), &weights), "it has 288 numbers as weight, and toy.caffemodel has [2, 5]");
  weights.tensors.erase("f.weight");
  has(error_of(toy_net(), &weights), "layer 'f' (InnerProduct, line 4): toy.caffemodel has no weight of it");
}

}  // namespace
}  // namespace reverie
