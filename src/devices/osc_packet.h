// OSC 1.0 packets: from bytes to messages and back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace reverie {

// i and h, f, d, s and S, T and F.  Other types are rejected: we use none of them.
using OscArgument = std::variant<int64_t, float, double, std::string, bool>;

struct OscMessage {
  std::string address;
  std::vector<OscArgument> arguments;
};

// The longest packet, in bytes: the UDP limit.
inline constexpr size_t kMostOscBytes = 65536;

// The messages of a packet, including those of its bundles, in order; the time tags of bundles are ignored.
// Any bytes are safe.  Error for anything that is not OSC, for text that is not UTF-8 or has control
// characters, for NaN or infinite numbers, and for more than 8 nested bundles, 1024 messages, or 64 arguments
// per message: then the whole packet is rejected.
std::vector<OscMessage> parse_osc(std::span<const uint8_t> packet);

// The packet for a single message.
std::vector<uint8_t> format_osc(const OscMessage& message);

}  // namespace reverie
