// Learned feedback that moves as a clip, from outside.
#include <gtest/gtest.h>

#include <algorithm>

#include "command.h"

namespace reverie {
namespace {

class AliveCommand : public testing::Test {
 protected:
  // A clip that scrolls to the left, one that stands still, and one of a single frame.
  void SetUp() override {
    const Outcome o =
        run("ffmpeg -v error -f lavfi -i testsrc2=size=96x96:rate=25 -frames:v 1 one.png && "
            "ffmpeg -v error -loop 1 -i one.png -vf scroll=horizontal=0.02 -frames:v 8 clip.mp4 && "
            "ffmpeg -v error -loop 1 -i one.png -frames:v 8 still.mp4 && "
            "ffmpeg -v error -i one.png one.mp4 && echo words > words.mp4");
    ASSERT_EQ(o.status, 0) << o.err;
  }

  Outcome run(const std::string& words) const { return shell(words, folder.path()); }

  static constexpr const char* kTrain =
      "reverie train alive --style one.png -q --threads 1 --set iterations=2 --set size=32 --set batch=1 "
      "--set "
      "pool=2 --set steps_most=8 ";
  TestFolder folder{"alive"};
};

TEST_F(AliveCommand, MovesAsAClipThatMayGo) {
  Outcome o = run(std::string(kTrain) +
                  "--motion clip.mp4 -o run --minutes 0.000001 && rm clip.mp4 && "
                  "sed -i 's/^minutes.*/minutes = 0/' run/alive.toml && reverie train --resume run -q");
  EXPECT_EQ(o.status, 0) << o.err;
  o = run("reverie evaluate run/run.toml --motion run/motion.flo --size 32x32 --frames 12");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.out.find("\nmotion_along "), std::string::npos) << o.out;
  EXPECT_NE(read_text_file(folder.file("run/run.toml")).find("moves as clip does"), std::string::npos);
}

TEST_F(AliveCommand, SaysWhichClipsSayNothing) {
  const auto fails = [&](const std::string& words, const std::string& why, int status = 1) {
    const Outcome o = run(words);
    EXPECT_EQ(o.status, status) << words;
    EXPECT_NE(o.err.find(why), std::string::npos) << words << ": " << o.err;
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  };
  fails(std::string(kTrain) + "--motion still.mp4", "it all but stands still");
  fails(std::string(kTrain) + "--motion one.mp4", "no two frames");
  fails(std::string(kTrain) + "--motion one.png", "give it a clip");
  fails(std::string(kTrain) + "--motion words.mp4", "words.mp4");
  fails(std::string(kTrain) + "--motion none.mp4", "none.mp4");
  fails("reverie train alive --predict clip.mp4 --motion clip.mp4", "goes with --style", 2);
  fails("reverie train small.toml --motion clip.mp4", "train alive --motion", 2);
}

}  // namespace
}  // namespace reverie
