// What holds for every family.
#include "models/model.h"

#include <gtest/gtest.h>

#include "core/test_help.h"
#include "models/family.h"

namespace reverie {
namespace {

// A small network of each family, as a recipe's table.
const std::vector<std::pair<std::string, std::string>>& small_tables() {
  static const std::vector<std::pair<std::string, std::string>> tables = {
      {"hourglass", "channels = [4, 5]\ndecode_kernel = [4, 2]\npool = ['max', 'mean']\n"},
      {"classifier",
       "layers = ['conv 4', 'max 2', 'residual', 'conv 6 5', 'mean', 'dropout 0.1', 'dense 7']\n"},
      {"vae",
       "encoder = ['conv 4 5 2', 'residual']\ndecoder = ['residual', 'shuffle 3 5']\ncodes = 5\nnorm = "
       "'batch'\n"},
      {"gan", "generator = ['deconv 5', 'conv 3']\ntop = 4\ncodes = 5\nsize = '24x16'\n"},
      {"lapgan",
       "generator = ['deconv 5', 'conv 3']\ntop = 4\ncodes = 5\nsize = '24x16'\nfiner = ['conv 4, conv 3']\n"
       "conditional = true\n"},
      {"video", "frames = 4\nlayers = ['conv 4 3 2', 'max 2', 'conv3d 5', 'mean', 'lstm 4', 'dense 3']\n"},
      {"discriminator",
       "layers = ['conv 4 5 2', 'conv 6 3 2']\nnorm = 'batch'\nspectral = true\npatches = true\n"},
  };
  return tables;
}

std::unique_ptr<Model> small_model(const std::string& family, const std::string& table, uint64_t seed = 1) {
  torch::manual_seed(1);
  const TomlNode root = parse_toml(table, "small.toml");
  const Family* found = find_family(family);
  BuildOptions options;
  options.seed = seed;
  options.labels = {"this", "that", "the other"};
  options.height = 16;
  options.width = 24;
  options.frames = 4;
  options.input.mean = torch::full({3, 1, 1}, 100.0);
  std::unique_ptr<Model> model =
      found->read_recipe(TomlReader(root, "small.toml", found->keys))->build(options);
  torch::NoGradGuard no_grad;
  model->parameters().buffers().add_(torch::rand_like(model->parameters().buffers()));
  return model;
}

TEST(Families, EachHasATestHere) {
  const std::vector<Family> all = trained_families();  // the others' are in their folders
  ASSERT_EQ(small_tables().size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(small_tables()[i].first, all[i].name);
}

TEST(Families, LayersHaveTheShapesThatForwardGives) {
  for (const auto& [family, table] : small_tables()) {
    const auto model = small_model(family, table);
    const torch::Tensor x = torch::randn({2, 3, 16, 24});
    std::vector<std::string> names;
    for (const LayerInfo& layer : model->layers(16, 24)) names.push_back(layer.name);
    const auto out = model->forward(x, names);
    ASSERT_EQ(out.size(), names.size());
    for (size_t i = 0; i < out.size(); ++i) {
      const LayerInfo layer = model->layers(16, 24)[i];
      EXPECT_EQ(out[i].size(1), layer.channels) << family << " " << layer.name;
      if (out[i].dim() == 2) {
        EXPECT_EQ(layer.height * layer.width, 1) << layer.name;
        continue;
      }
      EXPECT_EQ(out[i].size(2), layer.height) << family << " " << layer.name;
      EXPECT_EQ(out[i].size(3), layer.width) << family << " " << layer.name;
    }
  }
}

// Gradients reach the picture from any layer, as far as the layer's receptive field and no further, and the
// weights not at all.
TEST(Families, BackwardFromALayerReachesItsReceptiveField) {
  for (const auto& [family, table] : small_tables()) {
    const auto model = small_model(family, table);
    constexpr int64_t kSide = 64;
    for (const LayerInfo& layer : model->layers(kSide, kSide)) {
      // several pictures, since ReLU and max pooling hide a part of each
      const torch::Tensor x = torch::randn({8, 3, kSide, kSide}).requires_grad_(true);
      const torch::Tensor h = model->forward(x, {layer.name})[0];
      const torch::Tensor one =
          h.dim() == 2 ? h.sum() : h.select(2, h.size(2) / 2).select(2, h.size(3) / 2).sum();
      const torch::Tensor g = torch::autograd::grad({one}, {x})[0].abs().sum(at::IntArrayRef({0, 1}));
      const auto across = [](const torch::Tensor& sums) {
        const torch::Tensor at = torch::nonzero(sums).flatten();
        if (at.numel() == 0) return int64_t{0};
        return (at.max() - at.min()).item<int64_t>() + 1;
      };
      EXPECT_LE(across(g.sum(0)), layer.receptive) << family << " " << layer.name;
      EXPECT_GT(across(g.sum(0)), std::min(kSide, layer.receptive) / 2) << family << " " << layer.name;
      EXPECT_FALSE(model->parameters().flat().grad().defined());
    }
  }
}

TEST(Families, SameSeedSameWeights) {
  for (const auto& [family, table] : small_tables()) {
    const auto flat = [&, f = family, t = table](uint64_t seed) {
      return small_model(f, t, seed)->parameters().flat();
    };
    EXPECT_TRUE(torch::equal(flat(3), flat(3))) << family;
    EXPECT_FALSE(torch::equal(flat(3), flat(4))) << family;
  }
}

TEST(Families, AFileComesBackAsTheModelItWas) {
  const TemporaryFolder folder;
  for (const auto& [family, table] : small_tables()) {
    const auto model = small_model(family, table);
    const auto path = folder.path() / (family + ".safetensors");
    write_model(path, *model);
    const auto again = read_model(path);
    EXPECT_EQ(again->family(), family);
    EXPECT_TRUE(torch::equal(again->parameters().flat(), model->parameters().flat())) << family;
    EXPECT_TRUE(torch::equal(again->parameters().buffers(), model->parameters().buffers())) << family;
    EXPECT_TRUE(torch::equal(again->input.mean, model->input.mean));
    if (model->layers(16, 16).empty()) continue;  // no layer of a generator sees pictures
    const torch::Tensor x = torch::randn({1, 3, 16, 16});
    const std::string top = model->layers(16, 16).back().name;
    EXPECT_TRUE(torch::equal(again->forward(x, {top})[0], model->forward(x, {top})[0])) << family;
  }
}

TEST(Families, WhatIsNotThereIsSaidWithTheNearestName) {
  for (const auto& [family, table] : small_tables()) {
    const auto model = small_model(family, table);
    if (model->layers(16, 16).empty()) continue;
    const std::string first = model->layers(16, 16)[0].name;
    EXPECT_NE(message_of([&] {
                model->forward(torch::randn({1, 3, 16, 16}), {first + "x"});
              }).find("did you mean '" + first + "'"),
              std::string::npos);
  }
  TensorFile file;
  file.name = "m.safetensors";
  file.metadata["family"] = "vae-convs";
  EXPECT_NE(message_of([&] {
              model_from_tensors(file);
            }).find("cannot use m.safetensors: its family is 'vae-convs'"),
            std::string::npos);
}

TEST(Parameters, PartsAreNamesUpToADot) {
  EXPECT_TRUE(is_within("conv1", "conv1.weight"));
  EXPECT_TRUE(is_within("conv1.weight", "conv1.weight"));
  EXPECT_FALSE(is_within("conv1", "conv10.weight"));
  EXPECT_FALSE(is_within("conv1.w", "conv1.weight"));
}

}  // namespace
}  // namespace reverie
