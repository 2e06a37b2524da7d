// What happens on a stage: windows that come and go, other keyboards, sound and inputs that break and come
// back.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "player.h"

namespace reverie {
namespace {

class Stage : public Player {
 protected:
  // The window's height needs a window manager.
  static bool has_window_manager() { return has_programs("openbox"); }
  static constexpr const char* kManager = "openbox & sleep 1\n";
  // Of the whole screen, 1200 wide, in bytes of red, green and blue.
  static int sample(const std::string& grab, size_t x, size_t y, size_t channel) {
    return static_cast<unsigned char>(grab.at(3 * (1200 * y + x) + channel));
  }
  static std::string colours(const std::string& grab, const std::vector<std::array<size_t, 2>>& places) {
    std::string all;
    for (const auto& [x, y] : places) {
      const bool r = sample(grab, x, y, 0) > 200, g = sample(grab, x, y, 1) > 200;
      const bool b = sample(grab, x, y, 2) > 200;
      all += r && g && b ? 'w' : r ? 'r' : g ? 'g' : b ? 'b' : '.';
    }
    return all;
  }
  static int furthest(const std::string& a, const std::string& b, size_t left, size_t top, size_t right,
                      size_t bottom) {
    int most = 0;
    for (size_t y = top; y < bottom; ++y) {
      for (size_t x = left; x < right; ++x) {
        for (size_t c = 0; c < 3; ++c)
          most = std::max(most, std::abs(sample(a, x, y, c) - sample(b, x, y, c)));
      }
    }
    return most;
  }
  bool heard(const std::string& what) const {
    return read_text_file(folder_.file("log"), 1U << 20U).find(what) != std::string::npos;
  }
};

TEST_F(Stage, MinimisedAndRestoredThePanelsAreWhole) {
  if (!has_window_manager()) GTEST_SKIP() << "needs openbox";
  const Outcome o = play("--seconds 40",
                         "xdotool windowminimize --sync $window; sleep 1.5\n"
                         "xdotool windowmap $window windowactivate --sync $window; sleep 1.5\n"
                         "drag 320 270 20\nxdotool windowsize --sync $window 640 300; sleep 0.7\n"
                         "xdotool windowsize --sync $window 640 480; sleep 0.7\n"
                         "drag 320 295 20\nkey ctrl+q",
                         kManager);
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  EXPECT_TRUE(happened("\"set\":\"gain\""));
  EXPECT_TRUE(happened("\"set\":\"self\""));
}

// Turned, with a corner moved, in a window and in full screen, beside a window of panels.
TEST_F(Stage, EveryOpenGlShowsTheSame) {
  if (!has_window_manager()) GTEST_SKIP() << "needs openbox";
  std::string first_small, first_full;
  for (const std::string kind : {"3.3", "es2", "2"}) {
    const Outcome o = play(
        "--seconds 40 --panels window --input corners.png",
        "panels=$(xdotool search --sync --onlyvisible --name '^Reverie: panels$' | head -1)\n"
        "xdotool windowmove --sync $window 0 0 windowmove --sync $panels 650 0\n"
        "i=0; until grab small && drawn small || [ $((i += 1)) = 50 ]; do sleep 0.2; done; sleep 1\n"
        "grab small; xdotool windowactivate --sync $window; key F11; sleep 1.5; grab full; key F11; sleep "
        "0.5\n"
        "'" REVERIE_COMMAND "' doctor | grep window; key ctrl+q",
        std::string(kManager) + "export REVERIE_OPENGL=" + kind +
            "\nrm -f a.session; mkdir -p config/reverie\n"
            "printf '[[display]]\\nname = \"screen\"\\nquarters = 1\\nleft_top = [0.2, 0.1]\\n' "
            ">config/reverie/displays.toml\n"
            "c() { echo color=$1:s=48x32; }\n"
            "ffmpeg -v error -y -f lavfi -i $(c red) -f lavfi -i $(c lime) -f lavfi -i $(c blue) -f lavfi -i "
            "$(c white) -filter_complex '[0][1]hstack[a];[2][3]hstack[b];[a][b]vstack,gblur=2' -frames:v 1 "
            "corners.png\n"
            "grab() { ffmpeg -v error -y -f x11grab -draw_mouse 0 -video_size 1200x900 -i $DISPLAY -frames:v "
            "1 "
            "-f rawvideo -pix_fmt rgb24 $1.rgb; }\n"
            "drawn() { dd if=$1.rgb bs=3 skip=$((180 * 1200 + 260)) count=1 2>/dev/null | od -An -tu1 | grep "
            "-q "
            "'[1-9]'; }",
        "1200x900", "grade");
    ASSERT_NE(o.out.find("status 0"), std::string::npos) << kind << o.out << o.err;
    EXPECT_NE(o.out.find(kind == "es2" ? "OpenGL ES 2 (" : "OpenGL " + kind + " ("), std::string::npos)
        << o.out;
    const std::string small = read_text_file(folder_.file("small.rgb"), 1U << 22U);
    const std::string full = read_text_file(folder_.file("full.rgb"), 1U << 22U);
    // 320x480 in a window of 640x480 with a frame, and 600x900 of the screen: the picture's corners, a
    // quarter turn on
    EXPECT_EQ(colours(small, {{260, 180}, {420, 100}, {200, 440}, {440, 440}, {165, 40}, {20, 240}}),
              "brwg..")
        << kind;
    EXPECT_EQ(colours(full, {{450, 300}, {780, 150}, {370, 800}, {830, 800}, {310, 20}, {20, 450}}), "brwg..")
        << kind;
    if (first_small.empty()) {
      first_small = small;
      first_full = full;
    }
    EXPECT_LE(furthest(small, first_small, 0, 0, 640, 480), 2) << kind;
    EXPECT_LE(furthest(full, first_full, 0, 0, 1200, 900), 2) << kind;
    // below what the panels count
    EXPECT_LE(furthest(small, first_small, 650, 80, 1110, 860), 2) << kind;
    EXPECT_GT(furthest(small, std::string(small.size(), '\0'), 650, 80, 1110, 400), 100) << "no panels";
  }
}

TEST_F(Stage, APopupHoldsTheKeysAndEnterSaves) {
  const Outcome o =
      play("--seconds 30",
           "click 409 91\nxdotool type --delay 150 war\nsleep 0.3\nkey Return\nsleep 0.3; find config >&2\n"
           "click 409 91\nkey i Escape\nkey F11; sleep 0.5\nkey question Escape\nkey m ctrl+q");
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  EXPECT_TRUE(std::filesystem::exists(folder_.file("config/reverie/presets/war.toml"))) << o.out;
  EXPECT_FALSE(happened("\"noise\":")) << "i, typed into a popup, restarted the process";
  EXPECT_FALSE(happened("\"begin\":true")) << "w, typed into a popup, drew weights";
  EXPECT_TRUE(happened("\"to\":\"encoding\"")) << "m, after all was closed";
}

TEST_F(Stage, ANameThatCannotBeSavedStaysToBeMended) {
  const Outcome o = play("--seconds 30",
                         "click 409 91\nxdotool type --delay 150 'war z'\nsleep 0.3\nkey Return; sleep 0.3\n"
                         "key End BackSpace BackSpace Return; sleep 0.5; key m ctrl+q");
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  EXPECT_TRUE(std::filesystem::exists(folder_.file("config/reverie/presets/war.toml"))) << o.out;
  EXPECT_TRUE(happened("\"to\":\"encoding\"")) << "saved, the popup is closed";
}

// The keys are heard by the clip as they are by the buttons.
TEST_F(Stage, KeysPlayTheClipThatComesIn) {
  const Outcome o = play(
      "--seconds 30 --input clip.mkv",
      "key space; sleep 0.3; key j k; sleep 0.3; key space; sleep 1; key j; sleep 1; key k; sleep 1; key h\n"
      "key ctrl+q",
      "ffmpeg -v error -f lavfi -i testsrc2=size=96x64:rate=20 -t 8 clip.mkv");
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  const std::string refused = "its range must end after it begins";
  const size_t at = o.out.find(refused);
  EXPECT_NE(at, std::string::npos) << "in and out at one place: " << o.out;
  EXPECT_EQ(o.out.find(refused, at + 1), std::string::npos) << o.out;
}

TEST_F(Stage, AListHoldsTheKeysUntilEscape) {
  const Outcome o = play("--seconds 30", "click 190 91\nkey i Escape m ctrl+q");
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  EXPECT_FALSE(happened("\"noise\":"));
  EXPECT_TRUE(happened("\"to\":\"encoding\""));
}

TEST_F(Stage, KeysOfOtherAlphabetsPlayByTheirPlace) {
  if (!has_programs("setxkbmap xkbcomp")) GTEST_SKIP() << "needs setxkbmap and xkbcomp";
  const Outcome o =
      play("--seconds 30", "key 58\nsetxkbmap us; sleep 0.5\nkey a ctrl+z ctrl+shift+z\nkey ctrl+q",
           "setxkbmap ru");
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  EXPECT_TRUE(happened("\"to\":\"encoding\"")) << "58 is the key of m";
  const std::string all = session();
  EXPECT_GE(std::count(all.begin(), all.end(), '\n'), 5);
  EXPECT_NE(all.rfind("relu"), all.find("relu")) << "redone";
}

TEST_F(Stage, ThePanelsAreAsLargeAsTheDisplayIsSet) {
  if (!has_programs("xprop")) GTEST_SKIP() << "needs xprop";
  const Outcome o =
      play("--seconds 30 --window 1295x900", "drag 640 540 40\nkey ctrl+q",
           "xprop -root -f RESOURCE_MANAGER 8s -set RESOURCE_MANAGER 'Xft.dpi: 192'", "1295x900");
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  EXPECT_TRUE(happened("\"set\":\"gain\""));
}

TEST_F(Stage, ClosingThePanelsLetsTheShowGoOn) {
  if (!has_window_manager()) GTEST_SKIP() << "needs openbox";
  const Outcome o =
      play("--seconds 40 --panels window",
           "panels=$(xdotool search --sync --onlyvisible --name '^Reverie: panels$' | head -1)\n"
           "xdotool getwindowgeometry $panels\n"
           "xdotool windowactivate --sync $panels; sleep 0.3\nkey alt+F4\nsleep 1\n"
           "xdotool windowactivate --sync $window; sleep 0.3\nkey m\nkey Tab\nsleep 2\ndrag 320 270 "
           "20\nsleep 1\ndrag 320 270 40\nkey ctrl+q",
           kManager);
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  EXPECT_TRUE(happened("\"to\":\"encoding\""));
  EXPECT_TRUE(happened("\"set\":\"gain\"")) << "the panels are over the picture now";
  const size_t at = o.out.find("Geometry: ");
  ASSERT_NE(at, std::string::npos) << o.out;
  const std::string size = o.out.substr(at + 10, o.out.find('\n', at) - at - 10);
  EXPECT_LE(std::stoi(size.substr(size.find('x') + 1)), 600) << size;
}

TEST(StageCommand, EachSetHasItsOwnUnsavedPreset) {
  const TestFolder folder("unsaved");
  const Outcome o = shell(
      "export XDG_STATE_HOME=$PWD/state XDG_CONFIG_HOME=$PWD/config\n"
      "play() { reverie play smoke --no-window --size 64x48 --fps 20 --no-session --no-midi --osc-port 0 "
      "\"$@\"; }\n"
      "mkdir -p state/reverie/unsaved; echo '[parameters]\ngain = 1.75' "
      ">state/reverie/unsaved/20260101-000000-1.toml\n"
      "play --seconds 1 --set nosuch=1; play --seconds 1\n"  // one that fails, and one that plays
      "ls state/reverie/unsaved\n"
      "reverie play --recover --no-window --size 64x48 --fps 20 --session a.session --no-midi --no-osc "
      "--seconds 1 "
      "&& grep -c 1.75 a.session",
      folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.out.find("20260101-000000-1.toml"), std::string::npos) << o.out;
  EXPECT_NE(o.err.find("--recover"), std::string::npos) << o.err;
  EXPECT_EQ(o.err.find("page for the phone"), std::string::npos) << "nobody asked for it";
}

// A camera's way of sending pictures over HTTP; FFmpeg is the server, for one client.
TEST(StageCommand, AStreamOverHttpEndsAndComesBack) {
  const TestFolder folder("http");
  const std::string url = fmt::format("http://127.0.0.1:{}/live", 20000 + ::getpid() % 20000);
  const std::string serve = fmt::format(
      "timeout 20 ffmpeg -v error -re -f lavfi -i testsrc2=size=64x48:rate=20 -t 4 -c:v mjpeg -f mpjpeg "
      "-listen 1 {}",
      url);
  const Outcome o =
      shell(fmt::format(
                "({0}; sleep 2; {0}) & sleep 1\n"
                "XDG_STATE_HOME=$PWD/state reverie play veil --no-window --size 64x48 --fps 20 --no-session "
                "--no-midi --no-osc --seconds 14 --input {1}; kill $! 2>/dev/null; wait",
                serve, url),
            folder.path());
  EXPECT_NE(o.err.find("it has ended"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("it is back"), std::string::npos) << o.err;
}

TEST(StageCommand, AScreenIsAnInput) {
  if (!has_programs("xvfb-run") || !has_programs("ffplay")) GTEST_SKIP() << "needs xvfb-run and ffplay";
  const TestFolder folder("screen");
  const Outcome o = shell(
      "cat >look.sh <<'end'\n"
      "ffplay -v error -noborder -left 0 -top 0 -x 320 -y 240 -f lavfi -i color=c=red:s=320x240 & sleep "
      "3\n" REVERIE_COMMAND
      " render grade --input screen:64x48+100+80 -q --frames 1 -o part.png\n" REVERIE_COMMAND
      " render grade --input screen: --frames 3 -q -o whole.mkv\n" REVERIE_COMMAND
      " render grade --input screen:64x48+1000+80 -q -o beyond.png; echo status $?\n"
      "kill $!\n"
      "end\n"
      "xvfb-run -a -s '-screen 0 400x300x24' sh look.sh\n"
      "ffmpeg -v error -i part.png -vf scale=1:1 -f rawvideo -pix_fmt rgb24 - | od -An -tu1\n"
      "ffprobe -v error -show_entries stream=width,height -of csv=p=0 whole.mkv\n"
      "DISPLAY= reverie render grade --input screen: -q -o none.png",
      folder.path());
  int r = 0;
  int g = 0;
  int b = 0;
  size_t at = o.out.find("status 1");
  ASSERT_NE(at, std::string::npos) << o.out << o.err;
  ASSERT_EQ(std::sscanf(o.out.c_str() + at + 8, "%d %d %d", &r, &g, &b), 3) << o.out << o.err;
  EXPECT_GT(r, 240);
  EXPECT_LT(g + b, 20);
  EXPECT_NE(o.out.find("400,300"), std::string::npos) << o.out;
  EXPECT_NE(o.err.find("no X display"), std::string::npos) << o.err;
}

TEST_F(Stage, TheCrossfaderGoesToWhatIsCued) {
  const Outcome o =
      play("--seconds 30", "key e; sleep 2\nfor i in 1 2 3 4 5 6 7 8; do key period; done\nkey ctrl+q");
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  EXPECT_TRUE(happened("\"begin_cue\":true"));
  EXPECT_TRUE(happened("\"crossfade\":0.5"));
  EXPECT_TRUE(happened("\"crossfade\":1.0"));
}

TEST_F(Stage, ClipsAreChosenPlayedAndFadedInTheWindow) {
  const Outcome made = shell(
      "mkdir -p clips state/reverie\nprintf $PWD/clips >state/reverie/input-folder\n"
      "for c in blue red; do ffmpeg -v error -f lavfi -i color=$c:size=64x48:rate=20 -t 3 clips/$c.mkv; done",
      folder_.path());
  ASSERT_EQ(made.status, 0) << made.err;
  const Outcome o = play("--seconds 40",
                         "click 33 245\n"                              // in & out
                         "click 396 295\nclick 240 110\n"              // files, the first
                         "drag 53 394 20\n"                            // its speed
                         "click 386 269\n"                             // B
                         "click 396 295\nclick 380 110\n"              // files, the second
                         "drag 86 269 60\nkey ctrl+period\nsleep 1\n"  // the fader
                         "find cache -name '*.png'\nkey ctrl+q",
                         "export XDG_CACHE_HOME=$PWD/cache", "800x600", "veil");
  ASSERT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  const std::string all = session();
  size_t at = 0;
  for (const char* next : {"clips/blue.mkv", R"("play_input":{"speed":)", "\"input_b\":", "clips/red.mkv",
                           "\"fade_input\":0.", "\"fade_input\":0.75"}) {
    at = all.find(next, at);
    ASSERT_NE(at, std::string::npos) << next << "\n" << o.out;
  }
  EXPECT_NE(o.out.find("thumbnails/"), std::string::npos) << "the list has small pictures\n" << o.out;
  const Outcome again = shell("reverie render --session a.session -q -o again.mkv", folder_.path());
  EXPECT_EQ(again.status, 0) << again.err;
}

// It is one process that watches another, which plays.
TEST_F(Stage, AKioskTakesNoKeysComesBackAndEndsByAHeldCombination) {
  const Outcome o =
      play("--kiosk --seconds 60",
           "first=$(pgrep -P $player)\n"
           "key m ctrl+q Escape; sleep 1; kill -0 $first && echo plays on\n"
           "kill -9 $first; sleep 6; second=$(pgrep -P $player)\n"
           "test -n \"$second\" && test $second != $first && echo came back\n"
           "window=$(timeout 30 xdotool search --sync --onlyvisible --name '^Reverie 96x64$' | head "
           "-1)\nxdotool windowfocus --sync $window\n"
           "xdotool keydown ctrl keydown alt keydown q; sleep 0.5; xdotool keyup q; sleep 1\n"
           "kill -0 $second && echo a short press is none\n"
           "xdotool keydown q; sleep 4; xdotool keyup q keyup alt keyup ctrl\n"
           "kill -0 $second 2>/dev/null || echo ended\n",
           "", "800x600", "smoke --no-session");
  for (const char* what : {"plays on", "came back", "a short press is none", "ended", "status 0"})
    EXPECT_NE(o.out.find(what), std::string::npos) << what << "\n" << o.out << o.err;
}

// Two displays by Xorg's dummy driver; the picture is full screen on the second, the panels on the first.
TEST(StageCommand, AProjectorThatIsUnpluggedGetsItsPictureBack) {
  if (!has_programs("Xorg") || !has_programs("xrandr") || !has_programs("openbox") ||
      !has_programs("xdotool"))
    GTEST_SKIP() << "needs Xorg, xrandr, openbox and xdotool";
  if (!std::filesystem::exists("/usr/lib/xorg/modules/drivers/dummy_drv.so"))
    GTEST_SKIP() << "needs Xorg's dummy driver";
  const TestFolder folder("projector");
  const Outcome o = shell(
      "cat >dummy.conf <<'end'\n"
      "Section \"Device\"\n Identifier \"card\"\n Driver \"dummy\"\n VideoRam 65536\nEndSection\n"
      "Section \"Screen\"\n Identifier \"screen\"\n Device \"card\"\n DefaultDepth 24\nEndSection\n"
      "end\n"
      "export DISPLAY=:$((60 + $$ % 900)) XDG_STATE_HOME=$PWD/state XDG_CONFIG_HOME=$PWD/config "
      "SDL_AUDIODRIVER=dummy\n"
      "Xorg $DISPLAY -config $PWD/dummy.conf -logfile $PWD/x.log -noreset -nolisten tcp >/dev/null 2>&1 & "
      "server=$!\n"
      "for i in $(seq 50); do xrandr >/dev/null 2>&1 && break; sleep 0.2; done\n"
      "xrandr --output DUMMY0 --mode 800x600; xrandr --addmode DUMMY1 640x480\n"
      "projector() { xrandr --output DUMMY1 $1; xrandr >/dev/null; }\n"
      "projector '--mode 640x480 --right-of DUMMY0'; openbox >/dev/null 2>&1 & sleep 1\n"
      "\"" REVERIE_COMMAND
      "\" play grade --input test:testsrc2 --size 64x48 --fps 10 --window 400x300 --seconds 90 "
      "--no-session "
      "--no-midi --no-osc --display 1 --full-screen --panels window >log 2>&1 & player=$!\n"
      "place() { xdotool search --name '^Reverie 64x48' getwindowgeometry | tr -d '\\n'; }\n"
      "comes() { for i in $(seq 60); do place | grep -qE \"$2\" && echo $1 && return; sleep 0.25; done; "
      "place; }\n"
      "comes shown 'Position: 800,0 .*640x480'\n"
      "sleep 1; projector --off; comes 'beside the panels' 'Geometry: 200x150'\n"
      "projector '--mode 640x480 --right-of DUMMY0'; comes back 'Position: 800,0 .*640x480'\n"
      "kill $player; wait $player; echo status $?; kill $server; cat log",
      folder.path());
  for (const char* what : {"shown\n", "beside the panels\n", "back\n", "status 130"})
    EXPECT_NE(o.out.find(what), std::string::npos) << what << "\n" << o.out << o.err;
}

// A sound server with a null sink, on a socket of its own.
constexpr const char* kSoundServer =
    "export HOME=$PWD PULSE_SERVER=unix:$PWD/pulse SDL_AUDIODRIVER=pulseaudio XDG_STATE_HOME=$PWD/state "
    "XDG_RUNTIME_DIR=$PWD/run PULSE_RUNTIME_PATH=$PWD/run; mkdir -p run; chmod 700 run\n"
    "serve() { rm -f pulse run/pid; pulseaudio -n --exit-idle-time=-1 --use-pid-file=no "
    "-L 'module-native-protocol-unix socket='$PWD'/pulse auth-anonymous=1' "
    "-L 'module-null-sink sink_name=stage' >/dev/null 2>&1 & server=$!; sleep 2; }\n"
    "listen() { reverie play pulse --no-window --size 64x48 --fps 20 --no-session --no-midi --no-osc \"$@\"; "
    "}\n";

TEST(StageCommand, SoundThatGoesAwayComesBack) {
  if (!has_programs("pulseaudio")) GTEST_SKIP() << "needs pulseaudio";
  const TestFolder folder("sound");
  const Outcome o =
      shell(std::string(kSoundServer) +
                "serve; listen --sound 'Monitor of' --seconds 14 & player=$!\nsleep 3; kill $server; "
                "wait $server; sleep 2; serve; wait $player; echo status $?; kill $server; wait",
            folder.path());
  EXPECT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  EXPECT_NE(o.err.find("is gone"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("is back"), std::string::npos) << o.err;
}

TEST(StageCommand, ListeningWithoutASoundInputGoesOn) {
  const TestFolder folder("nosound");
  const Outcome o = shell(
      "export SDL_AUDIODRIVER=pulseaudio PULSE_SERVER=unix:$PWD/nobody XDG_STATE_HOME=$PWD/state\n"
      "reverie play smoke --no-window --size 64x48 --fps 20 --no-session --no-midi --no-osc --seconds 2 "
      "--listen",
      folder.path());
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.err.find("sound: "), std::string::npos) << o.err;
}

TEST(StageCommand, WithoutAlsaMidiComesFromJack) {
  if (!has_programs("jackd jack_midiseq")) GTEST_SKIP() << "needs jackd and jack_midiseq";
  if (std::filesystem::exists("/dev/snd/seq")) GTEST_SKIP() << "ALSA's sequencer is here";
  const TestFolder folder("jack");
  const Outcome o = shell(
      "export XDG_STATE_HOME=$PWD/state XDG_CONFIG_HOME=$PWD/config JACK_NO_AUDIO_RESERVATION=1\n"
      "reverie play smoke --no-window --size 64x48 --fps 20 --no-session --no-osc --seconds 14 2>log & "
      "player=$!\n"
      "sleep 1; jackd -r -d dummy >/dev/null 2>&1 & server=$!\nsleep 3\n"
      "jack_midiseq Pads 24000 0 60 8000 >/dev/null 2>&1 & pads=$!\n"
      "wait $player; echo status $?; kill $pads $server; wait; cat log",
      folder.path());
  EXPECT_NE(o.out.find("status 0"), std::string::npos) << o.out << o.err;
  EXPECT_NE(o.out.find("no MIDI: "), std::string::npos) << o.out;
  EXPECT_NE(o.out.find("MIDI: Pads"), std::string::npos) << o.out;
}

}  // namespace
}  // namespace reverie
