// The other one in a Link session, for tests: link_peer TEMPO SECONDS [AT:tempo=BPM | AT:start | AT:stop ...]
// does what it is told AT those seconds, and tells what it sees every 10 ms:
// microseconds on the system's clock, peers, tempo, phase in a bar of four, and whether it plays.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <ableton/Link.hpp>

int main(int count, char** words) {
  if (count < 3) return 2;
  ableton::Link link(std::strtod(words[1], nullptr));
  link.enableStartStopSync(true);
  link.enable(true);
  const auto begin = link.clock().micros();
  const double seconds = std::strtod(words[2], nullptr);
  int next = 3;
  for (double at = 0; at < seconds;) {
    const auto now = link.clock().micros();
    at = std::chrono::duration<double>(now - begin).count();
    auto state = link.captureAppSessionState();
    char* what = nullptr;
    if (next < count && std::strtod(words[next], &what) <= at) {
      const std::string deed = what + 1;
      if (deed.starts_with("tempo=")) state.setTempo(std::strtod(deed.c_str() + 6, nullptr), now);
      if (deed == "start" || deed == "stop") state.setIsPlaying(deed == "start", now);
      link.commitAppSessionState(state);
      ++next;
    }
    fmt::print("{} {} {:.3f} {:.6f} {}\n", now.count(), link.numPeers(), state.tempo(),
               state.phaseAtTime(now, 4), state.isPlaying() ? 1 : 0);
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return 0;
}
