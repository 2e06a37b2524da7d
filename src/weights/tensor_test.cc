#include "weights/tensor.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/error.h"

namespace reverie {
namespace {

TEST(Tensor, CountIsTheProductOfTheShape) {
  EXPECT_EQ(element_count({}), 1U);
  EXPECT_EQ(element_count({7}), 7U);
  EXPECT_EQ(element_count({3, 5, 4}), 60U);
  EXPECT_EQ(element_count({3, 0, 4}), 0U);
}

TEST(Tensor, AShapeThatCouldOverflowHasNoCount) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(element_count({-1}), std::nullopt);
  EXPECT_EQ(element_count({kMost}), std::nullopt);
  EXPECT_EQ(element_count({int64_t{1} << 32, int64_t{1} << 32}), std::nullopt);
  EXPECT_EQ(element_count({0, kMost, kMost}), std::nullopt);
  EXPECT_EQ(element_count({kMost, kMost, 0}), std::nullopt);
  EXPECT_EQ(element_count(std::vector<int64_t>(kMaxRank, 1)), 1U);
  EXPECT_EQ(element_count(std::vector<int64_t>(kMaxRank + 1, 1)), std::nullopt);
}

TEST(Tensor, AMissingNameIsAnsweredWithTheFileAndTheNearest) {
  const TensorFile file{
      "pool4.safetensors", {{"encode1.weight", {{1}, {0.5F}}}, {"decode1.bias", {{1}, {2.0F}}}}, {}};
  EXPECT_TRUE(file.has("encode1.weight"));
  EXPECT_EQ(file.get("decode1.bias").data, std::vector<float>{2.0F});
  try {
    file.get("encode1.wieght");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(
        e.what(),
        "cannot find tensor 'encode1.wieght' in pool4.safetensors: no such name among its 2 tensors, "
        "did you mean 'encode1.weight'?");
  }
}

TEST(Tensor, AnotherShapeThanWantedIsAnError) {
  const TensorFile file{"a.npy", {{"w", {{2, 1}, {1.0F, 2.0F}}}}, {}};
  EXPECT_EQ(file.get("w", {2, 1}).data.size(), 2U);
  try {
    file.get("w", {1, 2});
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "cannot use tensor 'w' of a.npy: its shape is [2, 1], expected [1, 2]");
  }
}

TEST(Tensor, HostileNamesAreClipped) {
  EXPECT_EQ(in_quotes("a"), "'a'");
  EXPECT_LT(in_quotes(std::string(1'000'000, 'x')).size(), 100U);
}

}  // namespace
}  // namespace reverie
