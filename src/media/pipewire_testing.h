// A PipeWire daemon of a test's own; what a session manager does elsewhere, pw-link does here.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/error.h"
#include "core/test_help.h"
#include "media/sink.h"
#include "media/source.h"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace reverie::ffmpeg {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

inline bool has(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

inline std::string lines_of(const std::string& command) {
  std::string all;
  FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) all += static_cast<char>(c);
  ::pclose(pipe);
  return all;
}

// A daemon in a folder of its own.
class Daemon {
 public:
  const fs::path& folder() const { return folder_; }

  Daemon() {
    std::string folder = (fs::temp_directory_path() / "reverie-pipewire-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    for (const char* name : {"XDG_RUNTIME_DIR", "PIPEWIRE_RUNTIME_DIR", "XDG_CONFIG_HOME"})
      ::setenv(name, folder_.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    ::unsetenv("PIPEWIRE_REMOTE");         // NOLINT(concurrency-mt-unsafe)
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    for (const int out : {1, 2}) posix_spawn_file_actions_addopen(&quiet, out, "/dev/null", O_WRONLY, 0);
    std::string program = "pipewire";
    std::array<char*, 2> words = {program.data(), nullptr};
    EXPECT_EQ(::posix_spawnp(&process_, program.c_str(), &quiet, nullptr, words.data(), environ), 0);
    posix_spawn_file_actions_destroy(&quiet);
    for (int i = 0; i < 100 && !fs::exists(folder_ / "pipewire-0"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ~Daemon() {
    stop();
    std::error_code code;
    fs::remove_all(folder_, code);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void stop() {
    if (process_ > 0) ::kill(process_, SIGKILL);
    if (process_ > 0) ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  fs::path folder_;
  pid_t process_ = 0;
};

// Links whatever wants pictures to the node, again and again, as it may come later.
class Linker {
 public:
  explicit Linker(std::string from, std::string to = "reverie-input")
      : thread_([this, from = std::move(from), to = std::move(to)] {
          while (!over_) {
            const auto port = [](const char* kind, const std::string& node) {
              const std::string all = lines_of(std::string("pw-link ") + kind);
              const size_t at = all.find(node + ":");
              return at == std::string::npos ? "" : all.substr(at, all.find('\n', at) - at);
            };
            const std::string out = port("-o", from), in = port("-i", to);
            if (!out.empty() && !in.empty()) lines_of("pw-link '" + out + "' '" + in + "'");
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
          }
        }) {}
  ~Linker() {
    over_ = true;
    thread_.join();
  }
  Linker(const Linker&) = delete;
  Linker& operator=(const Linker&) = delete;

 private:
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

// Writes a picture of one grey after the other, 30 a second, and knows when.
class Player {
 public:
  explicit Player(const std::string& target, int width = 64, int height = 48)
      : sink_(open_sink(target, sink_options(width, height, 30))), thread_([this, width, height] {
          Planes picture(3, height, width);
          for (int n = 0; !over_; n = (n + 1) % 256) {
            std::fill(picture.data().begin(), picture.data().end(), static_cast<float>(n) / 255);
            {
              const std::lock_guard lock(mutex_);
              times_[static_cast<size_t>(n)] = Clock::now();
            }
            try {
              sink_->write(picture);
            } catch (const Error& e) {
              const std::lock_guard lock(mutex_);
              failure_ = e.what();
              return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(33));
          }
        }) {}
  ~Player() { stop(); }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  void stop() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void close() {
    stop();
    sink_.reset();
  }
  Clock::time_point when(int n) const {
    const std::lock_guard lock(mutex_);
    return times_[static_cast<size_t>(n)];
  }
  std::string failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  std::unique_ptr<Sink> sink_;
  std::atomic<bool> over_ = false;
  mutable std::mutex mutex_;
  std::array<Clock::time_point, 256> times_{};
  std::string failure_;
  std::thread thread_;
};

class PipewireTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* program : {"pipewire", "pw-link"}) {
      if (!has(program)) GTEST_SKIP() << program << " is missing (Debian: pipewire-bin)";
    }
    daemon_.emplace();
  }
  std::optional<Daemon> daemon_;
};

}  // namespace reverie::ffmpeg
