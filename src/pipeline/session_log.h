// A session file being written while the set is played.
#pragma once

#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "control/session.h"

namespace reverie {

// A thread hands the lines to the system as they come, so that they survive whatever ends the process.  A
// disk that takes no more costs one warning, and never the set.
class SessionLog {
 public:
  // Error when the file is there already or cannot be made.
  SessionLog(std::filesystem::path path, const SessionStart& start);
  ~SessionLog();
  SessionLog(const SessionLog&) = delete;
  SessionLog& operator=(const SessionLog&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(const TimedEvent& event) { add(format_event(event)); }
  void reached(int64_t frames) { add(format_reached(frames)); }

 private:
  void add(std::string line);
  void work();

  std::filesystem::path path_;
  std::FILE* file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  bool closing_ = false;
  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace reverie
