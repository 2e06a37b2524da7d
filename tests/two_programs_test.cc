// `reverie`, which starts at once, and `reverie-lab`, which has LibTorch too.
#include <gtest/gtest.h>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

const std::string kReverie = REVERIE_COMMAND;
const std::string kLab = kReverie + "-lab";

TEST(TwoPrograms, OnlyTheLabLoadsLibTorch) {
  EXPECT_EQ(shell("ldd '" + kReverie + "' | grep -c torch").out, "0\n");
  EXPECT_NE(shell("ldd '" + kLab + "' | grep -c torch").out, "0\n");
}

TEST(TwoPrograms, BothHaveTheSameVerbs) {
  const Outcome o = shell("'" + kLab + "' --help");
  EXPECT_EQ(o.status, 0);
  EXPECT_EQ(o.out, shell("reverie --help").out);
  for (const char* verb : {"render", "convert", "train"})
    EXPECT_EQ(shell("'" + kLab + "' " + verb + " --help").out,
              shell(std::string("reverie ") + verb + " --help").out);
}

TEST(TwoPrograms, BothMakeTheSameFrames) {
  const TestFolder folder("two");
  const std::string words = " render canvas --size 64x48 --frames 3 -q -o ";
  ASSERT_EQ(shell("reverie" + words + "a.mkv && '" + kLab + "'" + words + "b.mkv", folder.path()).status, 0);
  EXPECT_EQ(read_text_file(folder.file("a.mkv")), read_text_file(folder.file("b.mkv")));
}

// A window's list has presets that need LibTorch.
TEST(TwoPrograms, ASetWithAWindowIsTheLabs) {
  const TestFolder folder("window");
  fs::copy_file(kReverie, folder.file("reverie"));
  const std::string play =
      "export XDG_STATE_HOME=$PWD SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy\n"
      "./reverie play $REVERIE_ROOT/presets/grade.toml --input test:testsrc2 --size 64x48 --no-session "
      "--no-midi --no-osc --seconds "
      "0.2 ";
  EXPECT_NE(shell(play, folder.path()).err.find("no display"), std::string::npos) << "no lab is there";
  ASSERT_EQ(
      shell("echo 'echo the lab: $*' >reverie-lab; chmod +x reverie-lab; sed -i '1i #!/bin/sh' reverie-lab",
            folder.path())
          .status,
      0);
  EXPECT_EQ(shell(play, folder.path()).out.find("the lab: play "), 0U);
  const Outcome alone = shell(play + "--no-window", folder.path());
  EXPECT_EQ(alone.status, 0) << alone.err;
  EXPECT_EQ(alone.out, "");
}

TEST(TwoPrograms, WithoutTheLabItSaysWhatIsMissing) {
  const TestFolder folder("alone");
  fs::copy_file(kReverie, folder.file("reverie"));
  const Outcome o = shell("./reverie train x", folder.path());
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.err.find("it needs LibTorch, and "), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("reverie-lab cannot be started: No such file"), std::string::npos) << o.err;
  // a search needs it with others alone
  const std::string search =
      " RANK=0 ./reverie discover $REVERIE_ROOT/presets/first-light.toml -o found --likes none --tries 1 "
      "--size 32 --frames 120 -q";
  EXPECT_EQ(shell("WORLD_SIZE=1" + search, folder.path()).status, 0);
  EXPECT_NE(shell("WORLD_SIZE=2" + search, folder.path())
                .err.find("cannot run discover by several processes: it needs LibTorch"),
            std::string::npos);
}

}  // namespace
}  // namespace reverie
