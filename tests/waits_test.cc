// Everything that waits for something from outside ends within a second of Ctrl-C or SIGTERM.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "command.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A server that lets everyone in and then says and reads nothing.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, any, sizeof(address)), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);  // who is not accepted is still connected
    socklen_t size = sizeof(address);
    EXPECT_EQ(::getsockname(socket_, any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(socket_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  int port() const { return port_; }

 private:
  int socket_, port_ = 0;
};

// The program itself, not a shell, with standard input from a pipe that stays open.
class Waiting {
 public:
  Waiting(const std::vector<std::string>& arguments, const TestFolder& folder) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    silence_ = ends[1];
    const std::string err = folder.file("err");
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[0], STDIN_FILENO);
      const int said = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      ::dup2(said, STDERR_FILENO);
      ::dup2(said, STDOUT_FILENO);
      std::vector<char*> argv = {const_cast<char*>("reverie")};
      for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
      argv.push_back(nullptr);
      ::execv(REVERIE_COMMAND, argv.data());
      ::_exit(127);
    }
    ::close(ends[0]);
  }
  ~Waiting() {
    if (!ended()) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    ::close(silence_);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  bool ended() {
    if (!over_) over_ = ::waitpid(child_, &status_, WNOHANG) == child_;
    return over_;
  }
  bool ends_within(milliseconds time) {
    for (const Clock::time_point begin = Clock::now(); Clock::now() - begin < time;
         std::this_thread::sleep_for(milliseconds(10))) {
      if (ended()) return true;
    }
    return ended();
  }
  void tell(int signal) const { ::kill(child_, signal); }
  int status() const { return status_; }

 private:
  pid_t child_ = -1;
  int silence_ = -1, status_ = 0;
  bool over_ = false;
};

struct Wait {
  const char* what;
  std::vector<std::string>
      arguments;  // {pipe}: a named pipe that nobody else opens; {held}: one that somebody
                  // holds open and neither fills nor empties; {port}: of a silent server
};

// A set without a window.
std::vector<std::string> play(std::vector<std::string> more) {
  std::vector<std::string> all = {"play",         "veil",   "--no-window", "--no-midi", "--no-osc",
                                  "--no-session", "--size", "96x64",       "--folder",  "{out}"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

const std::vector<Wait>& waits() {
  static const std::vector<Wait> all = {
    {"a pipe before its writer comes", {"render", "veil", "--input", "{pipe}", "-o", "{out}.mkv"}},
    {"a writer that pauses", {"render", "veil", "--input", "{held}", "-o", "{out}.mkv"}},
    {"standard input", {"render", "veil", "--input", "-", "-o", "{out}.mkv"}},
    {"a sound in a pipe", {"render", "first-light", "--sound", "{pipe}", "-o", "{out}.mkv"}},
    {"a web server", {"render", "veil", "--input", "http://127.0.0.1:{port}/x.mp4", "-o", "{out}.mkv"}},
    {"a stream", {"render", "veil", "--input", "tcp://127.0.0.1:{port}", "-o", "{out}.mkv"}},
    {"a pipe before its reader comes", {"render", "first-light", "--seconds", "99", "-o", "matroska:{pipe}"}},
    {"a reader that pauses",
     {"render", "first-light", "--seconds", "999", "--size", "160x120", "-o", "matroska:{held}"}},
    {"a receiver that pauses",
     {"render", "first-light", "--seconds", "999", "--size", "320x240", "-o", "tcp://127.0.0.1:{port}"}},
    {"what a pipe holds", {"info", "{pipe}"}},
    {"what a web server holds", {"info", "http://127.0.0.1:{port}/x.mp4"}},
#if defined(REVERIE_HAS_DEVICES)
    {"a set before its input's writer comes", play({"--input", "{pipe}"})},
    {"a set whose input pauses", play({"--input", "{held}"})},
    {"a set whose server is silent", play({"--input", "http://127.0.0.1:{port}/x.mp4"})},
    {"a set that is also sent to a receiver that pauses", play({"--also", "tcp://127.0.0.1:{port}"})},
    {"a set that is also sent to a reader that pauses", play({"--also", "matroska:{held}"})},
    {"a set that is also sent to a pipe before its reader comes", play({"--also", "matroska:{pipe}"})},
#endif
    {"a preset in a pipe", {"preset", "show", "{pipe}"}},
    {"a session in a pipe", {"render", "--session", "{pipe}", "-o", "{out}.mkv"}},
    {"a palette in a pipe", {"render", "first-light", "--set", "palette={pipe}", "-o", "{out}.mkv"}},
    {"weights in a pipe", {"render", "first-light", "--set", "weights={pipe}", "-o", "{out}.mkv"}},
    {"pictures to import, in a pipe", {"data", "import", "{pipe}", "-o", "{out}.tfrecord"}},
    {"a record set in a pipe", {"data", "show", "{pipe}"}},
    {"weights to convert, in a pipe", {"convert", "{pipe}", "-o", "{out}.safetensors"}},
  };
  return all;
}

std::string with(std::string text, const std::string& name, const std::string& value) {
  for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size()))
    text.replace(at, name.size(), value);
  return text;
}

class Waits : public testing::TestWithParam<std::tuple<size_t, int>> {};

TEST_P(Waits, EndsWithinASecond) {
  const auto [index, signal] = GetParam();
  const Wait& wait = waits()[index];
  SCOPED_TRACE(wait.what);
  const TestFolder folder(fmt::format("waits-{}-{}", index, signal));
  const SilentServer server;
  ASSERT_EQ(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo(folder.file("held").c_str(), 0600), 0);
  const int held = ::open(folder.file("held").c_str(), O_RDWR | O_CLOEXEC);
  std::vector<std::string> arguments;
  for (std::string a : wait.arguments) {
    a = with(with(a, "{pipe}", folder.file("pipe")), "{held}", folder.file("held"));
    arguments.push_back(with(with(a, "{out}", folder.file("out")), "{port}", std::to_string(server.port())));
  }
  Waiting program(arguments, folder);
  const bool refused = program.ends_within(milliseconds(1200));
  if (refused) {
    EXPECT_EQ(WEXITSTATUS(program.status()), 1) << read_text_file(folder.file("err"));
    GTEST_LOG_(INFO) << wait.what << " is refused: " << read_text_file(folder.file("err"));
  } else {
    program.tell(signal);
    EXPECT_TRUE(program.ends_within(milliseconds(1000))) << read_text_file(folder.file("err"));
    const int status = WEXITSTATUS(program.status());
    EXPECT_TRUE(status == 130 || status == 0) << status << " " << read_text_file(folder.file("err"));
  }
  ::close(held);
  for (const auto& e : std::filesystem::directory_iterator(folder.path()))
    EXPECT_EQ(e.path().filename().string().find("partial"), std::string::npos) << e.path();
}

INSTANTIATE_TEST_SUITE_P(All, Waits,
                         testing::Combine(testing::Range(size_t{0}, waits().size()),
                                          testing::Values(SIGINT, SIGTERM)));

}  // namespace
}  // namespace reverie
