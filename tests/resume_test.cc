// Renders that are stopped by real signals and go on: `reverie render --resume`.
#include "resume.h"

#include <algorithm>
#include <fstream>

namespace reverie {
namespace {

std::string state_of(const std::string& out) {
  return out + ".part/state.safetensors";
}

TEST_F(ResumeCommand, FeedbackGoesOnFromItsLevelsItsPaletteAndTheFlow) {
  expect_same("render wake --input clip.mkv --frames 150", "mkv");
}

TEST_F(ResumeCommand, WithSoundAndInALossyFormat) {
  expect_same("render pulse --sound clip.mkv --size 160x96 --frames 250", "mp4");
  EXPECT_NE(probe_entry(folder.file("resumed.mp4"), "a:0", "stream=codec_name"), "");
}

TEST_F(ResumeCommand, SignalsOfPartsAndTheirFollowersGoOn) {
  std::ofstream(folder.file("told.toml")) << R"(about = "follows how its parts move"
input = "required"
chain = [{effect = "flow-view"}, {effect = "grade"}, {effect = "grade", name = "light"}]
[part.flow-view.parameters]
view = "picture"
[[part.light.sound]]
parameter = "hue"
follows = "flow-view.direction"
depth = 90
release = 3
[[part.light.sound]]
parameter = "gamma"
follows = "grade.motion"
depth = 2
attack = 2
[[part.grade.lfo]]
parameter = "zoom"
period = 3
depth = 0.2
)";
  expect_same("render told.toml --input clip.mkv --frames 200", "mkv");
}

TEST_F(ResumeCommand, AfterKillItGoesOnFromTheLastState) {
  const std::string command = "render veil --input clip.mkv --size 320x192 --frames 300 -q";
  ASSERT_EQ(run("reverie " + command + " -o whole.mkv").status, 0);
  Outcome o = stopped(command + " --resume -o out.mkv", "out.mkv", "KILL", 1.5);
  ASSERT_EQ(o.status, 137) << o.err;
  EXPECT_TRUE(std::filesystem::exists(folder.file(state_of("out.mkv"))));
  EXPECT_FALSE(std::filesystem::exists(folder.file("out.mkv")));
  // and once more, while it goes on
  o = stopped(command + " --resume -o out.mkv", "out.mkv", "KILL", 1);
  o = run("reverie " + command + " --resume -o out.mkv && cmp whole.mkv out.mkv");
  EXPECT_EQ(o.status, 0) << o.err;
}

TEST_F(ResumeCommand, NumberedPicturesNeedTheStateAlone) {
  const std::string command = "render marble --size 320x240 --frames 60 -q";
  const std::string out = " --resume -o some/%03d.png --sheet sheet.png";
  ASSERT_EQ(run("reverie " + command + " -o all/ --sheet whole.png").status, 0);
  const Outcome first =
      run("\"" REVERIE_COMMAND "\" " + command + out +
          " & job=$!\nwhile [ ! -e some/pictures.part/state.safetensors ]; do sleep 0.02; done\n"
          "sleep 0.3; kill -TERM $job; wait $job");
  ASSERT_EQ(first.status, 130) << first.err;
  Outcome o = run("reverie " + command + out);
  ASSERT_EQ(o.status, 0) << o.err;
  o = run(
      "for n in 001 020 059 060; do cmp all/00$n.png some/$n.png || exit 1; done; cmp whole.png sheet.png");
  EXPECT_EQ(o.status, 0) << o.out << o.err;
  o = run("rm some/001.png && reverie " + command + out + " && [ ! -e some/001.png ]");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.err.find("is finished already: 60 frames"), std::string::npos) << o.err;
}

TEST_F(ResumeCommand, WhatIsFinishedIsNotMadeAgain) {
  const std::string command = "reverie render marble --size 64x48 --frames 5 -q --resume -o ";
  ASSERT_EQ(run(command + "a.mp4 && cp a.mp4 b.mp4").status, 0);
  Outcome o = run(command + "a.mp4 && cmp a.mp4 b.mp4");
  EXPECT_EQ(o.status, 0);
  EXPECT_NE(o.err.find("a.mp4 is finished already: 5 frames"), std::string::npos) << o.err;
  o = run(command + "a.mp4 --seed 2 && ! cmp -s a.mp4 b.mp4");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.err.find("already"), std::string::npos) << o.err;
}

class ResumeFails : public ResumeCommand {
 protected:
  void SetUp() override {
    ResumeCommand::SetUp();
    const Outcome o = stopped(command_ + " -o out.mkv", "out.mkv", "TERM", 0.2);
    ASSERT_EQ(o.status, 130) << o.err;
  }
  void fails(const std::string& before, const std::string& options, const std::string& why,
             int status = 1) const {
    const Outcome o = run(before + "\nreverie " + command_ + " " + options);
    EXPECT_EQ(o.status, status) << options;
    EXPECT_NE(o.err.find(why), std::string::npos) << options << ": " << o.err;
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  }
  std::string command_ = "render veil --input clip.mkv --size 320x192 --frames 400 -q --resume";
};

TEST_F(ResumeFails, InOneLineWhereTheCommandIsAnother) {
  fails("", "-o out.mkv --seed 3", "it was begun with 'seed = \"1\"', not 'seed = \"3\"'");
  fails("", "-o out.mkv --sheet a.png", "it was begun with 'sheet = \"\"', not 'sheet = \"a.png\"'");
  fails("touch clip.mkv", "-o out.mkv", "a file that it reads has changed");
}

TEST_F(ResumeFails, InOneLineWhereTheStateIsDamaged) {
  const std::string state = state_of("out.mkv");
  fails("cp " + state + " good; head -c 3000 good > " + state, "-o out.mkv", "its state is damaged");
  fails("cp good " + state + "; printf '\\0' >> " + state, "-o out.mkv", "its state is damaged");
  fails(": > " + state, "-o out.mkv", "its state is damaged");
  fails("cp good " + state + "; cp out.mkv.part/frames f; head -c 2000 f > out.mkv.part/frames", "-o out.mkv",
        "frames are there (delete");
  // nothing was spoiled by it
  const Outcome o = run("cp f out.mkv.part/frames && reverie " + command_ + " -o out.mkv");
  EXPECT_EQ(o.status, 0) << o.err;
}

TEST_F(ResumeFails, InOneLineWhereItCannotBeDone) {
  fails("", "-o null:", "only videos in files and numbered pictures");
  fails("", "-o a.png", "only videos in files and numbered pictures");
  fails("", "-o other.mkv --set schedule=even", "with schedule = \"even\"");
  EXPECT_FALSE(std::filesystem::exists(folder.file("other.mkv.part")));
  const Outcome o = run("cat clip.mkv | reverie render veil -i - -q --resume -o piped.mkv");
  EXPECT_NE(o.err.find("read only once"), std::string::npos) << o.err;
}

TEST_F(ResumeFails, OnAFullDiskAndGoesOnOnceThereIsRoom) {
  // a small disk: a limit of the size of files
  const std::string command =
      "render veil --input clip.mkv --size 320x192 --frames 100 -q --resume -o full.mkv";
  Outcome o = run("ulimit -f 6000; trap '' XFSZ; reverie " + command);
  EXPECT_EQ(o.status, 1) << o.err;
  EXPECT_NE(o.err.find("the same command goes on after them"), std::string::npos) << o.err;
  o = run("reverie " + command +
          " && reverie render veil --input clip.mkv --size 320x192 --frames 100 -q -o whole.mkv "
          "&& cmp full.mkv whole.mkv");
  EXPECT_EQ(o.status, 0) << o.err;
}

}  // namespace
}  // namespace reverie
