// Art-Net: the channels of a lighting console (DMX512 over UDP), as knobs of the desk.
//
// Which channel does what says one file, ~/.config/reverie/artnet.toml:
//
//   universe = 0                 # 0 to 32767; default 0
//
//   [[channel]]
//   channel = 1                  # 1 to 512
//   parameter = "zoom"           # NAME, or PART.NAME; or set.crossfader and the like
//   level = 2                    # only this level; default all
//   fine = true                  # 16 bits, with the next channel as the finer half; default false
//   low = -2                     # range; default the playable one
//   high = 2
//   curve = "linear"             # or fine, log; default the slider's
//
//   [[channel]]
//   channel = 10
//   action = "blackout"          # on from 128; or freeze; or preset: its number in the list, from 1, 0 does
//   nothing
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "control/desk.h"
#include "core/control_range.h"
#include "devices/udp_socket.h"

namespace reverie {

inline constexpr int kArtNetPort = 6454;
inline constexpr size_t kDmxChannels = 512;
inline constexpr size_t kMostArtNetBytes = 18 + kDmxChannels;

// An ArtDmx packet (Art-Net 4, "ArtDmx").
struct DmxPacket {
  int universe = 0;                   // net, sub-net and universe in 15 bits
  uint8_t sequence = 0;               // 1..255 counting up; 0: packets are not counted
  std::span<const uint8_t> channels;  // within the packet's bytes
};

// Nothing for Art-Net's other packets; Error for what is none of Art-Net's.  Any bytes are safe.
std::optional<DmxPacket> parse_artnet(std::span<const uint8_t> bytes);

enum class DmxAction { kParameter, kBlackout, kFreeze, kPreset };

struct DmxBinding {
  int channel = 1;
  DmxAction action = DmxAction::kParameter;
  std::string parameter = {};
  int level = -1;  // -1: all
  bool fine = false;
  ControlWishes range = {};

  bool operator==(const DmxBinding&) const = default;
};

struct DmxMap {
  int universe = 0;
  std::vector<DmxBinding> bindings;
};

// Any bytes are safe.  Error "FILE:LINE: why" for anything wrong.
DmxMap parse_dmx_map(std::string_view text, const std::string& file_name);

// $XDG_CONFIG_HOME/reverie/artnet.toml or ~/.config/reverie/artnet.toml; empty if the system has no home
// folder.
std::filesystem::path dmx_map_file();

// What packets do to the desk.  A console repeats all its channels many times a second: a channel acts when
// it changes, and what the first packet says is where the channels stand.  Knows no sockets.
class DmxController {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The desk must outlive this.
  DmxController(Desk& desk, DmxMap map) : desk_(desk), map_(std::move(map)) {}

  // False where the packet is for another universe, or late: its sequence is behind that of one less than a
  // second ago.
  bool receive(const DmxPacket& packet, Time now);

 private:
  void act(const DmxBinding& binding, int value, double share);

  Desk& desk_;
  DmxMap map_;
  std::array<int, kDmxChannels> last_ = {};
  size_t known_ = 0;  // channels that have been heard
  uint8_t sequence_ = 0;
  Time heard_;
};

struct ArtNetSettings {
  std::string host = "127.0.0.1";  // of the interface to listen on; "0.0.0.0" for all
  int port = kArtNetPort;          // 0: any free one
  std::filesystem::path map = dmx_map_file();
};

struct ArtNetCounts {
  uint64_t received = 0;  // packets
  uint64_t obeyed = 0;    // of the universe
  uint64_t refused = 0;   // that are not Art-Net
};

// Listens on a thread of its own.
class ArtNetServer {
 public:
  // The desk must outlive this.  Error if the port is not available or the map cannot be read.
  ArtNetServer(Desk& desk, const ArtNetSettings& settings);
  ~ArtNetServer();
  ArtNetServer(const ArtNetServer&) = delete;
  ArtNetServer& operator=(const ArtNetServer&) = delete;

  int port() const { return socket_.port(); }
  ArtNetCounts counts() const { return {received_, obeyed_, refused_}; }

 private:
  void run();

  UdpSocket socket_;
  DmxController controller_;
  std::atomic<uint64_t> received_{0}, obeyed_{0}, refused_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace reverie
