// `reverie dream` and the effect in renders, from outside, with the network that ships.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "command.h"
#include "flicker.h"

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

TEST_F(DreamCommand, MakesAPictureAgainFromItsFile) {
  ASSERT_EQ(run("reverie dream photo.png -q --steps 2 --octaves 2 --seed 5 --layer conv3:1 -o a.png").status,
            0);
  EXPECT_EQ(run("reverie dream -q --again a.png -o b.png && cmp a.png b.png").status, 0);
  EXPECT_EQ(run("reverie dream -q --again a.png --seed 6 -o c.png && ! cmp -s a.png c.png").status, 0);
  EXPECT_EQ(
      run("reverie dream -q --again c.png --seed 5 -o d.jpg && reverie dream -q --again d.jpg -o e.png && "
          "cmp a.png e.png")
          .status,
      0);
  EXPECT_EQ(run("mkdir elsewhere && cd elsewhere && reverie dream -q --again ../a.png -o b.png && cmp "
                "../a.png b.png")
                .status,
            0);
  const Outcome other = run("reverie dream -q --again photo.png -o f.png");
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.err.find("does not say how it was dreamed"), std::string::npos) << other.err;
}

TEST_F(DreamCommand, DrawsAnAtlasAndGoesOnWithIt) {
  const std::string atlas = "reverie layers " +
                            std::filesystem::absolute("models/dream.safetensors").string() +
                            " --atlas -q --steps 1 --layer conv1 -o atlas";
  ASSERT_EQ(run(atlas).out, "atlas/conv1.png\n");
  // of a call that was stopped: the sheet is made from what is there
  ASSERT_EQ(
      run("cp atlas/conv1.png whole.png; rm atlas/conv1.png atlas/conv1/0003.png; cp -p atlas/conv1/0002.png "
          "two.png; touch -d yesterday atlas/conv1/0002.png")
          .status,
      0);
  const Outcome again = run(atlas);
  EXPECT_EQ(again.out, "atlas/conv1.png\n") << again.err;
  EXPECT_EQ(run("cmp atlas/conv1.png whole.png").status, 0);
  EXPECT_EQ(run("test -n \"$(find atlas/conv1/0002.png -mtime +0)\"").status, 0) << "it was made again";
  EXPECT_NE(run(atlas).err.find("it is there already"), std::string::npos);
}

TEST_F(DreamCommand, VideoFlickersLessThanItsFramesAlone) {
  constexpr int kFrames = 6;
  if (data_folder().empty()) GTEST_SKIP() << "../shared/data is not there";
  const std::string clip = data_folder() / "video/big_buck_bunny_0_30.webm";
  const std::string how = " -q --set octaves=2 --set steps=6 ";
  ASSERT_EQ(
      run(fmt::format("reverie render dream{}--input {} --start 10 --frames {} --size 160x90 -o d%d.png && "
                      "ffmpeg -v error -ss 10 -i {} -frames:v {} -vf scale=160:90 in%d.png",
                      how, clip, kFrames, clip, kFrames))
          .status,
      0);
  for (int i = 1; i <= kFrames; ++i)
    ASSERT_EQ(
        run(fmt::format("reverie dream in{0}.png{1}--set step=2 --set jitter=24 -o alone{0}.png", i, how))
            .status,
        0);
  const double carried = flicker(folder, "d", kFrames);
  const double alone = flicker(folder, "alone", kFrames);
  RecordProperty("ratio", std::to_string(carried / alone));
  EXPECT_LT(carried, 0.5 * alone) << carried * 255 << " of 255, alone " << alone * 255;
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
