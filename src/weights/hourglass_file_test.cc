#include "weights/hourglass_file.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/test_help.h"

namespace reverie {
namespace {

Tensor zeros(std::vector<int64_t> shape) {
  const size_t n = *element_count(shape);
  return {std::move(shape), std::vector<float>(n)};
}

TensorFile two_levels() {
  TensorFile file;
  file.name = "m.safetensors";
  file.tensors = {{"encode1.weight", zeros({4, 3, 3, 3})}, {"encode1.bias", zeros({4})},
                  {"decode1.weight", zeros({4, 3, 2, 2})}, {"decode1.bias", zeros({3})},
                  {"encode2.weight", zeros({5, 4, 5, 5})}, {"encode2.bias", zeros({5})},
                  {"decode2.weight", zeros({5, 4, 4, 4})}, {"decode2.bias", zeros({4})}};
  return file;
}

std::string message(const TensorFile& file) {
  return message_of([&] { read_hourglass_file(file); });
}

TEST(HourglassFile, WithoutMetadataNothingIsSaid) {
  const TensorFile file = two_levels();
  const HourglassFile glass = read_hourglass_file(file);
  ASSERT_EQ(glass.levels.size(), 2U);
  EXPECT_EQ(glass.format, 1);
  EXPECT_EQ(glass.levels[1].lower, 4);
  EXPECT_EQ(glass.levels[1].upper, 5);
  EXPECT_EQ(glass.levels[1].encode_kernel, 5);
  EXPECT_EQ(glass.levels[1].decode_kernel, 4);
  EXPECT_FALSE(glass.levels[0].pool || glass.levels[0].pool_size || glass.levels[0].activation);
  EXPECT_FALSE(glass.output || glass.scale);
  EXPECT_TRUE(glass.subtract_mean);
}

TEST(HourglassFile, WhatIsWrittenIsRead) {
  TensorFile file = two_levels();
  file.metadata = hourglass_metadata({{"2", "3"}, {"mean", "max"}, {"tanh", "relu"}, "sigmoid", 0.5, false});
  const HourglassFile glass = read_hourglass_file(file);
  EXPECT_EQ(glass.format, kHourglassFormat);
  EXPECT_EQ(glass.levels[1].pool_size, 3);
  EXPECT_EQ(glass.levels[0].pool, PoolKind::kMean);
  EXPECT_EQ(glass.levels[1].activation, ActivationKind::kRelu);
  EXPECT_EQ(glass.output, ActivationKind::kSigmoid);
  EXPECT_EQ(glass.scale, 0.5);
  EXPECT_FALSE(glass.subtract_mean);
  file.metadata["pool"] = "mean";  // the last one holds for the levels above
  EXPECT_EQ(read_hourglass_file(file).levels[1].pool, PoolKind::kMean);
}

// A file of version 0.1 has the same metadata without a format.
TEST(HourglassFile, FilesOfVersion01AreToldFromLaterOnes) {
  TensorFile file = two_levels();
  file.metadata = hourglass_metadata({{"2"}, {"mean"}, {"tanh"}, "tanh", 1, true});
  file.metadata.erase("format");
  EXPECT_EQ(read_hourglass_file(file).format, 1);
  file.metadata["format"] = "3";
  EXPECT_NE(message(file).find("format is not a number from 1 to 2"), std::string::npos);
}

TEST(HourglassFile, AnotherFamilyIsRefusedByName) {
  TensorFile file = two_levels();
  file.metadata["family"] = "vae-convs";
  EXPECT_EQ(message(file), "cannot use m.safetensors: its family is 'vae-convs', not hourglass");
  file.metadata["family"] = "hourglass";
  EXPECT_EQ(message(file), "");
}

TEST(HourglassFile, WhatDoesNotFitIsNamed) {
  TensorFile file = two_levels();
  file.metadata["pool"] = "median";
  EXPECT_NE(message(file).find("pool is one of max, mean, not 'median'"), std::string::npos);
  file = two_levels();
  file.metadata["pool_size"] = "2,9";
  EXPECT_NE(message(file).find("pool_size is not a number from 1 to 8"), std::string::npos);
  file = two_levels();
  file.tensors["decode2.bias"] = zeros({5});
  EXPECT_NE(message(file).find("decode2.bias"), std::string::npos);
  file = two_levels();
  file.tensors["encode2.weight"] = zeros({5, 4, 5, 3});
  EXPECT_NE(message(file).find("no filters"), std::string::npos);
  file = two_levels();
  file.tensors["encode1.bias"].data[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(message(file).find("'encode1.bias' has a value that is infinite or not a number"),
            std::string::npos);
  file.tensors.clear();
  EXPECT_NE(message(file).find("no tensor encode1.weight"), std::string::npos);
}

}  // namespace
}  // namespace reverie
