// A search by several processes: process 0 searches and writes, the others live tries for it.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/key_value_store.h"
#include "discover/search.h"

namespace reverie {

inline constexpr std::chrono::seconds kCrewSilence(10);  // after which another process counts as gone

struct CrewOptions {
  std::string program;  // its version, which must be the same for all
  int others = 0;       // how many were started, apart from process 0
  bool quiet = false;
  std::string describer;  // the file of the network that describes pictures, where there is one
};

// Process 0's side: who has joined, and who is gone.  The others come and go as they like.
class Crew {
 public:
  // The store must outlive it.
  Crew(KeyValueStore& store, const SearchSettings& settings, const CrewOptions& options);
  // Waits until all know that it is over, also those that were started and have not joined yet; not for long.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // The next thread of those that have joined; null: none now.  For SearchOptions::joined.
  std::unique_ptr<RemoteThread> joined();
  // The search is over: nobody waits for what is still lived.
  void end();

 private:
  struct Member;
  class Thread;

  void watch(const std::stop_token& closing);
  void look();
  void greet(int64_t number, const std::string& hello);
  void look_at(Member& member);
  void lose(Member& member, const char* how) const;
  bool all_left() const;

  KeyValueStore& store_;
  const int size_;  // of a picture
  const CrewOptions options_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<Member>> members_;  // this and the next two: of the thread that watches
  std::vector<int64_t> expected_;                 // numbers that were taken, and have not said hello
  int64_t arrivals_ = 0;
  std::mutex mutex_;
  std::deque<std::unique_ptr<RemoteThread>> free_;
  std::atomic<bool> over_ = false, all_left_ = false;
  std::jthread watch_;
};

}  // namespace reverie
