// Tests `reverie data` from outside.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Pictures drawn by ffmpeg: three each in pets/cat and pets/dog, 20x10, and one of 10x10 in odd/.
class Data : public testing::Test {
 protected:
  Data() {
    const std::string draw = "ffmpeg -v error -f lavfi -i testsrc2=size=20x10 -frames:v 3 ";
    run("mkdir -p pets/cat pets/dog odd && " + draw + "pets/cat/%d.png </dev/null && " + draw +
        "pets/dog/%d.jpg && ffmpeg -v error -f lavfi -i testsrc2=size=10x10 -frames:v 1 odd/1.png");
  }
  Outcome run(const std::string& line) const { return shell(line, folder_.path()); }

  TestFolder folder_{"data"};
};

TEST_F(Data, ImportsAndShows) {
  Outcome o = run("reverie data import pets -o sets/pets.tfrecord --test-fraction 0.34 --seed 3");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.err, "6 pictures, 4 train and 2 test, 2 labels, seed 3")) << o.err;
  o = run("reverie data show sets/pets.tfrecord");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.out, "6 pictures, 20x10, 2 labels")) << o.out;
  EXPECT_TRUE(has(o.out, "cat           2         1")) << o.out;
  EXPECT_TRUE(has(o.out, "train channels R, G, B: mean ")) << o.out;
  EXPECT_EQ(probe_entry(folder_.file("sets/pets.png"), "v:0", "stream=codec_name"), "png");
  EXPECT_EQ(run("reverie data show sets/pets.tfrecord -o look.png && test -s look.png").status, 0);
  // again, and compressed
  EXPECT_EQ(run("reverie data import pets -o b.tfrecord --test-fraction 0.34 --seed 3 -q && cmp b.tfrecord "
                "sets/pets.tfrecord")
                .status,
            0);
  EXPECT_EQ(run("reverie data import pets -o c.tfrecord.gz --test-fraction 0.34 --seed 3 -q && gunzip -c "
                "c.tfrecord.gz | cmp - b.tfrecord")
                .status,
            0);
}

TEST_F(Data, TransparentPicturesAreNotLearnedAsBlack) {
  const std::string draw = "ffmpeg -v error -f lavfi -i color=white:size=10x10";
  run("mkdir clear && " + draw +
      "',format=rgba,geq=r=255:g=255:b=255:a=255*lt(X\\,5)' -frames:v 1 clear/1.png && "
      "cp clear/1.png clear/2.png && " +
      draw + " -frames:v 1 clear/3.png");
  Outcome o = run("reverie data import clear -o clear.tfrecord -q");
  EXPECT_TRUE(has(o.err, "2 of the pictures are partly transparent: that part has the mean colour")) << o.err;
  o = run("reverie data show clear.tfrecord");
  EXPECT_TRUE(has(o.out, "train channels R, G, B: mean 255")) << o.out;
  EXPECT_FALSE(has(run("reverie data import pets -o pets.tfrecord -q").err, "transparent"));
  // GIFs and videos with alpha too
  run("mkdir moving && ffmpeg -v error -i clear/%d.png -r 10 moving/a.gif && ffmpeg -v error -i clear/%d.png "
      "-r "
      "10 -c:v ffv1 -pix_fmt bgra moving/b.mkv");
  o = run("reverie data import moving -o moving.tfrecord -q");
  EXPECT_TRUE(has(o.err, "of the pictures are partly transparent")) << o.err;
  o = run("reverie data show moving.tfrecord");  // a GIF's palette is no exact white
  EXPECT_TRUE(has(o.out, "train channels R, G, B: mean 25")) << o.out;
}

TEST_F(Data, PicturesOfSeveralSizesNeedASize) {
  Outcome o = run("reverie data import pets odd -o a.tfrecord");
  EXPECT_EQ(o.status, 1);
  EXPECT_TRUE(has(o.err, "odd/1.png: it is 10x10, but pets/cat/1.png is 20x10 (use --size WxH")) << o.err;
  EXPECT_EQ(run("ls | grep tfrecord").status, 1);
  for (const char* fit : {"crop", "pad", "stretch"}) {
    o =
        run(fmt::format("reverie data import pets odd -o {0}.tfrecord --size 8x6 --crop 1,0,1,2 --fit {0} && "
                        "reverie data show "
                        "{0}.tfrecord",
                        fit));
    EXPECT_EQ(o.status, 0) << o.err;
    EXPECT_TRUE(has(o.out, "7 pictures, 8x6, 3 labels")) << o.out;
  }
  EXPECT_NE(run("cmp -s crop.tfrecord pad.tfrecord").status, 0);
}

TEST_F(Data, CropsAreRandomPiecesAtFullResolution) {
  const std::string import = "reverie data import pets odd --crops 12x9:5 -q ";
  Outcome o = run(import + "-o a.tfrecord --test-fraction 0.34 && reverie data show a.tfrecord");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.err, "1 of 7 pictures are smaller than 12x9 and are left out: odd/1.png (10x10)"))
      << o.err;
  EXPECT_TRUE(has(o.err, "30 pictures, 20 train and 10 test")) << o.err;
  EXPECT_TRUE(has(o.out, "30 pictures, 12x9")) << o.out;
  // all pieces of a picture on one side
  EXPECT_TRUE(has(o.out, "cat          10         5")) << o.out;
  EXPECT_EQ(run(import + "-o b.tfrecord --test-fraction 0.34 && cmp a.tfrecord b.tfrecord").status, 0);
  EXPECT_NE(
      run(import + "-o c.tfrecord --test-fraction 0.34 --seed 2 && cmp -s a.tfrecord c.tfrecord").status, 0);
  o = run("reverie data import odd -o d.tfrecord --crops 12x9:5");
  EXPECT_EQ(o.status, 1);
  EXPECT_TRUE(has(o.err, "none of the pictures is as large as 12x9")) << o.err;
  EXPECT_EQ(run("ls d.tfrecord").status, 2);
}

TEST_F(Data, EachSourceHasItsLabelAndItsCrops) {
  Outcome o =
      run("reverie data import pets/cat odd -o a.tfrecord -q --label cats --label odd --crops 8x8:2 --crops "
          "8x8:5 && "
          "reverie data show a.tfrecord");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.out, "cats          6         0") && has(o.out, "odd           5         0")) << o.out;
  // 20x10 becomes 16x8
  o = run(
      "reverie data import pets/cat -o b.tfrecord -q --side 8 --crops 9x8:1 && reverie data show b.tfrecord");
  EXPECT_TRUE(has(o.out, "3 pictures, 9x8")) << o.err;
  EXPECT_EQ(run("reverie data import pets/cat -o c.tfrecord -q --side 8 --crops 9x9:1").status, 1);
  EXPECT_EQ(run("reverie data import pets odd -o d.tfrecord -q --label a --label b --label c").status, 2);
  EXPECT_EQ(run("reverie data import pets -o d.tfrecord -q --side 8").status, 2);
}

TEST_F(Data, ArchivesAndVideosAreSources) {
  run("tar czf pets.tar.gz pets && ffmpeg -v error -f lavfi -i testsrc2=size=20x10:rate=10 -frames:v 10 "
      "clip.mkv");
  Outcome o =
      run("reverie data import pets.tar.gz clip.mkv -o a.tfrecord --step 3 && reverie data show a.tfrecord");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.out, "10 pictures, 20x10, 3 labels")) << o.out;
  EXPECT_TRUE(has(o.out, "clip          4         0")) << o.out;
  o = run("reverie data import clip.mkv -o b.tfrecord --label test-card && reverie data show b.tfrecord");
  EXPECT_TRUE(has(o.out, "test-card        10")) << o.out;
}

TEST_F(Data, BrokenPicturesAreCountedAndLeftOut) {
  run("echo nonsense >pets/cat/9.png; : >pets/cat/10.png; head -c 20 pets/cat/1.png >pets/dog/7.png; "
      "printf 'x' >pets/dog/8.png");
  Outcome o = run("reverie data import pets -o a.tfrecord -q");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(has(o.err, "4 of 10 pictures cannot be read and are left out: cannot ")) << o.err;
  EXPECT_TRUE(has(o.err, "and 1 more")) << o.err;
  EXPECT_TRUE(has(o.err, "6 pictures, 6 train")) << o.err;
  o = run("mkdir bad && cp pets/cat/9.png bad && reverie data import bad -o b.tfrecord -q");
  EXPECT_EQ(o.status, 1);
  EXPECT_TRUE(has(o.err, "none of the pictures can be read")) << o.err;
  EXPECT_EQ(run("ls | grep b.tfrecord").status, 1);
}

TEST_F(Data, SaysWhatIsWrong) {
  const auto expect = [&](const std::string& words, int status, const std::string& message) {
    const Outcome o = run("reverie data " + words);
    EXPECT_EQ(o.status, status) << words << o.err;
    EXPECT_TRUE(has(o.err, message)) << words << o.err;
  };
  expect("", 2, "data what? import, show");
  expect("import pets", 2, "--output");
  expect("import pets -o a.txt", 2, "ending in .tfrecord");
  expect("import pets -o a.tfrecord --crop 1,2", 2, "TOP,RIGHT,BOTTOM,LEFT");
  for (const char* crops : {"8x8", "8x8:0", "8x8:1.5", "8:3", "8x8:3:4"})
    expect(fmt::format("import pets -o a.tfrecord --crops {}", crops), 2, "takes");
  for (const char* tiles : {"16", "0x1", "2x", "1x1x1", "axb"})
    expect(fmt::format("import pets -o a.tfrecord --tiles {}", tiles), 2, "--tiles takes COLUMNSxROWS");
  expect("import pets -o a.tfrecord --tiles 1x997", 1, "are not 1x997 tiles");
  expect("import pets -o a.tfrecord --crops 8x8:3 --size 8x8", 2, "leave out --size");
  expect("import pets -o a.tfrecord --size 8", 2, "--size takes");
  expect("import pets -o a.tfrecord --test-fraction 2", 2, "");
  expect("import none -o a.tfrecord", 1, "cannot import none: there is no such file or folder");
  expect("import pets -o a.tfrecord --crop 10,0,0,0", 1, "none of its 20x10 pixels are left");
  expect("show none.tfrecord", 1, "there is no such file");
  expect("show pets", 1, "it is a folder");
  run("reverie data import pets -o a.tfrecord -q && head -c 2000 a.tfrecord >b.tfrecord && echo hello "
      ">c.tfrecord && "
      ": >d.tfrecord");
  expect("show b.tfrecord", 1, "b.tfrecord, record 3: it is cut off");
  expect("show c.tfrecord", 1, "c.tfrecord, record 0");
  expect("show d.tfrecord", 0, "");
  expect("show a.tfrecord -o a.jpg", 2, "takes a .png");
}

TEST_F(Data, CtrlCLeavesNoHalfSet) {
  // one clip listed a hundred times is a long import
  const Outcome o =
      run("ffmpeg -v error -f lavfi -i testsrc2=size=640x360:rate=25 -frames:v 50 clip.mkv; '" REVERIE_COMMAND
          "' data import $(yes clip.mkv | head -100) -o a.tfrecord & p=$!; sleep 2; kill -INT $p; wait $p");
  EXPECT_EQ(o.status, 130) << o.err;
  EXPECT_TRUE(has(o.err, "stopped; nothing was written")) << o.err;
  EXPECT_EQ(run("ls | grep tfrecord").status, 1);
}

// All 60,000 pictures take half a minute: test the parts that are quick.
TEST(DataFiles, RealDataSets) {
  const fs::path data = data_folder();
  if (data.empty()) GTEST_SKIP() << "no shared data";
  const TestFolder folder("sets");
  const auto show = [&](const std::string& words) {
    const Outcome o = shell(
        "reverie data import " + words + " -o a.tfrecord -q && reverie data show a.tfrecord", folder.path());
    EXPECT_EQ(o.status, 0) << o.err;
    return o.out;
  };
  const std::string root = data.string() + "/";
  const std::string cifar = show(root + "cifar10-exact");
  EXPECT_TRUE(has(cifar, "9085 pictures, 32x32, 10 labels")) << cifar;
  EXPECT_TRUE(has(cifar, "all             8068      1017")) << cifar;
  const std::string mnist = show(root + "mnist/t10k-images-idx3-ubyte.gz");
  EXPECT_TRUE(has(mnist, "10000 pictures, 28x28, 10 labels")) << mnist;
  EXPECT_TRUE(has(mnist, "  9             0      1009")) << mnist;
  const std::string faces = show(root + "faces_att --test-fraction 0.2");
  EXPECT_TRUE(has(faces, "400 pictures, 92x112, 40 labels")) << faces;
  EXPECT_TRUE(has(faces, "s40           8         2")) << faces;
}

}  // namespace
}  // namespace reverie
