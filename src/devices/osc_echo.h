// What OSC clients are sent, and when: changed values, to clients that sent something recently.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "control/chain.h"
#include "devices/osc_packet.h"

namespace reverie {

class OscEcho {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr size_t kMostClients = 16;
  static constexpr std::chrono::seconds kClientStays{60};  // after its last message
  static constexpr std::chrono::milliseconds kPause{34};   // between two echoes of one parameter

  // A parameter changed, PART.NAME; empty: all did.  From any thread.  True where nothing was waiting before.
  bool changed(const std::string& address);

  // The rest: only from the server's thread.
  // Registers a host that sent a message; if there are too many, the one silent for longest is dropped.
  void spoke(uint32_t host, Time now);
  std::vector<uint32_t> clients(Time now);

  // From now on the shares of faders too.
  void send_faders() { faders_ = true; }

  // Whether something is due now.
  bool is_due(Time now);
  // What is due now: the current values of each parameter, and of the set's own knobs, at most 30 times per
  // second.
  std::vector<OscMessage> due(const Chain& chain, const ParameterValues& of_set, Time now);
  // Milliseconds until something may be due.
  int patience(Time now);

 private:
  void collect();
  bool is_ripe(const std::string& name, Time now) const;

  std::mutex mutex_;
  std::set<std::string> changed_;  // empty name: all

  std::set<std::string> waiting_;
  std::map<std::string, Time> sent_;
  std::map<uint32_t, Time> clients_;
  bool faders_ = false;
};

}  // namespace reverie
