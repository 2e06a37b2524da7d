#include "feedback/hourglass.h"

#include <fmt/format.h>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <complex>
#include <filesystem>
#include <numbers>

#include "core/error.h"
#include "weights/npy.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Hourglass, RandomKindsHaveTheSameDeviation) {
  for (const char* kind : {"normal", "uniform", "sharp"}) {
    ParameterValues v(feedback_parameters());
    v.set_text("weights", kind);
    const Hourglass glass = make_hourglass(v, Random(1), nullptr);
    ASSERT_EQ(glass.levels(), 3);
    double square = 0;
    for (const float w : glass.layers[2].encode_weight) square += static_cast<double>(w) * w;
    const double expected = 1.0 / (48 * 9);
    EXPECT_NEAR(square / static_cast<double>(glass.layers[2].encode_weight.size()), expected, 0.05 * expected)
        << kind;
  }
}

// What is decoded from the finest pattern there is has no blocks: its power beyond that frequency is small.
TEST(Hourglass, SplineFiltersLeaveNoBlocks) {
  ParameterValues v(feedback_parameters());
  v.set("decode_kernel", 6);
  const auto leftover = [&](const char* filters) {
    v.set_text("filters", filters);
    const Layer layer = make_hourglass(v, Random(1), nullptr).layers[0];
    const auto k = static_cast<size_t>(layer.decode_kernel);
    // power of the filters at 0.35 to 0.5 cycles a sample along a row, over that at 0 to 0.15
    double high = 0;
    double low = 0;
    for (size_t at = 0; at < layer.decode_weight.size(); at += k * k) {
      for (int f = 0; f <= 50; ++f) {
        if (f > 15 && f < 35) continue;
        std::complex<double> sum = 0;
        for (size_t i = 0; i < k * k; ++i)
          sum += std::polar<double>(layer.decode_weight[at + i],
                                    2 * std::numbers::pi * f / 100 * static_cast<double>(i % k));
        (f < 16 ? low : high) += std::norm(sum);
      }
    }
    return high / low;
  };
  EXPECT_LT(leftover("spline"), 0.02);
  EXPECT_GT(leftover("smooth"), 0.2);
  EXPECT_GT(leftover("boxed"), 2 * leftover("spline"));
}

TEST(Hourglass, AWeightsSeedDrawsWhatAPartOfThatSeedDraws) {
  ParameterValues v(feedback_parameters());
  const Hourglass of_seven = make_hourglass(v, Random(7).split(kWeightsStream), nullptr);
  v.set("weights_seed", 7);
  const Hourglass kept = make_hourglass(v, Random(1).split(kWeightsStream), nullptr);
  EXPECT_EQ(kept.layers[1].encode_weight, of_seven.layers[1].encode_weight);
  EXPECT_EQ(kept.layers[2].decode_weight, of_seven.layers[2].decode_weight);
}

TEST(Hourglass, NormalisedFiltersHaveMeanZeroAndNormOne) {
  ParameterValues v(feedback_parameters());
  v.set_text("filters", "normalised");
  v.set("decode_kernel", 4);
  const Hourglass glass = make_hourglass(v, Random(1), nullptr);
  const Layer& layer = glass.layers[0];
  for (size_t at = 0; at < layer.encode_weight.size(); at += 27) {
    double mean = 0;
    double square = 0;
    for (size_t i = at; i < at + 27; ++i) {
      mean += layer.encode_weight[i];
      square += std::pow(layer.encode_weight[i], 2);
    }
    EXPECT_NEAR(mean, 0, 1e-5);
    EXPECT_NEAR(square, 1, 1e-5);
  }
  double square = 0;
  for (const float w : layer.decode_weight) square += std::pow(w, 2);
  EXPECT_NEAR(square, 3 * 4, 1e-4);  // three channels; each of the 2 x 2 output phases sees norm 1
}

TEST(Hourglass, SmoothFiltersDecodeAFlatStateToAFlatPicture) {
  ParameterValues v(feedback_parameters());
  v.set_text("filters", "smooth");
  v.set("decode_kernel", 4);
  const Hourglass glass = make_hourglass(v, Random(1), nullptr);
  const Layer& layer = glass.layers[0];
  for (size_t at = 0; at < layer.decode_weight.size(); at += 16) {
    const auto phase = [&](size_t y, size_t x) {
      const float* w = layer.decode_weight.data() + at + y * 4 + x;
      return w[0] + w[2] + w[8] + w[10];
    };
    EXPECT_NEAR(phase(0, 0), phase(1, 1), 1e-5);
    EXPECT_NEAR(phase(0, 0), phase(0, 1), 1e-5);
  }
}

TEST(Hourglass, FromSafetensorsAndFromNpyAreTheSame) {
  ParameterValues v(feedback_parameters());
  v.set("levels", 2);
  v.set("channels", std::vector<double>{3, 5, 7});
  v.set("decode_kernel", 4);
  const Hourglass glass = make_hourglass(v, Random(1), nullptr);
  const fs::path folder = fs::temp_directory_path() / fmt::format("reverie-hourglass-{}", ::getpid());
  fs::create_directories(folder);
  TensorFile file;
  for (size_t n = 0; n < 2; ++n) {
    const Layer& l = glass.layers[n];
    const std::string number = std::to_string(n + 1);
    file.tensors["encode" + number + ".weight"] = {{l.upper, l.lower, 3, 3}, l.encode_weight};
    file.tensors["encode" + number + ".bias"] = {{l.upper}, l.encode_bias};
    file.tensors["decode" + number + ".weight"] = {{l.upper, l.lower, 4, 4}, l.decode_weight};
    file.tensors["decode" + number + ".bias"] = {{l.lower}, l.decode_bias};
    // [out][y][x][in]
    Tensor e = {{l.upper, 3, 3, l.lower}, std::vector<float>(l.encode_weight.size())};
    Tensor d = {{l.lower, 4, 4, l.upper}, std::vector<float>(l.decode_weight.size())};
    for (int u = 0; u < l.upper; ++u) {
      for (int c = 0; c < l.lower; ++c) {
        for (int i = 0; i < 9; ++i)
          e.data[static_cast<size_t>((u * 9 + i) * l.lower + c)] =
              l.encode_weight[static_cast<size_t>((u * l.lower + c) * 9 + i)];
        for (int i = 0; i < 16; ++i)
          d.data[static_cast<size_t>((c * 16 + i) * l.upper + u)] =
              l.decode_weight[static_cast<size_t>((u * l.lower + c) * 16 + i)];
      }
    }
    write_npy(folder / ("encode" + number + "-filters.npy"), e);
    write_npy(folder / ("encode" + number + "-biases.npy"), {{l.upper}, l.encode_bias});
    write_npy(folder / ("decode" + number + "-filters.npy"), d);
    write_npy(folder / ("decode" + number + "-biases.npy"), {{l.lower}, l.decode_bias});
  }
  write_safetensors(folder / "w.safetensors", file);
  for (const fs::path& path : {folder, folder / "w.safetensors"}) {
    v.set_text("weights", path.string());
    const Hourglass read = make_hourglass(v, Random(9), [](const std::string& s) { return fs::path(s); });
    ASSERT_EQ(read.levels(), 2);
    for (size_t n = 0; n < 2; ++n) {
      EXPECT_EQ(read.layers[n].encode_weight, glass.layers[n].encode_weight);
      EXPECT_EQ(read.layers[n].decode_weight, glass.layers[n].decode_weight);
      EXPECT_EQ(read.layers[n].decode_bias, glass.layers[n].decode_bias);
      EXPECT_EQ(read.layers[n].pool_size, 2);
    }
  }
  fs::remove_all(folder);
}

TEST(Hourglass, SaysWhatDoesNotFit) {
  ParameterValues v(feedback_parameters());
  v.set("encode_kernel", 4);
  EXPECT_NE(message([&] { make_hourglass(v, Random(1), nullptr); }).find("encode kernel 4 is not odd"),
            std::string::npos);
  v.set("encode_kernel", 3);
  v.set("decode_kernel", 3);
  EXPECT_NE(
      message([&] { make_hourglass(v, Random(1), nullptr); }).find("decode kernel 3 is not pool size 2"),
      std::string::npos);
  TensorFile file;
  file.name = "w.safetensors";
  EXPECT_NE(
      message([&] { hourglass_from_tensors(file, [](int) { return 2; }); }).find("no tensor encode1.weight"),
      std::string::npos);
  file.tensors["encode1.weight"] = {{4, 2, 3, 3}, std::vector<float>(72)};
  file.tensors["decode1.weight"] = {{4, 2, 2, 2}, std::vector<float>(32)};
  EXPECT_THROW(hourglass_from_tensors(file, [](int) { return 2; }), Error);  // level 0 has three channels
}

TEST(Hourglass, AFileOfAnotherFamilyIsNotPlayed) {
  TensorFile file;
  file.name = "w.safetensors";
  file.tensors["encode1.weight"] = {{4, 3, 3, 3}, std::vector<float>(108)};
  file.tensors["encode1.bias"] = {{4}, std::vector<float>(4)};
  file.tensors["decode1.weight"] = {{4, 3, 2, 2}, std::vector<float>(48)};
  file.tensors["decode1.bias"] = {{3}, std::vector<float>(3)};
  const auto two = [](int) { return 2; };
  file.metadata = {{"family", "vae-convs"}};
  EXPECT_EQ(message([&] { hourglass_from_tensors(file, two); }),
            "cannot use w.safetensors: its family is 'vae-convs', not hourglass");
  file.metadata = {{"family", "hourglass"}, {"format", "2"}, {"pool", "mean"}, {"activation", "relu"}};
  const Hourglass glass = hourglass_from_tensors(file, two);
  EXPECT_EQ(glass.format, 2);
  EXPECT_EQ(glass.layers[0].pool, PoolKind::kMean);
  EXPECT_EQ(glass.layers[0].activation, ActivationKind::kRelu);
  file.metadata = {{"family", "hourglass"}, {"pool", "mean"}};
  EXPECT_EQ(hourglass_from_tensors(file, two).format, 1);
}

TEST(Hourglass, RefusesRandomWeightsThatNoMachineHolds) {
  ParameterValues v(feedback_parameters());
  v.set("levels", 6);
  v.set("channels", std::vector<double>{3, 1024});
  v.set("encode_kernel", 15);
  v.set("decode_kernel", 16);
  try {
    make_hourglass(v, Random(1), nullptr);
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(
        e.what(),
        "cannot play 6 levels: their weights would take 10.1 GB or more (choose fewer channels, smaller "
        "kernels or fewer levels)");
  }
}

// A boxed decode filter answers to nothing that alternates from sample to sample: no checkerboard of
// anything.
TEST(Hourglass, BoxedFiltersHaveNoCheckerboard) {
  ParameterValues v(feedback_parameters());
  v.set("levels", 2);
  v.set("channels", std::vector<double>{3, 5, 7});
  v.set("decode_kernel", std::vector<double>{4, 6});
  v.set_text("filters", "boxed");
  const Hourglass glass = make_hourglass(v, Random(2), nullptr);
  for (const Layer& layer : glass.layers) {
    const auto k = static_cast<size_t>(layer.decode_kernel);
    ASSERT_EQ(layer.decode_weight.size(), k * k * static_cast<size_t>(layer.upper * layer.lower));
    for (size_t at = 0; at < layer.decode_weight.size(); at += k * k) {
      for (size_t y = 0; y < k; ++y) {
        double across = 0;
        double down = 0;
        double size = 0;
        for (size_t x = 0; x < k; ++x) {
          const double sign = x % 2 == 0 ? 1 : -1;
          across += sign * layer.decode_weight[at + y * k + x];
          down += sign * layer.decode_weight[at + x * k + y];
          size += std::abs(layer.decode_weight[at + y * k + x]);
        }
        EXPECT_NEAR(across, 0, 1e-5 * (1 + size));
        EXPECT_NEAR(down, 0, 1e-5 * (1 + size));
      }
    }
  }
}

}  // namespace
}  // namespace reverie
