#include "models/graph/graph.h"

#include <gtest/gtest.h>

#include "core/random.h"
#include "core/test_help.h"
#include "models/graph/reference_testing.h"

namespace reverie {
namespace {

using reference::Array;
using Function = std::function<Array(const std::vector<Array>& weights, const Array& x)>;

GraphModel model_of(Graph graph) {
  Parameters parameters(graph.parameters);
  torch::NoGradGuard no_grad;
  parameters.flat().copy_(torch::randn_like(parameters.flat()) * 0.5);
  return {"caffe", std::move(graph), std::move(parameters), {}};
}

Graph one_node(GraphOp op, const std::vector<std::vector<int64_t>>& parameters = {}) {
  Graph graph;
  int number = 0;
  for (const auto& shape : parameters) graph.parameters.add("a." + std::to_string(number++), shape);
  graph.nodes = {{"a", std::move(op), {-1}}};
  return graph;
}

std::vector<Array> weights_of(const GraphModel& model) {
  std::vector<Array> all;
  for (const torch::Tensor& t : model.parameters().cut_constant()) all.push_back(reference::from_torch(t));
  return all;
}

// Whether layer a of the model computes what the reference does, and its gradient is that of the reference.
void compare(const GraphModel& model, const torch::Tensor& x, const Function& function) {
  const std::vector<Array> weights = weights_of(model);
  const torch::Tensor asked = x.clone().requires_grad_(true);
  const torch::Tensor y = model.forward(asked, {"a"})[0];
  const Array in = reference::from_torch(x);
  const Array expected = function(weights, in);
  const Array seen = reference::from_torch(y);
  ASSERT_EQ(seen.shape, expected.shape);
  for (size_t i = 0; i < seen.values.size(); ++i)
    ASSERT_NEAR(seen.values[i], expected.values[i], 1e-4 * (1 + std::abs(expected.values[i]))) << i;

  const torch::Tensor direction = torch::randn(y.sizes());
  const Array along = reference::from_torch(direction);
  const Array gradient = reference::from_torch(torch::autograd::grad({(y * direction).sum()}, {asked})[0]);
  const auto value_at = [&](size_t i, double by) {
    Array moved = in;
    moved.values[i] += by;
    const Array out = function(weights, moved);
    double sum = 0;
    for (size_t j = 0; j < out.values.size(); ++j) sum += out.values[j] * along.values[j];
    return sum;
  };
  constexpr double kStep = 1e-5;
  const size_t stride = std::max<size_t>(1, in.values.size() / 25);
  for (size_t i = 0; i < in.values.size(); i += stride) {
    const double slope = (value_at(i, kStep) - value_at(i, -kStep)) / (2 * kStep);
    ASSERT_NEAR(gradient.values[i], slope, 1e-4 * (1 + std::abs(slope)) + 1e-4) << i;
  }
}

class Draws {
 public:
  explicit Draws(uint64_t seed) : random_(seed) {}
  int64_t whole(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random_.bits() % static_cast<uint64_t>(high - low + 1));
  }
  Extent extent(int64_t low, int64_t high) { return {whole(low, high), whole(low, high)}; }

 private:
  Random random_;
};

TEST(GraphOps, ConvolutionsOfAllKinds) {
  torch::manual_seed(1);
  for (uint64_t seed = 0; seed < 12; ++seed) {
    Draws draws(seed);
    ConvolutionOp op;
    op.stride = draws.extent(1, 3);
    op.dilation = draws.extent(1, 2);
    op.pad_before = draws.extent(0, 2);
    op.pad_after = seed % 2 == 0 ? op.pad_before : draws.extent(0, 2);
    op.group = draws.whole(1, 2);
    op.weight = 0;
    op.bias = 1;
    const int64_t in = op.group * draws.whole(1, 3);
    const int64_t out = op.group * draws.whole(1, 3);
    const Extent k = draws.extent(1, 3);
    const GraphModel model = model_of(one_node(op, {{out, in / op.group, k.height, k.width}, {out}}));
    compare(model, torch::randn({2, in, draws.whole(6, 9), draws.whole(6, 9)}),
            [&](const auto& w, const Array& x) { return reference::convolve(x, w[0], w[1], op); });
  }
}

TEST(GraphOps, DeconvolutionsOfAllKinds) {
  torch::manual_seed(1);
  for (uint64_t seed = 0; seed < 8; ++seed) {
    Draws draws(seed);
    DeconvolutionOp op;
    op.stride = draws.extent(1, 3);
    op.dilation = draws.extent(1, 2);
    op.pad = draws.extent(0, 1);
    op.group = draws.whole(1, 2);
    op.weight = 0;
    op.bias = 1;
    const int64_t in = op.group * draws.whole(1, 3);
    const int64_t out = draws.whole(1, 3);
    const Extent k = draws.extent(2, 4);
    const GraphModel model = model_of(one_node(op, {{in, out, k.height, k.width}, {out * op.group}}));
    compare(model, torch::randn({2, in, draws.whole(3, 5), draws.whole(3, 5)}),
            [&](const auto& w, const Array& x) { return reference::deconvolve(x, w[0], w[1], op); });
  }
}

TEST(GraphOps, PoolingRoundsAndCountsAsCaffeDoes) {
  torch::manual_seed(1);
  for (uint64_t seed = 0; seed < 24; ++seed) {
    Draws draws(seed);
    PoolOp op;
    op.method = seed % 2 == 0 ? PoolOp::Method::kMax : PoolOp::Method::kMean;
    op.kernel = draws.extent(2, 4);
    op.stride = {draws.whole(1, op.kernel.height), draws.whole(1, op.kernel.width)};
    op.pad = {draws.whole(0, op.kernel.height / 2), draws.whole(0, op.kernel.width / 2)};
    op.round_up = seed % 3 != 0;
    compare(model_of(one_node(op)), torch::randn({2, 3, draws.whole(5, 9), draws.whole(5, 9)}),
            [&](const auto&, const Array& x) { return reference::pool(x, op); });
  }
  for (const auto method : {PoolOp::Method::kMax, PoolOp::Method::kMean}) {
    PoolOp op;
    op.method = method;
    op.global = true;
    compare(model_of(one_node(op)), torch::randn({2, 3, 5, 6}), [&](const auto&, const Array& x) {
      PoolOp whole = op;
      whole.kernel = {5, 6};
      return reference::pool(x, whole);
    });
  }
}

TEST(GraphOps, NormalisationAcrossAndWithinChannels) {
  torch::manual_seed(1);
  for (const bool within : {false, true}) {
    for (const int64_t size : {1, 3, 5}) {
      NormaliseOp op{size, 0.7, 0.75, 1.5, within};
      compare(model_of(one_node(op)), torch::randn({2, 4, 6, 5}),
              [&](const auto&, const Array& x) { return reference::normalise(x, op); });
    }
  }
}

TEST(GraphOps, OneNumberAtATime) {
  torch::manual_seed(1);
  using Kind = ActivationOp::Kind;
  const auto check = [](GraphOp op, const std::function<double(double)>& f) {
    const torch::Tensor x = torch::randn({2, 3, 4, 5}) + 0.01;
    compare(model_of(one_node(std::move(op))), x, [&](const auto&, const Array& in) {
      Array out = in;
      for (double& v : out.values) v = f(v);
      return out;
    });
  };
  check(ActivationOp{Kind::kRelu}, [](double v) { return std::max(v, 0.0); });
  check(ActivationOp{Kind::kRelu, 0.2}, [](double v) { return v > 0 ? v : 0.2 * v; });
  check(ActivationOp{Kind::kElu, 0.7}, [](double v) { return v > 0 ? v : 0.7 * std::expm1(v); });
  check(ActivationOp{Kind::kTanh}, [](double v) { return std::tanh(v); });
  check(ActivationOp{Kind::kSigmoid}, [](double v) { return 1 / (1 + std::exp(-v)); });
  check(ActivationOp{Kind::kAbs}, [](double v) { return std::abs(v); });
  check(PowerOp{2, 0.5, 1.5}, [](double v) { return std::pow(1.5 + 0.5 * v, 2); });
  check(PowerOp{1, -2, 0}, [](double v) { return -2 * v; });
  check(IdentityOp{}, [](double v) { return v; });
}

TEST(GraphOps, OneChannelAtATime) {
  torch::manual_seed(1);
  const auto check = [](const GraphModel& model, const auto& f) {
    compare(model, torch::randn({2, 3, 4, 5}), [&](const auto& w, const Array& x) {
      return reference::filled(x.shape, [&](int64_t n, int64_t c, int64_t y, int64_t u) {
        return f(w, static_cast<size_t>(c), x.at(n, c, y, u));
      });
    });
  };
  check(model_of(one_node(ScaleOp{0, 1}, {{3}, {3}})),
        [](const auto& w, size_t c, double v) { return w[0].values[c] * v + w[1].values[c]; });
  check(model_of(one_node(ScaleOp{0, -1}, {{3}})),
        [](const auto& w, size_t c, double v) { return w[0].values[c] * v; });
  check(model_of(one_node(ScaleOp{-1, 0}, {{3}})),
        [](const auto& w, size_t c, double v) { return w[0].values[c] + v; });
  check(model_of(one_node(ActivationOp{ActivationOp::Kind::kPrelu, 0, 0}, {{3}})),
        [](const auto& w, size_t c, double v) { return v > 0 ? v : w[0].values[c] * v; });
  check(model_of(one_node(ActivationOp{ActivationOp::Kind::kPrelu, 0, 0}, {{1}})),
        [](const auto& w, size_t, double v) { return v > 0 ? v : w[0].values[0] * v; });
}

TEST(GraphOps, FullyConnectedAndSoftmax) {
  torch::manual_seed(1);
  const GraphModel dense = model_of(one_node(DenseOp{0, 1}, {{4, 2 * 3 * 5}, {4}}));
  compare(dense, torch::randn({2, 2, 3, 5}), [](const auto& w, const Array& x) {
    return reference::filled({2, 4, 1, 1}, [&](int64_t n, int64_t o, int64_t, int64_t) {
      double sum = w[1].values[static_cast<size_t>(o)];
      for (int64_t i = 0; i < 30; ++i) sum += w[0].at(o, i, 0, 0) * x.values[static_cast<size_t>(n * 30 + i)];
      return sum;
    });
  });
  compare(model_of(one_node(ActivationOp{ActivationOp::Kind::kSoftmax})), torch::randn({2, 3, 2, 2}),
          [](const auto&, const Array& x) {
            return reference::filled(x.shape, [&](int64_t n, int64_t c, int64_t y, int64_t u) {
              double sum = 0;
              for (int64_t k = 0; k < 3; ++k) sum += std::exp(x.at(n, k, y, u));
              return std::exp(x.at(n, c, y, u)) / sum;
            });
          });
}

// Layer a of two inputs: the picture and half of it.
GraphModel with_half(GraphOp op) {
  Graph graph;
  graph.nodes = {{"half", PowerOp{1, 0.5, 0}, {-1}}, {"a", std::move(op), {-1, 0}}};
  return model_of(std::move(graph));
}

TEST(GraphOps, CombinedConcatenatedCut) {
  torch::manual_seed(1);
  const auto each = [](GraphOp op, const std::function<double(double, double)>& f) {
    compare(with_half(std::move(op)), torch::randn({2, 3, 4, 5}), [&](const auto&, const Array& x) {
      Array out = x;
      for (double& v : out.values) v = f(v, v / 2);
      return out;
    });
  };
  using Kind = CombineOp::Kind;
  each(CombineOp{}, [](double a, double b) { return a + b; });
  each(CombineOp{Kind::kSum, {1, -3}}, [](double a, double b) { return a - 3 * b; });
  each(CombineOp{Kind::kSum, {2, 1}}, [](double a, double b) { return 2 * a + b; });
  each(CombineOp{Kind::kProduct, {}}, [](double a, double b) { return a * b; });
  each(CombineOp{Kind::kMax, {}}, [](double a, double b) { return std::max(a, b); });
  compare(with_half(ConcatOp{}), torch::randn({2, 3, 4, 5}), [](const auto&, const Array& x) {
    return reference::filled({2, 6, 4, 5}, [&](int64_t n, int64_t c, int64_t y, int64_t u) {
      return c < 3 ? x.at(n, c, y, u) : x.at(n, c - 3, y, u) / 2;
    });
  });
  compare(model_of(one_node(SliceOp{1, 1, 3})), torch::randn({2, 4, 3, 3}), [](const auto&, const Array& x) {
    return reference::filled(
        {2, 2, 3, 3}, [&](int64_t n, int64_t c, int64_t y, int64_t u) { return x.at(n, c + 1, y, u); });
  });
  Graph crop;
  crop.nodes = {{"small", PoolOp{PoolOp::Method::kMax, {2, 2}, {2, 2}}, {-1}},
                {"a", CropOp{2, {1, 2}}, {-1, 0}}};
  compare(model_of(crop), torch::randn({2, 3, 4, 5}), [](const auto&, const Array& x) {
    return reference::filled(
        {2, 3, 2, 3}, [&](int64_t n, int64_t c, int64_t y, int64_t u) { return x.at(n, c, y + 1, u + 2); });
  });
  const auto same_numbers = [](GraphOp op, const std::vector<int64_t>& shape) {
    compare(model_of(one_node(std::move(op))), torch::randn({2, 4, 3, 2}), [&](const auto&, const Array& x) {
      Array out(shape);
      out.values = x.values;
      return out;
    });
  };
  same_numbers(ReshapeOp{{0, -1, 6, 2}}, {2, 2, 6, 2});
  same_numbers(ReshapeOp{{6, 2}, 1, 2}, {2, 6, 2, 2});
  same_numbers(FlattenOp{}, {2, 24, 1, 1});
  same_numbers(FlattenOp{2, 3}, {2, 4, 6, 1});
}

ConvolutionOp convolution(int weight, int bias, int64_t pad = 1) {
  ConvolutionOp op;
  op.pad_before = op.pad_after = {pad, pad};
  op.weight = weight;
  op.bias = bias;
  return op;
}

// conv1 relu1 conv2 (sum with relu1) relu2 pool fc
Graph small_net() {
  Graph g;
  g.parameters.add("conv1.weight", {4, 3, 3, 3}, 27);
  g.parameters.add("conv1.bias", {4});
  g.parameters.add("conv2.weight", {4, 4, 3, 3}, 36);
  g.parameters.add("fc.weight", {5, 4 * 4 * 4}, 64);
  g.nodes = {{"conv1", convolution(0, 1), {-1}}, {"relu1", ActivationOp{}, {0}},
             {"conv2", convolution(2, -1), {1}}, {"sum", CombineOp{}, {2, 1}},
             {"relu2", ActivationOp{}, {3}},     {"pool", PoolOp{PoolOp::Method::kMax, {2, 2}, {2, 2}}, {4}},
             {"fc", DenseOp{3, -1}, {5}}};
  g.scores = "fc";
  g.side = 8;
  return g;
}

TEST(GraphModel, OverwritesNothingThatSomeoneWants) {
  torch::manual_seed(1);
  const GraphModel model = model_of(small_net());
  const torch::Tensor x = torch::randn({1, 3, 8, 8});
  const std::vector<std::string> all = {"conv1", "relu1", "conv2", "sum", "relu2", "pool", "fc"};
  const std::vector<torch::Tensor> together = model.forward(x, all);
  EXPECT_LT(together[0].min().item<float>(), 0);
  EXPECT_TRUE(torch::equal(together[1], torch::relu(together[0])));
  EXPECT_TRUE(torch::allclose(together[3], together[2] + together[1]));
  for (size_t i = 0; i < all.size(); ++i) {
    const torch::Tensor asked = x.clone().requires_grad_(true);
    const torch::Tensor alone = model.forward(asked, {all[i]})[0];
    EXPECT_TRUE(torch::equal(alone, together[i])) << all[i];
    EXPECT_TRUE(torch::autograd::grad({alone.sum()}, {asked})[0].abs().sum().item<float>() > 0) << all[i];
    EXPECT_TRUE(torch::equal(asked, x));
  }
  EXPECT_FALSE(model.parameters().flat().grad().defined());
  EXPECT_TRUE(model.forward(x, {}).empty());
}

TEST(GraphModel, LeaksWhatItIsTold) {
  torch::manual_seed(1);
  const GraphModel model = model_of(one_node(ActivationOp{}));
  const torch::Tensor x = torch::randn({1, 3, 8, 8}).requires_grad_(true);
  PassOptions options;
  options.leak = 0.1;
  const torch::Tensor y = model.forward(x, {"a"}, options)[0];
  EXPECT_TRUE(torch::allclose(y, torch::relu(x)));
  const torch::Tensor g = torch::autograd::grad({y.sum()}, {x})[0];
  EXPECT_TRUE(torch::allclose(g, torch::where(x > 0, torch::ones_like(x), torch::full_like(x, 0.1))));
}

TEST(GraphModel, SeesParametersThatHaveChanged) {
  GraphModel model = model_of(small_net());
  const torch::Tensor x = torch::randn({1, 3, 8, 8});
  EXPECT_GT(model.forward(x, {"conv1"})[0].abs().sum().item<float>(), 0);
  torch::NoGradGuard no_grad;
  model.parameters().flat().zero_();
  EXPECT_EQ(model.forward(x, {"conv1"})[0].abs().sum().item<float>(), 0);
}

TEST(GraphModel, LayersSayWhatForwardGives) {
  const GraphModel model = model_of(small_net());
  const std::vector<LayerInfo> layers = model.layers(8, 8);
  ASSERT_EQ(layers.size(), 7U);
  EXPECT_EQ(layers[2].receptive, 5);
  EXPECT_EQ(layers[3].receptive, 5);
  EXPECT_EQ(layers[5].receptive, 6);
  EXPECT_EQ(layers[5].step, 2);
  EXPECT_EQ(layers[5].height, 4);
  EXPECT_EQ(layers[6].channels, 5);
  // one that is for 8x8 alone is left out elsewhere
  EXPECT_EQ(model.layers(10, 12).size(), 6U);
  EXPECT_EQ(model.layers(10, 12)[5].width, 6);
}

TEST(GraphModel, PicturesThatDoNotFitAreOneLine) {
  Graph g = small_net();
  g.nodes[0].op = convolution(0, 1, 0);
  const GraphModel model = model_of(g);
  EXPECT_EQ(
      message_of([&] {
        model.forward(torch::randn({1, 3, 12, 16}), {"fc"});
      }),
      "cannot compute layer 'fc' of pictures of 16x12: it is fully connected to 64 numbers, and here are "
      "140 (it takes pictures of 8x8 alone)");
  EXPECT_EQ(message_of([&] { model.layers(2, 4); }),
            "cannot compute layer 'conv1' of pictures of 4x2: its input is 4x2, its window 3x3 (the smallest "
            "pictures it takes are 3x3)");
  EXPECT_EQ(message_of([&] {
              model.forward(torch::randn({1, 1, 8, 8}), {"conv1"});
            }),
            "cannot run layer 'conv1': it is made for 3 channels, its input has 1");
  // nothing above what is wanted is looked at
  EXPECT_EQ(model.forward(torch::randn({1, 3, 12, 16}), {"pool"})[0].size(2), 5);
  g.nodes[1].name = "conv1";
  EXPECT_EQ(message_of([&] { model_of(g); }), "cannot use layer 'conv1': another layer has the same name");
  g.nodes[1] = {"relu1", ActivationOp{}, {3}};
  EXPECT_EQ(message_of([&] { model_of(g); }), "cannot use layer 'relu1': its input comes after it");
}

TEST(GraphModel, AFileHoldsWhatItNeeds) {
  Graph g = small_net();
  g.metadata["prototxt"] = "name: 'small'";
  GraphModel model("caffe", g, Parameters(g.parameters), {}, {"a", "b"});
  model.input = {0.5, true, torch::tensor({1.0F, 2.0F, 3.0F}).view({3, 1, 1}), {1, 2, 3}, true};
  const TensorFile file = model.tensors();
  EXPECT_EQ(file.metadata.at("family"), "caffe");
  EXPECT_EQ(file.metadata.at("prototxt"), "name: 'small'");
  EXPECT_EQ(file.get("conv1.weight").shape, (std::vector<int64_t>{4, 3, 3, 3}));
  const InputTransform input = read_input(file);
  EXPECT_EQ(input.scale, 0.5);
  EXPECT_TRUE(torch::equal(input.mean, model.input.mean));
  EXPECT_EQ(input.channel_scale, model.input.channel_scale);
  EXPECT_TRUE(input.bgr);
  EXPECT_EQ(read_labels(file), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(torch::equal(read_parameters(g.parameters, file).flat(), model.parameters().flat()));
}

}  // namespace
}  // namespace reverie
