// The verbs flow and trajectories from outside.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "command.h"

namespace reverie {
namespace {

// A clip of so many frames in which everything moves, as clip.mp4.
void make_clip(const TestFolder& folder, int frames, const std::string& name = "clip.mp4") {
  const Outcome o = shell("ffmpeg -v error -y -f lavfi -i testsrc2=size=160x120:rate=25 -frames:v " +
                              std::to_string(frames) + " " + name,
                          folder.path());
  ASSERT_EQ(o.status, 0) << o.err;
}

TEST(FlowCommand, WritesVideosPicturesAndFlowFiles) {
  const TestFolder folder("flow");
  make_clip(folder, 5);
  Outcome o = shell("reverie flow clip.mp4 -o flow.mkv -q", folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.err.find("4 flows by dis"), std::string::npos) << o.err;
  EXPECT_EQ(probe_entry(folder.file("flow.mkv"), "v:0", "stream=width"), "160");
  o = shell("reverie flow clip.mp4 -o flow/%03d.flo --only-trusted -q", folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(std::filesystem::exists(folder.file("flow/004.flo")));
  EXPECT_FALSE(std::filesystem::exists(folder.file("flow/005.flo")));
  o = shell(
      "ffmpeg -v error -i clip.mp4 -frames:v 2 %d.png && reverie flow 1.png 2.png -o one.flo --method "
      "dis-fast "
      "&& reverie flow 1.png 2.png -o one.png --method dis-fast --truth one.flo",
      folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, "mean endpoint error 0.000 pixels\n");
  for (const char* view : {"arrows", "occlusion"}) {
    o = shell(std::string("reverie flow clip.mp4 -o v.mp4 -q --view ") + view, folder.path());
    EXPECT_EQ(o.status, 0) << o.err;
  }
}

TEST(FlowCommand, SaysWhatIsWrongInOneLine) {
  const TestFolder folder("flow-wrong");
  make_clip(folder, 1);
  make_clip(folder, 3, "three.mp4");
  ASSERT_EQ(
      shell("ffmpeg -v error -i three.mp4 -frames:v 1 a.png && ffmpeg -v error -i three.mp4 -frames:v 1 -s "
            "80x60 b.png",
            folder.path())
          .status,
      0);
  const auto fails = [&](const std::string& line, const std::string& why, int status = 1) {
    const Outcome o = shell("reverie flow " + line, folder.path());
    EXPECT_EQ(o.status, status) << line;
    EXPECT_NE(o.err.find(why), std::string::npos) << line << ": " << o.err;
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  };
  fails("clip.mp4 -o out.mp4 -q", "there are no two frames");
  fails("a.png -o out.png -q", "it does not move");
  fails("a.png b.png -o out.png", "one is 160x120, the other 80x60");
  fails("three.mp4 -o out.mp4 --method dis-fsat", "did you mean 'dis-fast'?");
  fails("three.mp4 -o three.mp4", "would overwrite", 2);
  fails("three.mp4 -o x%s.flo -q", "it does not say where the number goes");
  EXPECT_FALSE(std::filesystem::exists(folder.file("out.mp4")));
}

TEST(FlowInSets, IsFoundOnlyWhereSomethingAsks) {
  const TestFolder folder("flow-asks");
  make_clip(folder, 6);
  const auto finds = [&](const std::string& words) {
    const Outcome o =
        shell("reverie render wake --input clip.mp4 -o out.mkv -q --timing " + words, folder.path());
    EXPECT_EQ(o.status, 0) << o.err;
    return o.err.find("input.flow") != std::string::npos;
  };
  EXPECT_TRUE(finds(""));
  EXPECT_FALSE(finds("--set warp_by_flow=0"));
  EXPECT_FALSE(finds("--set bypass=on"));
}

TEST(FlowInSets, OtherPartsFollowTheMotion) {
  const TestFolder folder("flow-follows");
  make_clip(folder, 8);
  ASSERT_EQ(shell("ffmpeg -v error -i clip.mp4 -vf select='eq(n\\,0)' -frames:v 1 still.png && ffmpeg -v "
                  "error -loop 1 "
                  "-framerate 25 -i still.png -frames:v 8 -c:v ffv1 -pix_fmt bgr0 still.mkv",
                  folder.path())
                .status,
            0);
  const std::string preset = R"(about = "dark until something moves"
input = "required"
chain = [{effect = "flow-view", name = "dancer"}, "grade"]
[part.dancer.parameters]
view = "picture"
largest = 0.001
[part.grade.parameters]
brightness = -1
[[part.grade.sound]]
parameter = "brightness"
follows = "dancer.amount"
depth = 2
attack = 0
)";
  write_file(folder.file("stir.toml"), {reinterpret_cast<const uint8_t*>(preset.data()), preset.size()});
  const auto last_pixel = [&](const std::string& clip) {
    const Outcome o =
        shell("reverie render ./stir.toml --input " + clip +
                  " -o out.mkv -q && ffmpeg -v error -i out.mkv -vf select='eq(n\\,6)',scale=1:1 -frames:v 1 "
                  "-pix_fmt gray -f rawvideo - | od -An -tu1",
              folder.path());
    EXPECT_EQ(o.status, 0) << o.err;
    return std::stoi(o.out);
  };
  EXPECT_GT(last_pixel("clip.mp4"), 200);
  EXPECT_LT(last_pixel("still.mkv"), 20);
}

TEST(TrajectoriesCommand, DrawsAndWritesFeatures) {
  const TestFolder folder("trajectories");
  make_clip(folder, 24);
  Outcome o = shell("reverie trajectories clip.mp4 -o drawn.mkv -q", folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(probe_entry(folder.file("drawn.mkv"), "v:0", "stream=nb_read_packets -count_packets"), "24");
  o = shell("reverie trajectories clip.mp4 -o features.npy --without-camera -q", folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.err.find(", 430]"), std::string::npos) << o.err;
}

TEST(TrajectoriesCommand, ShortStillAndLonelyClips) {
  const TestFolder folder("trajectories-wrong");
  make_clip(folder, 12);
  Outcome o = shell("reverie trajectories clip.mp4 -o drawn.mp4 -q", folder.path());
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.err.find("it has 12 frames, and a trajectory takes 16"), std::string::npos) << o.err;
  EXPECT_FALSE(std::filesystem::exists(folder.file("drawn.mp4")));
  // nothing moves: no trajectory, which is the right answer
  o = shell(
      "ffmpeg -v error -f lavfi -i color=gray:size=64x48:rate=25 -frames:v 20 still.mkv && reverie "
      "trajectories still.mkv -o still.npy -q",
      folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.err.find("0 trajectories in 20 frames"), std::string::npos) << o.err;
  o = shell(
      "mkdir -p set/wave && cp still.mkv set/wave/a_1.mkv && reverie trajectories set --evaluate -o c.png -q",
      folder.path());
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.err.find("nothing moves in it"), std::string::npos) << o.err;
}

// Three people, two actions; all of them take minutes (docs/motion.md).
TEST(TrajectoriesCommand, RecognisesPeopleItHasNotSeen) {
  const std::filesystem::path actions = data_folder() / "actions_weizmann";
  if (data_folder().empty() || !std::filesystem::exists(actions))
    GTEST_SKIP() << "no shared data: actions_weizmann";
  const TestFolder folder("actions");
  for (const char* label : {"bend", "wave2"}) {
    std::filesystem::create_directories(folder.path() / "set" / label);
    for (const char* person : {"person1", "person3", "person7"}) {
      const std::string name = fmt::format("{}_{}_orig.mp4", person, label);
      std::filesystem::copy_file(actions / label / name, folder.path() / "set" / label / name);
    }
  }
  const Outcome o =
      shell("reverie trajectories set --evaluate -o confusion.png -q --words 32 --scales 3", folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, "100.0 % right, 6 of 6 clips, each of its group left out\n");
  EXPECT_TRUE(std::filesystem::exists(folder.file("confusion.png")));
}

}  // namespace
}  // namespace reverie
