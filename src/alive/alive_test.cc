// Learned feedback at toy size: it learns, goes on to the bit, and what it leaves plays in the engine.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>
#include <map>
#include <numbers>

#include "alive/bands.h"
#include "alive/foresight.h"
#include "alive/judge.h"
#include "alive/settings.h"
#include "alive/training.h"
#include "alive/wanted_motion.h"
#include "core/error.h"
#include "core/random.h"
#include "discover/spectrum.h"
#include "feedback/engine.h"
#include "models/pictures.h"
#include "motion/flo.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// Slanting stripes of two colours.
Planes stripes(int side) {
  Planes p(3, side, side);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const float s = 0.5F + 0.4F * std::sin(0.5F * static_cast<float>(x + y));
      p.at(0, y, x) = s;
      p.at(1, y, x) = 0.3F;
      p.at(2, y, x) = 1 - s;
    }
  }
  return p;
}

Planes noise(int side) {
  Planes p(3, side, side);
  for (size_t i = 0; i < p.data().size(); ++i) p.data()[i] = 0.5F + 0.5F * Random(8).signed_at(i);
  return p;
}

std::string network() {
  return std::string(getenv("REVERIE_ROOT")) + "/models/dream.safetensors";
}

LooksSettings toy_looks() {
  LooksSettings s;
  s.network = network();
  s.style_size = 64;
  s.scales = 1;
  s.projections = 16;
  return s;
}

Preset toy_preset() {
  Preset p("feedback");
  p.name = "toy";
  ParameterValues& v = p.values;
  v.set("levels", 2);
  v.set("channels", std::vector<double>{3, 6, 8});
  v.set_text("filters", "smooth");
  v.set("decode_kernel", 4);
  v.set_text("pool", "mean");
  v.set("gain", 1);
  v.parse("self", "0.9,0.7,0.6");
  v.parse("encode", "0,0.3,0.4");
  v.parse("decode", "0.2,0.3,0");
  v.set("sblur", 0.1);
  v.set("tblur", 0);
  v.parse("squash", "clip,tanh");
  v.parse("noise", "0.01,0.05,0.1");
  return p;
}

AliveSetup toy_setup(int iterations = 40) {
  ParameterValues s(alive_settings());
  s.set_text("network", network());
  for (const auto& [name, value] : {std::pair("size", 32),
                                    {"batch", 2},
                                    {"pool", 6},
                                    {"steps_least", 3},
                                    {"steps_most", 6},
                                    {"free", 4},
                                    {"style_size", 64},
                                    {"scales", 1},
                                    {"projections", 16}})
    s.set(name, value);
  s.set("iterations", iterations);
  s.set("rate", 0.005);
  s.set("bands_weight", 0);  // stripes have power in one band alone
  AliveSetup setup(toy_preset(), s);
  setup.style = {stripes(64)};
  return setup;
}

// What it leaves, written and read again.
class Left {
 public:
  explicit Left(const AliveTraining& training)
      : folder_(fs::temp_directory_path() / fmt::format("alive_left_{}", getpid())) {
    fs::create_directories(folder_);
    write_safetensors(folder_ / "left.safetensors", training.weights(), Stored::kHalf);
    preset = parse_preset(format_preset(training.preset("left", "left.safetensors")),
                          (folder_ / "left.toml").string(), load_preset);
  }
  ~Left() { fs::remove_all(folder_); }
  Left(const Left&) = delete;
  Left& operator=(const Left&) = delete;

  Preset preset{"feedback"};

 private:
  fs::path folder_;
};

TEST(Looks, AreNearerTheMoreAlike) {
  const Looks looks(toy_looks(), {stripes(64)});
  const torch::NoGradGuard no_grad;
  const auto distance = [&](const Planes& p) {
    return looks.distance(from_picture(p) / 255, Random(1)).item<double>();
  };
  const double same = distance(stripes(64));
  EXPECT_LT(same, 0.1);
  EXPECT_GT(distance(noise(64)), 5 * same);
  EXPECT_GT(distance(Planes(3, 64, 64, 0.5F)), 5 * same);
  EXPECT_EQ(distance(stripes(64)), same);  // the same draws
}

TEST(Looks, ReportWhatIsWrong) {
  LooksSettings s = toy_looks();
  s.layers = "nothing";
  EXPECT_THROW(Looks(s, {stripes(96)}), Error);
  s = toy_looks();
  s.style_size = 16;
  EXPECT_THROW(Looks(s, {stripes(96)}), Error);
}

TEST(PictureSpectrum, KnowsAGrid) {
  // power 1 / f^2, as natural pictures have
  torch::manual_seed(1);
  const torch::Tensor fy = torch::fft_fftfreq(256).view({-1, 1});
  const torch::Tensor fx = torch::fft_rfftfreq(256);
  const torch::Tensor f = (fx * fx + fy * fy).sqrt().clamp_min(1.0 / 256);
  torch::Tensor natural = torch::fft_irfft2(torch::randn({256, 129}, torch::kComplexFloat) / f);
  natural = 0.5 + 0.15 * (natural - natural.mean()) / natural.std();
  Planes p = to_picture(255 * natural.expand({1, 3, 256, 256}));
  const PictureSpectrum s = spectrum_of(p);
  EXPECT_NEAR(s.slope, -2, 0.25);
  EXPECT_LT(s.grid, 1.5);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 256; ++y) {
      for (int x = 0; x < 256; x += 2) p.at(c, y, x) += 0.2F;
    }
  }
  EXPECT_GT(spectrum_of(p).grid, 3);
}

// A soft bar that reaches to one side of (x, y), drawn `degrees` counter-clockwise from the right.
torch::Tensor bar(double x, double y, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  const torch::Tensor across = torch::arange(48, torch::kFloat32).view({1, 48}) - x;
  const torch::Tensor down = torch::arange(32, torch::kFloat32).view({32, 1}) - y;
  const torch::Tensor along = std::cos(angle) * across - std::sin(angle) * down;
  const torch::Tensor beside = std::sin(angle) * across + std::cos(angle) * down;
  return (-((along - 7) / 4).square() - (beside / 2).square()).exp().expand({1, 3, 32, 48});
}

TEST(WantedMotion, IsToldFromOthers) {
  std::vector<torch::Tensor> turning;
  std::vector<torch::Tensor> drifting;
  for (int f = 0; f < WantedMotion::kFrames; ++f) {
    turning.push_back(bar(23.5, 15.5, 22.5 * f));
    drifting.push_back(bar(20 - 1.5 * f, 12 + f, 0));
  }
  const auto otherwise = [](const std::vector<torch::Tensor>& frames, double x, double y, double turn) {
    return WantedMotion(drift(x, y, turn, 32, 48)).otherwise(frames).item<double>();
  };
  EXPECT_LT(otherwise(turning, 0, 0, 22.5), 0.4);
  EXPECT_GT(otherwise(turning, 0, 0, -22.5), 0.9);
  EXPECT_GT(otherwise(turning, 0, 0, 0), 0.9);
  EXPECT_LT(otherwise(drifting, -1.5, 1, 0), 0.4);
  EXPECT_GT(otherwise(drifting, 1.5, -1, 0), 0.9);
  EXPECT_THROW(WantedMotion(drift(0, 16, 0, 32, 48)), Error);  // nothing would be left to compare
}

// Rolls to the left above the middle and to the right below it, so many pixels a frame.
Flow apart(int side, float by = 1) {
  Flow flow(2, side, side);
  for (int y = 0; y < side; ++y) std::fill_n(flow.row(0, y), side, 2 * y < side ? -by : by);
  return flow;
}

TEST(WantedMotion, IsToldPlaceByPlace) {
  torch::manual_seed(1);
  const torch::Tensor before = torch::avg_pool2d(torch::randn({2, 3, 36, 36}), 5, 1).clamp(-1, 1);
  std::vector<torch::Tensor> frames;
  for (int f = 0; f < WantedMotion::kFrames; ++f)
    frames.push_back(
        torch::cat({at::roll(before.narrow(2, 0, 16), -f, 3), at::roll(before.narrow(2, 16, 16), f, 3)}, 2));
  const auto otherwise = [&](const torch::Tensor& velocity) {
    return WantedMotion(velocity).otherwise(frames).item<double>();
  };
  const double right = otherwise(motion_of_clip(apart(32), 1, 32, 32));
  EXPECT_LT(right, 0.3);
  // a clip of twice the size, half as fast
  EXPECT_NEAR(otherwise(motion_of_clip(apart(64, 4), 0.5, 32, 32)), right, 0.1);
  EXPECT_GT(otherwise(motion_of_clip(apart(32), -1, 32, 32)), 0.9);
  EXPECT_GT(otherwise(drift(1, 0, 0, 32, 32)), 2 * right);
  // where nothing moves, and where nothing is there to move
  const std::vector<torch::Tensor> still(WantedMotion::kFrames, before.narrow(2, 0, 32).narrow(3, 0, 32));
  const std::vector<torch::Tensor> flat(WantedMotion::kFrames, torch::zeros({1, 3, 32, 32}));
  const WantedMotion wanted(motion_of_clip(apart(32), 1, 32, 32));
  EXPECT_NEAR(wanted.otherwise(still).item<double>(), 1, 0.01);
  EXPECT_NEAR(wanted.otherwise(flat).item<double>(), 1, 0.01);
}

TEST(WantedMotion, SaysThatAClipStandsStill) {
  EXPECT_THROW(motion_of_clip(apart(64, 0.02F), 1, 32, 32), Error);
  EXPECT_NO_THROW(motion_of_clip(apart(64, 0.02F), 10, 32, 32));
  Flow unknown(2, 32, 32, 1e10F);
  EXPECT_THROW(motion_of_clip(unknown, 1, 32, 32), Error);
  std::fill_n(unknown.row(0, 5), 32, 1.0F);
  std::fill_n(unknown.row(1, 5), 32, 1.0F);
  EXPECT_EQ(motion_of_clip(unknown, 1, 32, 32).sum().item<double>(), 64);
}

TEST(Alive, Learns) {
  AliveTraining training(toy_setup(60));
  std::vector<double> looks;
  while (!training.done()) looks.push_back(training.step().parts.at(0).value);
  double before = 0;
  double after = 0;
  for (size_t i = 0; i < 8; ++i) {
    before += looks[i];
    after += looks[looks.size() - 1 - i];
  }
  EXPECT_LT(after, 0.7 * before);
}

TEST(Alive, GoesOnAsIfItHadNeverStopped) {
  AliveTraining whole(toy_setup());
  AliveTraining first(toy_setup());
  for (int i = 0; i < 4; ++i) whole.step();
  for (int i = 0; i < 2; ++i) first.step();
  AliveTraining second(toy_setup());
  second.resume(parse_safetensors(safetensors_bytes(first.checkpoint()), "checkpoint"));
  for (int i = 0; i < 2; ++i) second.step();
  EXPECT_EQ(safetensors_bytes(second.checkpoint()), safetensors_bytes(whole.checkpoint()));
}

// To the left above the middle and to the right below it, by what it does when it is played from another
// seed.
TEST(Alive, LearnsToMoveAsAClip) {
  constexpr float kSpeed = 0.7F;
  AliveSetup setup = toy_setup(100);
  setup.style = {resize(noise(16), 64, 64)};
  setup.settings.set("rate", 0.01);
  setup.settings.set("steps_most", 8);
  const std::pair<const char*, const char*> changes[] = {
      {"levels", "3"},    {"channels", "3,8,12,16"}, {"pool_size", "1,2,2"}, {"decode_kernel", "5,4,4"},
      {"border", "zero"}, {"advect_level", "1"},     {"advect", "0.7"}};
  for (const auto& [name, value] : changes) setup.preset.values.parse(name, value);
  setup.motion = apart(32, kSpeed);
  AliveTraining training(std::move(setup));
  while (!training.done()) training.step();
  const Left left(training);
  const Preset& preset = left.preset;
  for (const int half : {0, 1}) {
    JudgeOptions options;
    options.width = options.height = 32;
    options.frames = 90;
    options.seed = 7;
    options.threads = 1;
    options.motion = apart(32, kSpeed);
    std::fill_n(options.motion.row(0, half * 16), 16 * 32, 0.0F);
    std::map<std::string, double> figures;
    for (const Figure& f : judge(preset, {}, {}, options)) figures[f.name] = f.value;
    EXPECT_GT(figures.at("motion_along"), 0.15) << half;
    EXPECT_TRUE(std::isfinite(figures.at("motion")));
  }
}

// The clip is not asked for again.
TEST(Alive, GoesOnToMoveAsItsClip) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("alive_motion_{}", getpid());
  const auto setup = [&](const Flow& motion) {
    AliveSetup s = toy_setup(4);
    s.motion = motion;
    return s;
  };
  AliveOptions options;
  options.name = "toy";
  options.motion = "gone.mp4";
  options.quiet = true;
  options.threads = 1;
  options.run = folder / "whole";
  EXPECT_TRUE(run_alive(options, setup(apart(64, 1.7F))));
  options.run = folder / "halted";
  options.minutes = 1e-9;
  EXPECT_TRUE(run_alive(options, setup(apart(64, 1.7F))));
  AliveOptions again = read_alive_run(options.run);
  EXPECT_EQ(again.motion, options.motion);
  again.minutes = 0;
  again.quiet = true;
  EXPECT_TRUE(run_alive(again, setup(read_flo(motion_file(options.run)))));
  const auto checkpoint = [&](const char* run) {
    return safetensors_bytes(read_safetensors(folder / run / "checkpoint.safetensors"));
  };
  EXPECT_EQ(checkpoint("halted"), checkpoint("whole"));
  options.run = folder / "unmoved";
  options.minutes = 0;
  EXPECT_TRUE(run_alive(options, setup({})));
  EXPECT_NE(checkpoint("unmoved"), checkpoint("whole"));
  fs::remove_all(folder);
}

TEST(Alive, ItsDecodersCannotMakeACheckerboard) {
  AliveTraining training(toy_setup());
  training.step();
  const TensorFile file = training.weights();
  for (const auto& [name, tensor] : file.tensors) {
    if (!name.starts_with("decode") || !name.ends_with("weight")) continue;
    const torch::Tensor w = torch::tensor(tensor.data).view(tensor.shape);
    // the four output phases of a flat state
    const torch::Tensor even = w.slice(2, 0, at::nullopt, 2).sum(2);
    const torch::Tensor odd = w.slice(2, 1, at::nullopt, 2).sum(2);
    EXPECT_LT((even - odd).abs().max().item<double>(), 1e-5) << name;
  }
}

TEST(Alive, WhatItLeavesPlaysInTheEngine) {
  AliveTraining training(toy_setup());
  for (int i = 0; i < 3; ++i) training.step();
  const Left left(training);
  const Preset& preset = left.preset;
  EXPECT_EQ(preset.values.levels(), 3);
  JudgeOptions options;
  options.width = 64;
  options.height = 48;
  options.frames = 12;
  options.threads = 1;
  const std::vector<Figure> figures = judge(preset, {stripes(64)}, toy_looks(), options);
  std::vector<std::string> names;
  for (const Figure& f : figures) {
    names.push_back(f.name);
    EXPECT_TRUE(std::isfinite(f.value)) << f.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"looks", "change", "change_early", "slope", "style_slope",
                                             "grid", "reach", "looks_damaged", "looks_healed"}));
}

// A soft blob that moves to the right by a pixel a frame, and comes back at the left.
std::vector<Planes> moving_blob(int side, int frames) {
  std::vector<Planes> clip;
  for (int f = 0; f < frames; ++f) {
    Planes p(3, side, side, 0.2F);
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        const int across = ((x - f) % side + side + side / 2) % side - side / 2;
        const int down = y - side / 2;
        const auto away = static_cast<float>(across * across + down * down);
        for (int c = 0; c < 2; ++c) p.at(c, y, x) += 0.7F * std::exp(-away / 8);
      }
    }
    clip.push_back(std::move(p));
  }
  return clip;
}

AliveSetup predictor_setup(int iterations = 250) {
  AliveSetup setup = toy_setup(iterations);
  setup.style.clear();
  setup.clip = moving_blob(16, 40);
  setup.settings.parse("ahead", "4");
  setup.settings.parse("warm", "3");
  setup.settings.parse("feature_weight", "0");
  setup.settings.parse("looks_share", "0");
  setup.settings.parse("rate", "0.01");
  const std::pair<const char*, const char*> changes[] = {
      {"channels", "3,9,9"},    {"permute", "0,3,3"},  {"pool_size", "1,2"},
      {"decode_kernel", "3,4"}, {"self", "1,0.8,0.8"}, {"encode", "0,1,1"},
      {"decode", "0.1,0.5,0"},  {"noise", "0"},        {"sblur", "0"}};
  for (const auto& [name, value] : changes) setup.preset.values.parse(name, value);
  return setup;
}

TEST(Predictor, LearnsHowABlobMoves) {
  AliveTraining training(predictor_setup());
  while (!training.done()) training.step();
  const Left left(training);
  const Preset& preset = left.preset;
  EXPECT_EQ(preset.values.choice<InitialState>("init"), InitialState::kPicture);
  EXPECT_EQ(preset.input, InputNeed::kRequired);
  JudgeOptions options;
  options.threads = 1;
  std::map<std::string, double> figures;
  for (const Figure& f : judge_foresight(preset, moving_blob(16, 24), options)) figures[f.name] = f.value;
  EXPECT_EQ(figures.size(), 16);
  for (const char* name : {"ahead_1", "ahead_2", "ahead_4"}) {
    const double copied = figures.at(name + std::string("_copy"));
    EXPECT_LT(figures.at(name), 0.5 * copied) << name;
    EXPECT_LT(figures.at(name), 0.5 * figures.at(name + std::string("_blurred"))) << name;
    EXPECT_LE(figures.at(name + std::string("_blurred")), copied) << name;
    EXPECT_GT(figures.at(name + std::string("_untrained")), 0.9 * copied) << name;
  }
}

// With steps of both kinds.
AliveSetup drifting_setup() {
  AliveSetup setup = predictor_setup(6);
  setup.settings.set("looks_share", 0.5);
  setup.clip = moving_blob(24, 40);
  return setup;
}

TEST(Predictor, GoesOnAsIfItHadNeverStopped) {
  AliveTraining whole(drifting_setup());
  AliveTraining first(drifting_setup());
  while (!whole.done()) whole.step();
  for (int i = 0; i < 3; ++i) first.step();
  AliveTraining second(drifting_setup());
  second.resume(parse_safetensors(safetensors_bytes(first.checkpoint()), "checkpoint"));
  while (!second.done()) second.step();
  EXPECT_EQ(safetensors_bytes(second.checkpoint()), safetensors_bytes(whole.checkpoint()));
  AliveSetup other = drifting_setup();
  other.seed = 2;
  AliveTraining differs(std::move(other));
  while (!differs.done()) differs.step();
  EXPECT_NE(safetensors_bytes(differs.weights()), safetensors_bytes(whole.weights()));
}

TEST(Predictor, LearnsNothingFromWhatIsHeldOut) {
  AliveTraining training(predictor_setup(4));
  AliveSetup other = predictor_setup(4);
  for (size_t i = 32; i < 40; ++i) other.clip[i] = Planes(3, 16, 16, 0.5F);
  AliveTraining same(std::move(other));
  while (!training.done()) training.step(), same.step();
  EXPECT_EQ(safetensors_bytes(training.weights()), safetensors_bytes(same.weights()));
}

TEST(Predictor, SaysWhatItCannotLearnFrom) {
  AliveSetup brief = predictor_setup();
  brief.clip.resize(9);
  EXPECT_THROW(AliveTraining{std::move(brief)}, Error);
  AliveSetup uneven = predictor_setup();
  uneven.clip = moving_blob(17, 40);
  EXPECT_THROW(AliveTraining{std::move(uneven)}, Error);
  EXPECT_THROW(judge_foresight(toy_preset(), moving_blob(16, 9), {}), Error);
}

TEST(Predictor, TrainsOnSidesThatFitTheLevels) {
  Preset p = toy_preset();  // two levels that halve
  EXPECT_EQ(prediction_size(p, 64, 640, 360), std::pair(112, 64));
  EXPECT_EQ(prediction_size(p, 64, 100, 300), std::pair(64, 192));
}

TEST(Alive, SaysWhatCannotBeTrained) {
  AliveSetup needs_input = toy_setup();
  needs_input.preset.input = InputNeed::kRequired;
  EXPECT_THROW(AliveTraining{std::move(needs_input)}, Error);
  AliveSetup uneven = toy_setup();
  uneven.settings.set("size", 30);
  EXPECT_THROW(AliveTraining{std::move(uneven)}, Error);
}

// Noise against itself, against softer noise, and against the same noise in another place.
TEST(Bands, SeeWhatIsFineAndNotWhereItIs) {
  Random random(7);
  Planes style(3, 80, 120);
  for (float& v : style.data()) v = static_cast<float>(0.5 + 0.15 * random.normal());
  const Bands bands(32, 80, {style});
  const torch::Tensor x = from_picture(style).narrow(2, 5, 32).narrow(3, 7, 32) / 255;
  const torch::Tensor soft = torch::avg_pool2d(x, 3, 1, 1);
  EXPECT_LT(bands.distance(x).item<double>(), 0.4);
  EXPECT_GT(bands.distance(soft).item<double>(), 0.7);
  torch::Tensor learned = soft.clone().requires_grad_(true);
  const torch::Tensor gradient = torch::autograd::grad({bands.distance(learned)}, {learned})[0];
  EXPECT_LT(bands.distance(soft - gradient / gradient.norm() * 0.5).item<double>(),
            bands.distance(soft).item<double>());
}

}  // namespace
}  // namespace reverie
