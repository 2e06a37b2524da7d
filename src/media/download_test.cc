#include "media/download.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "core/error.h"
#include "core/test_help.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// Serves one file over HTTP on this machine.
class FileServer {
 public:
  // ranges: whether it knows them; stop_after: it hangs up after so many bytes of the first answer.
  FileServer(std::string content, bool ranges, size_t stop_after = SIZE_MAX)
      : content_(std::move(content)), ranges_(ranges), stop_after_(stop_after) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, any, sizeof(address)), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::getsockname(socket_, any, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FileServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;

  std::string address(const std::string& name = "net.pth") const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/" + name;
  }
  size_t sent() const { return sent_; }

 private:
  void serve() {
    for (;;) {
      const int client = ::accept(socket_, nullptr, nullptr);
      if (client < 0) return;
      answer(client);
      ::shutdown(client, SHUT_RDWR);
      ::close(client);
    }
  }

  void answer(int client) {
    std::string request;
    char block[1024];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t n = ::recv(client, block, sizeof(block), 0);
      if (n <= 0) return;
      request.append(block, static_cast<size_t>(n));
    }
    if (request.starts_with("GET /missing")) {
      send(client, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    size_t begin = 0;
    if (const size_t at = request.find("Range: bytes="); ranges_ && at != std::string::npos)
      begin = std::stoul(request.substr(at + 13));
    std::string head = begin > 0 ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n";
    if (ranges_) {
      head += "Accept-Ranges: bytes\r\nContent-Range: bytes " + std::to_string(begin) + "-" +
              std::to_string(content_.size() - 1) + "/" + std::to_string(content_.size()) + "\r\n";
      if (begin == 0) head = "HTTP/1.1 200 OK\r\nAccept-Ranges: bytes\r\n";
    }
    head += "Content-Length: " + std::to_string(content_.size() - begin) + "\r\nConnection: close\r\n\r\n";
    send(client, head);
    const std::string body = content_.substr(begin, stop_after_);
    stop_after_ = SIZE_MAX;
    sent_ += body.size();
    send(client, body);
  }

  static void send(int client, const std::string& bytes) {
    for (size_t at = 0; at < bytes.size();) {
      const ssize_t n = ::send(client, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (n <= 0) return;
      at += static_cast<size_t>(n);
    }
  }

  std::string content_;
  bool ranges_;
  size_t stop_after_;
  std::atomic<size_t> sent_ = 0;
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::thread thread_;
};

std::string letters(size_t count) {
  std::string s(count, ' ');
  for (size_t i = 0; i < count; ++i) s[i] = static_cast<char>('a' + i * 7 % 26);
  return s;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string error_of(const Download& what) {
  try {
    download(what, [](uint64_t, uint64_t) {});
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

// FIPS 180-4's example "abc"
constexpr const char* kSha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
constexpr const char* kSha256 = "ba7816bf";

TEST(Download, FetchesAFileWhoseSumIsRight) {
  const TemporaryFolder folder;
  const FileServer server("abc", true);
  const fs::path file = folder.path() / "new" / "net.pth";
  uint64_t last = 0;
  uint64_t whole = 0;
  download({server.address(), file, "sha1", kSha1},
           [&](uint64_t done, uint64_t of) { last = done, whole = of; });
  EXPECT_EQ(read(file), "abc");
  EXPECT_EQ(last, 3U);
  EXPECT_EQ(whole, 3U);
  fs::remove(file);
  EXPECT_EQ(error_of({server.address(), file, "sha256", kSha256}), "");
  EXPECT_EQ(read(file), "abc");
}

TEST(Download, KeepsNothingOfAnotherFile) {
  const TemporaryFolder folder;
  const FileServer server("abd", true);
  const fs::path file = folder.path() / "net.pth";
  EXPECT_NE(error_of({server.address(), file, "sha256", kSha256}).find("not ba7816bf"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Download, GoesOnWhereItWasCutOff) {
  const TemporaryFolder folder;
  const std::string content = letters(300'000);
  const fs::path file = folder.path() / "net.pth";
  for (const bool ranges : {true, false}) {
    const FileServer server(content, ranges, 200'000);
    EXPECT_NE(error_of({server.address(), file, "", ""}).find("goes on from here"), std::string::npos);
    EXPECT_FALSE(fs::exists(file));
    EXPECT_EQ(fs::file_size(file.string() + ".part"), 200'000U);
    const size_t before = server.sent();
    EXPECT_EQ(error_of({server.address(), file, "", ""}), "");
    EXPECT_EQ(read(file), content);
    if (ranges) {
      EXPECT_LT(server.sent() - before, 2 * content.size());
    }
    fs::remove(file);
  }
}

TEST(Download, SaysWhatIsNotThere) {
  const TemporaryFolder folder;
  const FileServer server("abc", true);
  const fs::path file = folder.path() / "net.pth";
  EXPECT_NE(error_of({server.address("missing"), file, "", ""}).find("404"), std::string::npos);
  EXPECT_NE(error_of({"http://127.0.0.1:9/net.pth", file, "", ""}).find("fetch"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace reverie
