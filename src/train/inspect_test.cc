#include "train/inspect.h"

#include <gtest/gtest.h>

#include <map>

#include "core/file.h"
#include "core/test_help.h"
#include "sheets/colour_map.h"
#include "sheets/sheet.h"
#include "train/event_log.h"
#include "train/test_set.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// Two levels that give back exactly what they get: each level's channels are the phases of the one below.
HourglassModel identity_model() {
  HourglassConfig config;
  config.levels.resize(2);
  for (int l = 0; l < 2; ++l) {
    LevelConfig& level = config.levels[static_cast<size_t>(l)];
    level.channels = l == 0 ? 12 : 6;
    level.encode_kernel = 1;
    level.pool = PoolKind::kMean;
    level.activation = ActivationKind::kLinear;
  }
  config.output = ActivationKind::kLinear;
  HourglassModel model(HourglassNet(config), {1.0 / 256, false, {}});
  torch::NoGradGuard no_grad;
  for (const ParameterSlice& slice : model.net.slices()) {
    if (slice.is_bias) continue;
    torch::Tensor w = torch::zeros(slice.shape);
    const bool encode = slice.name.starts_with("encode");
    for (int64_t c = 0; c < 3; ++c) {
      if (encode) {
        w[c][c][0][0] = 1;
      } else {
        w[c][c].fill_(1);
      }
    }
    model.net.flat().narrow(0, slice.begin, slice.count).copy_(w.flatten());
  }
  return model;
}

TEST(Sheets, ATensorBecomesPlanesWhateverItsOrder) {
  const torch::Tensor t = torch::arange(24, torch::kFloat32).view({2, 3, 4});
  const Planes p = to_planes(t.permute({2, 0, 1}));
  EXPECT_EQ(p.channels(), 4);
  EXPECT_EQ(p.height(), 2);
  EXPECT_EQ(p.width(), 3);
  EXPECT_EQ(p.at(1, 0, 2), t[0][2][1].item<float>());
}

// Pictures of one colour come back as they were from every level and from cubic resampling.
TEST(Sheets, ReconstructionsShowInputLevelsAndCubic) {
  const HourglassModel model = identity_model();
  torch::Tensor pictures = torch::empty({3, 3, 8, 8});
  for (int i = 0; i < 3; ++i) pictures[i].fill_(51.0F * static_cast<float>(i + 1));
  const Planes sheet = reconstruction_sheet(model, model.input, pictures);
  std::map<int, int> count;
  for (const float v : sheet.data()) {
    for (int i = 1; i <= 3; ++i) count[i] += std::abs(v - 0.2F * static_cast<float>(i)) < 1e-3F ? 1 : 0;
  }
  // input, two levels, two cubics, each 8 times 8 by 8 pixels
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(count[i], 3 * 5 * 64 * 64) << i;
}

TEST(Sheets, ResponsesAreNeutralAtZero) {
  const torch::Tensor pictures = torch::zeros({2, 3, 8, 8});
  torch::Tensor h = torch::zeros({2, 5, 4, 4});
  h[0][1].fill_(2);
  h[1][4].fill_(-2);
  const Planes sheet = response_sheet(pictures, h, 1, ResponseColours::kDiverging);
  const auto count = [&](const Planes& p, const Colour& c) {
    int n = 0;
    for (size_t i = 0; i < p.plane_size(); ++i)
      n += p.plane(0)[i] == c.r && p.plane(1)[i] == c.g && p.plane(2)[i] == c.b ? 1 : 0;
    return n;
  };
  EXPECT_GE(count(sheet, cool_warm(1)), 48 * 48);
  EXPECT_GE(count(sheet, cool_warm(-1)), 48 * 48);
  EXPECT_GE(count(sheet, cool_warm(0)), 8 * 48 * 48);
  const Planes colour = response_sheet(pictures, h, 1, ResponseColours::kTriples);
  EXPECT_EQ(count(colour, {0.5F, 1, 0.5F}), 48 * 48);
  EXPECT_EQ(count(colour, {0.5F, 0, 0.5F}), 48 * 48);
  EXPECT_EQ(count(colour, {0.5F, 0.5F, 0.5F}), 2 * 48 * 48);
}

std::vector<std::string> inspected(const InspectRequest& request) {
  std::vector<std::string> names;
  EXPECT_TRUE(inspect(request, [&](const fs::path& file, const std::string& what) {
    EXPECT_TRUE(fs::exists(file));
    EXPECT_FALSE(what.empty());
    names.push_back(file.filename().string());
  }));
  return names;
}

TEST(Inspect, WritesASheetForEveryView) {
  const TemporaryFolder folder;
  const fs::path set = folder.path() / "set.tfrecord";
  write_striped_set(set, 6, 30, 16);
  write_safetensors(folder.path() / "run" / "model.safetensors", identity_model().tensors());
  InspectRequest request;
  request.model = folder.path() / "run";
  request.data = set;
  request.output = folder.path() / "out";
  std::vector<std::string> expected = {
      "reconstructions.png",        "filters-encode1.png",        "filters-decode1.png",
      "filters-encode2.png",        "filters-encode2-colour.png", "filters-decode2.png",
      "filters-decode2-colour.png", "responses-level1.png",       "responses-level1-colour.png",
      "responses-level2.png",       "responses-level2-colour.png"};
  EXPECT_EQ(inspected(request), expected);
  {
    EventLog log(request.model);
    for (int i = 0; i < 10; ++i) {
      log.scalar("l2_error1", i, 100.0 / (i + 1));
      log.scalar("l2_error2", i, 10.0 / (i + 1));
      log.scalar("../rate", i, 0.001);
    }
  }
  expected.insert(expected.end(), {"curve-__.png", "curve-l2_error.png"});
  EXPECT_EQ(inspected(request), expected);
  const std::vector<uint8_t> once = read_file(request.output / "reconstructions.png", 1U << 24U);
  inspected(request);
  EXPECT_EQ(read_file(request.output / "reconstructions.png", 1U << 24U), once);
}

TEST(Inspect, SaysWhatDoesNotFit) {
  const TemporaryFolder folder;
  const fs::path set = folder.path() / "set.tfrecord";
  InspectRequest request;
  request.model = folder.path() / "model.safetensors";
  request.data = set;
  request.output = folder.path() / "out";
  write_safetensors(request.model, identity_model().tensors());
  const auto message = [&] { return message_of([&] { inspect(request, [](const auto&, const auto&) {}); }); };
  EXPECT_NE(message(), "");
  write_striped_set(set, 4, 0, 16);
  EXPECT_NE(message().find("--split train"), std::string::npos);
  write_striped_set(set, 4, 4, 18);
  EXPECT_NE(message().find("multiples of 4"), std::string::npos);
  write_striped_set(set, 4, 4, 16);
  request.run = folder.path() / "nothing";
  EXPECT_NE(message().find("events"), std::string::npos);
  EXPECT_FALSE(fs::exists(request.output));
}

}  // namespace
}  // namespace reverie
