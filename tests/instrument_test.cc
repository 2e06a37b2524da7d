// Tests the instrument from outside: a real window on a virtual display, real keys and a real mouse, OSC over
// UDP.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "player.h"

namespace reverie {
namespace {

class Play : public Player {
 protected:
  // Sums of the frames of NAME.mkv, each a line; before that what the commands do.
  std::vector<std::string> sums(const std::string& commands, const std::string& names) const {
    const Outcome o = shell(commands + " && for f in " + names +
                                "; do ffmpeg -v error -i $f.mkv -f framemd5 - | grep -v '^#' | md5sum; done",
                            folder_.path());
    EXPECT_EQ(o.status, 0) << o.err;
    return split(std::string(trim(o.out)), '\n');
  }
};

TEST_F(Play, KeysMouseAndSnapshotsActAndTheSetIsMadeAgain) {
  const Outcome o = play("--also live.mkv --seconds 20",
                         "key m l a p i w\n"
                         "key Right\nsleep 1\nkey 3\nsleep 1\nkey r ctrl+z ctrl+y\n"
                         "drag 320 270 20\n"  // the slider of gain
                         "key f v\nsleep 1\nkey v\nkey Tab question F11 Escape\nsleep 0.5\nkey ctrl+q");
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  EXPECT_TRUE(happened("\"set\":\"view\",\"to\":\"encoding\""));
  EXPECT_TRUE(happened("\"set\":\"view_level\",\"to\":\"1\""));
  EXPECT_TRUE(happened("\"set\":\"activation\",\"to\":\"relu\""));
  EXPECT_TRUE(happened("\"set\":\"pool\",\"to\":\"mean\""));
  EXPECT_TRUE(happened("\"noise\":"));
  EXPECT_TRUE(happened("\"begin\":true"));
  EXPECT_TRUE(happened("\"set\":\"gain\"")) << "the mouse did not find the slider";
  const std::string text = session();
  EXPECT_GE(std::count(text.begin(), text.end(), '\n'), 15);

  const auto find = [&](const std::string& ending) {
    return shell("ls out/*" + ending + " && test -s out/*" + ending, folder_.path()).status == 0;
  };
  EXPECT_TRUE(find(".png")) << o.out;
  EXPECT_TRUE(find(".mp4")) << o.out;

  const std::vector<std::string> all = sums(
      "reverie render --session a.session -o again.mkv -q && reverie render --session a.session -o twice.mkv "
      "-q",
      "live again twice");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0], all[1]);
  EXPECT_EQ(all[1], all[2]);
}

TEST_F(Play, TheWindowShowsThePictureAndThePanels) {
  const std::string grab = "ffmpeg -v error -f x11grab -video_size 800x600 -i $DISPLAY -frames:v 1 -y ";
  const Outcome o = play("--seconds 30 --panels hidden",
                         "xdotool windowmove --sync $window 0 0; sleep 0.5\n" + grab +
                             "plain.png\nkey Tab; sleep 0.7\n" + grab + "panels.png\nkey ctrl+q");
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  const auto luma = [&](const std::string& file, const std::string& crop, const std::string& which) {
    const Outcome l =
        shell("ffmpeg -v error -i " + file + " -vf 'crop=" + crop +
                  ",signalstats,metadata=print:key=lavfi.signalstats." + which + ":file=-' -f null -",
              folder_.path());
    const size_t at = l.out.find(which + "=");
    return at == std::string::npos ? -1 : std::stod(l.out.substr(at + which.size() + 1));
  };
  // 640x427 of picture between black bars; then the title of the panels over the upper bar
  EXPECT_GT(luma("plain.png", "200:200:430:150", "YAVG"), 25);
  EXPECT_LT(luma("plain.png", "200:20:0:0", "YMAX"), 30);
  EXPECT_GT(luma("panels.png", "200:20:0:0", "YMAX"), 100);
}

// Its thread has what the set and whatever else runs here leave of the processor: the hands wait for it.
TEST_F(Play, AChildIsChosenAnotherRefusedAndTheSetIsMadeAgain) {
  const std::string until = "for i in $(seq 80); do grep -qs '{}' {} && break; {}; done\n";
  const std::string likes = "config/reverie/likes.toml";
  const Outcome o =
      play("--also live.mkv --seconds 250",
           "key o\n" + fmt::format(fmt::runtime(until), "liked = true", likes, "click 60 335; sleep 0.8") +
               fmt::format(fmt::runtime(until), "liked = false", likes,
                           "xdotool mousemove --window $window 62 337 click 3; sleep 1.3") +
               "sleep 3; key o m ctrl+q");
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  const std::string all = session();
  const size_t change = all.find("\"change\":");
  ASSERT_NE(change, std::string::npos) << o.out;
  EXPECT_EQ(all.find("\"change\":", change + 1), std::string::npos) << "what is refused does not play";
  EXPECT_TRUE(happened("\"to\":\"encoding\""));
  EXPECT_NE(read_text_file(folder_.file(likes)).find("liked = false"), std::string::npos);
  const std::vector<std::string> made =
      sums("reverie render --session a.session -o again.mkv -q", "live again");
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(made[0], made[1]);
  const Outcome kept = shell("reverie preset show state/reverie/unsaved/*.toml", folder_.path());
  EXPECT_NE(kept.out.find("[parameters]"), std::string::npos) << "the child, unsaved: " << kept.err;
}

TEST_F(Play, AKilledSetLosesNothingThatHappened) {
  play("", "key m\nsleep 1.5\nkill -9 $player");
  EXPECT_TRUE(happened("\"to\":\"encoding\""));
  const Outcome o =
      shell("reverie render --session a.session -o kept.mkv -q && cat state/reverie/unsaved/*.toml",
            folder_.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.out.find("view = \"encoding\""), std::string::npos);
}

TEST(PlayCommand, WithoutADisplayItSaysSo) {
  const Outcome o = shell(
      "unset DISPLAY WAYLAND_DISPLAY; SDL_VIDEODRIVER=x11 reverie play --no-session --no-midi "
      "--no-osc --size 64x64");
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.err.find("--no-window"), std::string::npos) << o.err;
}

TEST(PlayCommand, WithoutAWindowItPlaysIntoFiles) {
  const TestFolder folder("headless");
  const Outcome o = shell(
      "export XDG_STATE_HOME=$PWD/state; reverie play smoke --no-window --size 64x48 --fps 20 --seconds 1.5 "
      "--seed 2 "
      "--no-midi --osc-port 0 --input test:testsrc2 --also a.mkv --also b%03d.png && ls "
      "state/reverie/sessions",
      folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.out.find(".session"), std::string::npos);
  EXPECT_EQ(probe_entry(folder.file("a.mkv"), "v:0", "stream=codec_name"), "ffv1");
  EXPECT_TRUE(std::filesystem::exists(folder.file("b005.png")));
}

// The run goes on, and is gone: the set keeps what it played of it.
TEST(PlayCommand, ATrainingIsFollowedAndTheSetIsMadeAgainWithoutIt) {
  const TestFolder folder("follow");
  const Outcome o = shell(
      "models=$REVERIE_ROOT/models; mkdir run && cp $models/hourglass3.safetensors run/model.safetensors && "
      "{ sleep 4; cp $models/paintings3.safetensors run/new && mv run/new run/model.safetensors; } & "
      "reverie play canvas --follow run --no-window --size 64x48 --fps 10 --seconds 10 --session a.session "
      "--also "
      "live.mkv --no-midi --no-osc --seed 2; wait; rm -r run; ls a.session.weights; "
      "reverie render --session a.session -o again.mkv -q && "
      "for f in live again; do ffmpeg -v error -i $f.mkv -f framemd5 - | grep -v '^#' | md5sum; done",
      folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  const std::vector<std::string> lines = split(std::string(trim(o.out)), '\n');
  ASSERT_EQ(lines.size(), 4U) << o.out << o.err;
  EXPECT_EQ(lines[0], "0001.safetensors");
  EXPECT_EQ(lines[1], "0002.safetensors");
  EXPECT_EQ(lines[2], lines[3]);
  EXPECT_NE(o.err.find("weights 2 of run"), std::string::npos) << o.err;
  const Outcome none =
      shell("reverie play canvas --follow nowhere --no-window --no-midi --no-osc --no-session");
  EXPECT_EQ(none.status, 1);
  EXPECT_NE(none.err.find("there is no such run"), std::string::npos) << none.err;
}

// A stream stands in for the camera: the frames of both arrive in real time.
TEST(PlayCommand, ALiveInputIsKeptAndTheSetIsMadeAgainWithIt) {
  const TestFolder folder("kept");
  const std::string stream = fmt::format("udp://127.0.0.1:{}", 20000 + ::getpid() % 20000);
  const Outcome o = shell(
      fmt::format(
          "export XDG_STATE_HOME=$PWD/state\n"
          "ffmpeg -v error -re -f lavfi -i testsrc2=size=160x120:rate=25 -t 12 -f mpegts -c:v mpeg2video "
          "'{}?pkt_size=1316' &\n"
          "reverie play veil --no-window --no-midi --no-osc --size 96x64 --fps 15 --seconds 6 --session "
          "a.session --keep-input --also live.mkv --input {} && kill $! \n"
          "reverie render --session a.session -o again.mkv -q || exit 1\n"
          "for f in live again; do ffmpeg -v error -i $f.mkv -f framemd5 - | grep -v '^#' | md5sum; done",
          stream, stream),
      folder.path());
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_TRUE(std::filesystem::exists(folder.file("a.session.input.mkv"))) << o.err;
  const std::vector<std::string> sums = split(std::string(trim(o.out)), '\n');
  ASSERT_EQ(sums.size(), 2U);
  EXPECT_EQ(sums[0], sums[1]);
}

// Its speed, place and range by the command line and over OSC: what it showed is in the session.
TEST(PlayCommand, AClipIsPlayedByHandAndTheSetIsMadeAgain) {
  const TestFolder folder("clip");
  const int port = 20000 + ::getpid() % 20000;
  std::ofstream(folder.file("play.sh")) << fmt::format(
      "export XDG_STATE_HOME=$PWD/state; reverie() {{ '{1}' \"$@\"; }}\n"
      "ffmpeg -v error -f lavfi -i testsrc2=size=96x64:rate=25 -t 6 -c:v libx264 -g 250 -bf 3 clip.mp4\n"
      "reverie play veil --no-window --no-midi --osc-port {0} --size 96x64 --fps 25 --seconds 9 --seed 2 "
      "--session a.session --also live.mkv --input clip.mp4 --input-speed 2 --input-loop 1-0:02 &\n"
      "say() {{ printf \"$1\" > /dev/udp/127.0.0.1/{0}; }}\n"
      "for i in $(seq 100); do grep -qs reached a.session && break; sleep 0.1; done; sleep 1\n"
      "say '/reverie/input/loop\\0,ii\\0\\0\\0\\0\\4\\0\\0\\0\\5'; sleep 1\n"
      "say '/reverie/input/speed\\0\\0\\0\\0,i\\0\\0\\0\\0\\0\\0'; sleep 0.5\n"
      "say '/reverie/input/loop\\0,\\0\\0\\0'; say '/reverie/input/seek\\0,i\\0\\0\\0\\0\\0\\3'; sleep 1\n"
      "say '/reverie/input/pause\\0\\0\\0\\0,\\0\\0\\0'; sleep 0.5\n"
      "say '/reverie/input/seek\\0,i\\0\\0\\0\\0\\0\\77'\n"  // refused: it is not that long
      "wait $!; echo status $?\n"
      "reverie render --session a.session -o again.mkv -q || exit 1\n"
      "for f in live again; do ffmpeg -v error -i $f.mkv -f framemd5 - | grep -v '^#' | md5sum; done\n",
      port, REVERIE_COMMAND);
  const Outcome o = shell("bash play.sh", folder.path());
  ASSERT_EQ(o.status, 0) << o.err;
  const std::vector<std::string> lines = split(std::string(trim(o.out)), '\n');
  ASSERT_EQ(lines.size(), 3U) << o.out;
  EXPECT_EQ(lines[0], "status 0") << o.err;
  EXPECT_EQ(lines[1], lines[2]);
  EXPECT_NE(o.err.find("it is 6 s long, and has no 63 s"), std::string::npos) << o.err;

  // The frames of the clip, range by range
  const std::string session = read_text_file(folder.file("a.session"), 1U << 26U);
  std::vector<int> shown;
  int ranges = 0;
  for (const std::string& line : split(session, '\n')) {
    if (line.find("play_input") != std::string::npos && line.find("from") != std::string::npos) ++ranges;
    const size_t at = line.find("\"show\":");
    if (at == std::string::npos) continue;
    shown.push_back(std::stoi(line.substr(at + 7)));
    const int frame = shown.back();
    const bool first = frame >= 25 && frame < 50, second = frame >= 100 && frame < 125;
    EXPECT_TRUE(ranges > 2 || first || (ranges == 2 && second)) << frame;
  }
  EXPECT_EQ(ranges, 3);
  EXPECT_GE(std::count(shown.begin(), shown.end(), 75), 10) << "it stood there";
  EXPECT_TRUE(std::any_of(shown.begin(), shown.end(), [](int n) { return n >= 100 && n < 125; }));
}

TEST(PlayCommand, MistakesAreOneLine) {
  for (const auto& [words, expected] : {std::pair("play --size 0x0", "size"),
                                        {"play nosuch --no-window", "nosuch"},
                                        {"play --no-window --also x.unknown --no-session", "x.unknown"},
                                        {"play --no-window --set zoom=99", "zoom"},
                                        {"render --session nosuch.session", "nosuch.session"},
                                        {"render --session a --seed 3", "--session"}}) {
    const Outcome o = shell(std::string("reverie ") + words);
    EXPECT_NE(o.status, 0) << words;
    EXPECT_NE(o.err.find(expected), std::string::npos) << o.err;
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  }
}

}  // namespace
}  // namespace reverie
