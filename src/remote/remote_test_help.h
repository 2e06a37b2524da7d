// Raw sockets that speak to the page's server, and a set that it belongs to.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "core/test_help.h"
#include "remote/remote.h"

namespace reverie {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

inline bool soon(const std::function<bool()>& holds, milliseconds time = milliseconds(8000)) {
  const auto end = steady_clock::now() + time;
  while (!holds() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(5));
  return holds();
}

// A connection; what arrives is read for at most the given time.
class RemoteLine {
 public:
  explicit RemoteLine(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    open_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~RemoteLine() { ::close(socket_); }
  RemoteLine(const RemoteLine&) = delete;
  RemoteLine& operator=(const RemoteLine&) = delete;

  bool send(const std::string& bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // Until it holds `until`, is closed, or the time is over.
  const std::string& hear(const std::string& until, milliseconds time = milliseconds(5000)) {
    const auto end = steady_clock::now() + time;
    const timeval wait = {0, 20000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    std::array<char, 65536> room{};
    while (open_ && heard_.find(until) == std::string::npos && steady_clock::now() < end) {
      const ssize_t n = ::recv(socket_, room.data(), room.size(), 0);
      if (n > 0) heard_.append(room.data(), static_cast<size_t>(n));
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) open_ = false;
    }
    return heard_;
  }
  bool closes(milliseconds time = milliseconds(8000)) { return hear("\1 never \1", time), !open_; }
  bool heard(const std::string& what) { return hear(what).find(what) != std::string::npos; }
  void forget() { heard_.clear(); }

 private:
  int socket_;
  bool open_ = false;
  std::string heard_;
};

inline std::string upgrade(int port, const std::string& origin, const std::string& host) {
  return fmt::format(
      "GET / HTTP/1.1\r\nHost: {}\r\n{}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
      "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: reverie\r\n\r\n",
      host.empty() ? fmt::format("127.0.0.1:{}", port) : host,
      origin.empty() ? "" : "Origin: " + origin + "\r\n");
}
inline std::string own_origin(int port) {
  return fmt::format("http://127.0.0.1:{}", port);
}

// A masked frame of a client.
inline std::string frame(const std::string& payload, uint8_t opcode = 1, bool last = true) {
  std::string out(1, static_cast<char>((last ? 0x80 : 0) | opcode));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 255);
  }
  const std::string mask = "\x11\x22\x33\x44";
  out += mask;
  for (size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

class RemoteTest : public testing::Test {
 protected:
  RemoteTest() {
    setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);
    request_.chain = load_preset("smoke");
    request_.width = 64;
    request_.height = 36;
    request_.threads = 1;
    request_.session = (folder_.path() / "a.session").string();
  }
  void TearDown() override { unsetenv("XDG_CACHE_HOME"); }

  void start(const std::string& code = "") {
    set_ = std::make_unique<LiveSet>(request_);
    desk_ =
        std::make_unique<Desk>(request_.chain, request_.seed, [this](Event e) { set_->send(std::move(e)); });
    RemoteSettings settings;
    settings.port = 0;
    settings.code = code;
    remote_ = std::make_unique<Remote>(*desk_, *set_, settings, DeviceActions());
    port_ = remote_->port();
    ASSERT_GT(port_, 0);
  }
  std::unique_ptr<RemoteLine> page(const std::string& code = "") const {
    auto line = std::make_unique<RemoteLine>(port_);
    line->send(upgrade(port_, own_origin(port_), ""));
    EXPECT_TRUE(line->heard("101 Switching")) << line->hear("");
    if (!code.empty()) line->send(frame(R"({"pair":")" + code + R"("})"));
    return line;
  }
  // The set makes frames as it did.
  bool plays_on() const {
    const int64_t now = set_->status().frames;
    return soon([&] { return set_->status().frames > now + 3; });
  }

  TemporaryFolder folder_;
  LiveRequest request_;
  std::unique_ptr<LiveSet> set_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<Remote> remote_;
  int port_ = 0;
};

}  // namespace reverie
