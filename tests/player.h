// Plays a small set on a virtual display of its own, with real keys and a real mouse.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "command.h"

namespace reverie {

inline bool has_programs(const std::string& names) {
  return shell("for p in " + names + "; do command -v $p || exit 1; done").status == 0;
}

class Player : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_programs("Xvfb xvfb-run xdotool")) GTEST_SKIP() << "needs xvfb and xdotool";
  }

  // Runs `before` on the display, plays, and runs `hands` once the window is there and a frame was made.
  Outcome play(const std::string& words, const std::string& hands, const std::string& before = "",
               const std::string& screen = "800x600", const std::string& preset = "smoke") const {
    std::ofstream(folder_.file("hands.sh")) << fmt::format(
        "export XDG_STATE_HOME=$PWD/state XDG_CONFIG_HOME=$PWD/config SDL_AUDIODRIVER=dummy\n"
        "{}\n"
        "'{}' play {} --size 96x64 --fps 20 --seed 5 {} {} --no-midi "
        "--osc-port 0 "
        "{} 2> log &\n"
        "player=$!\n"
        "export window=$(timeout 30 xdotool search --sync --onlyvisible --name '^Reverie 96x64$' | head -1)\n"
        "xdotool windowfocus --sync $window\n"
        "for i in $(seq 100); do test -f a.session || break; grep -q reached a.session && break; sleep 0.1; "
        "done\n"  // it is playing
        "key() {{ for k in \"$@\"; do xdotool key $k; sleep 0.15; done; }}\n"
        "click() {{ xdotool mousemove --window $window $1 $2; sleep 0.2; xdotool click 1; sleep 0.5; }}\n"
        "drag() {{ xdotool mousemove --window $window $1 $2; sleep 0.3; xdotool mousedown 1; sleep 0.3; "
        "for i in 1 2 3; do xdotool mousemove_relative -- $3 0; sleep 0.15; done; xdotool mouseup 1; sleep "
        "0.3; }}\n"
        "{}\n"
        "wait $player\n"
        "echo status $? >> log; cat log\n",
        before, REVERIE_COMMAND, preset,
        words.find("--window") == std::string::npos ? "--window 640x480" : "",
        preset.find("--no-session") == std::string::npos ? "--session a.session" : "", words, hands);
    return shell("xvfb-run -a -s '-screen 0 " + screen + "x24 -noreset' bash hands.sh", folder_.path());
  }

  std::string session() const { return read_text_file(folder_.file("a.session"), 1U << 26U); }
  bool happened(const std::string& what) const { return session().find(what) != std::string::npos; }

  TestFolder folder_{"play"};
};

}  // namespace reverie
