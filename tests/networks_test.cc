// Tests layers and classify from outside, with networks from Caffe's files.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNet = R"(name: "small"
input: "data" input_dim: 1 input_dim: 3 input_dim: 16 input_dim: 16
layer { name: "conv/1" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "relu" type: "ReLU" bottom: "c" top: "c" }
layer { name: "pool" type: "Pooling" bottom: "c" top: "p" pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "p" top: "f" inner_product_param { num_output: 3 } }
layer { name: "prob" type: "Softmax" bottom: "f" top: "prob" }
)";

Outcome run(const std::string& line, const fs::path& folder) {
  Outcome o = shell(line, folder);
  EXPECT_EQ(o.status, 0) << line << "\n" << o.err;
  return o;
}

std::string write_small(const TestFolder& folder) {
  std::ofstream(folder.path() / "small.prototxt") << kNet;
  std::ofstream(folder.path() / "labels.txt") << "cat\ndog\nbird\n";
  return "small.prototxt";
}

TEST(Networks, LayersAreListed) {
  const TestFolder folder("networks");
  write_small(folder);
  const Outcome o = run("reverie layers small.prototxt", folder.path());
  EXPECT_EQ(o.out,
            "layer   channels         size  sees  step\n"
            "conv/1         4        14x14     3     1\n"
            "relu           4        14x14     3     1\n"
            "pool           4          7x7     5     2\n"
            "fc             3          1x1    17    17  scores\n"
            "prob           3          1x1    17    17\n");
  EXPECT_NE(o.err.find("its weights are random"), std::string::npos);
  EXPECT_EQ(run("reverie layers small.prototxt --size 32x20", folder.path()).out,
            "layer   channels         size  sees  step\n"
            "conv/1         4        30x18     3     1\n"
            "relu           4        30x18     3     1\n"
            "pool           4         15x9     5     2\n");
  const Outcome tiny =
      shell("reverie layers small.prototxt --size 2x2 2>&1 >/dev/null | tail -1", folder.path());
  EXPECT_NE(tiny.out.find("'conv/1' of pictures of 2x2: its input is 2x2, its window 3x3"), std::string::npos)
      << tiny.out;
}

TEST(Networks, VideosGetALineAFrame) {
  const TestFolder folder("networks");
  write_small(folder);
  run("ffmpeg -v error -f lavfi -i testsrc2=s=32x24:r=10:d=0.5 -y clip.mkv", folder.path());
  const Outcome o = run("reverie classify clip.mkv --model small.prototxt", folder.path());
  EXPECT_EQ(std::count(o.out.begin(), o.out.end(), '\n'), 5) << o.out;
  EXPECT_TRUE(o.out.starts_with("0.000 ")) << o.out;
  EXPECT_NE(o.out.find("\n0.400 "), std::string::npos) << o.out;
  // the network that ships, from any folder
  const std::string own = run("reverie classify clip.mkv", folder.path()).out;
  EXPECT_EQ(std::count(own.begin(), own.end(), '\n'), 5) << own;
}

class RealNetwork : public testing::Test {
 protected:
  void SetUp() override {
    if (data_folder().empty() || !fs::exists(data_folder() / "squeezenet")) GTEST_SKIP() << "no squeezenet";
  }
  static std::string model() { return (data_folder() / "squeezenet/squeezenet_v1.0.caffemodel").string(); }
  static Outcome answer(const std::string& photo) {
    return run(
        "reverie classify " + (data_folder() / "photos" / photo).string() + " --top 1 --model " + model(),
        ".");
  }
};

// As an independent implementation says (reference_top1.txt).
TEST_F(RealNetwork, SqueezeNetKnowsAHotDogAndAParrot) {
  const Outcome dog = answer("hot_dog.jpg");
  EXPECT_NEAR(std::stod(dog.out), 0.93, 0.02) << dog.out;
  EXPECT_NE(dog.out.find("hotdog"), std::string::npos) << dog.out;
  const Outcome parrot = answer("parrot.jpg");
  EXPECT_NEAR(std::stod(parrot.out), 1.00, 0.02) << parrot.out;
  EXPECT_NE(parrot.out.find(" macaw"), std::string::npos) << parrot.out;
}

TEST_F(RealNetwork, SqueezeNetHasItsLayers) {
  const Outcome o = run("reverie layers " + model(), ".");
  EXPECT_NE(o.out.find("pool_final"), std::string::npos);
  EXPECT_NE(o.out.find("1000          1x1"), std::string::npos) << o.out;
  EXPECT_NE(o.out.find("  scores\n"), std::string::npos);
}

}  // namespace
}  // namespace reverie
