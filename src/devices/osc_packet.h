// OSC 1.0 packets: bytes to messages and back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace reverie {

// i and h, f, d, s and S, T and F.  Other types are refused: nothing of ours takes them.
using OscArgument = std::variant<int64_t, float, double, std::string, bool>;

struct OscMessage {
  std::string address;
  std::vector<OscArgument> arguments;
};

// Longest packet, in bytes: what UDP carries.
inline constexpr size_t kMostOscBytes = 65536;

// The messages of a packet, those of its bundles in their order; the time tags of bundles are not looked at.
// Any bytes are safe.  Error for what is no OSC, for text that is no UTF-8 or has control characters, for
// numbers that are none or infinite, and beyond 8 bundles in one another, 1024 messages, or 64 arguments of
// one: then nothing of the packet holds.
std::vector<OscMessage> parse_osc(std::span<const uint8_t> packet);

// The packet of one message.
std::vector<uint8_t> format_osc(const OscMessage& message);

}  // namespace reverie
