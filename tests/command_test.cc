// Tests the built program from outside: what it prints, what it leaves, how it ends.
#include "command.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace reverie {
namespace {

void write_text(const std::string& file, const std::string& text) {
  write_file(file, std::vector<uint8_t>(text.begin(), text.end()));
}

namespace fs = std::filesystem;

constexpr const char* kSmall = " --size 48x32 --frames 8 -q";

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& e : fs::directory_iterator(folder)) names.push_back(e.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

int lines(const std::string& s) {
  return static_cast<int>(std::count(s.begin(), s.end(), '\n'));
}

TEST(Command, EveryVerbHasHelpWithExamples) {
  for (const char* verb :
       {"", "render", "presets", "preset", "parameters", "info", "doctor", "bench", "data", "convert"}) {
    const Outcome o = shell(fmt::format("reverie {} --help", verb));
    EXPECT_EQ(o.status, 0) << verb;
    EXPECT_NE(o.out.find("Examples:"), std::string::npos) << verb;
    EXPECT_NE(o.out.find("reverie "), std::string::npos) << verb;
  }
}

TEST(Command, VersionTellsTheCommitAndTheOptions) {
  const Outcome o = shell("reverie --version");
  EXPECT_EQ(o.status, 0);
  EXPECT_EQ(o.out.rfind("reverie 0.2.0\ncommit     ", 0), 0U) << o.out;
  EXPECT_NE(o.out.find("REVERIE_MEDIA=ON"), std::string::npos) << o.out;
}

// cmake/commit.cmake, which writes the header that tells the commit.
TEST(Command, TheCommitOfAnArchiveIsKnown) {
  const char* root = std::getenv("REVERIE_ROOT");  // NOLINT(concurrency-mt-unsafe)
  const std::string script = fs::absolute(fs::path(root ? root : ".") / "cmake/commit.cmake").string();
  const TestFolder folder("commit");
  const auto header = [&](const std::string& text) {
    const Outcome o = shell("mkdir -p cmake && echo '" + text +
                                "' >cmake/commit.txt && cmake -DTOP=\"$PWD\" -DOUT=commit.h -P '" + script +
                                "' && cat commit.h",
                            folder.path());
    EXPECT_EQ(o.status, 0) << o.err;
    return o.out;
  };
  EXPECT_EQ(header("$Format:%h$"), "#define REVERIE_COMMIT \"unknown\"\n");
  EXPECT_EQ(header("1a2b3c4d"), "#define REVERIE_COMMIT \"1a2b3c4d\"\n");
}

TEST(Command, WrongWordsAreAnsweredWithTheNearestAndStatusTwo) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"reverie rendr", "did you mean 'render'?"},
      {"reverie render --sise 3x3", "did you mean '--size'?"},
      {"reverie render --set zom=1", "did you mean 'zoom'?"},
      {"reverie render --set pool=men", "did you mean 'mean'?"},
      {"reverie render --set zoom=9", "allowed: 0.25 to 4"},
      {"reverie render --size big", "WIDTHxHEIGHT"},
      {"reverie render --frames 3 --seconds 3", "--seconds"},
      {"reverie render --loop", "--input"},
      {"reverie info", "--preset"},
  };
  for (const auto& [line, answer] : cases) {
    const Outcome o = shell(line);
    EXPECT_EQ(o.status, 2) << line;
    EXPECT_EQ(lines(o.err), 1) << line << o.err;
    EXPECT_NE(o.err.find(answer), std::string::npos) << line << "\n" << o.err;
  }
}

TEST(Command, CheckTellsOfTheLargestDifference) {
  const TestFolder folder("check");
  for (const char* schedule : {"every", "even"}) {
    const Outcome o =
        shell(fmt::format("reverie render smoke --check --size 32x24 --frames 31 --set preroll=0 --set "
                          "schedule={} -q -o a.mkv",
                          schedule),
              folder.path());
    EXPECT_EQ(o.status, 0) << o.err;
    EXPECT_NE(o.err.find("checked 2 frames against the reference kernel"), std::string::npos) << o.err;
  }
}

TEST(Command, InfoOfAPresetSaysItsMemory) {
  const Outcome o = shell("reverie info --preset smoke --size 64x48");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.out.find(" MB at 64x48 with the kernel cpu"), std::string::npos) << o.out;
}

TEST(Command, WhatCannotBeDoneIsOneLineAndStatusOne) {
  const TestFolder folder("cannot");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"reverie render smokee -o a.mp4", "did you mean 'smoke'?"},
      {"reverie render --input nothing.mp4 -o a.mp4", "nothing.mp4"},
      {"reverie render -o a.xyz", ".mp4"},
      {"reverie render --size 33x32 -o a.mp4 --frames 2", "33x32"},
      {"reverie render veil -o a.mp4", "--input"},
      {"reverie render --set palette=stary-night -o a.mp4 --frames 1", "starry-night"},
      {"reverie render --kernel fast -o a.mp4", "reference"},
      {"reverie info nothing.mp4", "nothing.mp4"},
      {"reverie info --preset smokee", "did you mean 'smoke'?"},
      {"reverie render --set levels=6 --set channels=3,1024 --set encode_kernel=15 -o a.mp4", "GB"},
      {"reverie doctor --golden nothing.safetensors", "nothing.safetensors"},
      {"reverie render --input test:nosuch -o a.mp4", "nosuch"},
      {"reverie parameters feedback zom", "zoom"},
      {"reverie render nosuchpreset -o a.mp4", "reverie presets"},
  };
  for (const auto& [line, answer] : cases) {
    const Outcome o = shell(line, folder.path());
    EXPECT_EQ(o.status, 1) << line;
    EXPECT_EQ(lines(o.err), 1) << line << "\n" << o.err;
    EXPECT_NE(o.err.find(answer), std::string::npos) << line << "\n" << o.err;
  }
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(Command, PresetsAndParametersAreListed) {
  const Outcome presets = shell("reverie presets");
  EXPECT_GE(lines(presets.out), 10);
  EXPECT_EQ(presets.out.find("broken"), std::string::npos) << presets.out;
  EXPECT_NE(shell("reverie preset show smoke").out.find("palette = "), std::string::npos);
  EXPECT_NE(shell("reverie parameters").out.find("tblur"), std::string::npos);
  EXPECT_EQ(lines(shell("reverie parameters feedback zoom").out), 2);
  const std::string told = shell("reverie doctor").out;
  for (const char* line :
       {"kernel     reference", "kernel     vulkan: on a graphics card", "kernel     auto: "})
    EXPECT_NE(told.find(line), std::string::npos) << told;
}

// What other tools of this kind understand.
TEST(Command, WhatANewcomerTypesIsUnderstood) {
  const TestFolder folder("newcomer");
  EXPECT_EQ(shell("reverie help render").out, shell("reverie render --help").out);
  EXPECT_NE(shell("reverie help").out.find("Subcommands:"), std::string::npos);
  EXPECT_EQ(shell("reverie render --help").out.find("INT:"), std::string::npos);
  EXPECT_NE(shell("reverie info smoke").out.find("preset 'smoke'"), std::string::npos);
  EXPECT_NE(shell("reverie render -i a -i b").err.find("--input was given more than once"),
            std::string::npos);
  EXPECT_NE(shell("reverie preset").err.find("preset what? show"), std::string::npos);
  const Outcome empty = shell(": > e.toml; reverie render e.toml --frames 1 -o a.mp4", folder.path());
  EXPECT_EQ(empty.status, 1);
  EXPECT_NE(empty.err.find("it is empty"), std::string::npos) << empty.err;
}

TEST(Command, DoctorReplaysAllGoldens) {
  if (data_folder().empty()) GTEST_SKIP() << "no ../shared/data";
  int files = 0;
  for (const auto& e : fs::directory_iterator(data_folder() / ".." / "golden" / "feedback")) {
    const Outcome o = shell("reverie doctor --golden '" + e.path().string() + "'");
    EXPECT_EQ(o.status, 0) << o.err;
    EXPECT_EQ(lines(o.out), 2) << o.out;
    ++files;
  }
  EXPECT_EQ(files, 8);
}

TEST(Command, SameSeedSameBytesForOneAndTwoThreads) {
  const TestFolder folder("same");
  EXPECT_EQ(shell(std::string("reverie render smoke --threads 1 -o a.mp4") + kSmall, folder.path()).status,
            0);
  EXPECT_EQ(shell(std::string("reverie render smoke --threads 2 -o b.mp4") + kSmall, folder.path()).status,
            0);
  EXPECT_EQ(shell(std::string("reverie render smoke --seed 2 -o c.mp4") + kSmall, folder.path()).status, 0);
  EXPECT_EQ(shell("reverie render --again a.mp4 -o d.mp4 -q", folder.path()).status, 0);
  EXPECT_EQ(shell("cmp a.mp4 b.mp4 && cmp a.mp4 d.mp4", folder.path()).status, 0);
  EXPECT_NE(shell("cmp -s a.mp4 c.mp4", folder.path()).status, 0);
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"a.mp4", "b.mp4", "c.mp4", "d.mp4"}));
}

TEST(Command, SeveralPresetsAreAChain) {
  const TestFolder folder("chain");
  const std::string common = " --size 64x48 --frames 6 -q";
  const auto run = [&](const std::string& words) {
    return shell("reverie render " + words + common, folder.path());
  };
  ASSERT_EQ(run("video-feedback veil --input test:testsrc2 -o both.mkv").status, 0);
  ASSERT_EQ(run("video-feedback --input test:testsrc2 -o first.mkv").status, 0);
  const auto frames = [&](const std::string& file) {
    return shell("ffmpeg -v error -i " + file + " -f framemd5 - | grep -v '^#'", folder.path()).out;
  };
  EXPECT_NE(frames("both.mkv"), frames("first.mkv"));
  // what is switched off in one way or the other lets the picture of the first part through
  ASSERT_EQ(run("video-feedback veil --input test:testsrc2 --without feedback-2 -o without.mkv").status, 0);
  ASSERT_EQ(run("video-feedback veil --input test:testsrc2 --set feedback-2.bypass=on -o off.mkv").status, 0);
  EXPECT_EQ(frames("without.mkv"), frames("first.mkv"));
  EXPECT_EQ(frames("off.mkv"), frames("first.mkv"));
  ASSERT_EQ(run("--again both.mkv -o again.mkv").status, 0);
  EXPECT_EQ(frames("again.mkv"), frames("both.mkv"));

  write_text(folder.file("two.toml"),
             "chain = [\"video-feedback\", {effect = \"grade\"}]\n[part.grade.parameters]\nsaturation = 0\n");
  ASSERT_EQ(run("./two.toml -o two.mkv").status, 0);
  EXPECT_NE(shell("reverie info two.toml", folder.path()).out.find("2 parts"), std::string::npos);
  const Outcome shown =
      shell("reverie preset show ./two.toml > flat.toml && reverie render flat.toml -o flat.mkv" + common,
            folder.path());
  ASSERT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(frames("flat.mkv"), frames("two.mkv"));
  const Outcome wrong = run("video-feedback veil --set feedback-3.zoom=1 -o x.mkv");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("feedback-3"), std::string::npos) << wrong.err;
}

TEST(Command, SettingsTravelInTheFile) {
  const TestFolder folder("travel");
  const std::string set = " --seed 18446744073709551615 --set zoom=1.0625 --set gain.1=1.7";
  for (const char* ending : {"mp4", "mkv", "webm"}) {
    ASSERT_EQ(
        shell(fmt::format("reverie render video-feedback -o a.{}{}{}", ending, set, kSmall), folder.path())
            .status,
        0);
    const Outcome o = shell(
        fmt::format("reverie render --again a.{0} -o b.{0} -q && reverie info a.{0}", ending), folder.path());
    EXPECT_EQ(o.status, 0) << o.err;
    EXPECT_NE(o.out.find("seed 18446744073709551615"), std::string::npos) << o.out;
    EXPECT_EQ(shell(fmt::format("cmp a.{0} b.{0}", ending), folder.path()).status, 0) << ending;
  }
}

TEST(Command, EverySinkGivesAFileThatPlays) {
  const TestFolder folder("sinks");
  for (const char* name : {"a.mp4", "a.mov", "a.webm", "a.gif", "a.mkv"}) {
    ASSERT_EQ(shell(std::string("reverie render video-feedback -o ") + name + kSmall, folder.path()).status,
              0)
        << name;
    EXPECT_EQ(probe_entry(folder.file(name), "v:0", "stream=width,height"), "48,32") << name;
    const std::string frames = trim(shell("ffprobe -v error -count_frames -select_streams v:0 -show_entries "
                                          "stream=nb_read_frames -of csv=p=0 '" +
                                          folder.file(name) + "'")
                                        .out)
                                   .data();
    EXPECT_EQ(frames.substr(0, 1), "8") << name;
  }
  EXPECT_EQ(probe_entry(folder.file("a.mp4"), "v:0", "stream=codec_name,pix_fmt,color_space"),
            "h264,yuv420p,bt709");
  ASSERT_EQ(shell(std::string("reverie render video-feedback -o p/%03d.png --sheet sheet.png") + kSmall,
                  folder.path())
                .status,
            0);
  EXPECT_EQ(names_in(folder.path() / "p").size(), 8U);
  EXPECT_EQ(probe_entry(folder.file("sheet.png"), "v:0", "stream=codec_name"), "png");
  // the numbered pictures are a source again, in natural order, and FFV1 loses nothing
  ASSERT_EQ(shell("reverie render veil --input 'p/%03d.png' --without feedback --fps 30 -o again.mkv -q",
                  folder.path())
                .status,
            0);
  EXPECT_EQ(shell("f() { ffmpeg -v error -i $1 -f rawvideo -pix_fmt gbrp - | md5sum; }; test \"$(f "
                  "again.mkv)\" = \"$(f a.mkv)\"",
                  folder.path())
                .status,
            0);
}

TEST(Command, CtrlCKeepsAPlayableFileAndKillLeavesNone) {
  const TestFolder folder("stop");
  const std::string start = "'" REVERIE_COMMAND "' render video-feedback --size 64x48 --seconds 3000 -o ";
  const Outcome o = shell(start + "a.mp4 & p=$!; sleep 2; kill -INT $p; wait $p", folder.path());
  EXPECT_EQ(o.status, 130) << o.err;
  EXPECT_NE(o.err.find("stopped; kept a.mp4"), std::string::npos) << o.err;
  EXPECT_GT(std::atof(probe_entry(folder.file("a.mp4"), "", "format=duration").c_str()), 0.05);
  // an interrupted render is repeated as far as it got
  const Outcome again = shell(
      "reverie render --again a.mp4 -q -o again.mp4 && cmp a.mp4 again.mp4 | head -1; "
      "for f in a again; do ffmpeg -v error -i $f.mp4 -f framemd5 - | md5sum; done",
      folder.path());
  const std::vector<std::string> sums = split(std::string(trim(again.out)), '\n');
  ASSERT_GE(sums.size(), 2U) << again.err;
  EXPECT_EQ(sums[sums.size() - 2], sums.back());
  // a closing terminal sends SIGHUP twice
  const Outcome c =
      shell(start + "c.mp4 & p=$!; sleep 2; kill -HUP $p; kill -HUP $p; wait $p", folder.path());
  EXPECT_NE(c.err.find("stopped; kept c.mp4"), std::string::npos) << c.err;
  shell(start + "b.mp4 & p=$!; sleep 1; kill -9 $p; wait $p", folder.path());
  EXPECT_FALSE(fs::exists(folder.file("b.mp4")));
}

TEST(Command, AFullDiskIsOneLineAndLeavesNothing) {
  const TestFolder folder("full");
  for (const char* name : {"a.mp4", "a.mkv", "a.gif"}) {
    const Outcome o = shell(fmt::format("trap '' XFSZ; ulimit -f 20; reverie render mandala --set preroll=0 "
                                        "--size 128x128 --frames 60 -q -o {}",
                                        name),
                            folder.path());
    EXPECT_EQ(o.status, 1) << name << o.err;
    EXPECT_EQ(lines(o.err), 1) << o.err;
    EXPECT_TRUE(names_in(folder.path()).empty()) << name;
  }
}

TEST(Command, NothingThatIsReadIsReplaced) {
  const TestFolder folder("replaced");
  const auto run = [&](const std::string& words) {
    const Outcome o = shell("reverie " + words, folder.path());
    EXPECT_EQ(o.status == 2, o.err.find("would overwrite") != std::string::npos) << o.err;
    return o.status;
  };
  ASSERT_EQ(run("render veil --input test:testsrc2 --size 32x32 --frames 3 -q -o 'f%d.png'"), 0);
  EXPECT_EQ(run("render veil --input 'f%d.png' -q -o 'f%d.png'"), 2);
  EXPECT_EQ(run("render veil --input . -q -o 'f%d.png'"), 2);
  EXPECT_EQ(run("render veil --input f1.png -q -o ./f%d.png"), 2);
  EXPECT_EQ(run("render veil --input . -q -o f2.png"), 2);
  EXPECT_EQ(run("render veil --input 'f%d.png' -q -o f2.png"), 2);
  EXPECT_EQ(run("render veil --input f1.png -q --frames 1 -o g%d.png"), 0);
  EXPECT_EQ(run("render veil --input f1.png --sheet f1.png -q -o v.mkv"), 2);
  EXPECT_EQ(run("render pulse --set palette=f2.png -q -o f2.png"), 2);
  const std::string play = "play --no-window --no-osc --no-midi --seconds 0.1 --size 32x32 ";
  EXPECT_EQ(run(play + "--no-session --input f1.png --also f1.png"), 2);
  EXPECT_EQ(shell("reverie " + play + "--no-session --also q.mkv --also ./q.mkv", folder.path()).status, 2);
  EXPECT_EQ(run(play + "--session s.mkv --also s.mkv"), 2);
  ASSERT_EQ(run(play + "--session s.session --input f1.png"), 0);
  EXPECT_EQ(run("render --session s.session -q -o f1.png"), 2);
  // pictures that are merely unusual are not damaged
  EXPECT_EQ(shell("ffmpeg -v error -i f1.png t.tiff && reverie render veil --input t.tiff --frames 1 -q -o "
                  "t.mkv && rm t.*",
                  folder.path())
                .err.find("damaged"),
            std::string::npos);
  EXPECT_EQ(names_in(folder.path()).size(), 5U);  // three pictures, one more, the session
}

// Bugs that a reviewer found.
TEST(Command, OnceBrokenStaysMended) {
  const TestFolder folder("mended");
  const auto run = [&](const std::string& line) { return shell(line, folder.path()); };
  ASSERT_EQ(run(std::string("reverie render mandala -o a.mp4") + kSmall).status, 0);
  // a source that is switched off
  EXPECT_EQ(run("reverie render veil --input a.mp4 --without source -q -o b.mp4").status, 1);
  // reading and writing the same file
  EXPECT_EQ(run("reverie render veil --input a.mp4 -q -o ./a.mp4").status, 2);
  EXPECT_EQ(run("reverie render --again a.mp4 -q -o a.mp4").status, 2);
  EXPECT_EQ(run("reverie render veil --input a.mp4 --frames 2 -q -o v.mp4").status, 0);
  EXPECT_EQ(run("reverie render --again v.mp4 -q -o a.mp4").status, 2);  // its input
  // numbers that are invalid, or out of range
  for (const char* words :
       {"--tempo nan", "--seed -1", "--seed 99999999999999999999999", "--frames -3", "--start 3"})
    EXPECT_EQ(run(std::string("reverie render mandala -q -o n.mp4 ") + words).status, 2) << words;
  // a truncated picture is shown as far as it can be decoded, with a warning
  ASSERT_EQ(
      run("ffmpeg -v error -f lavfi -i testsrc2=s=320x240 -frames:v 1 w.jpg && head -c 6000 w.jpg > t.jpg && "
          "head -c 20 w.jpg > u.jpg")
          .status,
      0);
  const Outcome cut = run("reverie render veil --input t.jpg --frames 1 -q -o t.png");
  EXPECT_EQ(cut.status, 0);
  EXPECT_NE(cut.err.find("damaged or truncated"), std::string::npos) << cut.err;
  EXPECT_EQ(run("reverie render veil --input u.jpg --frames 1 -q -o u.png").status, 1);
  // info describes folders and sessions too
  EXPECT_NE(run("mkdir -p p && cp t.png p/1.png && reverie info p").out.find("1 pictures"),
            std::string::npos);
  EXPECT_NE(run("reverie parameters zoom").out.find("zoom"), std::string::npos);
  // a parent next to a preset that is named without a folder
  EXPECT_EQ(run("printf 'parent = \"mother\"\\n' > my.toml; printf 'parent = \"mandala\"\\n' > mother.toml; "
                "reverie render my.toml --set preroll=0 -o my.mp4" +
                std::string(kSmall))
                .status,
            0);
  // a sheet that cannot be written is an error before the work starts
  EXPECT_EQ(run(std::string("reverie render mandala -o c.mp4 --sheet c.bmp") + kSmall).status, 1);
  EXPECT_FALSE(fs::exists(folder.file("c.mp4")));
  // one picture is one frame
  EXPECT_NE(run("reverie render mandala --set preroll=0 --size 32x32 -q -o still.png").err.find("1 frame"),
            std::string::npos);
  // ending early is reported
  EXPECT_NE(
      run("reverie render echoes --input a.mp4 --frames 100 -q -o d.mp4").err.find("ended after 8 of 100"),
      std::string::npos);
  // broadcast rates are exact, times may include minutes
  ASSERT_EQ(
      run("reverie render mandala --set preroll=0 --size 32x32 --fps 30000/1001 --seconds 0:01 -q -o e.mp4")
          .status,
      0);
  EXPECT_EQ(probe_entry(folder.file("e.mp4"), "v:0", "stream=r_frame_rate"), "30000/1001");
  // a message never ends up in the video
  EXPECT_EQ(run("reverie render mandala --set preroll=0 --size 32x32 --frames 3 -o f.mkv 2>&- && ! grep -q "
                "'a second)' f.mkv")
                .status,
            0);
  // a full standard output is an error
  EXPECT_EQ(run("reverie presets > /dev/full").status, 1);
  // stopped before the first frame: still status 130, and nothing is left
  const Outcome o = run("'" REVERIE_COMMAND
                        "' render mandala --size 64x64 --set preroll=100000 -q -o g.mp4 & p=$!; sleep 1; "
                        "kill -INT $p; wait $p");
  EXPECT_EQ(o.status, 130) << o.err;
  // escape sequences in strangers' files do not reach the terminal
  ASSERT_EQ(run("ffmpeg -v error -i a.mp4 -c copy -metadata title=\"$(printf 'a\\033[31mb')\" h.mkv").status,
            0);
  EXPECT_EQ(run("reverie info h.mkv").out.find('\033'), std::string::npos);
  for (const std::string& name : names_in(folder.path()))
    EXPECT_EQ(name.find("partial"), std::string::npos) << name;
}

TEST(Command, WhatWasLikedLeadsTheNextSearch) {
  const TestFolder folder("likes");
  const auto run = [&](const std::string& words) {
    return shell("export XDG_CONFIG_HOME=$PWD/config; reverie discover " + words, folder.path());
  };
  const std::string small = " first-light --tries 3 --size 32 --frames 120 --threads 1";
  const Outcome first = run("-o one" + small);
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.err.find("led by"), std::string::npos) << first.err;
  const std::string number = shell("ls one | grep -m1 -o '[0-9]*[.]toml' | tr -dc 0-9", folder.path()).out;
  const Outcome nobody = run("-o one --like 4711");
  EXPECT_EQ(nobody.status, 1);
  EXPECT_NE(nobody.err.find("there is no such find"), std::string::npos) << nobody.err;
  EXPECT_EQ(run("-o one --like " + number).status, 0);
  EXPECT_NE(run("-o two" + small).err.find("led by what was liked and refused: 1 verdict"),
            std::string::npos);
  EXPECT_EQ(run("-o three --likes none" + small).err.find("led by"), std::string::npos);
  EXPECT_NE(run("-o four --likes nosuch.toml" + small).err.find("there is no such file"), std::string::npos);
  EXPECT_EQ(run("-o two --resume --tries 4 -q").status, 0);
  EXPECT_NE(run("-o two --resume --likes none").err.find("cannot change any more"), std::string::npos);
  // a damaged file of one's own is named, and stops nothing
  write_text(folder.file("config/reverie/likes.toml"), "liked =");
  const Outcome damaged = run("-o five" + small);
  EXPECT_EQ(damaged.status, 0);
  EXPECT_NE(damaged.err.find("likes.toml:1"), std::string::npos) << damaged.err;
}

}  // namespace
}  // namespace reverie
