#include "control/preset.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "control/chain.h"
#include "control/description.h"
#include "core/file.h"
#include "core/test_help.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

Preset no_parent(const std::string& name) {
  throw Error("there is no preset '" + name + "'");
}

Preset parse(std::string_view text) {
  return parse_preset(text, "p/x.toml", no_parent);
}

std::string error_of(std::string_view text) {
  return message_of([&] { parse(text); });
}

constexpr std::string_view kFull = R"(
about = "all there is"
effect = "feedback"
input = "optional"

[parameters]
zoom = [1.0, 1.01, 0.3]
levels = 2
squash = ["sin", "tanh"]
border = "clamp"
view_mono = true
palette = "a \"b\" é.png"
gain = 1.3333333333333333

[[lfo]]
parameter = "zoom"
shape = "triangle"
rate = 0.3
depth = -0.01
phase = 0.25
levels = [0, 2]
seed = 7

[[lfo]]
parameter = "hue"
period = 8
depth = 1

[[lfo]]
parameter = "hue"
beats = 0.3
depth = 2

[[sound]]
parameter = "zoom"
follows = "onset"
depth = 0.1
attack = 0.03
release = 0.7
levels = [2, 0]

[[sound]]
parameter = "hue"
follows = "level"
depth = -3

[[keyframes]]
parameter = "sblur"
at = [0, 2.5, 10]
value = [0, 0.1, -1]
ease = ["smooth", "in"]
repeat = true
levels = [1]

[[keyframes]]
parameter = "squash"
at = 3
value = "fold"

[[map]]
parameter = "hue"
picture = "radial"
depth = 3
invert = true

[[map]]
parameter = "gain"
picture = "pictures/m.png"
depth = 0.25
)";

TEST(Preset, ReadsEverything) {
  const Preset p = parse(kFull);
  EXPECT_EQ(p.name, "x");
  EXPECT_EQ(p.folder, "p");
  EXPECT_EQ(p.about, "all there is");
  EXPECT_EQ(p.input, InputNeed::kOptional);
  EXPECT_EQ(p.values.list("zoom"), (std::vector<double>{1, 1.01, 0.3}));
  EXPECT_EQ(p.values.list("squash"), (std::vector<double>{1, 0}));
  EXPECT_EQ(p.values.integer("border"), 1);
  EXPECT_TRUE(p.values.flag("view_mono"));
  EXPECT_EQ(p.values.text("palette"), "a \"b\" é.png");
  ASSERT_EQ(p.lfos.size(), 3U);
  EXPECT_EQ(p.lfos[0].shape, Wave::kTriangle);
  EXPECT_EQ(p.lfos[0].period, 1 / 0.3);
  EXPECT_EQ(p.lfos[0].seed, 7);
  EXPECT_EQ(p.lfos[0].levels, (std::vector<int>{0, 2}));
  EXPECT_EQ(p.lfos[1].shape, Wave::kSine);
  ASSERT_EQ(p.keyframes.size(), 2U);
  EXPECT_EQ(p.keyframes[0].ease, (std::vector<Ease>{Ease::kSmooth, Ease::kIn}));
  EXPECT_TRUE(p.keyframes[0].repeat);
  EXPECT_EQ(p.keyframes[1].value, (std::vector<double>{3}));
  EXPECT_EQ(p.keyframes[1].ease, (std::vector<Ease>{Ease::kStep}));
  ASSERT_EQ(p.maps.size(), 2U);
  EXPECT_TRUE(p.maps[0].invert);
}

TEST(Preset, EmptyIsTheEffectsDefault) {
  const Preset p = parse("");
  EXPECT_EQ(p.effect, "feedback");
  EXPECT_EQ(p.input, InputNeed::kNone);
  EXPECT_EQ(format_preset(p), "effect = \"feedback\"\ninput = \"none\"\n\n[parameters]\n");
}

TEST(Preset, RoundTripsToTheLastBit) {
  const Preset p = parse(kFull);
  const std::string text = format_preset(p);
  const Preset again = parse(text);
  EXPECT_EQ(format_preset(again), text);
  EXPECT_EQ(again.about, p.about);
  EXPECT_EQ(again.input, p.input);
  for (const Parameter& parameter : p.values.table().all()) {
    EXPECT_EQ(again.values.list(parameter.name), p.values.list(parameter.name)) << parameter.name;
    EXPECT_EQ(again.values.text(parameter.name), p.values.text(parameter.name)) << parameter.name;
  }
  EXPECT_EQ(again.lfos[0].period, p.lfos[0].period);
  EXPECT_EQ(again.lfos[0].seed, p.lfos[0].seed);
  EXPECT_EQ(again.lfos[2].beats, 0.3);
  ASSERT_EQ(again.followers.size(), 2U);
  EXPECT_EQ(again.followers[0].follows, SoundFeature::kOnset);
  EXPECT_EQ(again.followers[0].depth, 0.1);
  EXPECT_EQ(again.followers[0].attack, 0.03);
  EXPECT_EQ(again.followers[0].release, 0.7);
  EXPECT_EQ(again.followers[0].levels, (std::vector<int>{2, 0}));
  EXPECT_EQ(again.followers[1].attack, 0);
  EXPECT_EQ(again.followers[1].release, 0.2);
  EXPECT_EQ(again.keyframes[0].value, p.keyframes[0].value);
  EXPECT_EQ(again.keyframes[1].value, p.keyframes[1].value);
  EXPECT_EQ(again.maps[1].picture, p.maps[1].picture);
}

// Each wrong line, and the whole error it gives.
TEST(Preset, ErrorsNameFileLineAndTheNearest) {
  const std::pair<const char*, const char*> cases[] = {
      {"abuot = 'x'", "p/x.toml:1: there is no key 'abuot' here, did you mean 'about'?"},
      {"zoom = 1", "p/x.toml:1: 'zoom' is a parameter: put it below a line [parameters]"},
      {"about = 1", "p/x.toml:1: 'about' must be a string, not a whole number"},
      {R"(about = "a\nb")", "p/x.toml:1: 'about' must be one line of at most 200 bytes"},
      {"effect = 'feedbck'", "p/x.toml:1: there is no effect 'feedbck', did you mean 'feedback'?"},
      {"parent = 'base'", "p/x.toml:1: there is no preset 'base'"},
      {"input = 'maybe'", "p/x.toml:1: 'input' must be one of none, optional, required, not 'maybe'"},
      {"\n[parameters]\nzom = 1", "p/x.toml:3: there is no parameter 'zom', did you mean 'zoom'?"},
      {"[parameters]\nzoom = 9", "p/x.toml:2: cannot set zoom: 9 is not allowed (allowed: 0.25 to 4)"},
      {"[parameters]\nzoom = [1,\n9]", "p/x.toml:3: cannot set zoom: 9 is not allowed (allowed: 0.25 to 4)"},
      {"[parameters]\nzoom = nan", "p/x.toml:2: cannot set zoom: nan is not allowed (allowed: 0.25 to 4)"},
      {"[parameters]\nzoom = -inf", "p/x.toml:2: cannot set zoom: -inf is not allowed (allowed: 0.25 to 4)"},
      {"[parameters]\nzoom = 'big'", "p/x.toml:2: 'zoom' must be a number, not a string"},
      {"[parameters]\nzoom = []", "p/x.toml:2: cannot set zoom: it takes 1 to 16 values"},
      {"[parameters]\nzoom = [[1]]", "p/x.toml:2: each item of the list must be a number, not a list"},
      {"[parameters]\nzoom = true", "p/x.toml:2: 'zoom' must be a number, not true or false"},
      {"[parameters]\nzoom.x = 1", "p/x.toml:2: 'zoom' must be a number, not a table"},
      {"[parameters]\ndry = [1]", "p/x.toml:2: 'dry' takes one value, not a list"},
      {"[parameters]\nlevels = 1.5", "p/x.toml:2: cannot set levels: it takes a whole number"},
      {"[parameters]\nview_mono = 1", "p/x.toml:2: 'view_mono' must be true or false, not a whole number"},
      {"[parameters]\nborder = 1", "p/x.toml:2: 'border' must be a string, not a whole number"},
      {"[parameters]\nborder = 'clam'",
       "p/x.toml:2: cannot set border: 'clam' is not one of: wrap, clamp, zero, did you mean 'clamp'?"},
      {"[parameters]\nweights = 1", "p/x.toml:2: 'weights' must be a string, not a whole number"},
      {"parameters = 1", "p/x.toml:1: 'parameters' must be a table, not a whole number"},
      {"lfo = 1", "p/x.toml:1: 'lfo' must be a list of tables, each starting with [[lfo]]"},
      {"[lfo]", "p/x.toml:1: 'lfo' must be a list of tables, each starting with [[lfo]]"},
  };
  for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
}

TEST(Preset, ErrorsOfModulations) {
  const std::pair<const char*, const char*> cases[] = {
      {"[[lfo]]", "p/x.toml:1: 'parameter' is missing"},
      {"[[lfo]]\nparamter = 'zoom'",
       "p/x.toml:2: there is no key 'paramter' here, did you mean 'parameter'?"},
      {"[[lfo]]\nparameter = 'zom'", "p/x.toml:2: there is no parameter 'zom', did you mean 'zoom'?"},
      {"[[lfo]]\nparameter = 'zoom'\ndepth = 1", "p/x.toml:1: 'period' is missing"},
      {"[[lfo]]\nparameter = 'zoom'\nperiod = 1", "p/x.toml:1: 'depth' is missing"},
      {"[[lfo]]\nparameter = 'zoom'\nperiod = 0\ndepth = 1",
       "p/x.toml:3: 'period' must be 0.001 to 1000000, not 0"},
      {"[[lfo]]\nparameter = 'zoom'\nperiod = 1\nrate = 1\ndepth = 1",
       "p/x.toml:4: give 'period' or 'rate', not both"},
      {"[[lfo]]\nparameter = 'zoom'\nbeats = 1\nperiod = 1\ndepth = 1",
       "p/x.toml:3: give 'period' or 'beats', not both"},
      {"[[lfo]]\nparameter = 'zoom'\nrate = 1\nbeats = 1\ndepth = 1",
       "p/x.toml:4: give 'rate' or 'beats', not both"},
      {"[[lfo]]\nparameter = 'zoom'\nbeats = 0\ndepth = 1",
       "p/x.toml:3: 'beats' must be 0.001 to 1000000, not 0"},
      {"[[sound]]\nparameter = 'zoom'\ndepth = 1", "p/x.toml:1: 'follows' is missing"},
      {"[[sound]]\nparameter = 'zoom'\nfollows = 'bas'",
       "p/x.toml:3: 'follows' must be one of level, bass, mid, treble, onset, not 'bas', did you mean "
       "'bass'?"},
      {"[[sound]]\nparameter = 'zoom'\nfollows = 'bass'", "p/x.toml:1: 'depth' is missing"},
      {"[[sound]]\nparameter = 'zoom'\nfollows = 'bass'\ndepth = nan",
       "p/x.toml:4: 'depth' must be -1000000 to 1000000, not nan"},
      {"[[sound]]\nparameter = 'zoom'\nfollows = 'bass'\ndepth = 1\nattack = -1",
       "p/x.toml:5: 'attack' must be 0 to 60, not -1"},
      {"[[sound]]\nparameter = 'zoom'\nfollows = 'bass'\ndepth = 1\nrelease = 61",
       "p/x.toml:5: 'release' must be 0 to 60, not 61"},
      {"[[sound]]\nparameter = 'levels'\nfollows = 'bass'\ndepth = 1",
       "p/x.toml:2: 'levels' shapes the process from the start: it cannot be modulated"},
      {"[[sound]]\nparameter = 'dry'\nfollows = 'bass'\ndepth = 1\nlevels = [1]",
       "p/x.toml:5: 'dry' has one value for all levels: there is no level 1"},
      {"[sound]", "p/x.toml:1: 'sound' must be a list of tables, each starting with [[sound]]"},
      {"[[lfo]]\nparameter = 'zoom'\nshape = 'sin'",
       "p/x.toml:3: 'shape' must be one of sine, triangle, saw, square, hold, smooth, not 'sin', did you "
       "mean 'sine'?"},
      {"[[lfo]]\nparameter = 'levels'",
       "p/x.toml:2: 'levels' shapes the process from the start: it cannot be modulated"},
      {"[[lfo]]\nparameter = 'palette'", "p/x.toml:2: 'palette' takes text: it cannot be modulated"},
      {"[[lfo]]\nparameter = 'dry'\nperiod = 1\ndepth = 1\nlevels = [0, 1]",
       "p/x.toml:5: 'dry' has one value for all levels: there is no level 1"},
      {"[[lfo]]\nparameter = 'zoom'\nperiod = 1\ndepth = 1\nlevels = [16]",
       "p/x.toml:5: each item of the list must be 0 to 15, not 16"},
      {"[[lfo]]\nparameter = 'zoom'\nperiod = 1\ndepth = 1\nlevels = []",
       "p/x.toml:5: 'levels' names no level"},
      {"[[lfo]]\nparameter = 'zoom'\nperiod = 1\ndepth = 1\nlevels = [2, 2]", "p/x.toml:5: level 2 twice"},
      {"[[keyframes]]\nparameter = 'zoom'\nat = [0, 1]\nvalue = [1]",
       "p/x.toml:1: 'at' and 'value' must have the same length, but 'at' has 2 and 'value' 1"},
      {"[[keyframes]]\nparameter = 'zoom'\nat = [1, 1]\nvalue = [1, 1]",
       "p/x.toml:3: 'at' must ascend, but 1 follows 1"},
      {"[[keyframes]]\nparameter = 'zoom'\nat = [0, 1]\nvalue = [1, 9]",
       "p/x.toml:4: cannot set zoom: 9 is not allowed (allowed: 0.25 to 4)"},
      {"[[keyframes]]\nparameter = 'zoom'\nat = [0, 1]\nvalue = [1, 1]\nease = ['in', 'out']",
       "p/x.toml:5: 2 points have 1 segments, but 'ease' has 2"},
      {"[[keyframes]]\nparameter = 'squash'\nat = [0, 1]\nvalue = ['sin', 'fold']\nease = 'linear'",
       "p/x.toml:5: 'squash' cannot be interpolated: its ease can only be step"},
      {"[[map]]\nparameter = 'dry'", "p/x.toml:2: a map cannot vary 'dry' over the frame"},
      {"[[map]]\nparameter = 'zoom'\npicture = 'radail'\ndepth = 1",
       "p/x.toml:3: 'picture' must be one of radial, horizontal, vertical, checker, noise, input or a "
       "picture file, not 'radail', did you mean 'radial'?"},
      {"[[map]]\nparameter = 'zoom'\npicture = 'input'\ndepth = 1\n[[map]]\nparameter = 'zoom'\npicture = "
       "'input'\ndepth = 1",
       "p/x.toml:5: 'zoom' already has a map"},
  };
  for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
}

TEST(Preset, TooManyModulationsAreRefused) {
  std::string text;
  for (int i = 0; i < 257; ++i) text += "[[lfo]]\nparameter = 'hue'\nperiod = 1\ndepth = 1\n";
  EXPECT_NE(error_of(text).find("more than 256 modulations"), std::string::npos);
  text.clear();
  for (int i = 0; i < 257; ++i) text += "[[sound]]\nparameter = 'hue'\nfollows = 'mid'\ndepth = 1\n";
  EXPECT_NE(error_of(text).find("more than 256 modulations"), std::string::npos);
  std::string at, value;
  for (int i = 0; i <= 10000; ++i) {
    at += std::to_string(i) + ",";
    value += "1,";
  }
  EXPECT_NE(error_of("[[keyframes]]\nparameter = 'hue'\nat = [" + at + "]\nvalue = [" + value + "]")
                .find("more than 10000 keyframe points"),
            std::string::npos);
}

TEST(Preset, OverrideTakesTheKeyframesAway) {
  Preset p = parse(kFull);
  override_value(p, "hue", "5");
  EXPECT_EQ(p.keyframes.size(), 2U);
  override_value(p, "sblur.1", "0.5");
  ASSERT_EQ(p.keyframes.size(), 1U);
  EXPECT_EQ(p.keyframes[0].parameter, "squash");
  EXPECT_EQ(p.lfos.size(), 3U);
  EXPECT_THROW(override_value(p, "sblur", "99"), Error);
}

// Presets in a folder that $REVERIE_PRESETS names.
class PresetFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* before = std::getenv("REVERIE_PRESETS");
    before_ = before ? before : "";
    setenv("REVERIE_PRESETS", (folder_.path() / "presets").c_str(), 1);
    setenv("XDG_CONFIG_HOME", (folder_.path() / "config").c_str(), 1);
  }
  void TearDown() override {
    unsetenv("XDG_CONFIG_HOME");
    before_.empty() ? unsetenv("REVERIE_PRESETS") : setenv("REVERIE_PRESETS", before_.c_str(), 1);
  }

  TemporaryFolder folder_;

 private:
  std::string before_;
};

TEST_F(PresetFolderTest, NamesAreFoundInOrderAndPathsAsTheyAre) {
  folder_.write("presets/zz_one.toml", "about = 'first'");
  folder_.write("config/reverie/presets/zz_one.toml", "about = 'second'");
  folder_.write("config/reverie/presets/zz_two.toml", "about = 'two'");
  const fs::path other = folder_.write("other/zz_one.toml", "about = 'other'");
  EXPECT_EQ(load_preset("zz_one").about, "first");
  EXPECT_EQ(load_preset("zz_one").folder, folder_.path() / "presets");
  EXPECT_EQ(load_preset("zz_two").about, "two");
  EXPECT_EQ(load_preset(other.string()).about, "other");
  EXPECT_EQ(message_of([] { load_preset("zz_ome"); }), "there is no preset 'zz_ome', did you mean 'zz_one'?");
  EXPECT_NE(message_of([] { load_preset("no/such.toml"); }).find("No such file"), std::string::npos);
}

TEST_F(PresetFolderTest, ChildrenOverrideTheirParents) {
  folder_.write("presets/_base.toml",
                "about = 'base'\ninput = 'required'\n[parameters]\nzoom = 1.5\nhue = 3\n"
                "[[lfo]]\nparameter = 'zoom'\nperiod = 1\ndepth = 1\n"
                "[[lfo]]\nparameter = 'hue'\nperiod = 1\ndepth = 1\n"
                "[[keyframes]]\nparameter = 'gain'\nat = 0\nvalue = 2\n"
                "[[map]]\nparameter = 'zoom'\npicture = 'input'\ndepth = 1\n");
  folder_.write("presets/child.toml",
                "parent = '_base'\n[parameters]\nhue = 4\ngain = 1\n"
                "[[lfo]]\nparameter = 'zoom'\nperiod = 2\ndepth = 1\n");
  folder_.write("presets/plain.toml", "parent = 'child'\nmodulate = false\n");
  const Preset child = load_preset("child");
  EXPECT_EQ(child.about, "");
  EXPECT_EQ(child.input, InputNeed::kRequired);
  EXPECT_EQ(child.values.number("zoom"), 1.5);
  EXPECT_EQ(child.values.number("hue"), 4);
  EXPECT_TRUE(child.keyframes.empty());  // they would hide the child's gain
  EXPECT_TRUE(child.maps.empty());       // the child modulates zoom itself
  ASSERT_EQ(child.lfos.size(), 2U);
  EXPECT_EQ(child.lfos[0].parameter, "hue");
  EXPECT_EQ(child.lfos[1].period, 2);
  const Preset plain = load_preset("plain");
  EXPECT_TRUE(plain.lfos.empty());
  EXPECT_EQ(plain.values.number("hue"), 4);
  EXPECT_EQ(format_preset(parse(format_preset(child))), format_preset(child));
}

TEST_F(PresetFolderTest, AncestryThatDoesNotEnd) {
  folder_.write("presets/a.toml", "parent = 'b'");
  folder_.write("presets/b.toml", "\nparent = '../presets/a.toml'");
  EXPECT_NE(message_of([] { load_preset("a"); }).find("is its own ancestor"), std::string::npos);
  for (int i = 0; i < 20; ++i)
    folder_.write("presets/d" + std::to_string(i) + ".toml", "parent = 'd" + std::to_string(i + 1) + "'");
  EXPECT_NE(message_of([] { load_preset("d0"); }).find("more than 8 parents"), std::string::npos);
  folder_.write("presets/e.toml", "\nparent = 'nobody'");
  EXPECT_EQ(message_of([] { load_preset("e"); }),
            (folder_.path() / "presets/e.toml").string() +
                ":2: there is no preset 'nobody' (`reverie presets` lists them)");
}

TEST_F(PresetFolderTest, TheListShowsBrokenOnesAndHidesBases) {
  folder_.write("presets/_zz_base.toml", "");
  folder_.write("presets/zz_good.toml", "about = 'fine'\ninput = 'required'");
  folder_.write("presets/zz_bad.toml", "[parameters]\nzom = 1");
  std::map<std::string, PresetEntry> entries;
  for (const PresetEntry& e : list_presets()) entries[e.name] = e;
  EXPECT_FALSE(entries.contains("_zz_base"));
  EXPECT_EQ(entries.at("zz_good").about, "fine");
  EXPECT_EQ(entries.at("zz_good").input, InputNeed::kRequired);
  EXPECT_EQ(entries.at("zz_good").error, "");
  EXPECT_NE(entries.at("zz_bad").error.find("zz_bad.toml:2: there is no parameter 'zom'"), std::string::npos);
}

TEST_F(PresetFolderTest, AssetsAreFound) {
  folder_.write("presets/palettes/hokusai.jpg", "");
  folder_.write("presets/shared.npy", "");
  folder_.write("base/_base.toml", "");
  folder_.write("base/far.png", "");
  const fs::path beside = folder_.write("mine/near.png", "");
  folder_.write("mine/p.toml", "parent = '../base/_base.toml'");
  const Preset p = load_preset((folder_.path() / "mine/p.toml").string());
  EXPECT_EQ(find_asset(p, "near.png"), beside);
  EXPECT_EQ(find_asset(p, beside.string()), beside);
  EXPECT_TRUE(fs::equivalent(find_asset(p, "far.png"), folder_.path() / "base/far.png"));
  EXPECT_EQ(find_asset(p, "shared.npy"), folder_.path() / "presets/shared.npy");
  EXPECT_EQ(find_asset(p, "hokusai"), folder_.path() / "presets/palettes/hokusai.jpg");
  const std::string error = message_of([&] { find_asset(p, "hokusei"); });
  EXPECT_TRUE(
      error.starts_with("cannot find 'hokusei': it is neither in " + (folder_.path() / "mine").string()));
  EXPECT_TRUE(error.ends_with("did you mean 'hokusai'?")) << error;
  EXPECT_THROW(find_asset(p, ""), Error);
  EXPECT_THROW(find_asset(p, "/dev/null"), Error);
}

fs::path root() {
  const char* name = std::getenv("REVERIE_ROOT");
  return name ? name : ".";
}

TEST(PresetTree, EveryPresetLoads) {
  ASSERT_TRUE(fs::exists(root() / "presets"));
  for (const auto& entry : fs::directory_iterator(root() / "presets")) {
    if (entry.path().extension() != ".toml") continue;
    EXPECT_EQ(message_of([&] {
                for (const Part& part : load_chain(entry.path().string()).parts) {
                  const Preset& p = part.preset;
                  if (p.values.table().has("palette") && !p.values.text("palette").empty() &&
                      p.values.text("palette") != "input")
                    find_asset(p, p.values.text("palette"));
                }
              }),
              "");
  }
}

// The fuzzer's seeds, and each input that once broke the reader: a preset or an Error, nothing else.
TEST(PresetCorpus, NothingBreaksTheReader) {
  const fs::path corpus = root() / "tests/fuzz/corpus/preset";
  int files = 0;
  for (const auto& entry : fs::directory_iterator(corpus)) {
    SCOPED_TRACE(entry.path());
    const std::string text = read_text_file(entry.path(), uint64_t{1} << 24U);
    const std::string stem = entry.path().stem().string();
    std::string error = message_of([&] { parse(text); });
    if (text.starts_with("# reverie render")) error = message_of([&] { parse_description(text, "x"); });
    EXPECT_FALSE(stem.starts_with("valid") && !error.empty()) << error;
    EXPECT_FALSE(stem.starts_with("broken") && error.empty());
    ++files;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace reverie
