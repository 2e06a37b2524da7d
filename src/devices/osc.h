// OSC control of a set: from TouchOSC, Pure Data, Max, SuperCollider, or another program.  Addresses:
// docs/control.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "control/desk.h"
#include "devices/device_actions.h"
#include "devices/osc_command.h"
#include "devices/osc_echo.h"
#include "devices/udp_socket.h"

namespace reverie {

struct OscSettings {
  int port = 6666;                 // to listen on; 0: any free one
  int echo_port = 6667;            // of the sender's machine, to which values are sent back; 0: off
  std::string host = "127.0.0.1";  // of the interface to listen on; "0.0.0.0" for all
};

struct OscCounts {
  uint64_t received = 0;  // packets
  uint64_t obeyed = 0;    // messages
  uint64_t refused = 0;   // messages, and packets that are not OSC: they have no effect
};

// Receives UDP over IPv4 on its own thread and applies the messages to the desk.  The socket itself is bound
// to the host: packets to other interfaces never reach it.  Senders on other machines may turn every knob,
// but name no files: `save`, `input`, `quit`, `weights`, `record` with a file, presets by path and text
// parameters are reserved for senders on this machine.
class OscServer {
 public:
  // The desk must outlive this.  Error if the port is not available.
  OscServer(Desk& desk, const OscSettings& settings, DeviceActions actions);
  ~OscServer();
  OscServer(const OscServer&) = delete;
  OscServer& operator=(const OscServer&) = delete;

  int port() const;
  OscCounts counts() const;
  // Why the last message was rejected, and its sender; empty if none was.
  std::string last_refusal() const;

 private:
  // What the desk's callback may still use after the server is gone.
  struct Line {
    explicit Line(const OscSettings& s) : socket(s.host, s.port) {}
    UdpSocket socket;
    OscEcho echo;
  };

  void run();
  void hear(std::span<const uint8_t> packet, const UdpAddress& from);
  void refuse(const std::string& why, const UdpAddress& from);
  void obey(const OscCommand& command, const UdpAddress& from);
  void obey_set(const OscCommand& command, bool trusted);
  void obey_fader(const OscCommand& c);
  void obey_preset(const OscCommand& command);
  std::string preset_of(const OscCommand& command) const;
  ParameterValues values_of(const std::string& part) const;
  void act(const OscCommand& command);
  void answer(const UdpAddress& to, const OscMessage& message);
  void list(const UdpAddress& to);
  void send_echoes();

  Desk& desk_;
  int echo_port_;
  OscEcho::Time last_list_;
  DeviceActions actions_;
  std::shared_ptr<Line> line_;
  std::atomic<uint64_t> received_{0}, obeyed_{0}, refused_{0};
  mutable std::mutex refusal_mutex_;
  std::string last_refusal_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace reverie
