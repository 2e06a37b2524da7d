// How long a set takes from the hand to the screen, on an X display of its own:
//
//   xvfb-run -s '-screen 0 640x480x24' bench/latency REVERIE [ROUNDS]     (default 60 rounds of each)
//
// A grey picture of 320x240 at 30 frames a second gets brighter by OSC, is as before by a key (panic, pressed
// by xdotool), and gets brighter by a sound (only where $PULSE_SERVER names a server, such as one with a null
// sink).  What counts is the time from the message until the pixel in the middle of the screen is another
// one; it is looked at every half millisecond.  Keys need a window manager, such as openbox.
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr int kPort = 16661;
constexpr int kMost = 2000;  // milliseconds that a change may take
constexpr int kSoundRate = 48000;

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "bench/latency: {}\n", why);
  std::exit(1);
}

void wait(double milliseconds) {
  std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(milliseconds));
}

class Screen {
 public:
  Screen() : display_(XOpenDisplay(nullptr)) {
    if (!display_) fail("no X display");
  }
  int middle() const {  // 0..255, of green
    const int s = DefaultScreen(display_);
    XImage* image = XGetImage(display_, RootWindow(display_, s), DisplayWidth(display_, s) / 2,
                              DisplayHeight(display_, s) / 2, 1, 1, AllPlanes, ZPixmap);
    const unsigned long pixel = XGetPixel(image, 0, 0);
    XDestroyImage(image);
    return static_cast<int>((pixel >> 8U) & 0xffU);
  }
  // Milliseconds until it holds.
  double until(const std::function<bool(int)>& holds) const {
    const auto begin = Clock::now();
    while (!holds(middle())) {
      if (Clock::now() - begin > std::chrono::milliseconds(kMost))
        fail("nothing was to be seen on the screen");
      wait(0.5);
    }
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  }

 private:
  Display* display_;
};

// A program that reads commands, or samples, from us.
class Piped {
 public:
  explicit Piped(const std::string& command) : to_(popen(command.c_str(), "w")) {
    if (!to_) fail("cannot run " + command);
  }
  ~Piped() { pclose(to_); }
  Piped(const Piped&) = delete;
  Piped& operator=(const Piped&) = delete;
  void write(const void* bytes, size_t count) {
    std::fwrite(bytes, 1, count, to_);
    std::fflush(to_);
  }
  void write(const std::string& text) { write(text.data(), text.size()); }

 private:
  FILE* to_;
};

class Osc {
 public:
  Osc() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    to_.sin_family = AF_INET;
    to_.sin_port = htons(kPort);
    to_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  ~Osc() { ::close(socket_); }
  Osc(const Osc&) = delete;
  Osc& operator=(const Osc&) = delete;
  void brighten() {
    std::string packet("/reverie/grade/brightness\0\0\0,f\0\0", 32);
    packet += std::string("\x3e\x99\x99\x9a", 4);  // 0.3
    ::sendto(socket_, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to_), sizeof to_);
  }

 private:
  int socket_;
  sockaddr_in to_{};
};

void print(const char* what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  fmt::print("{:<16} median {:5.1f} ms  least {:5.1f}  9 of 10 below {:5.1f}  most {:5.1f}\n", what,
             times[times.size() / 2], times.front(), times[times.size() * 9 / 10], times.back());
}

void write_file(const fs::path& file, const std::string& text) {
  FILE* f = std::fopen(file.c_str(), "w");
  if (!f) fail("cannot write " + file.string());
  std::fwrite(text.data(), 1, text.size(), f);
  std::fclose(f);
}

class Bench {
 public:
  Bench(const std::string& reverie, int rounds) : rounds_(rounds), with_sound_(std::getenv("PULSE_SERVER")) {
    folder_ = fs::temp_directory_path() / fmt::format("bench-latency-{}", ::getpid());
    fs::create_directories(folder_);
    std::string grey = "P6\n320 240\n255\n";
    grey.append(3 * 320 * 240, '\x60');
    write_file(folder_ / "grey.ppm", grey);
    write_file(folder_ / "flash.toml",
               "effect = \"grade\"\ninput = \"required\"\n[parameters]\nbrightness = 0\n[[sound]]\n"
               "parameter = \"brightness\"\nfollows = \"onset\"\ndepth = 0.5\nrelease = 0.1\n");
    const std::string listen = with_sound_ ? " --sound 'Monitor of'" : " --no-sound";
    const std::string line = fmt::format(
        "cd '{0}' && XDG_STATE_HOME='{0}' XDG_CONFIG_HOME='{0}' exec '{1}' play flash.toml --input grey.ppm "
        "--size 320x240 --fps 30 --full-screen --panels hidden --no-session --no-midi --osc-port {2}{3} >log "
        "2>&1",
        folder_.string(), reverie, kPort, listen);
    set_ = ::fork();
    if (set_ == 0) {
      ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      std::_Exit(127);
    }
    screen_.until([](int v) { return v > 0x50 && v < 0x70; });
    wait(1000);
  }
  ~Bench() {
    ::kill(set_, SIGTERM);
    ::waitpid(set_, nullptr, 0);
    fs::remove_all(folder_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void run() {
    Piped keys("xdotool -");
    Osc osc;
    std::vector<double> by_osc;
    std::vector<double> by_key;
    for (int i = 0; i < rounds_; ++i) {
      by_osc.push_back(change([&] { osc.brighten(); }));
      by_key.push_back(change([&] { keys.write("key x\n"); }));  // panic
    }
    print("key to screen", by_key);
    print("OSC to screen", by_osc);
    wait(2000);  // after a panic no onset is heard for a while
    if (with_sound_) print("sound to screen", sounds());
  }

 private:
  double change(const std::function<void()>& act) {
    pause();
    const int before = screen_.middle();
    act();
    return screen_.until([before](int v) { return v != before; });
  }

  std::vector<double> sounds() {
    Piped sound(fmt::format("pacat --playback --raw --rate={} --channels=1 --format=s16le --latency-msec=5",
                            kSoundRate));
    std::vector<double> times;
    std::vector<int16_t> burst(kSoundRate / 10);
    std::mt19937 draw(1);
    for (int16_t& sample : burst) sample = static_cast<int16_t>(static_cast<int>(draw() % 40000) - 20000);
    for (int i = 0; i < rounds_; ++i) {
      screen_.until([](int v) { return v < 0x68; });
      wait(400);
      pause();
      sound.write(burst.data(), burst.size() * sizeof burst[0]);
      times.push_back(screen_.until([](int v) { return v > 0x70; }));
    }
    return times;
  }

  // So that the message comes at any time of a frame.
  void pause() { wait(std::uniform_real_distribution<double>(150, 250)(draw_)); }

  int rounds_;
  bool with_sound_;
  fs::path folder_;
  Screen screen_;
  pid_t set_ = 0;
  std::mt19937 draw_{1};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: bench/latency REVERIE [ROUNDS]\n");
    return 2;
  }
  Bench(argv[1], argc > 2 ? std::atoi(argv[2]) : 60).run();
  return 0;
}
