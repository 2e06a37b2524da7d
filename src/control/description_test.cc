#include "control/description.h"

#include <gtest/gtest.h>

#include "core/test_help.h"

namespace reverie {
namespace {

RenderDescription example() {
  RenderDescription d;
  d.chain.parts[0].preset.name = "smoke";
  d.chain.parts[0].preset.folder = "/presets";
  d.chain.parts[0].preset.parent_folders = {"/base", "/a \"b\""};
  d.chain.parts[0].preset.input = InputNeed::kRequired;
  d.chain.parts[0].preset.values.set("zoom", {1.01, 0.1 + 0.2});
  d.chain.parts[0].preset.lfos.push_back({.parameter = "hue", .period = 3.3, .depth = 1e-7});
  d.seed = UINT64_MAX;
  d.width = 640;
  d.height = 360;
  d.fps = 30000.0 / 1001;
  d.frames = 300;
  d.kernel = "reference";
  d.input = "my clip\n\"é\".mp4";
  d.start = 1.5;
  d.loop = true;
  d.fit = Fit::kPad;
  d.without = {"palette", "feedback"};
  d.sound = "/music/a \"b\".flac";
  d.tempo = 127.99999999999999;
  d.version = "0.1.0";
  return d;
}

std::string error_of(const std::string& text) {
  return message_of([&] { parse_description(text, "a.mp4"); });
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Description, RoundTripsToTheLastBit) {
  const RenderDescription d = example();
  const std::string text = format_description(d);
  EXPECT_TRUE(text.starts_with("# reverie render 1\n"));
  const RenderDescription again = parse_description(text, "a.mp4");
  EXPECT_EQ(format_description(again), text);
  EXPECT_EQ(again.chain.parts[0].preset.name, "smoke");
  EXPECT_EQ(again.chain.parts[0].preset.folder, "/presets");
  EXPECT_EQ(again.chain.parts[0].preset.parent_folders, d.chain.parts[0].preset.parent_folders);
  EXPECT_EQ(again.chain.parts[0].preset.values.list("zoom"), d.chain.parts[0].preset.values.list("zoom"));
  EXPECT_EQ(again.chain.parts[0].preset.lfos[0].depth, 1e-7);
  EXPECT_EQ(again.seed, UINT64_MAX);
  EXPECT_EQ(again.width, 640);
  EXPECT_EQ(again.height, 360);
  EXPECT_EQ(again.fps, 30000.0 / 1001);
  EXPECT_EQ(again.frames, 300);
  EXPECT_EQ(again.kernel, "reference");
  EXPECT_EQ(again.input, d.input);
  EXPECT_EQ(again.start, 1.5);
  EXPECT_TRUE(again.loop);
  EXPECT_EQ(again.fit, Fit::kPad);
  EXPECT_EQ(again.without, d.without);
  EXPECT_EQ(again.sound, d.sound);
  EXPECT_EQ(again.tempo, 127.99999999999999);
  EXPECT_EQ(again.version, "0.1.0");
}

TEST(Description, UnknownLengthIsLeftOut) {
  RenderDescription d = example();
  d.frames.reset();
  d.chain.parts[0].preset.folder.clear();
  d.chain.parts[0].preset.parent_folders.clear();
  const RenderDescription again = parse_description(format_description(d), "a.mp4");
  EXPECT_EQ(again.frames, std::nullopt);
  EXPECT_TRUE(again.chain.parts[0].preset.folder.empty());
}

TEST(Description, IsStrict) {
  const std::string text = format_description(example());
  EXPECT_EQ(
      error_of("title = 'x'"),
      "cannot read a.mp4: its description does not begin with '# reverie render 1' (it was not rendered by "
      "Reverie, or by a newer one)");
  EXPECT_NE(error_of(replaced(text, "render 1", "render 3")).find("newer"), std::string::npos);
  EXPECT_EQ(error_of("# reverie render 1\n"), "a.mp4:1: the table [render] is missing");
  EXPECT_EQ(error_of("# reverie render 1\nrender = 1\n"),
            "a.mp4:2: 'render' must be a table, not a whole number");
  EXPECT_NE(error_of(replaced(text, "zoom = ", "zom = ")).find("did you mean 'zoom'?"), std::string::npos);
  EXPECT_NE(error_of(replaced(text, "width = ", "widht = ")).find("did you mean 'width'?"),
            std::string::npos);
  // what no render can have been told: the command line's limits
  EXPECT_NE(error_of(replaced(text, "width = 640", "width = 0")).find("'width' must be 1 to 16384, not 0"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(text, "width = 640", "width = 16385")).find("1 to 16384, not 16385"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(text, "fps = ", "fps = 1001 # ")).find("'fps' must be 0.1 to 1000"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(text, "18446744073709551615", "18446744073709551616")).find("is not a seed"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(text, "tempo = 127", "tempo = 5000")).find("'tempo' must be 1 to 1000"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(text, "18446744073709551615", "-1")).find("is not a seed"), std::string::npos);
  EXPECT_NE(error_of(replaced(text, "18446744073709551615", "")).find("is not a seed"), std::string::npos);
  EXPECT_NE(error_of(replaced(text, "input = \"required\"", "parent = 'a'")).find("is whole"),
            std::string::npos);
}

}  // namespace
}  // namespace reverie
