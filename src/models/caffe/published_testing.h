// Published networks as their .prototxt files describe them, for tests.
#pragma once

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

namespace reverie::published {

// Writes a net, layer by layer; each reads the one before unless it is told otherwise.
class Writer {
 public:
  // V1: the form of 2014.
  explicit Writer(const std::string& title, int side, bool v1 = false) : v1_(v1) {
    text_ = fmt::format("name: '{}'\ninput: 'data'\ninput_dim: 10 input_dim: 3 input_dim: {} input_dim: {}\n",
                        title, side, side);
  }

  const std::string& text() const { return text_; }
  const std::string& top() const { return top_; }
  void go_on_from(const std::string& blob) { top_ = blob; }

  void conv(const std::string& name, int outputs, const std::string& more) {
    layer(name, "Convolution", "CONVOLUTION",
          fmt::format("convolution_param {{ num_output: {} {} }}", outputs, more));
  }
  void relu(const std::string& name) { in_place(name, "ReLU", "RELU"); }
  void conv_relu(const std::string& name, int outputs, const std::string& more,
                 const std::string& relu_name) {
    conv(name, outputs, more);
    relu(relu_name);
  }
  void pool(const std::string& name, const std::string& more = "kernel_size: 3 stride: 2",
            const char* method = "MAX") {
    layer(name, "Pooling", "POOLING", fmt::format("pooling_param {{ pool: {} {} }}", method, more));
  }
  void lrn(const std::string& name) {
    layer(name, "LRN", "LRN", "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }");
  }
  void dense(const std::string& name, int outputs) {
    layer(name, "InnerProduct", "INNER_PRODUCT",
          fmt::format("inner_product_param {{ num_output: {} }}", outputs));
  }
  void dropout(const std::string& name) { in_place(name, "Dropout", "DROPOUT"); }
  void softmax(const std::string& name) { layer(name, "Softmax", "SOFTMAX", ""); }
  void join(const std::string& name, const std::string& type, const std::vector<std::string>& from) {
    write(name, type, type == "Concat" ? "CONCAT" : "ELTWISE", from, name, "");
  }
  void norm(const std::string& name, const std::string& scale_name) {
    in_place(name, "BatchNorm", "", "batch_norm_param { use_global_stats: true }");
    in_place(scale_name, "Scale", "", "scale_param { bias_term: true }");
  }

 private:
  void layer(const std::string& name, const std::string& type, const std::string& v1_type,
             const std::string& more) {
    write(name, type, v1_type, {top_}, name, more);
  }
  void in_place(const std::string& name, const std::string& type, const std::string& v1_type,
                const std::string& more = "") {
    write(name, type, v1_type, {top_}, top_, more);
  }
  void write(const std::string& name, const std::string& type, const std::string& v1_type,
             const std::vector<std::string>& from, const std::string& to, const std::string& more) {
    text_ += v1_ ? fmt::format("layers {{ name: '{}' type: {}", name, v1_type)
                 : fmt::format("layer {{ name: '{}' type: '{}'", name, type);
    for (const std::string& bottom : from) text_ += fmt::format(" bottom: '{}'", bottom);
    text_ += fmt::format(" top: '{}' {} }}\n", to, more);
    top_ = to;
  }

  bool v1_;
  std::string text_, top_ = "data";
};

inline std::string googlenet(const std::string& title, int labels) {
  Writer w(title, 224);
  w.conv_relu("conv1/7x7_s2", 64, "kernel_size: 7 stride: 2 pad: 3", "conv1/relu_7x7");
  w.pool("pool1/3x3_s2");
  w.lrn("pool1/norm1");
  w.conv_relu("conv2/3x3_reduce", 64, "kernel_size: 1", "conv2/relu_3x3_reduce");
  w.conv_relu("conv2/3x3", 192, "kernel_size: 3 pad: 1", "conv2/relu_3x3");
  w.lrn("conv2/norm2");
  w.pool("pool2/3x3_s2");
  struct Inception {
    const char* name;
    std::array<int, 6> widths;
  };
  const std::array<Inception, 9> all = {{{"3a", {64, 96, 128, 16, 32, 32}},
                                         {"3b", {128, 128, 192, 32, 96, 64}},
                                         {"4a", {192, 96, 208, 16, 48, 64}},
                                         {"4b", {160, 112, 224, 24, 64, 64}},
                                         {"4c", {128, 128, 256, 24, 64, 64}},
                                         {"4d", {112, 144, 288, 32, 64, 64}},
                                         {"4e", {256, 160, 320, 32, 128, 128}},
                                         {"5a", {256, 160, 320, 32, 128, 128}},
                                         {"5b", {384, 192, 384, 48, 128, 128}}}};
  for (const Inception& i : all) {
    const std::string at = std::string("inception_") + i.name + "/";
    const std::string from = w.top();
    const auto conv = [&](const std::string& name, size_t width, const std::string& more) {
      w.conv_relu(at + name, i.widths[width], more, fmt::format("{}relu_{}", at, name));
    };
    conv("1x1", 0, "kernel_size: 1");
    w.go_on_from(from);
    conv("3x3_reduce", 1, "kernel_size: 1");
    conv("3x3", 2, "kernel_size: 3 pad: 1");
    w.go_on_from(from);
    conv("5x5_reduce", 3, "kernel_size: 1");
    conv("5x5", 4, "kernel_size: 5 pad: 2");
    w.go_on_from(from);
    w.pool(at + "pool", "kernel_size: 3 stride: 1 pad: 1");
    conv("pool_proj", 5, "kernel_size: 1");
    w.join(at + "output", "Concat", {at + "1x1", at + "3x3", at + "5x5", at + "pool_proj"});
    if (at == "inception_3b/") w.pool("pool3/3x3_s2");
    if (at == "inception_4e/") w.pool("pool4/3x3_s2");
  }
  w.pool("pool5/7x7_s1", "kernel_size: 7 stride: 1", "AVE");
  w.dropout("pool5/drop_7x7_s1");
  w.dense("loss3/classifier", labels);
  w.softmax("prob");
  return w.text();
}

// fc: numbers of the fully connected layers, 4096 as published.
inline std::string alexnet(bool pool_first, int fc = 4096) {
  Writer w(pool_first ? "CaffeNet" : "AlexNet", 227);
  const auto stage = [&](const std::string& n) {
    if (!pool_first) w.lrn("norm" + n);
    w.pool("pool" + n);
    if (pool_first) w.lrn("norm" + n);
  };
  w.conv_relu("conv1", 96, "kernel_size: 11 stride: 4", "relu1");
  stage("1");
  w.conv_relu("conv2", 256, "kernel_size: 5 pad: 2 group: 2", "relu2");
  stage("2");
  w.conv_relu("conv3", 384, "kernel_size: 3 pad: 1", "relu3");
  w.conv_relu("conv4", 384, "kernel_size: 3 pad: 1 group: 2", "relu4");
  w.conv_relu("conv5", 256, "kernel_size: 3 pad: 1 group: 2", "relu5");
  w.pool("pool5");
  for (const char* n : {"6", "7"}) {
    w.dense(std::string("fc") + n, fc);
    w.relu(std::string("relu") + n);
    w.dropout(std::string("drop") + n);
  }
  w.dense("fc8", 1000);
  w.softmax("prob");
  return w.text();
}

// In the form of 2014; of 16 or 19 layers.
inline std::string vgg(int layers, int fc = 4096) {
  Writer w(fmt::format("VGG_ILSVRC_{}_layers", layers), 224, true);
  const std::array<int, 5> widths = {64, 128, 256, 512, 512};
  for (int k = 1; k <= 5; ++k) {
    const int count = k < 3 ? 2 : (layers == 19 ? 4 : 3);
    for (int j = 1; j <= count; ++j)
      w.conv_relu(fmt::format("conv{}_{}", k, j), widths[static_cast<size_t>(k - 1)], "kernel_size: 3 pad: 1",
                  fmt::format("relu{}_{}", k, j));
    w.pool(fmt::format("pool{}", k), "kernel_size: 2 stride: 2");
  }
  for (int n = 6; n < 8; ++n) {
    w.dense(fmt::format("fc{}", n), fc);
    w.relu(fmt::format("relu{}", n));
    w.dropout(fmt::format("drop{}", n));
  }
  w.dense("fc8", 1000);
  w.softmax("prob");
  return w.text();
}

inline std::string nin() {
  Writer w("nin_imagenet", 224, true);
  const auto cccp = [&](const std::string& name, int width, const std::string& relu) {
    w.conv_relu(name, width, "kernel_size: 1", relu);
  };
  w.conv_relu("conv1", 96, "kernel_size: 11 stride: 4", "relu0");
  cccp("cccp1", 96, "relu1");
  cccp("cccp2", 96, "relu2");
  w.pool("pool1");
  w.conv_relu("conv2", 256, "kernel_size: 5 pad: 2", "relu3");
  cccp("cccp3", 256, "relu5");
  cccp("cccp4", 256, "relu6");
  w.pool("pool2");
  w.conv_relu("conv3", 384, "kernel_size: 3 pad: 1", "relu7");
  cccp("cccp5", 384, "relu8");
  cccp("cccp6", 384, "relu9");
  w.pool("pool3");
  w.dropout("drop");
  w.conv_relu("conv4-1024", 1024, "kernel_size: 3 pad: 1", "relu10");
  cccp("cccp7-1024", 1024, "relu11");
  cccp("cccp8-1024", 1000, "relu12");
  w.pool("pool4", "kernel_size: 6 stride: 1", "AVE");
  w.softmax("loss");
  return w.text();
}

inline std::string squeezenet(bool v1_1) {
  Writer w(v1_1 ? "squeezenet_v1.1" : "squeezenet_v1.0", 227);
  w.conv_relu("conv1", v1_1 ? 64 : 96, v1_1 ? "kernel_size: 3 stride: 2" : "kernel_size: 7 stride: 2",
              "relu_conv1");
  w.pool("pool1");
  const std::array<int, 8> squeeze = {16, 16, 32, 32, 48, 48, 64, 64};
  for (int n = 2; n <= 9; ++n) {
    const int width = squeeze[static_cast<size_t>(n - 2)];
    const std::string at = fmt::format("fire{}/", n);
    w.conv_relu(at + "squeeze1x1", width, "kernel_size: 1", at + "relu_squeeze1x1");
    const std::string from = w.top();
    w.conv_relu(at + "expand1x1", 4 * width, "kernel_size: 1", at + "relu_expand1x1");
    w.go_on_from(from);
    w.conv_relu(at + "expand3x3", 4 * width, "kernel_size: 3 pad: 1", at + "relu_expand3x3");
    w.join(at + "concat", "Concat", {at + "expand1x1", at + "expand3x3"});
    if (v1_1 ? n == 3 || n == 5 : n == 4 || n == 8) w.pool(fmt::format("pool{}", n));
  }
  w.dropout("drop9");
  w.conv_relu("conv10", 1000, v1_1 ? "kernel_size: 1" : "kernel_size: 1 pad: 1", "relu_conv10");
  w.pool("pool10", "global_pooling: true", "AVE");
  w.softmax("prob");
  return w.text();
}

inline std::string resnet50() {
  Writer w("ResNet-50", 224);
  const auto conv = [&](const std::string& name, int width, const std::string& more) {
    w.conv("res" + name, width, more + " bias_term: false");
    w.norm("bn" + name, "scale" + name);
  };
  w.conv("conv1", 64, "kernel_size: 7 stride: 2 pad: 3");
  w.norm("bn_conv1", "scale_conv1");
  w.relu("conv1_relu");
  w.pool("pool1");
  const std::array<int, 4> blocks = {3, 4, 6, 3};
  for (int stage = 2; stage <= 5; ++stage) {
    const int width = 64 << (stage - 2);
    for (int b = 0; b < blocks[static_cast<size_t>(stage - 2)]; ++b) {
      const std::string at = fmt::format("{}{}", stage, static_cast<char>('a' + b));
      const std::string stride = b == 0 && stage > 2 ? " stride: 2" : "";
      const std::string from = w.top();
      std::string shortcut = from;
      if (b == 0) {
        conv(at + "_branch1", 4 * width, "kernel_size: 1" + stride);
        shortcut = w.top();
        w.go_on_from(from);
      }
      conv(at + "_branch2a", width, "kernel_size: 1" + stride);
      w.relu("res" + at + "_branch2a_relu");
      conv(at + "_branch2b", width, "kernel_size: 3 pad: 1");
      w.relu("res" + at + "_branch2b_relu");
      conv(at + "_branch2c", 4 * width, "kernel_size: 1");
      w.join("res" + at, "Eltwise", {shortcut, "res" + at + "_branch2c"});
      w.relu("res" + at + "_relu");
    }
  }
  w.pool("pool5", "kernel_size: 7 stride: 1", "AVE");
  w.dense("fc1000", 1000);
  w.softmax("prob");
  return w.text();
}

}  // namespace reverie::published
