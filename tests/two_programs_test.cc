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

TEST(TwoPrograms, WithoutTheLabItSaysWhatIsMissing) {
  const TestFolder folder("alone");
  fs::copy_file(kReverie, folder.file("reverie"));
  const Outcome o = shell("./reverie train x", folder.path());
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.err.find("it needs LibTorch, and "), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("reverie-lab cannot be started: No such file"), std::string::npos) << o.err;
}

}  // namespace
}  // namespace reverie
