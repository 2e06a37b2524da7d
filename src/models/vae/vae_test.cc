#include "models/vae/vae.h"
#include "models/vae/grid_codes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/test_help.h"
#include "models/graph/reference_testing.h"
#include "models/vae/refiner.h"

namespace reverie {
namespace {

// The network of 2017.
VaeSettings reference() {
  VaeSettings s;
  s.encoder = {"conv 64 7 2",  "conv 64 7 2",  "conv 64 5 2", "conv 128 5 2",
               "conv 128 3 2", "conv 192 3 2", "conv 256 3 2"};
  s.codes = 512;
  s.spatial = false;
  s.width = 320;
  s.height = 180;
  s.norm = VaeNorm::kBatch;
  s.output = VaeActivation::kElu;
  s.output_norm = true;
  s.mirrored_kernels = false;
  return s;
}

// The same in small, with sides that strides do not divide.
VaeSettings small_reference() {
  VaeSettings s = reference();
  s.encoder = {"conv 3 5 2", "conv 4 3 2"};
  s.codes = 5;
  s.width = 11;
  s.height = 7;
  return s;
}

VaeSettings grid() {
  VaeSettings s;
  s.encoder = {"conv 6 5 2", "conv 8 3 2", "residual"};
  s.decoder = {"residual", "up", "conv 6 3", "shuffle 3 5"};
  s.codes = 7;
  s.norm = VaeNorm::kStyle;
  s.padding = VaePadding::kReflect;
  return s;
}

const InputTransform kPlain = {1.0 / 255, false, {}};

VaeModel made(const VaeSettings& settings) {
  VaeModel model(settings, {"a", "b"}, kPlain);
  model.initialise(3);
  return model;
}

double furthest(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

torch::Tensor noise(std::vector<int64_t> shape, uint64_t seed) {
  torch::manual_seed(seed);
  return torch::rand(shape);
}

std::string error_of(VaeSettings s, const std::vector<std::string>& encoder,
                     const std::vector<std::string>& decoder = {}) {
  s.encoder = encoder;
  s.decoder = decoder;
  return message_of([&] { parse_vae(s); });
}

TEST(VaeLayers, TheReferenceHasItsShapesAndCounts) {
  const VaeLayers layers = parse_vae(reference());
  EXPECT_EQ(layers.top, 256);
  EXPECT_EQ(layers.top_height, 2);
  EXPECT_EQ(layers.top_width, 3);
  EXPECT_EQ(vae_layout(reference()).size(), 8000393);
  VaeSettings refining = reference();
  refining.refiner = 32;
  EXPECT_EQ(vae_layout(refining).size(), 8000393 + 184227);
  std::vector<std::vector<int>> sides;
  for (const VaeLayer& layer : layers.decoder)
    sides.push_back({layer.upper, layer.height, layer.width, layer.kernel});
  const std::vector<std::vector<int>> wanted = {{192, 3, 5, 7},  {128, 6, 10, 7}, {128, 12, 20, 5},
                                                {64, 23, 40, 5}, {64, 45, 80, 3}, {64, 90, 160, 3},
                                                {3, 180, 320, 3}};
  EXPECT_EQ(sides, wanted);
}

TEST(VaeLayers, WhatIsWrongIsSaidWithTheLayer) {
  VaeSettings flat = grid();
  flat.spatial = false;
  EXPECT_NE(error_of(grid(), {"konv 8"}).find("'konv 8'"), std::string::npos);
  EXPECT_NE(error_of(grid(), {"up"}).find("smaller"), std::string::npos);
  EXPECT_NE(error_of(grid(), {"conv 8 1 2"}).find("smaller than its stride"), std::string::npos);
  EXPECT_NE(error_of(grid(), {"conv 8 3 2"}, {"conv 3"}).find("2 times smaller"), std::string::npos);
  EXPECT_NE(error_of(grid(), {"conv 8"}, {"conv 4"}).find("4 channels, not 3"), std::string::npos);
  EXPECT_NE(error_of(grid(), {"dense 8"}).find("spatial = false"), std::string::npos);
  EXPECT_NE(error_of(flat, {"conv 8"}).find("size"), std::string::npos);
  EXPECT_NE(error_of(grid(), {}).find("no layers"), std::string::npos);
}

// Every layer in plain loops and float64: padding as TensorFlow's SAME, statistics of the batch.
class PlainVae {
 public:
  PlainVae(const VaeModel& model, bool learning) : learning_(learning), layers_(parse_vae(model.settings())) {
    for (const auto& [name, tensor] : model.tensors().tensors)
      t_.emplace(name, reference::from_torch(from_plain(tensor)));
  }

  reference::Array up(reference::Array x) const {
    for (const VaeLayer& layer : layers_.encoder) x = elu(norm(convolved(x, layer), layer.name));
    return x;
  }

  reference::Array down(const reference::Array& codes) const {
    reference::Array x = elu(norm(dense(codes, "decode0"), "decode0"));
    x.shape = {x.shape[0], layers_.top, layers_.top_height, layers_.top_width};
    for (const VaeLayer& layer : layers_.decoder) x = elu(norm(transposed(x, layer), layer.name));
    return x;
  }

  // For pictures whose black is 0.
  reference::Array refine(const reference::Array& y, int channels) const {
    std::vector<VaeLayer> layers = refiner_layers(channels);
    layers[5].height = static_cast<int>(y.shape[2]);
    layers[5].width = static_cast<int>(y.shape[3]);
    const reference::Array beside = elu(convolved(relu(y), layers[0]));
    reference::Array x = beside;
    for (size_t i = 1; i < 5; ++i) x = elu(convolved(x, layers[i]));
    x = elu(transposed(x, layers[5]));
    for (size_t i = 0; i < x.values.size(); ++i) x.values[i] += beside.values[i];
    return relu(convolved(x, layers[6]));
  }

  reference::Array dense(const reference::Array& x, const std::string& name) const {
    const reference::Array& w = t_.at(name + ".weight");
    const reference::Array& b = t_.at(name + ".bias");
    const int64_t count = w.shape[1];
    return reference::filled({x.shape[0], w.shape[0], 1, 1}, [&](int64_t n, int64_t c, int64_t, int64_t) {
      double sum = b.at(c, 0, 0, 0);
      for (int64_t i = 0; i < count; ++i)
        sum += w.at(c, i, 0, 0) * x.values[static_cast<size_t>(n * count + i)];
      return sum;
    });
  }

 private:
  static int64_t before(int64_t size, int64_t places, const VaeLayer& layer) {
    return std::max<int64_t>((places - 1) * layer.stride + layer.kernel - size, 0) / 2;
  }

  reference::Array convolved(const reference::Array& x, const VaeLayer& l) const {
    const reference::Array& w = t_.at(l.name + ".weight");
    const reference::Array& b = t_.at(l.name + ".bias");
    const int64_t height = (x.shape[2] + l.stride - 1) / l.stride;
    const int64_t width = (x.shape[3] + l.stride - 1) / l.stride;
    const int64_t top = before(x.shape[2], height, l);
    const int64_t left = before(x.shape[3], width, l);
    return reference::filled({x.shape[0], l.upper, height, width},
                             [&](int64_t n, int64_t c, int64_t y, int64_t u) {
                               double sum = b.at(c, 0, 0, 0);
                               for (int64_t i = 0; i < l.lower; ++i)
                                 for (int64_t v = 0; v < l.kernel; ++v)
                                   for (int64_t h = 0; h < l.kernel; ++h) {
                                     const int64_t py = y * l.stride - top + v;
                                     const int64_t px = u * l.stride - left + h;
                                     if (x.has(py, px)) sum += w.at(c, i, v, h) * x.at(n, i, py, px);
                                   }
                               return sum;
                             });
  }

  // The transpose of the convolution that goes from the larger picture to x.
  reference::Array transposed(const reference::Array& x, const VaeLayer& l) const {
    const reference::Array& w = t_.at(l.name + ".weight");
    const reference::Array& b = t_.at(l.name + ".bias");
    reference::Array out =
        reference::filled({x.shape[0], l.upper, l.height, l.width},
                          [&](int64_t, int64_t c, int64_t, int64_t) { return b.at(c, 0, 0, 0); });
    const int64_t top = before(l.height, x.shape[2], l);
    const int64_t left = before(l.width, x.shape[3], l);
    for (int64_t n = 0; n < x.shape[0]; ++n)
      for (int64_t i = 0; i < l.lower; ++i)
        for (int64_t y = 0; y < x.shape[2]; ++y)
          for (int64_t u = 0; u < x.shape[3]; ++u)
            for (int64_t c = 0; c < l.upper; ++c)
              for (int64_t v = 0; v < l.kernel; ++v)
                for (int64_t h = 0; h < l.kernel; ++h) {
                  const int64_t py = y * l.stride - top + v;
                  const int64_t px = u * l.stride - left + h;
                  if (out.has(py, px)) out.at(n, c, py, px) += w.at(i, c, v, h) * x.at(n, i, y, u);
                }
    return out;
  }

  reference::Array norm(const reference::Array& x, const std::string& name) const {
    const auto count = static_cast<double>(x.shape[0] * x.shape[2] * x.shape[3]);
    std::vector<double> mean(static_cast<size_t>(x.shape[1]));
    std::vector<double> variance(mean.size());
    for (size_t c = 0; c < mean.size(); ++c) {
      const auto channel = static_cast<int64_t>(c);
      const auto each = [&](const auto& add) {
        for (int64_t n = 0; n < x.shape[0]; ++n)
          for (int64_t y = 0; y < x.shape[2]; ++y)
            for (int64_t u = 0; u < x.shape[3]; ++u) add(x.at(n, channel, y, u));
      };
      each([&](double v) { mean[c] += v / count; });
      each([&](double v) { variance[c] += (v - mean[c]) * (v - mean[c]) / count; });
      if (learning_) continue;
      mean[c] = t_.at(name + ".norm.mean").at(channel, 0, 0, 0);
      variance[c] = t_.at(name + ".norm.variance").at(channel, 0, 0, 0);
    }
    return reference::filled(x.shape, [&](int64_t n, int64_t c, int64_t y, int64_t u) {
      const auto i = static_cast<size_t>(c);
      return (x.at(n, c, y, u) - mean[i]) / std::sqrt(variance[i] + 1e-6) *
                 t_.at(name + ".norm.weight").at(c, 0, 0, 0) +
             t_.at(name + ".norm.bias").at(c, 0, 0, 0);
    });
  }

  static reference::Array elu(reference::Array x) {
    for (double& v : x.values) v = v > 0 ? v : std::expm1(v);
    return x;
  }

  static reference::Array relu(reference::Array x) {
    for (double& v : x.values) v = std::max(v, 0.0);
    return x;
  }

  bool learning_;
  VaeLayers layers_;
  std::map<std::string, reference::Array> t_;
};

double largest_difference(const torch::Tensor& a, const reference::Array& b) {
  const reference::Array own = reference::from_torch(a);
  EXPECT_EQ(own.values.size(), b.values.size());
  double most = 0;
  for (size_t i = 0; i < std::min(own.values.size(), b.values.size()); ++i)
    most = std::max(most, std::abs(own.values[i] - b.values[i]));
  return most;
}

TEST(Vae, TheReferenceInSmallIsThatOfPlainLoopsInBothModes) {
  VaeModel model = made(small_reference());
  {
    torch::NoGradGuard no_grad;
    model.parameters().flat().add_(0.1 * noise({model.parameters().flat().size(0)}, 4));
    model.parameters().buffers().add_(0.3 * noise({model.parameters().buffers().size(0)}, 5));
  }
  const torch::Tensor x = noise({3, 3, 7, 11}, 1);
  for (const bool learning : {false, true}) {
    const PlainVae plain(model, learning);
    const reference::Array top = plain.up(reference::from_torch(x));
    const reference::Array mean = plain.dense(top, "mean");
    const reference::Array picture = plain.down(mean);
    const VaeWeights weights = learning ? model.learned() : model.constant();
    const Codes codes = model.encode(x, weights);
    EXPECT_LT(largest_difference(codes.mean, mean), 1e-4);
    EXPECT_LT(largest_difference(codes.log_sigma, plain.dense(top, "log_sigma")), 1e-4);
    const torch::Tensor y = model.decode(codes.mean, 7, 11, weights);
    EXPECT_EQ(y.sizes(), x.sizes());
    EXPECT_LT(largest_difference(y, picture), 1e-4) << "learning " << learning;
  }
}

// Every kind of layer that batch normalisation may follow.
TEST(Vae, PackedWeightsMakeTheSame) {
  VaeSettings batch = grid();
  batch.norm = VaeNorm::kBatch;
  VaeSettings tied = small_reference();
  tied.mirrored_kernels = true;
  tied.tied = true;
  VaeSettings flat = small_reference();
  flat.encoder = {"conv 3 5 2", "dense 9"};
  flat.mirrored_kernels = true;
  for (const VaeSettings& settings : {small_reference(), batch, tied, flat, grid()}) {
    VaeModel model = made(settings);
    torch::NoGradGuard no_grad;
    model.parameters().flat().add_(0.1 * noise({model.parameters().flat().size(0)}, 4));
    model.parameters().buffers().add_(0.3 * noise({model.parameters().buffers().size(0)}, 5));
    const torch::Tensor before = model.parameters().flat().clone();
    const torch::Tensor x = noise({2, 3, 7, 11}, 1);
    const auto difference = [](const torch::Tensor& a, const torch::Tensor& b) {
      return (a - b).abs().max().item<double>();
    };
    const VaeWeights plain = model.constant();
    const VaeWeights packed = model.packed();
    const torch::Tensor codes = model.encode(x, plain).mean;
    EXPECT_LT(difference(model.encode(x, packed).mean, codes),
              1e-5 * std::max(1.0, codes.abs().max().item<double>()));
    EXPECT_LT(difference(model.decode(codes, 7, 11, packed), model.decode(codes, 7, 11, plain)), 1e-5);
    EXPECT_TRUE(torch::equal(model.parameters().flat(), before));
  }
}

TEST(Vae, ItsRefinerIsThatOfPlainLoops) {
  VaeSettings settings = small_reference();
  settings.refiner = 4;
  const VaeModel model = made(settings);
  const torch::Tensor y = noise({2, 3, 7, 11}, 1) * 2 - 0.5;
  const torch::Tensor refined = model.refine(y, model.constant());
  EXPECT_LT(largest_difference(refined, PlainVae(model, false).refine(reference::from_torch(y), 4)), 1e-4);
  EXPECT_GT(refined.max().item<float>(), 0) << "it is not black all over";
  const VaeModel without = made(small_reference());
  EXPECT_TRUE(torch::equal(without.refine(y, without.constant()), y));
}

// Its last layer makes three channels: by phases, where the picture's sides are even.
TEST(Vae, ItsRefinerMakesTheSameOfPackedWeights) {
  VaeSettings settings = small_reference();
  settings.refiner = 4;
  const VaeModel model = made(settings);
  for (const auto& [height, width] : std::vector<std::pair<int64_t, int64_t>>{{8, 12}, {7, 11}, {8, 11}}) {
    const torch::Tensor y = noise({2, 3, height, width}, 1) * 2 - 0.5;
    EXPECT_LT(
        (model.refine(y, model.packed()) - model.refine(y, model.constant())).abs().max().item<double>(),
        1e-5);
  }
}

TEST(Vae, ATiedDecoderHasTheEncodersWeights) {
  VaeSettings settings = small_reference();
  settings.mirrored_kernels = true;
  settings.encoder.emplace_back("residual");
  const VaeModel apart = made(settings);
  settings.tied = true;
  const VaeModel tied = made(settings);
  EXPECT_LT(vae_layout(tied.settings()).size(), vae_layout(apart.settings()).size());
  torch::NoGradGuard no_grad;
  const VaeWeights from = tied.constant();
  const std::map<std::string, std::string> turned = {{"decode2.weight", "encode2.weight"},
                                                     {"decode3.weight", "encode1.weight"}};
  for (auto& [name, to] : apart.constant().learned) {
    const auto it = turned.find(name);
    to.variable_data().copy_(name == "decode0.weight" ? from.at("mean.weight").t()
                                                      : from.at(it == turned.end() ? name : it->second));
  }
  const torch::Tensor codes = noise({2, 5}, 3);
  EXPECT_TRUE(torch::equal(tied.decode(codes, 7, 11, from), apart.decode(codes, 7, 11, apart.constant())));
  settings = grid();
  settings.tied = true;
  EXPECT_NE(message_of([&] { parse_vae(settings); }).find("not the encoder mirrored"), std::string::npos);
}

TEST(Vae, ADecoderWithVarianceHasItBesideTheMean) {
  for (VaeSettings settings : {small_reference(), grid()}) {
    settings.variance = true;
    const VaeModel model = made(settings);
    const torch::Tensor codes =
        settings.spatial ? noise({2, settings.codes, 2, 3}, 3) : noise({2, settings.codes}, 3);
    const DecodedCodes whole = model.decode_whole(codes, 7, 11, model.constant());
    EXPECT_EQ(whole.mean.sizes(), (std::vector<int64_t>{2, 3, 7, 11}));
    EXPECT_EQ(whole.log_variance.sizes(), whole.mean.sizes());
    EXPECT_TRUE(torch::equal(model.decode(codes, 7, 11, model.constant()), whole.mean));
    EXPECT_FALSE(torch::equal(whole.log_variance, whole.mean));
    const std::unique_ptr<Model> again = model_from_tensors(model.tensors());
    EXPECT_TRUE(as_vae(*again, "test").settings().variance);
  }
}

TEST(Vae, AGridTakesPicturesOfAnySize) {
  const VaeModel model = made(grid());
  for (const auto& [height, width] :
       {std::pair(16, 24), std::pair(17, 23), std::pair(1, 1), std::pair(5, 40)}) {
    const torch::Tensor x = noise({2, 3, height, width}, 2);
    const Codes codes = model.encode(x, model.constant());
    EXPECT_EQ(codes.mean.size(2), (height + 3) / 4);
    EXPECT_EQ(codes.mean.size(3), (width + 3) / 4);
    const torch::Tensor y = model.decode(codes.mean, height, width, model.constant());
    EXPECT_EQ(y.sizes(), x.sizes());
    EXPECT_TRUE(torch::isfinite(y).all().item<bool>());
  }
}

TEST(Vae, CodesMovedToAStyleHaveItsStatistics) {
  const torch::Tensor codes = torch::randn({2, 7, 6, 5});
  const CodeStatistics to = {torch::randn({1, 7, 1, 1}), torch::rand({1, 7, 1, 1}) + 0.5};
  const CodeStatistics have = statistics_of(moved_to(codes, statistics_of(codes), to));
  EXPECT_TRUE(torch::allclose(have.mean, to.mean.expand_as(have.mean), 1e-4, 1e-4));
  EXPECT_TRUE(torch::allclose(have.deviation, to.deviation.expand_as(have.deviation), 0.01, 0.01));
}

// The label is numbers behind the codes; without one all have an equal share.
TEST(Vae, AConditionalDecoderIsToldTheLabel) {
  VaeSettings settings = small_reference();
  settings.conditional = true;
  const VaeModel model = made(settings);
  const VaeWeights weights = model.constant();
  EXPECT_EQ(model.codes(), 5 + 2);
  EXPECT_EQ(weights.at("decode0.weight").size(1), 5 + 2);
  const torch::Tensor codes = noise({2, 5}, 3);
  const auto made_of = [&](const torch::Tensor& told) { return model.decode(told, 7, 11, weights); };
  const torch::Tensor b = made_of(model.with_labels(codes, torch::tensor({1, 1})));
  EXPECT_LT(furthest(made_of(torch::cat({codes, torch::tensor({{-3.0F, 9.0F}, {0.0F, 1.0F}})}, 1)), b), 1e-6);
  EXPECT_LT(furthest(made_of(model.with_labels(codes, torch::tensor({-1, 1})))[1], b[1]), 1e-6);
  EXPECT_GT(furthest(made_of(model.with_labels(codes, torch::tensor({0, 1})))[0], b[0]), 1e-3);
  const torch::Tensor shared = made_of(codes);
  EXPECT_LT(furthest(made_of(model.with_labels(codes, torch::tensor({-1, -1}))), shared), 1e-6);
  EXPECT_LT(furthest(made_of(model.with_classes(codes, torch::full({1, 2}, 0.5))), shared), 1e-6);
  // a label in place of another one
  EXPECT_LT(furthest(made_of(model.with_labels(model.with_labels(codes, torch::tensor({0, 1})),
                                               torch::tensor({1, 1}))),
                     b),
            1e-6);
  const std::unique_ptr<Model> again = model_from_tensors(model.tensors());
  const VaeModel& vae = as_vae(*again, "test");
  EXPECT_TRUE(
      torch::equal(vae.decode(vae.with_labels(codes, torch::tensor({1, 1})), 7, 11, vae.constant()), b));
  const auto error = [&](auto change) {
    VaeSettings wrong = settings;
    change(wrong);
    return message_of([&] { made(wrong); });
  };
  EXPECT_NE(error([](VaeSettings& s) { s.spatial = true; }).find("spatial = false"), std::string::npos);
  EXPECT_NE(error([](VaeSettings& s) { s.tied = true; }).find("no place for the label"), std::string::npos);
  EXPECT_NE(message_of([&] { VaeModel(settings, {}, kPlain); }).find("there are no labels"),
            std::string::npos);
}

TEST(Vae, IsTheSameAfterItsFile) {
  VaeSettings refining = grid();
  refining.refiner = 2;
  for (const VaeSettings& settings : {grid(), small_reference(), refining}) {
    VaeModel model = made(settings);
    {
      torch::NoGradGuard no_grad;
      model.constant().buffers.at("label.seen").fill_(2);
      model.constant().buffers.at("label.mean").copy_(noise({2, settings.codes}, 8));
    }
    const std::unique_ptr<Model> again = model_from_tensors(model.tensors());
    const VaeModel& vae = as_vae(*again, "test");
    EXPECT_EQ(vae.labels(), model.labels());
    EXPECT_EQ(vae.settings().refiner, settings.refiner);
    EXPECT_TRUE(torch::equal(vae.label_statistics("b").mean, model.label_statistics("b").mean));
    const torch::Tensor x = noise({1, 3, settings.spatial ? 12 : 7, settings.spatial ? 16 : 11}, 6);
    std::vector<std::string> names;
    for (const LayerInfo& layer : vae.layers(x.size(2), x.size(3))) names.push_back(layer.name);
    EXPECT_TRUE(torch::equal(vae.refine(x, vae.constant()), model.refine(x, model.constant())));
    const auto a = vae.forward(x, names);
    const auto b = model.forward(x, names);
    for (size_t i = 0; i < names.size(); ++i) {
      EXPECT_TRUE(torch::equal(a[i], b[i])) << names[i];
      const LayerInfo info = vae.layers(x.size(2), x.size(3))[i];
      EXPECT_EQ(a[i].size(1), info.channels) << names[i];
      if (a[i].dim() == 4) {
        EXPECT_EQ(a[i].size(2), info.height) << names[i];
      }
    }
  }
}

TEST(Vae, ALabelThatIsNotThereIsSaidWithTheNearest) {
  VaeModel model(grid(), {"scream", "night"}, kPlain);
  EXPECT_NE(message_of([&] { model.label_statistics("screm"); }).find("did you mean 'scream'?"),
            std::string::npos);
  EXPECT_NE(message_of([&] { model.label_statistics("scream"); }).find("seen no picture"), std::string::npos);
}

TEST(Vae, HostileFilesAreRefused) {
  const TensorFile good = made(grid()).tensors();
  const auto refused = [&](const std::function<void(TensorFile&)>& spoil) {
    TensorFile file = good;
    spoil(file);
    return message_of([&] { model_from_tensors(file); });
  };
  EXPECT_EQ(refused([](TensorFile&) {}), "");
  EXPECT_NE(refused([](TensorFile& f) { f.metadata.erase("encoder"); }).find("encoder"), std::string::npos);
  EXPECT_NE(refused([](TensorFile& f) {
              f.metadata["encoder"] = "conv 4096 31 2, conv 4096 31 2";
            }).find("fewer weights"),
            std::string::npos);
  VaeSettings told = small_reference();
  told.conditional = true;
  TensorFile crowded = made(told).tensors();
  for (int i = 0; i < 1000; ++i) crowded.metadata["labels"] += "\n" + std::to_string(i);
  EXPECT_NE(message_of([&] { model_from_tensors(crowded); }).find("fewer weights"), std::string::npos);
  EXPECT_NE(refused([](TensorFile& f) { f.metadata["norm"] = "loud"; }).find("loud"), std::string::npos);
  EXPECT_NE(refused([](TensorFile& f) { f.tensors["mean.bias"].data[0] = NAN; }).find("not a number"),
            std::string::npos);
  EXPECT_NE(refused([](TensorFile& f) { f.metadata["codes"] = "1e9"; }), "");
  EXPECT_NE(refused([](TensorFile& f) { f.tensors.erase("decode1.conv1.weight"); }), "");
}

// At any phase each number is a normal one, and moving on by a whole place gives the neighbours.
TEST(GridCodes, AreSmoothNoiseOfVarianceOne) {
  torch::manual_seed(2);
  const torch::Tensor noise = torch::randn({400, 2, 8, 9});
  for (const float phase : {0.0F, 0.3F, 0.5F, 1.0F}) {
    const torch::Tensor codes = smooth_codes(noise, torch::full({400, 2}, phase));
    EXPECT_EQ(codes.sizes(), (std::vector<int64_t>{400, 2, 5, 6}));
    EXPECT_NEAR(codes.var().item<double>(), 1, 0.05) << phase;
  }
  const torch::Tensor before = smooth_codes(noise, torch::ones({400, 2}));
  const torch::Tensor after = smooth_codes(noise.narrow(2, 1, 7).narrow(3, 1, 8), torch::zeros({400, 2}));
  EXPECT_TRUE(torch::allclose(before.narrow(2, 0, 4).narrow(3, 0, 5), after, 1e-5, 1e-6));
  double sum = 0;
  for (const double weight : spline_weights(0.4)) sum += weight;
  EXPECT_NEAR(sum, 1, 1e-12);
}

}  // namespace
}  // namespace reverie
