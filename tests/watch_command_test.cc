// From folders of videos to a network that watches, and to knobs that follow what it sees.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "command.h"

namespace reverie {
namespace {

constexpr const char* kRecipe = R"(about = "stripes"
[video]
frames = 5
layers = ["conv 6 3 3", "max 2", "mean", "fuse"]
[input]
mean = "channel"
scale = 0.015625
[[stage]]
solver = "adam"
batch = 12
iterations = 60
rate = 0.01
)";

class WatchCommand : public testing::Test {
 protected:
  // Stripes that move to the left or to the right: videos/left/anna_1.mkv and so on.
  void SetUp() override {
    const char* people[] = {"anna", "ben", "cleo"};
    for (const char* way : {"left", "right"}) {
      std::filesystem::create_directories(folder.file(std::string("videos/") + way));
      for (int i = 0; i < 6; ++i) {
        const double by = way[0] == 'l' ? 1.2 : -1.2;
        const Outcome o = shell(
            fmt::format(
                "ffmpeg -v error -f lavfi -i \"nullsrc=s=24x16:r=10,geq=lum='128+{}*sin(0.9*X+{}*N+{})':"
                "cb=128:cr=128\" -frames:v 14 -c:v ffv1 videos/{}/{}_{}.mkv",
                60 + 10 * (i % 4), by, i, way, people[i % 3], i),
            folder.path());
        ASSERT_EQ(o.status, 0) << o.err;
      }
    }
    std::ofstream(folder.file("stripes.toml")) << kRecipe;
  }

  Outcome run(const std::string& words) const { return shell(words, folder.path()); }

  TestFolder folder{"watch"};
};

TEST_F(WatchCommand, WhatItLearnsFromClipsMovesThePicture) {
  Outcome o =
      run("reverie data import videos -o set.tfrecord -q --clips 6:4 && reverie data show set.tfrecord");
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.out.find("left"), std::string::npos);
  o =
      run("reverie train stripes.toml --data set.tfrecord -o run -q --leave-out ben && "
          "reverie evaluate run --data set.tfrecord --leave-out ben");
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.out.find("videos 4\nvideos_top1 1"), std::string::npos) << o.out;
  o = run("reverie recognise videos/left/ben_1.mkv --model run --top 2");
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(std::count(o.out.begin(), o.out.end(), '\n'), 5) << o.out;
  EXPECT_NE(o.out.find("0.500  left 0."), std::string::npos) << o.out;
  EXPECT_EQ(o.out.find("  right 0.9"), std::string::npos) << o.out;
  o = run("reverie recognise videos/left/ben_1.mkv --model run -o watched.mkv -q");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(probe_entry(folder.file("watched.mkv"), "v:0", "stream=width"), "24");
  // a knob that follows: black while `right` is seen
  std::ofstream(folder.file("follow.toml")) << R"(input = "required"
chain = ["watch", {effect = "grade", name = "light"}]
[part.watch.parameters]
model = "run/model.safetensors"
[[part.light.sound]]
parameter = "fade"
follows = "watch.right"
depth = 1
)";
  const auto last = [&](const std::string& video) {
    const Outcome made = run("reverie render follow.toml --input " + video +
                             " -o seen.mkv -q && ffmpeg -v error -y -sseof -0.15 -i seen.mkv -frames:v 1 -vf "
                             "scale=1:1 -f rawvideo -pix_fmt gray - | od -An -tu1");
    EXPECT_EQ(made.status, 0) << made.err;
    return std::stoi(made.out);
  };
  EXPECT_GT(last("videos/left/ben_1.mkv"), 60);
  EXPECT_LT(last("videos/right/ben_1.mkv"), 40);
  o = run("reverie layers run --filters -o filters.gif && reverie layers run");
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.out.find("conv1"), std::string::npos);
  EXPECT_EQ(probe_entry(folder.file("filters.gif"), "v:0", "stream=codec_name"), "gif");
}

TEST_F(WatchCommand, ShuffledFramesAreATest) {
  const Outcome o =
      run("reverie data import videos/left -o order.tfrecord -q --clips 6:4 --shuffled && "
          "reverie data show order.tfrecord && "
          "reverie train stripes.toml --data order.tfrecord --folds -o order -q --set iterations=40");
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.out.find("shuffled"), std::string::npos) << o.out;
  EXPECT_NE(o.out.find("100.0 % right"), std::string::npos) << o.out << o.err;
}

TEST_F(WatchCommand, EachGroupIsLeftOutInTurnAndPlayingBackwardsIsATest) {
  Outcome o =
      run("reverie data import videos/left -o ways.tfrecord -q --clips 6:4 --both-ways && "
          "reverie train stripes.toml --data ways.tfrecord --folds -o folds -q --set iterations=40");
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.out.find("100.0 % right"), std::string::npos) << o.out << o.err;
  EXPECT_TRUE(std::filesystem::exists(folder.file("folds/confusion.png")));
  EXPECT_TRUE(std::filesystem::exists(folder.file("folds/anna/model.safetensors")));
}

TEST_F(WatchCommand, SaysWhatIsWrongInALine) {
  const auto fails = [&](const std::string& line, const std::string& why) {
    const Outcome o = run(line);
    EXPECT_NE(o.status, 0) << line;
    EXPECT_NE(o.err.find(why), std::string::npos) << line << ": " << o.err;
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << line << ": " << o.err;
  };
  fails("reverie data import videos -o x.tfrecord -q --clips 1", "--clips takes FRAMES");
  fails("reverie data import videos -o x.tfrecord -q --both-ways", "--both-ways is for --clips");
  fails("reverie data import videos -o x.tfrecord -q --shuffled", "--shuffled is for --clips");
  fails("reverie data import videos -o x.tfrecord -q --clips 6 --shuffled --both-ways",
        "only one of the two");
  const Outcome o = run("reverie data import videos -o x.tfrecord -q --clips 20");
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.err.find("it has 14 frames, a clip has 20"), std::string::npos) << o.err;
  const std::string root = std::filesystem::current_path().string();
  fails("reverie recognise videos/left/ben_1.mkv --model " + root + "/models/mogrify.safetensors",
        "its family is 'vae'");
  fails("reverie recognise none.mkv", "none.mkv");  // with the model that ships, from any folder
  fails("reverie recognise none.mkv --model " + root + "/models/mogrify.safetensors", "");
}

}  // namespace
}  // namespace reverie
