// POSIX sockets: Linux, macOS, BSD.
#include "devices/udp_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace reverie {
namespace {

sockaddr_in to_system(const UdpAddress& address) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(address.host);
  a.sin_port = htons(address.port);
  return a;
}

UdpAddress from_system(const sockaddr_in& a) {
  return {ntohl(a.sin_addr.s_addr), ntohs(a.sin_port)};
}

uint32_t find_host(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code != 0 || found == nullptr)
    throw Error("listen on", "'" + host + "'", gai_strerror(code),
                "use an address of this machine, or 0.0.0.0");
  sockaddr_in a{};
  std::memcpy(&a, found->ai_addr, sizeof a);
  freeaddrinfo(found);
  return from_system(a).host;
}

// Non-blocking, and not inherited by child processes.
void make_quiet(int file) {
  fcntl(file, F_SETFL, O_NONBLOCK);
  fcntl(file, F_SETFD, FD_CLOEXEC);
}

}  // namespace

std::string UdpAddress::text() const {
  return fmt::format("{}.{}.{}.{}:{}", host >> 24U, (host >> 16U) & 255U, (host >> 8U) & 255U, host & 255U,
                     port);
}

UdpSocket::UdpSocket(const std::string& host, int port) {
  const UdpAddress address{find_host(host), static_cast<uint16_t>(port)};
  const auto fail = [&](const std::string& advice) {
    const std::string why = std::strerror(errno);
    for (const int file : {socket_, wake_read_, wake_write_}) {
      if (file >= 0) close(file);
    }
    throw Error("listen on", "UDP " + address.text(), why, advice);
  };
  if (port < 0 || port > 65535) {
    errno = EINVAL;
    fail("a port must be 0 to 65535");
  }
  socket_ = ::socket(AF_INET, SOCK_DGRAM, 0);
  std::array<int, 2> ends{-1, -1};
  if (socket_ < 0 || pipe(ends.data()) != 0) fail("");
  wake_read_ = ends[0];
  wake_write_ = ends[1];
  for (const int file : {socket_, wake_read_, wake_write_}) make_quiet(file);
  sockaddr_in a = to_system(address);
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0)
    fail(errno == EADDRINUSE ? "another program listens there: choose another port" : "");
  socklen_t size = sizeof a;
  if (getsockname(socket_, reinterpret_cast<sockaddr*>(&a), &size) != 0) fail("");
  port_ = from_system(a).port;
}

UdpSocket::~UdpSocket() {
  close(socket_);
  close(wake_read_);
  close(wake_write_);
}

void UdpSocket::wait(int milliseconds) {
  std::array<pollfd, 2> files{pollfd{socket_, POLLIN, 0}, pollfd{wake_read_, POLLIN, 0}};
  if (poll(files.data(), files.size(), milliseconds) <= 0) return;
  std::array<char, 64> bytes{};
  while (read(wake_read_, bytes.data(), bytes.size()) > 0) {
  }
}

void UdpSocket::wake() {
  // a full pipe means that a wake-up is already pending
  [[maybe_unused]] const auto written = write(wake_write_, "", 1);
}

std::optional<size_t> UdpSocket::receive(std::span<uint8_t> buffer, UdpAddress& from) {
  sockaddr_in a{};
  for (;;) {
    socklen_t size = sizeof a;
    const auto got =
        recvfrom(socket_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&a), &size);
    if (got >= 0) {
      from = from_system(a);
      return static_cast<size_t>(got);
    }
    // some systems report here that an earlier reply reached nobody
    if (errno != EINTR && errno != ECONNREFUSED) return {};
  }
}

void UdpSocket::send(const UdpAddress& to, std::span<const uint8_t> packet) {
  const sockaddr_in a = to_system(to);
  sendto(socket_, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&a), sizeof a);
}

}  // namespace reverie
