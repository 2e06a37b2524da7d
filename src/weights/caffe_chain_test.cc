#include "weights/caffe_chain.h"

#include <gtest/gtest.h>

#include "core/test_help.h"
#include "weights/caffe_hourglass.h"
#include "weights/caffe_model.h"
#include "weights/caffe_test_net.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

std::string error_of(const std::string& text) {
  const CaffeNet net = test_net(text);
  return message_of([&] { find_caffe_chain(net); });
}

Tensor counted(std::vector<int64_t> shape, float first) {
  Tensor t{std::move(shape), {}};
  t.data.resize(*element_count(t.shape));
  for (float& v : t.data) v = first++;
  return t;
}

TensorFile two_level_weights() {
  TensorFile w;
  w.name = "w.caffemodel";
  w.tensors = {{"a.weight", counted({4, 3, 3, 3}, 1)}, {"a.bias", counted({4}, 2)},
               {"b.weight", counted({5, 4, 5, 5}, 3)}, {"b.bias", counted({5}, 4)},
               {"y.weight", counted({5, 4, 5, 5}, 5)}, {"y.bias", counted({4}, 6)},
               {"z.weight", counted({4, 3, 4, 4}, 7)}, {"z.bias", counted({3}, 8)}};
  return w;
}

TEST(CaffeChain, FollowsTheBlobsNotTheNames) {
  const CaffeNet net = test_net(two_levels() + loss_layer("z", "data") + loss_layer("pa", "y", 0.5F));
  EXPECT_TRUE(has_decoder(net));
  const CaffeChain chain = find_caffe_chain(net);
  EXPECT_EQ(chain.data->name, "d");
  ASSERT_EQ(chain.levels.size(), 2U);
  EXPECT_EQ(chain.levels[0].encode->name + chain.levels[1].encode->name, "ab");
  EXPECT_EQ(chain.levels[0].decode->name + chain.levels[1].decode->name, "zy");
  EXPECT_EQ(chain.levels[0].activation, "tanh");
  EXPECT_EQ(chain.levels[1].activation, "relu");
  EXPECT_EQ(chain.output, "sigmoid");
  EXPECT_EQ(chain.levels[1].pool, CaffePoolMethod::kMean);
  EXPECT_EQ(chain.levels[1].pool_size, 3);
  ASSERT_EQ(chain.losses.size(), 2U);
  EXPECT_EQ(chain.losses[1].level, 1);
  EXPECT_EQ(chain.losses[1].from, 2);
  EXPECT_EQ(chain.losses[1].weight, 0.5F);
}

TEST(CaffeChain, ADecoderMayReadTheLevelItself) {
  const CaffeNet net =
      test_net(data_layer() + conv_layer("a", "data", 4) + pool_layer("a", "pa") + conv_layer("b", "pa", 5) +
               pool_layer("b", "pb") + deconv_layer("y", "pb", 4) + deconv_layer("z", "pa", 3) +
               loss_layer("y", "pa") + loss_layer("z", "data"));
  const CaffeChain chain = find_caffe_chain(net);
  EXPECT_EQ(chain.levels[0].decode->name, "z");
  EXPECT_EQ(chain.levels[0].activation, "linear");
  EXPECT_EQ(chain.losses[0].from, 2);
  EXPECT_EQ(chain.losses[1].from, 1);
}

TEST(CaffeChain, SharedDecodersAreOne) {
  const auto shared = [](const std::string& name) {
    return data_layer() + conv_layer("a", "data", 4) + pool_layer("a", "pa") + conv_layer("b", "pa", 5) +
           pool_layer("b", "pb") + deconv_layer("y", "pb", 4) +
           deconv_layer("z1", "pa", 3, "kernel_size: 2 stride: 2", "param { name: 'w' }") +
           deconv_layer("z2", "y", 3, "kernel_size: 2 stride: 2", "param { name: '" + name + "' }");
  };
  EXPECT_EQ(error_of(shared("w")), "");
  EXPECT_NE(error_of(shared("v")).find("layer 'z2' (Deconvolution): 'z1' decodes level 1 too"),
            std::string::npos);
}

TEST(CaffeChain, SaysWhatIsNoHourglass) {
  const std::string up = data_layer() + conv_layer("a", "data", 4) + pool_layer("a", "p");
  const auto with_conv = [](const std::string& more) {
    return data_layer() + conv_layer("a", "data", 4, more) + pool_layer("a", "p") + deconv_layer("z", "p", 3);
  };
  const auto with_deconv = [&](const std::string& more) { return up + deconv_layer("z", "p", 3, more); };
  const auto with_pool = [](const std::string& more) {
    return data_layer() + conv_layer("a", "data", 4) + pool_layer("a", "p", more) + deconv_layer("z", "p", 3);
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "neither a layer nor an input feeds pictures"},
      {data_layer(), "no Convolution reads the pictures"},
      {up, "no Deconvolution leads from level 1 to level 0 (layer 'a' leads up)"},
      {with_conv("kernel_size: 3"), "layer 'a' (Convolution): its pad is 0, an hourglass needs"},
      {with_conv("kernel_size: 4 pad: 1"), "kernel_size 4 is not odd"},
      {with_conv("kernel_h: 3 kernel_w: 5 pad: 1"), "not square (3 x 5)"},
      {with_conv("kernel_size: 3 pad: 1 stride: 2"), "shrinks only by pooling"},
      {with_conv("kernel_size: 3 pad: 1 group: 2"), "2 groups"},
      {with_conv("kernel_size: 3 pad: 1 dilation: 2"), "dilated"},
      {with_deconv("kernel_size: 4 pad: 0 stride: 2"), "layer 'z' (Deconvolution): its pad is 0"},
      {with_deconv("kernel_size: 3 pad: 1 stride: 2"),
       "kernel_size 3 is not its stride 2 plus an even number"},
      {with_deconv("kernel_size: 4 pad: 1 stride: 4"), "its stride is not the 2 that level 1 was pooled by"},
      {with_pool("kernel_size: 3 stride: 2"), "square pools that do not overlap"},
      {with_pool("pool: STOCHASTIC kernel_size: 2 stride: 2"), "its pooling is stochastic"},
      {with_pool("global_pooling: true"), "square pools that do not overlap"},
      {up + "layer { name: 'x' type: 'Foo' bottom: 'p' top: 'x' }" + deconv_layer("z", "p", 3),
       "layer 'x' (Foo): it has no place in an hourglass"},
      {up + deconv_layer("z", "nowhere", 3), "layer 'z' (Deconvolution): no layer before it makes 'nowhere'"},
      {up + conv_layer("b", "data", 4) + deconv_layer("z", "p", 3), "'a' reads the same"},
      {up + deconv_layer("z", "p", 3) + loss_layer("z", "p"),
       "does not compare a level with its reconstruction"},
      {data_layer() + conv_layer("a", "data", 4) + plain_layer("TanH", "a") + plain_layer("PReLU", "a") +
           pool_layer("a", "p") + deconv_layer("z", "p", 3),
       "layer 'PReLU-a' (PReLU): it has no place"},
  };
  for (const auto& [text, answer] : cases) {
    EXPECT_NE(error_of(text).find(answer), std::string::npos) << text << error_of(text);
  }
}

TEST(CaffeChain, BothWaysOfALevelShareTheActivation) {
  EXPECT_NE(error_of(data_layer() + conv_layer("a", "data", 4) + pool_layer("a", "pa") +
                     conv_layer("b", "pa", 5) + plain_layer("TanH", "b") + pool_layer("b", "pb") +
                     deconv_layer("y", "pb", 4) + deconv_layer("z", "y", 3))
                .find("layer 'y' (Deconvolution): it is linear, but 'b' of the same level is tanh"),
            std::string::npos);
}

TEST(CaffeHourglass, NamesTheTensorsByTheirLevel) {
  const CaffeHourglass h = hourglass_from_caffe(test_net(two_levels()), two_level_weights());
  const TensorFile& m = h.model;
  EXPECT_EQ(m.tensors.size(), 8U);
  EXPECT_EQ(m.get("encode1.weight", {4, 3, 3, 3}).data[0], 1);
  EXPECT_EQ(m.get("encode2.bias", {5}).data[0], 4);
  EXPECT_EQ(m.get("decode2.weight", {5, 4, 5, 5}).data[0], 5);
  EXPECT_EQ(m.get("decode1.bias", {3}).data[0], 8);
  const std::map<std::string, std::string> expected = {
      {"family", "hourglass"},     {"format", "2"},       {"pool_size", "2,3"}, {"pool", "max,mean"},
      {"activation", "tanh,relu"}, {"output", "sigmoid"}, {"scale", "1"},       {"mean", "none"}};
  EXPECT_EQ(m.metadata, expected);
  EXPECT_TRUE(h.warnings.empty());
}

TEST(CaffeHourglass, TheTransformOfThePicturesIsKept) {
  std::string text = two_levels();
  text.replace(0, data_layer().size(),
               data_layer("transform_param { scale: 0.5 mean_file: 'x' mean_value: 3 } odd: 1"));
  const CaffeHourglass h = hourglass_from_caffe(test_net(text), two_level_weights());
  EXPECT_EQ(h.model.metadata.at("scale"), "0.5");
  EXPECT_EQ(h.model.metadata.at("mean"), "training");
  ASSERT_EQ(h.warnings.size(), 2U);
  EXPECT_NE(h.warnings[0].find("mean_value"), std::string::npos);
  EXPECT_NE(h.warnings[1].find("line 1: odd"), std::string::npos);
  text.replace(0, text.find('\n'), "input: 'data'");
  EXPECT_NE(hourglass_from_caffe(test_net(text), two_level_weights()).warnings.at(0).find("no data layer"),
            std::string::npos);
}

TEST(CaffeHourglass, WeightsThatDoNotFitAreNamed) {
  TensorFile w = two_level_weights();
  w.tensors["b.weight"].shape = {5, 5, 5, 4};
  EXPECT_NE(message_of([&] {
              hourglass_from_caffe(test_net(two_levels()), w);
            }).find("'b.weight' of w.caffemodel: its shape is [5, 5, 5, 4], expected [5, 4, 5, 5]"),
            std::string::npos);
  w.tensors.erase("b.weight");
  EXPECT_NE(message_of([&] { hourglass_from_caffe(test_net(two_levels()), w); }).find("'b.weight'"),
            std::string::npos);
  EXPECT_THROW(check_caffe_weights(test_net(two_levels()), w), Error);
  EXPECT_NO_THROW(check_caffe_weights(test_net(two_levels()), two_level_weights()));
}

TEST(CaffeHourglass, WithoutBiasItIsZero) {
  std::string text = data_layer() + conv_layer("a", "data", 4, "kernel_size: 3 pad: 1 bias_term: false") +
                     pool_layer("a", "p") + deconv_layer("z", "p", 3);
  EXPECT_EQ(hourglass_from_caffe(test_net(text), two_level_weights()).model.get("encode1.bias").data,
            std::vector<float>(4));
}

TEST(CaffeData, TheHourglassOf2015) {
  const fs::path net = caffe_data("caffe/hourglass6.prototxt");
  if (!fs::exists(net)) GTEST_SKIP() << "no " << net;
  const TensorFile weights = read_caffemodel(caffe_data("caffe/hourglass6.caffemodel"));
  EXPECT_EQ(weights.tensors.size(), 4U);
  const TensorFile m = hourglass_from_caffe(read_caffe_net(net), weights).model;
  EXPECT_EQ(m.get("encode1.weight", {6, 3, 3, 3}).data, weights.get("encode1.weight").data);
  EXPECT_FLOAT_EQ(m.get("encode1.weight").data[0], 0.02283835F);
  EXPECT_FLOAT_EQ(m.get("decode1.bias", {3}).data[2], 0.014491398F);
  EXPECT_EQ(m.get("decode1.weight", {6, 3, 4, 4}).data.size(), 288U);
  EXPECT_EQ(m.metadata.at("pool_size"), "2");
  EXPECT_EQ(m.metadata.at("activation"), "tanh");
  EXPECT_EQ(m.metadata.at("scale"), "0.00390625");
  EXPECT_EQ(m.metadata.at("mean"), "training");
}

TEST(CaffeData, SqueezeNet) {
  const fs::path model = caffe_data("squeezenet/squeezenet_v1.0.caffemodel");
  if (!fs::exists(model)) GTEST_SKIP() << "no " << model;
  const TensorFile weights = read_caffemodel(model);
  const CaffeNet net = read_caffe_net(caffe_data("squeezenet/SqueezeNet_deploy.prototxt"));
  EXPECT_EQ(weights.tensors.size(), 52U);
  EXPECT_EQ(weights.get("fire2/conv3x3_2.weight").shape, (std::vector<int64_t>{64, 16, 3, 3}));
  EXPECT_FALSE(has_decoder(net));
  check_caffe_weights(net, weights);
  const TensorFile again = parse_caffemodel(caffemodel_bytes(weights), "again");
  for (const auto& [name, tensor] : weights.tensors) {
    EXPECT_EQ(again.get(name, tensor.shape).data, tensor.data) << name;
  }
}

}  // namespace
}  // namespace reverie
