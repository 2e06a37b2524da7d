// Writes a session file while the set is playing.
#pragma once

#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "control/session.h"

namespace reverie {

// A thread writes the lines as they come, so that they survive however the process ends.  A full disk causes
// one warning, but never stops the set.
class SessionLog {
 public:
  // Error if the file already exists or cannot be created.
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
  std::thread thread_;  // last: it starts when everything else is ready
};

}  // namespace reverie
