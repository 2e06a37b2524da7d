#include <gtest/gtest.h>

#include "core/test_help.h"
#include "latent/effect.h"
#include "latent/walk.h"
#include "models/vae/vae.h"

namespace reverie {
namespace {

TEST(Walk, GoesThroughItsStopsAndCloses) {
  EXPECT_EQ(place_on(0, 4).from, 0);
  EXPECT_EQ(place_on(1, 4).from, 0);
  EXPECT_EQ(place_on(1, 4).share, 0);
  EXPECT_EQ(place_on(0.3, 4).from, 1);
  EXPECT_NEAR(place_on(0.3, 4).share, 0.2, 1e-12);
  EXPECT_EQ(place_on(7.99, 4).to, 0);
  EXPECT_EQ(place_on(0.5, 1).to, 0);
}

TEST(Walk, TheSphericalPathKeepsTheDistanceFromTheMiddle) {
  const torch::Tensor a = draw_codes(64, 1, 0);
  const torch::Tensor b = draw_codes(64, 1, 1);
  const double la = a.norm().item<double>();
  const double lb = b.norm().item<double>();
  for (const double share : {0.0, 0.25, 0.5, 0.9}) {
    EXPECT_NEAR(along(a, b, share, LatentPath::kSpherical).norm().item<double>(), la + share * (lb - la),
                1e-3);
  }
  EXPECT_LT(along(a, b, 0.5, LatentPath::kStraight).norm().item<double>(), 0.85 * la);
  EXPECT_TRUE(torch::equal(along(a, b, 0, LatentPath::kSpherical), a));
  EXPECT_LT((along(a, a, 0.5, LatentPath::kSpherical) - a).abs().max().item<double>(), 1e-4);
}

TEST(Ground, IsTheSameWhereverItIsSeenFrom) {
  const torch::Tensor whole = view_ground({20, 30, 0, 0, 4}, 3, 9);
  const torch::Tensor part = view_ground({10, 12, 8, 5, 4}, 3, 9);
  EXPECT_LT((whole.narrow(2, 5, 10).narrow(3, 8, 12) - part).abs().max().item<double>(), 1e-5);
  const torch::Tensor other = view_ground({10, 12, -1e6, 5, 4}, 3, 9);
  EXPECT_GT((other - part).abs().mean().item<double>(), 0.1);
  EXPECT_LT((whole.narrow(3, 1, 29) - whole.narrow(3, 0, 29)).abs().mean().item<double>(),
            whole.std().item<double>());
}

class Playing {
 public:
  explicit Playing(bool spatial) {
    VaeSettings s;
    s.encoder =
        spatial ? std::vector<std::string>{"conv 6 3", "conv 8 3 2"} : std::vector<std::string>{"conv 6 3 2"};
    s.codes = 8;
    s.spatial = spatial;
    if (!spatial) s.width = s.height = 16;
    VaeModel model(s, {"night", "day"}, {1.0 / 255, false, {}});
    model.initialise(3);
    torch::NoGradGuard no_grad;
    for (size_t i = 0; i < model.parameters().buffer_slices().size(); ++i) {
      if (model.parameters().buffer_slices()[i].name.starts_with("label."))
        model.parameters().cut_buffers()[i].fill_(1);
    }
    write_model(folder_.path() / "m.safetensors", model);
    setup_.width = 24;
    setup_.height = 16;
    setup_.seed = 5;
    setup_.find_file = [this](const std::string& name) { return folder_.path() / name; };
    values_.set_text("model", "m.safetensors");
    values_.set_text("period", "2");
    values_.set_text("stops", "3");
    values_.set_text("toward", "night | day");
  }
  Planes at(Effect& effect, double seconds) {
    Frame frame;
    frame.time.seconds = seconds;
    Planes out;
    effect.process(frame, values_, out);
    return out;
  }
  std::unique_ptr<Effect> make() { return make_latent(setup_, values_); }
  EffectKind kind_ = latent_effect();
  ParameterValues values_{kind_.parameters()};
  EffectSetup setup_;

 private:
  TemporaryFolder folder_;
};

TEST(Latent, LoopsCloseExactly) {
  for (const bool spatial : {false, true}) {
    Playing playing(spatial);
    const auto effect = playing.make();
    const Planes first = playing.at(*effect, 0);
    EXPECT_EQ(first.width(), 24);
    EXPECT_EQ(first.height(), 16);
    const Planes middle = playing.at(*effect, 1);
    for (int i = 1; i < 4; ++i) playing.at(*effect, 1 + i * 0.25);
    EXPECT_EQ(playing.at(*effect, 2).data(), first.data());
    EXPECT_NE(middle.data(), first.data());
    // another one of the same seed plays the same
    EXPECT_EQ(playing.at(*playing.make(), 0).data(), first.data());
    playing.setup_.seed = 6;
    EXPECT_NE(playing.at(*playing.make(), 0).data(), first.data());
  }
}

TEST(Latent, KnobsMoveThePictureAndTheGroundScrolls) {
  Playing playing(true);
  playing.values_.set_text("period", "0");
  const auto effect = playing.make();
  const Planes first = playing.at(*effect, 0);
  EXPECT_EQ(playing.at(*effect, 1).data(), first.data());
  playing.values_.set_text("scroll_x", "4");
  EXPECT_NE(playing.at(*effect, 2).data(), first.data());
  playing.values_.set_text("scroll_x", "0");
  const Planes moved = playing.at(*effect, 3);
  playing.values_.set_text("group2", "2");
  EXPECT_NE(playing.at(*effect, 4).data(), moved.data());
}

// A GAN's file plays at once: one code vector, and a grid without labels, of any size.
TEST(Latent, GeneratorsPlay) {
  for (const bool spatial : {false, true}) {
    Playing playing(spatial);
    const TemporaryFolder folder;
    VaeSettings s;
    s.decoder = {"deconv 6 5", "deconv 3 5"};
    s.top = 8;
    s.codes = 8;
    s.spatial = spatial;
    if (!spatial) s.width = s.height = 16;
    s.norm = VaeNorm::kBatch;
    s.output = VaeActivation::kTanh;
    VaeModel model(s, {}, {1 / 127.5, true, torch::full({3, 1, 1}, 127.5)});
    model.initialise(3);
    write_model(folder.path() / "g.safetensors", model);
    playing.setup_.find_file = [&](const std::string& name) { return folder.path() / name; };
    playing.values_.set_text("model", "g.safetensors");
    const auto effect = playing.make();
    const Planes first = playing.at(*effect, 0);
    EXPECT_EQ(first.width(), 24);
    EXPECT_NE(playing.at(*effect, 1).data(), first.data());
    EXPECT_EQ(playing.at(*effect, 2).data(), first.data()) << "closed";
  }
}

// A conditional generator by scales: labels are held, mixed and left alone, and finer scales walk on their
// own.
TEST(Latent, GeneratorsByScalesPlay) {
  Playing playing(false);
  const TemporaryFolder folder;
  VaeSettings s;
  s.spatial = false;
  s.conditional = true;
  s.width = s.height = 16;
  s.codes = 8;
  s.decoder = {"dense 192"};
  s.top = 8;
  s.finer = {"conv 4, conv 3"};
  VaeModel model(s, {"night", "day"}, {1 / 127.5, true, torch::full({3, 1, 1}, 127.5)});
  model.initialise(3);
  write_model(folder.path() / "s.safetensors", model);
  playing.setup_.find_file = [&](const std::string& name) { return folder.path() / name; };
  playing.values_.set_text("model", "s.safetensors");
  playing.values_.set_text("stops", "8");
  const auto shown = [&](double seconds, const char* label, const char* position = "0",
                         const char* finer = "1") {
    playing.values_.set_text("label", label);
    playing.values_.set_text("position", position);
    playing.values_.set_text("finer", finer);
    const auto effect = playing.make();
    playing.at(*effect, 0);
    return playing.at(*effect, seconds);
  };
  const Planes night = shown(0.5, "night");
  const Planes day = shown(0.5, "day");
  EXPECT_NE(night.data(), day.data());
  const Planes own = shown(0.5, "");
  EXPECT_TRUE(own.data() == night.data() || own.data() == day.data());
  EXPECT_EQ(shown(0.5, "night | day", "1").data(), day.data());
  const Planes between = shown(0.5, "night | day", "0.5");
  EXPECT_NE(between.data(), night.data());
  EXPECT_NE(between.data(), day.data());
  // loops close however often the finer scales go round
  for (const char* finer : {"0", "3"}) {
    EXPECT_NE(shown(0.5, "night", "0", finer).data(), night.data()) << finer;
    EXPECT_EQ(shown(2, "night", "0", finer).data(), shown(0, "night").data()) << finer;
  }
  EXPECT_NE(message_of([&] { shown(0, "nigth"); }).find("did you mean 'night'"), std::string::npos);
  EXPECT_NE(message_of([] {
              Playing other(false);
              other.values_.set_text("label", "night");
              other.make();
            }).find("not conditional"),
            std::string::npos);
}

TEST(Latent, GoesThroughChosenSamples) {
  EXPECT_EQ(parse_stops("3 17, 5"), (std::vector<int64_t>{3, 17, 5}));
  EXPECT_TRUE(parse_stops("").empty());
  EXPECT_NE(message_of([] { parse_stops("3 x"); }).find("'x' is no number"), std::string::npos);
  EXPECT_NE(message_of([] { parse_stops("-1"); }), "");
  Playing playing(false);
  playing.values_.set_text("stops", "8");
  const auto usual = playing.make();
  playing.values_.set_text("chosen", "5 2");
  const auto chosen = playing.make();
  // of a period of two seconds and eight stops the sixth is come upon at 1.25
  playing.values_.set_text("stops", "8");
  playing.at(*usual, 0);
  const Planes fifth = playing.at(*usual, 1.25);
  EXPECT_EQ(playing.at(*chosen, 0).data(), fifth.data());
  EXPECT_NE(playing.at(*chosen, 1).data(), fifth.data());
}

TEST(Latent, ModelsAndLabelsThatAreNotThereAreNamed) {
  Playing playing(true);
  playing.values_.set_text("toward", "nigth");
  EXPECT_NE(message_of([&] { playing.make(); }).find("did you mean 'night'"), std::string::npos);
}

}  // namespace
}  // namespace reverie
