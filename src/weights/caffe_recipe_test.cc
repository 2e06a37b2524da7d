#include "weights/caffe_recipe.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "core/test_help.h"
#include "core/text.h"
#include "core/toml_tree.h"
#include "weights/caffe_test_net.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSolver =
    "base_lr: 0.01 lr_policy: 'step' gamma: 0.5 stepsize: 200 max_iter: 1000 momentum: 0.9 type: 'SGD'";

CaffeRecipe recipe(const std::string& net, const std::string& solver = kSolver) {
  return recipe_from_caffe(test_net(net), parse_caffe_solver(solver, "solver.prototxt"));
}
std::string error_of(const std::string& net, const std::string& solver = kSolver) {
  return message_of([&] { recipe(net, solver); });
}
std::string good_net() {
  return two_levels() + loss_layer("z", "data") + loss_layer("y", "pa", 0.5F);
}
bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(CaffeRecipe, SaysWhatTheNetAndTheSolverSay) {
  const CaffeRecipe r = recipe("name: 'a \"net\"'\n" + good_net());
  EXPECT_EQ(r.text, R"(about = "a \"net\", from net.prototxt"

[hourglass]
channels = [4, 5]
encode_kernel = [3, 5]
pool_size = [2, 3]
pool = ["max", "mean"]
decode_kernel = [4, 5]
activation = ["tanh", "relu"]
output = "sigmoid"
init = "xavier"

[input]
mean = false
scale = 1

[[stage]]
loss = "euclidean"
loss_weights = [1, 0.5]
solver = "sgd"
batch = 10
iterations = 1000
rate = 0.01
rate_policy = "step"
rate_factor = 0.5
rate_every = 200
momentum = 0.9
weight_decay = 0
frozen_levels = 0
)");
  EXPECT_TRUE(r.warnings.empty());
  EXPECT_NO_THROW(parse_toml(r.text, "recipe.toml"));
}

TEST(CaffeRecipe, KnowsOtherSolversAndRates) {
  const CaffeRecipe r = recipe(good_net(),
                               "base_lr: 1e-3 lr_policy: 'exp' gamma: 0.999 max_iter: 5 solver_type: ADAGRAD "
                               "iter_size: 3 weight_decay: 1e-4");
  for (const char* line : {"solver = \"adagrad\"", "batch = 30", "rate_policy = \"exponential\"",
                           "rate_factor = 0.999", "weight_decay = 0.0001", "momentum = 0"}) {
    EXPECT_TRUE(has_line(r.text, line)) << line << "\n" << r.text;
  }
  // Caffe decays biases unless told otherwise
  ASSERT_EQ(r.warnings.size(), 4U);
  EXPECT_NE(r.warnings[0].find("layer 'a': decay_mult 1 of its biases"), std::string::npos);
  EXPECT_TRUE(has_line(recipe(good_net(), "base_lr: 1 lr_policy: 'fixed' max_iter: 5 type: 'Adam'").text,
                       "rate_policy = \"constant\""));
}

TEST(CaffeRecipe, FrozenLevelsAndMultipliers) {
  const auto net = [](const std::string& first, const std::string& second) {
    return data_layer("transform_param { mirror: true mean_file: 'm' scale: 0.25 }") +
           conv_layer("a", "data", 4, "kernel_size: 3 pad: 1", first) + pool_layer("a", "pa") +
           conv_layer("b", "pa", 5, "kernel_size: 3 pad: 1", second) + pool_layer("b", "pb") +
           deconv_layer("y", "pb", 4) + deconv_layer("z", "y", 3, "kernel_size: 2 stride: 2", first) +
           loss_layer("z", "data");
  };
  const std::string frozen = "param { lr_mult: 0 } param { lr_mult: 0 }";
  const CaffeRecipe r = recipe(net(frozen, "param { lr_mult: 1 } param { lr_mult: 2 }"));
  EXPECT_TRUE(has_line(r.text, "frozen_levels = 1"));
  EXPECT_TRUE(has_line(r.text, "[stage.rate_multipliers]\n\"encode2.bias\" = 2")) << r.text;
  EXPECT_TRUE(has_line(r.text, "flip = true"));
  EXPECT_TRUE(has_line(r.text, "mean = true"));
  EXPECT_TRUE(has_line(r.text, "scale = 0.25"));
  // not from the picture upwards
  EXPECT_TRUE(has_line(recipe(net("", frozen)).text, "\"encode2.weight\" = 0\n\"encode2.bias\" = 0"));
}

TEST(CaffeRecipe, ALowerLossAloneTrainsALowerTop) {
  const std::string net = data_layer() + conv_layer("a", "data", 4) + pool_layer("a", "pa") +
                          conv_layer("b", "pa", 5) + pool_layer("b", "pb") + deconv_layer("y", "pb", 4) +
                          deconv_layer("z", "pa", 3);
  EXPECT_TRUE(has_line(recipe(net + loss_layer("z", "data")).text, "top_level = 1"));
  EXPECT_TRUE(has_line(recipe(net + loss_layer("y", "pa")).text, "loss_weights = [0, 1]"));
  EXPECT_NE(error_of(net + loss_layer("z", "data") + loss_layer("y", "pa")).find("one after the other"),
            std::string::npos);
}

TEST(CaffeRecipe, CrossEntropyHasTheSigmoidInIt) {
  const std::string net = data_layer() + conv_layer("a", "data", 4) + plain_layer("ReLU", "a") +
                          pool_layer("a", "p") + deconv_layer("z", "p", 3);
  const std::string loss = loss_layer("z", "data", 1, "SigmoidCrossEntropyLoss");
  const CaffeRecipe r = recipe(net + loss);
  EXPECT_TRUE(has_line(r.text, "loss = \"cross-entropy\""));
  EXPECT_TRUE(has_line(r.text, "output = \"sigmoid\""));
  // the sigmoid next to the loss is only for viewing
  EXPECT_EQ(recipe(net + loss + plain_layer("Sigmoid", "z", "shown") + loss_layer("shown", "data", 0)).text,
            r.text);
  EXPECT_NE(error_of(net + plain_layer("TanH", "z") + loss).find("after an activation"), std::string::npos);
  EXPECT_NE(error_of(net + loss + plain_layer("Sigmoid", "z", "shown") + loss_layer("shown", "data"))
                .find("one kind of loss"),
            std::string::npos);
}

TEST(CaffeRecipe, WhatARecipeCannotSayIsAnError) {
  const std::vector<std::pair<std::string, std::string>> solvers = {
      {"lr_policy: 'fixed' max_iter: 5", "no base_lr"},
      {"base_lr: 1 lr_policy: 'fixed'", "no max_iter"},
      {"base_lr: 1 lr_policy: 'poly' max_iter: 5",
       "the lr_policy is 'poly', but a recipe supports exp, fixed, step"},
      {"base_lr: 1 lr_policy: 'step' max_iter: 5", "needs gamma"},
      {"base_lr: 1 lr_policy: 'step' gamma: 1 max_iter: 5", "needs stepsize"},
      {"base_lr: 1 max_iter: 5 type: 'RMSProp'", "the solver type is 'RMSProp'"},
      {"base_lr: 1 max_iter: 5 weight_decay: 1 regularization_type: 'L1'", "'L1'"},
      {"base_lr: inf max_iter: 5", "rate is inf"},
      {"base_lr: 1 max_iter: 5 iter_size: 2000000000", "batch too large"},
      {"base_lr: 1 max_iter: 5 iter_size: 0", "iter_size"},
  };
  for (const auto& [solver, answer] : solvers) {
    EXPECT_NE(error_of(good_net(), solver).find(answer), std::string::npos)
        << solver << " " << error_of(good_net(), solver);
  }
  const std::string up = data_layer() + conv_layer("a", "data", 4) + pool_layer("a", "p");
  const std::string frozen = "param { lr_mult: 0 } param { lr_mult: 0 }";
  const std::vector<std::pair<std::string, std::string>> nets = {
      {up + deconv_layer("z", "p", 3), "it has no loss"},
      {up + deconv_layer("z", "p", 3) + loss_layer("z", "data", 1, "L1Loss"), "'L1Loss'"},
      {up + deconv_layer("z", "p", 3) + plain_layer("TanH", "z", "t") + loss_layer("z", "data"),
       "before the activation"},
      {"layer { name: 'd' type: 'Data' top: 'data' }" + up.substr(up.find('\n')) + deconv_layer("z", "p", 3) +
           loss_layer("z", "data"),
       "layer 'd': it has no batch_size"},
      {"input: 'data'" + up.substr(up.find('\n')) + deconv_layer("z", "p", 3) + loss_layer("z", "data"),
       "no data layer"},
      {data_layer() + conv_layer("a", "data", 4, "kernel_size: 3 pad: 1", frozen) + pool_layer("a", "p") +
           deconv_layer("z", "p", 3, "kernel_size: 2 stride: 2", frozen) + loss_layer("z", "data"),
       "nothing would be learned"},
      {data_layer() +
           "layer { name: 'a' type: 'Convolution' bottom: 'data' top: 'a' convolution_param { num_output: 2 "
           "kernel_size: 1 } }" +
           pool_layer("a", "p") + deconv_layer("z", "p", 3) + loss_layer("z", "data"),
       "layer 'a': its weight_filler is 'constant'"},
  };
  for (const auto& [net, answer] : nets)
    EXPECT_NE(error_of(net).find(answer), std::string::npos) << net << error_of(net);
}

TEST(CaffeRecipe, WhatIsLeftOutIsSaid) {
  const CaffeRecipe r = recipe(
      data_layer("transform_param { crop_size: 8 mean_value: 1 } odd: 1") +
          conv_layer("a", "data", 4, "kernel_size: 3 pad: 1 bias_filler { value: 1 }") +
          pool_layer("a", "p") + plain_layer("Dropout", "p") +
          deconv_layer("z", "p", 3, "kernel_size: 2 stride: 2 bias_term: false") + loss_layer("z", "data"),
      std::string(kSolver) + " clip_gradients: 1 random_seed: 3 display: 1 strange: 1");
  const std::string all = join(r.warnings, "\n");
  for (const char* word :
       {"crop_size 8", "mean_value", "'a': its bias_filler", "Dropout of 0.5", "'z': it has no bias",
        "clip_gradients 1", "random_seed 3", "display", "line 1: odd", "line 1: strange"}) {
    EXPECT_NE(all.find(word), std::string::npos) << word << "\n" << all;
  }
}

TEST(CaffeRecipe, PicturesMayComeFromAnyLayerAndLabelsBeside) {
  const std::string python =
      "layer { name: 'p' type: 'Python' top: 'label' python_param { module: 'm' layer: 'L' } }\n";
  EXPECT_EQ(recipe(python + good_net()).text, recipe(good_net()).text);
  EXPECT_EQ(recipe(good_net() + python).text, recipe(good_net()).text);
  EXPECT_EQ(
      recipe("layer { name: 'q' type: 'Python' top: 'data' include { phase: TEST } }\n" + good_net()).text,
      recipe(good_net()).text);
  // labels first
  const std::string both =
      "layer { name: 'd' type: 'HDF5Data' top: 'label' top: 'data' hdf5_data_param { batch_size: 10 } }";
  const std::string rest = good_net().substr(good_net().find('\n'));
  EXPECT_EQ(recipe(both + rest).text, recipe(good_net()).text);
  EXPECT_NE(
      error_of("layer { name: 'd' type: 'Python' top: 'data' }" + rest)
          .find("layer 'd': it has no batch_size, as it is a Python layer: put a Data layer in its place"),
      std::string::npos);
}

// Inputs that public reports say broke tools.
TEST(CaffeCases, CommasAndAByteOrderMark) {
  const auto at = [](const std::string& name) { return caffe_data("../cases/" + name).lexically_normal(); };
  if (!fs::exists(at("26-net.prototxt"))) GTEST_SKIP() << "no " << at("26-net.prototxt");
  const std::string solver_text = read_text_file(at("26-comma-solver.prototxt"));
  EXPECT_TRUE(is_caffe_solver(solver_text, "s"));
  const CaffeSolver solver = parse_caffe_solver(solver_text, "s");
  EXPECT_EQ(solver.momentum, 0.9F);
  for (const char* net : {"26-net.prototxt", "27-bom.prototxt"}) {
    const CaffeRecipe r = recipe_from_caffe(read_caffe_net(at(net)), solver);
    EXPECT_TRUE(has_line(r.text, "momentum = 0.9")) << r.text;
    EXPECT_TRUE(has_line(r.text, "batch = 16")) << r.text;
  }
}

TEST(CaffeData, TheRecipeOf2015) {
  const fs::path net = caffe_data("caffe/hourglass6.prototxt");
  if (!fs::exists(net)) GTEST_SKIP() << "no " << net;
  const CaffeRecipe r = recipe_from_caffe(read_caffe_net(net),
                                          read_caffe_solver(caffe_data("caffe/hourglass6-solver.prototxt")));
  EXPECT_EQ(r.text, R"(about = "ConvolutionalAutoencoder, from hourglass6.prototxt"

[hourglass]
channels = [6]
encode_kernel = [3]
pool_size = [2]
pool = ["max"]
decode_kernel = [4]
activation = ["tanh"]
init = "gaussian"
init_std = 0.1

[input]
mean = true
scale = 0.00390625

[[stage]]
loss = "euclidean"
loss_weights = [1]
solver = "sgd"
batch = 100
iterations = 10000
rate = 0.001
rate_policy = "step"
rate_factor = 0.1
rate_every = 10000
momentum = 0.9
weight_decay = 0
frozen_levels = 0
)");
  ASSERT_EQ(r.warnings.size(), 1U);  // what is only for testing and display
}

}  // namespace
}  // namespace reverie
