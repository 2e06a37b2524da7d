// soak REVERIE SECONDS [WORDS OF play ...]: plays a set without a window for SECONDS, with wild OSC moves,
// another preset every 5 s, an input that comes and goes, and hostile packets; prints the memory once a
// minute and reports at the end whether it stayed flat.  Run manually: a useful soak takes minutes to hours.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "devices/osc_packet.h"
#include "devices/udp_socket.h"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPort = 26666;
constexpr UdpAddress kThere = {0x7f000001, kPort};

int64_t resident_kilobytes(pid_t process) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
  }
  return 0;
}

pid_t start(const std::string& reverie, const std::vector<std::string>& words) {
  std::vector<std::string> all = {
      reverie, "play", "--no-window", "--no-midi", "--osc-port", std::to_string(kPort), "-q"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& w : all) argv.push_back(w.data());
  argv.push_back(nullptr);
  pid_t process = 0;
  if (posix_spawn(&process, reverie.c_str(), nullptr, nullptr, argv.data(), environ) != 0) {
    std::perror(reverie.c_str());
    std::exit(2);
  }
  return process;
}

// One OSC move at a time.
class Hands {
 public:
  void move() {
    switch (pick(16)) {
      case 0:
        return send("/reverie/noise", {});
      case 1:
        return send("/reverie/weights", {});
      case 2:
        return send("/reverie/randomize", {0.1F});
      case 3:
        return send(pick(2) ? "/reverie/undo" : "/reverie/redo", {});
      case 4:
        return send("/reverie/feedback/hue", {static_cast<float>(pick(20) - 10)});
      case 5:
        return send(fmt::format("/reverie/feedback/zoom/{}", pick(4)),
                    {0.98F + 0.01F * static_cast<float>(pick(5))});
      case 6:
        return send("/reverie/feedback/gain", {20.0F});  // the extremes too
      case 7:
        return send("/reverie/feedback/sblur", {-8.0F});
      case 8:
        return send("/reverie/part/add", {std::string(pick(2) ? "grade" : "veil")});
      case 9:  // parts that are not there are refused
        return send("/reverie/part/remove", {std::string(pick(2) ? "grade" : "feedback-2")});
      case 10:
        return send("/reverie/part/move", {std::string("grade"), int64_t{1}});
      case 11:
        return send("/reverie/part/bypass", {std::string("feedback"), static_cast<int64_t>(pick(2))});
      case 12:
        return send(pick(2) ? "/reverie/blackout" : "/reverie/freeze", {static_cast<int64_t>(pick(2))});
      default:
        return hostile();
    }
  }
  void preset() { send("/reverie/preset/next", {}); }
  void input(bool on) { send("/reverie/input", {std::string(on ? "test:testsrc2" : "")}); }

 private:
  int pick(int n) { return static_cast<int>(draws_() % static_cast<unsigned>(n)); }
  void send(const std::string& address, std::vector<OscArgument> arguments) {
    socket_.send(kThere, format_osc({address, std::move(arguments)}));
  }
  void hostile() {
    std::vector<uint8_t> packet = format_osc({"/reverie/feedback/gain", {1.0F}});
    if (pick(2)) packet.resize(static_cast<size_t>(pick(2000)));
    for (int i = 0; i < 8 && !packet.empty(); ++i)
      packet[draws_() % packet.size()] = static_cast<uint8_t>(draws_());
    socket_.send(kThere, packet);
  }

  UdpSocket socket_{"127.0.0.1", 0};
  std::mt19937 draws_{1};
};

int soak(const std::string& reverie, double seconds, const std::vector<std::string>& words) {
  const pid_t process = start(reverie, words);
  Hands hands;
  const Clock::time_point begun = Clock::now();
  int64_t settled = 0;
  int64_t last = 0;
  int status = 0;
  bool ended = false;
  for (int tick = 0; !ended; ++tick) {
    const double now = std::chrono::duration<double>(Clock::now() - begun).count();
    if (now > seconds) break;
    hands.move();
    if (tick % 50 == 49) hands.preset();
    if (tick % 170 == 169) hands.input(tick % 340 == 339);
    if (tick % 600 == 0 && tick > 0) {
      last = resident_kilobytes(process);
      if (settled == 0 && now > 290) settled = last;
      fmt::print("{:5.0f} s  {:8} kB\n", now, last);
      std::fflush(stdout);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ended = waitpid(process, &status, WNOHANG) == process;
  }
  if (!ended) {
    kill(process, SIGINT);
    waitpid(process, &status, 0);
  }
  const bool whole = !ended && WIFEXITED(status) && WEXITSTATUS(status) == 130;
  fmt::print("{}; memory {} kB after five minutes, {} kB at the end\n",
             whole ? "it ended when it was told to" : fmt::format("IT BROKE (status {})", status), settled,
             last);
  return whole ? 0 : 1;
}

}  // namespace
}  // namespace reverie

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("soak REVERIE SECONDS [WORDS OF play ...]\n", stderr);
    return 2;
  }
  return reverie::soak(argv[1], std::stod(argv[2]), {argv + 3, argv + argc});
}
