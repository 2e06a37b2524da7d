#include "weights/caffe_net.h"

#include <gtest/gtest.h>

#include <string>

#include "core/test_help.h"
#include "weights/caffe_solver.h"

namespace reverie {
namespace {

CaffeNet parse(const std::string& text) {
  return parse_caffe_net(text, "net.prototxt");
}

std::string error_of(const std::string& text) {
  return message_of([&] { parse(text); });
}

TEST(CaffeNet, ReadsALayerWithAllItSays) {
  const CaffeNet net = parse(R"(
    name: "toy"  # a comment { with a bracket
    input: "x" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 9
    layer {
      name: 'c' type: "Convolution" bottom: "x" top: "c"
      include { phase: TRAIN }
      param { name: "w" lr_mult: 2 decay_mult: 0.5 } param { lr_mult: 0 }
      convolution_param {
        num_output: 6 kernel_h: 3 kernel_w: 5 pad: 1 pad: 2 stride: 2 group: 3 dilation: 2 bias_term: false
        weight_filler { type: "gaussian" std: .1 } engine: CUDNN
      }
    })");
  EXPECT_EQ(net.title, "toy");
  EXPECT_EQ(net.inputs, std::vector<std::string>{"x"});
  EXPECT_EQ(net.input_shapes, (std::vector<std::vector<int64_t>>{{1, 3, 8, 9}}));
  EXPECT_TRUE(net.skipped.empty());  // engine means nothing
  ASSERT_EQ(net.layers.size(), 1U);
  const CaffeLayer& layer = net.layers[0];
  EXPECT_EQ(layer.name + layer.type + layer.bottoms[0] + layer.tops[0], "cConvolutionxc");
  EXPECT_TRUE(layer.in_training);
  EXPECT_FALSE(layer.in_testing);
  ASSERT_EQ(layer.multipliers.size(), 2U);
  EXPECT_EQ(layer.multipliers[0].name, "w");
  EXPECT_EQ(layer.multipliers[0].rate, 2);
  EXPECT_EQ(layer.multipliers[0].decay, 0.5F);
  EXPECT_EQ(layer.multipliers[1].rate, 0);
  ASSERT_TRUE(layer.convolution);
  const CaffeConvolution& c = *layer.convolution;
  EXPECT_EQ(c.outputs, 6);
  EXPECT_EQ(c.kernel, (CaffeSize{3, 5}));
  EXPECT_EQ(c.pad, (CaffeSize{1, 2}));
  EXPECT_EQ(c.stride, (CaffeSize{2, 2}));
  EXPECT_EQ(c.dilation, (CaffeSize{2, 2}));
  EXPECT_EQ(c.group, 3);
  EXPECT_FALSE(c.has_bias);
  EXPECT_EQ(c.weight_filler.type, "gaussian");
  EXPECT_EQ(c.weight_filler.deviation, 0.1F);
}

TEST(CaffeNet, ReadsTheLayersOf2014AsThoseOfToday) {
  const CaffeNet net = parse(R"(
    layers { name: "d" type: DATA top: "data" data_param { batch_size: 7 scale: 0.5 mean_file: "m" } }
    layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" blobs_lr: 1 blobs_lr: 2 weight_decay: 1
             weight_decay: 0 convolution_param { num_output: 2 kernel_size: 3 } }
    layers { name: "l" type: SOFTMAX_LOSS bottom: "c" exclude { phase: TEST } })");
  ASSERT_EQ(net.layers.size(), 3U);
  EXPECT_EQ(net.layers[0].type, "Data");
  EXPECT_EQ(net.layers[0].data->batch, 7);
  EXPECT_EQ(net.layers[0].transform->scale, 0.5F);
  EXPECT_EQ(net.layers[0].transform->mean_file, "m");
  EXPECT_EQ(net.layers[1].type, "Convolution");
  EXPECT_EQ(net.layers[1].multipliers[1].rate, 2);
  EXPECT_EQ(net.layers[1].multipliers[1].decay, 0);
  EXPECT_EQ(net.layers[2].type, "SoftmaxWithLoss");
  EXPECT_TRUE(net.layers[2].in_training);
  EXPECT_FALSE(net.layers[2].in_testing);
}

TEST(CaffeNet, ReadsTheLayersOf2013AsThoseOfToday) {
  const CaffeNet net = parse(R"(
    layers { layer { name: "d" type: "data" meanfile: "m" cropsize: 227 batchsize: 5 } top: "data" }
    layers { layer { name: "p" type: "padding" pad: 2 } bottom: "data" top: "padded" }
    layers { layer { name: "c" type: "conv" num_output: 8 group: 2 kernelsize: 5 stride: 3 blobs_lr: 1
                     biasterm: false } bottom: "padded" top: "c" }
    layers { layer { name: "n" type: "lrn" local_size: 3 alpha: 0.5 beta: 0.25 } bottom: "c" top: "n" }
    layers { layer { name: "m" type: "pool" pool: AVE kernelsize: 3 stride: 2 } bottom: "n" top: "m" }
    layers { layer { name: "f" type: "innerproduct" num_output: 9 } bottom: "m" top: "f" })");
  ASSERT_EQ(net.layers.size(), 5U);
  EXPECT_EQ(net.layers[0].type, "Data");
  EXPECT_EQ(net.layers[0].transform->crop, 227);
  const CaffeLayer& c = net.layers[1];
  EXPECT_EQ(c.type + " " + c.bottoms[0], "Convolution data");
  EXPECT_EQ(c.line, 4);
  EXPECT_EQ(c.convolution->pad, (CaffeSize{2, 2}));
  EXPECT_EQ(c.convolution->stride, (CaffeSize{3, 3}));
  EXPECT_EQ(c.convolution->group, 2);
  EXPECT_FALSE(c.convolution->has_bias);
  EXPECT_EQ(net.layers[2].normalisation->size, 3);
  EXPECT_EQ(net.layers[2].normalisation->beta, 0.25F);
  EXPECT_EQ(net.layers[3].pooling->method, CaffePoolMethod::kMean);
  EXPECT_EQ(net.layers[4].inner_product->outputs, 9);
  EXPECT_NE(error_of("layers { layer { name: 'p' type: 'padding' pad: 1 } bottom: 'd' top: 'p' }"
                     "layers { layer { name: 'r' type: 'relu' } bottom: 'p' top: 'r' }")
                .find("layer 'r': it cannot read what is padded"),
            std::string::npos);
}

TEST(CaffeNet, ReadsWhatNetworksSince2015Have) {
  const CaffeNet net = parse(R"(
    layer { name: "a" type: "LRN" bottom: "x" top: "a"
            lrn_param { local_size: 3 norm_region: WITHIN_CHANNEL k: 2 } }
    layer { name: "b" type: "Eltwise" bottom: "a" bottom: "x" top: "b" eltwise_param { coeff: 1 coeff: -1 } }
    layer { name: "c" type: "Reshape" bottom: "b" top: "c" reshape_param { shape { dim: 0 dim: -1 } axis: 1 } }
    layer { name: "d" type: "Slice" bottom: "c" top: "d" top: "e" slice_param { axis: 2 slice_point: 7 } }
    layer { name: "f" type: "Scale" bottom: "d" top: "f" scale_param { bias_term: true } }
    layer { name: "g" type: "BatchNorm" bottom: "d" top: "f" batch_norm_param { eps: 0.5 } }
    layer { name: "h" type: "Crop" bottom: "d" bottom: "e" top: "h" crop_param { axis: 1 offset: 3 } }
    layer { name: "i" type: "Power" bottom: "h" top: "i" power_param { power: 2 shift: 3 } }
    layer { name: "j" type: "Pooling" bottom: "i" top: "j" pooling_param { kernel_size: 2 ceil_mode: false } })");
  EXPECT_TRUE(net.skipped.empty());
  EXPECT_TRUE(net.layers[0].normalisation->within_channel);
  EXPECT_EQ(net.layers[1].eltwise->coefficients, (std::vector<float>{1, -1}));
  EXPECT_EQ(net.layers[2].reshape->shape, (std::vector<int64_t>{0, -1}));
  EXPECT_EQ(net.layers[3].axis, 2);
  EXPECT_EQ(net.layers[3].cuts, std::vector<int64_t>{7});
  EXPECT_TRUE(net.layers[4].has_bias);
  EXPECT_EQ(net.layers[5].epsilon, 0.5F);
  EXPECT_EQ(net.layers[6].cuts, std::vector<int64_t>{3});
  EXPECT_EQ(net.layers[7].power->shift, 3);
  EXPECT_FALSE(net.layers[8].pooling->round_up);
  EXPECT_EQ(net.layers[8].line, 11);
}

TEST(CaffeNet, SkipsWhatItDoesNotKnowAndSaysSo) {
  const CaffeNet net = parse(
      "layer { name: 'a' type: 'Foo'\n foo_param { x: [1, 2] y { z: 'q' } } }\n"
      "colour: 3\n");
  EXPECT_EQ(net.skipped, (std::vector<std::string>{"line 2: foo_param", "line 3: colour"}));
}

TEST(CaffeNet, FieldsMayEndWithCommasAndSemicolons) {
  const std::string plain =
      "name: 'a' layer { name: 'b' type: 'Foo' foo { x: [1, 2] y { z: 1 } } top: 't' } colour: 3";
  const std::string ended =
      "name: 'a', layer { name: 'b'; type: 'Foo', foo { x: [1, 2], y { z: 1; }; }, top: 't', }; # b, c\n "
      "colour: 3,";
  const CaffeNet net = parse(ended);
  EXPECT_EQ(net.title, "a");
  ASSERT_EQ(net.layers.size(), 1U);
  EXPECT_EQ(net.layers[0].tops, std::vector<std::string>{"t"});
  EXPECT_EQ(net.skipped, (std::vector<std::string>{"line 1: foo", "line 2: colour"}));
  EXPECT_EQ(parse(plain).layers[0].tops, net.layers[0].tops);
  EXPECT_EQ(parse("layer < name: 'b', type: 'Foo' odd < a: [{x: 1, y: 2}, {x: 3;}], >; top: 't;,' >,")
                .layers[0]
                .tops,
            std::vector<std::string>{"t;,"});
  for (const char* wrong :
       {"name: 'a',, colour: 3", "name: , 'a'", ", name: 'a'", "name: 'a', 'b'", "x: 1,, y: 2",
        "x: 'a', # no\n 'b'", "layer {, name: 'b' }", "layer, { name: 'b' type: 'Foo' }"})
    EXPECT_NE(error_of(wrong), "") << wrong;
}

TEST(CaffeNet, IsTextOfAnySystem) {
  EXPECT_EQ(parse("\xef\xbb\xbf# first\r\nname: \"a\"\r\n").title, "a");
  EXPECT_EQ(parse("\xef\xbb\xbf").title, "");
  EXPECT_NE(error_of(std::string("\xff\xfen\0a\0", 6)).find("it is UTF-16 text (save it as UTF-8)"),
            std::string::npos);
  EXPECT_EQ(parse("[caffe.odd] { a: 1, b: 2 }, [caffe.number]: 5; name: 'a'").skipped,
            (std::vector<std::string>{"line 1: caffe.odd", "line 1: caffe.number"}));
}

TEST(CaffeNet, ErrorsNameLineOrLayer) {
  EXPECT_EQ(error_of("layer {\n name: 3\n}"), "cannot read net.prototxt: line 2: Expected string, got: 3");
  EXPECT_EQ(error_of("layer { name: 'a' }"), "cannot read net.prototxt: layer 'a': it has no type");
  EXPECT_NE(error_of("layer { name: 'a'").find("line 1: "), std::string::npos);
  EXPECT_NE(error_of("layer { name: 'a' type: 'Convolution' convolution_param { num_output: 3 } }")
                .find("layer 'a': kernel_size is 0"),
            std::string::npos);
  EXPECT_NE(error_of("layer { name: 'a' type: 'Convolution' convolution_param { kernel_size: 3 num_output: "
                     "4000000000 } }")
                .find("layer 'a': num_output is 4000000000"),
            std::string::npos);
  EXPECT_EQ(error_of("layers { layer { name: 'old' type: 'wild' } }"),
            "cannot read net.prototxt: layer 'old': its type is 'wild'");
  EXPECT_NE(error_of("layer { type: 'A' } layers { type: DATA }").find("both"), std::string::npos);
}

TEST(CaffeNet, DeepTextIsRefusedBeforeItIsParsed) {
  constexpr size_t kDeep = 500'000;
  for (const char* open : {"a {", "a <", "a: [", "layer {", "foo: [{a:"}) {
    std::string text;
    while (text.size() < kDeep) text += open;
    EXPECT_NE(error_of(text).find("nest deeper"), std::string::npos) << open;
  }
  // what looks like a string or a comment must not hide brackets
  std::string text = "name: 'unfinished\n a: \"\\\n";
  while (text.size() < kDeep) text += "a {";
  EXPECT_NE(error_of(text).find("nest deeper"), std::string::npos);
  EXPECT_NE(error_of(std::string(size_t{5} << 20U, ' ')).find("larger than"), std::string::npos);
}

TEST(CaffeSolver, ReadsWhatIsLearnedAndListsTheRest) {
  const CaffeSolver s = parse_caffe_solver(
      "net: 'n.prototxt' base_lr: 0.01 lr_policy: 'exp' gamma: 0.99 momentum: 0.5 weight_decay: 1e-4\n"
      "max_iter: 100 iter_size: 3 solver_type: ADAGRAD display: 5 snapshot: 9 random_seed: 4 clip_gradients: "
      "2\n"
      "wild: 1",
      "s.prototxt");
  EXPECT_EQ(s.net, "n.prototxt");
  EXPECT_EQ(s.type, "AdaGrad");
  EXPECT_EQ(s.rate, 0.01F);
  EXPECT_EQ(s.rate_policy, "exp");
  EXPECT_EQ(s.gamma, 0.99F);
  EXPECT_EQ(s.momentum, 0.5F);
  EXPECT_EQ(s.iterations, 100);
  EXPECT_EQ(s.batches_per_step, 3);
  EXPECT_EQ(s.seed, 4);
  EXPECT_EQ(s.clip_gradients, 2);
  EXPECT_EQ(s.housekeeping, (std::vector<std::string>{"display", "snapshot"}));
  EXPECT_EQ(s.skipped, std::vector<std::string>{"line 3: wild"});
  EXPECT_TRUE(is_caffe_solver("base_lr: 1", "s"));
  EXPECT_TRUE(
      is_caffe_solver("\xef\xbb\xbf"
                      "net: 'n', base_lr: 0.001, momentum: 0.9;\r\nmax_iter: 100",
                      "s"));
  EXPECT_EQ(parse_caffe_solver("base_lr: 0.5, wild: 1; max_iter: 7,", "s").iterations, 7);
  EXPECT_FALSE(is_caffe_solver("layers { type: DATA }", "s"));
}

}  // namespace
}  // namespace reverie
