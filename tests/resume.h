// Shared by the tests of --resume: jobs that are stopped by a signal.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "command.h"

namespace reverie {

class ResumeCommand : public testing::Test {
 protected:
  void SetUp() override {
    const Outcome o = shell(
        "ffmpeg -v error -f lavfi -i testsrc2=s=160x96:r=25 -f lavfi -i 'sine=440:b=4' -t 40 -c:v mpeg4 -q:v "
        "3 -c:a "
        "flac clip.mkv",
        folder.path());
    ASSERT_EQ(o.status, 0) << o.err;
  }

  Outcome run(const std::string& words) const { return shell(words, folder.path()); }

  // Starts `reverie WORDS`, and sends it the signal so many seconds after its work folder holds a state.
  Outcome stopped(const std::string& words, const std::string& out, const std::string& signal,
                  double seconds) const {
    return run("\"" REVERIE_COMMAND "\" " + words + " & job=$!\nwhile kill -0 $job 2>/dev/null && [ ! -e " +
               out + ".part/state.safetensors ]; do sleep 0.02; done\nsleep " + std::to_string(seconds) +
               "; kill -" + signal + " $job; wait $job");
  }

  // A job that is stopped in the middle and goes on leaves the very file of one that was never stopped.
  void expect_same(const std::string& words, const std::string& ending, double seconds = 0.4) const {
    SCOPED_TRACE(words);
    const std::string out = "resumed." + ending;
    const std::string whole = words + " -q -o whole." + ending;
    const std::string command = words + " -q --resume -o " + out;
    ASSERT_EQ(run("reverie " + whole).status, 0);
    const Outcome first = stopped(command, out, "TERM", seconds);
    ASSERT_EQ(first.status, 130) << first.err;
    EXPECT_NE(first.err.find("stopped after frame "), std::string::npos) << first.err;
    EXPECT_FALSE(std::filesystem::exists(folder.file(out)));
    const Outcome second = run("reverie " + command);
    ASSERT_EQ(second.status, 0) << second.err;
    EXPECT_NE(second.err.find("goes on after frame "), std::string::npos) << second.err;
    EXPECT_EQ(run("cmp whole." + ending + " " + out).status, 0);
    EXPECT_FALSE(std::filesystem::exists(folder.file(out + ".part")));
  }

  TestFolder folder{"resume"};
};

}  // namespace reverie
