#include "weights/caffe_export.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/test_help.h"
#include "weights/caffe_hourglass.h"
#include "weights/hourglass_file.h"
#include "weights/npy_folder.h"

namespace reverie {
namespace {

// Two levels with nothing as it is by default: pools 2 and 3, kernels 5, 3 up and 4, 5 down.
TensorFile odd_model() {
  TensorFile m;
  m.name = "odd.safetensors";
  const auto add = [&m](const std::string& name, std::vector<int64_t> shape) {
    size_t n = 1;
    for (const int64_t d : shape) n *= static_cast<size_t>(d);
    std::vector<float> data(n);
    for (size_t i = 0; i < n; ++i) data[i] = static_cast<float>(i % 7) - 3;
    m.tensors[name] = {std::move(shape), std::move(data)};
  };
  add("encode1.weight", {4, 3, 5, 5});
  add("encode1.bias", {4});
  add("decode1.weight", {4, 3, 4, 4});
  add("decode1.bias", {3});
  add("encode2.weight", {6, 4, 3, 3});
  add("encode2.bias", {6});
  add("decode2.weight", {6, 4, 5, 5});
  add("decode2.bias", {4});
  add("mean", {3, 2, 5});
  m.metadata =
      hourglass_metadata({{"2", "3"}, {"mean", "max"}, {"relu", "linear"}, "sigmoid", 0.00392, true});
  return m;
}

TEST(CaffeExport, AModelIsTheSameAfterTheNet) {
  TensorFile model = odd_model();
  CaffeHourglass back =
      hourglass_from_caffe(parse_caffe_net(caffe_net_of(model, "m.binaryproto").value(), "net"), model);
  EXPECT_TRUE(back.warnings.empty());
  EXPECT_EQ(back.model.metadata, model.metadata);
  ASSERT_EQ(back.model.tensors.size(), model.tensors.size());
  for (const auto& [name, tensor] : model.tensors) EXPECT_EQ(back.model.get(name).data, tensor.data) << name;

  // means by channel are in the net itself; a pool of 1 is none
  model.tensors["mean"] = {{3, 1, 1}, {1.5F, 2, 0.1F}};
  model.tensors["decode2.weight"] = {{6, 4, 3, 3}, std::vector<float>(216)};
  model.metadata["pool_size"] = "2,1";
  TensorFile weights = model;
  weights.tensors.erase("mean");
  back = hourglass_from_caffe(parse_caffe_net(caffe_net_of(model, "").value(), "net"), weights);
  EXPECT_EQ(back.model.get("mean", {3, 1, 1}).data, (std::vector<float>{1.5F, 2, 0.1F}));
  EXPECT_EQ(back.model.metadata.at("mean"), "training");
  EXPECT_EQ(back.model.metadata.at("pool_size"), "2,1");
}

TEST(CaffeExport, WhatCaffeHasNoNetForIsSaid) {
  TensorFile model = odd_model();
  model.metadata["pool"] = "stride";
  EXPECT_FALSE(caffe_net_of(model, "m"));
  model.metadata.erase("pool_size");
  EXPECT_FALSE(caffe_net_of(model, "m"));
  EXPECT_FALSE(caffe_net_of({}, "m"));
}

TEST(CaffeExport, TheRecipeHasTheModelsShape) {
  const std::string recipe = recipe_of_net(caffe_net_of(odd_model(), "m").value(), "net.prototxt");
  for (const char* line :
       {"channels = [4, 6]", "pool_size = [2, 3]", "pool = [\"mean\", \"max\"]", "output = \"sigmoid\"",
        "mean = true", "scale = 0.00392", "decode_kernel = [4, 5]"})
    EXPECT_NE(recipe.find(line), std::string::npos) << line << "\n" << recipe;
}

TEST(CaffeExport, MeanPicturesComeBack) {
  const TemporaryFolder folder;
  const Tensor mean = odd_model().get("mean");
  const auto write = [&folder](std::vector<uint8_t> bytes) {
    std::ofstream(folder.path() / "mean.binaryproto", std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return folder.path() / "mean.binaryproto";
  };
  const Tensor back = read_caffe_mean(write(caffe_mean_bytes(mean)));
  EXPECT_EQ(back.shape, mean.shape);
  EXPECT_EQ(back.data, mean.data);
  std::vector<uint8_t> cut = caffe_mean_bytes(mean);
  cut.resize(cut.size() - 4);
  EXPECT_NE(message_of([&] { read_caffe_mean(write(cut)); }).find("no mean picture"), std::string::npos);
  EXPECT_NE(message_of([&] { read_caffe_mean(write({})); }).find("no mean picture"), std::string::npos);
}

TEST(CaffeExport, AFolderOfNpyFilesWithItsNetIsTheModel) {
  const TemporaryFolder folder;
  const TensorFile model = odd_model();
  write_npy_folder(folder.path() / "npy", model, {{kNpyNet, caffe_net_of(model, "mean.npy").value()}});
  const TensorFile back = read_npy_folder(folder.path() / "npy");
  EXPECT_EQ(back.metadata, model.metadata);
  EXPECT_EQ(back.get("mean").data, model.get("mean").data);
}

}  // namespace
}  // namespace reverie
