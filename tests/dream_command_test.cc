// `reverie dream` and the effect in renders, from outside, with the network that ships.
#include <gtest/gtest.h>

#include "command.h"

namespace reverie {
namespace {

class DreamCommand : public testing::Test {
 protected:
  void SetUp() override {
    const Outcome o = shell(
        "ffmpeg -v error -f lavfi -i mandelbrot=s=96x64:r=10 -frames:v 4 -c:v ffv1 clip.mkv && "
        "ffmpeg -v error -i clip.mkv -frames:v 1 photo.png",
        folder.path());
    ASSERT_EQ(o.status, 0) << o.err;
  }

  Outcome run(const std::string& words) const { return shell(words, folder.path()); }

  // Mean difference of two pictures, 0..255.
  double difference(const std::string& a, const std::string& b) const {
    const Outcome o =
        run("ffmpeg -v error -i " + a + " -i " + b +
            " -filter_complex 'blend=all_mode=difference,format=gray,signalstats,"
            "metadata=print:key=lavfi.signalstats.YAVG:file=-' -f null - | sed -n 's/.*YAVG=//p' | head -1");
    return to_number(trim(o.out)).value_or(-1);
  }

  TestFolder folder{"dream"};
};

TEST_F(DreamCommand, DreamsAPictureTheSameAgain) {
  ASSERT_EQ(run("reverie dream photo.png -q --steps 3 --octaves 2 -o a.png").status, 0);
  const Outcome again = run("reverie dream photo.png --steps 3 --octaves 2 --watch w.png -o b.png");
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.err.find("b.png; 96x64, seed 1"), std::string::npos) << again.err;
  EXPECT_EQ(run("cmp a.png b.png && test -s w.png").status, 0);
  EXPECT_GT(difference("photo.png", "a.png"), 2);
}

TEST_F(DreamCommand, HasStyles) {
  for (const char* words :
       {"photo.png --style lapnorm --steps 2", "photo.png --style enhance --layer conv2 --steps 5",
        "noise --size 48x40 --style lucid --layer conv3:2 --steps 4", "noise --size 48x40 --steps 2",
        "photo.png --guide photo.png --steps 1", "photo.png --mask key:000000 --steps 1",
        "photo.png --class cat --octaves 1 --steps 2"}) {
    const Outcome o = run(std::string("reverie dream -q -o s.png ") + words);
    EXPECT_EQ(o.status, 0) << words << ": " << o.err;
  }
  EXPECT_EQ(run("reverie dream noise -q --size 48x40 --style lucid --batch 2 --steps 2 -o v.png && ls "
                "v-1.png v-2.png")
                .status,
            0);
}

TEST_F(DreamCommand, DreamsVideosAndInChains) {
  const Outcome video = run("reverie dream clip.mkv -q --steps 1 --octaves 1 -o a.mkv");
  ASSERT_EQ(video.status, 0) << video.err;
  EXPECT_EQ(probe_entry(folder.file("a.mkv"), "v:0", "stream=width"), "96");
  EXPECT_EQ(run("reverie dream clip.mkv -q --steps 1 --octaves 1 -o b.mkv && cmp a.mkv b.mkv").status, 0);
  const Outcome chain =
      run("reverie render dream grade --input clip.mkv --frames 2 -q --set steps=1 -o c.mkv");
  EXPECT_EQ(chain.status, 0) << chain.err;
  const Outcome endless = run(
      "reverie dream photo.png -q --steps 1 --octaves 1 --set blend=0 --set zoom=1.05 --frames 3 -o d.mkv");
  EXPECT_EQ(endless.status, 0) << endless.err;
  EXPECT_EQ(run("reverie render --again d.mkv -q -o e.mkv && cmp d.mkv e.mkv").status, 0);
}

TEST_F(DreamCommand, SaysWhatIsWrongInOneLine) {
  const auto fails = [&](const std::string& words, const std::string& says, int status = 1) {
    const Outcome o = run("reverie dream -q -o x.png " + words);
    EXPECT_EQ(o.status, status) << words;
    EXPECT_NE(o.err.find(says), std::string::npos) << o.err;
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  };
  fails("photo.png --layer conv9", "did you mean 'conv");
  fails("photo.png --layer conv1:999", "no channel 999");
  fails("photo.png --layer 'conv1:@'", "conv1");
  fails("photo.png --model none.pth", "none.pth");
  fails("none.png", "none.png");
  fails("photo.png --class unicorn", "no such label");
  fails("photo.png --memory lots", "--memory", 2);
  fails("photo.png --watch photo.png", "would overwrite photo.png", 2);
  fails("photo.png --style lucid", "starts from noise", 2);
  fails("photo.png --guide none.png", "none.png");
  EXPECT_EQ(run("test -e x.png").status, 1);
}

}  // namespace
}  // namespace reverie
