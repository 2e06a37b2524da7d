// An IPv4 UDP socket bound to a given interface. (liblo's servers listen on every interface.)
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace reverie {

struct UdpAddress {
  uint32_t host = 0;  // 127.0.0.1 is 0x7f000001
  uint16_t port = 0;

  bool is_loopback() const { return host >> 24U == 127; }
  std::string text() const;  // "127.0.0.1:6666"
  bool operator==(const UdpAddress&) const = default;
};

class UdpSocket {
 public:
  // host: a name or address of this machine; "0.0.0.0" for every interface. port: 0 for any free one.  Error
  // if it is not available.
  UdpSocket(const std::string& host, int port);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  uint16_t port() const { return port_; }

  // Returns when a packet has arrived, after wake(), or after this many milliseconds.
  void wait(int milliseconds);
  // From any thread or signal handler: never blocks.
  void wake();

  // The next packet's length, truncated to the buffer's; nothing if there is none.
  std::optional<size_t> receive(std::span<uint8_t> buffer, UdpAddress& from);
  // Never blocks; what the system cannot accept is lost, as with any packet.
  void send(const UdpAddress& to, std::span<const uint8_t> packet);

 private:
  int socket_ = -1, wake_read_ = -1, wake_write_ = -1;
  uint16_t port_ = 0;
};

}  // namespace reverie
