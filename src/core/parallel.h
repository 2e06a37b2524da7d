// A pool of threads that share the rows of one loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace reverie {

// Work is handed out in pieces as threads become free, so a piece must not depend on which thread runs it:
// write only to your own rows, and add sums up afterwards in the order of the rows.  Then any number of
// threads gives the same bytes.
class Threads {
 public:
  // count: number of threads including the caller; 0 = one per core.
  explicit Threads(int count = 0);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  int count() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls work(i) once for each i in 0..n-1 and returns when all are done.  An exception thrown by work is
  // rethrown here.  One thread at a time may call it, and any number in background work.
  void each(int n, const std::function<void(int)>& work);

 private:
  void worker();
  void take_pieces();

  std::vector<std::thread> workers_;
  // The current loop: set before its pieces are offered, and not changed until the last is done.
  const std::function<void(int)>* work_ = nullptr;
  int count_ = 0;
  std::atomic<uint64_t> offered_{0};  // the loop's number << 32 | number of pieces not yet taken
  std::atomic<int> unfinished_{0};
  std::atomic<uint32_t> loop_{0};  // the loop's number again, to sleep on
  std::atomic<bool> quit_{false}, failed_{false};
  std::mutex mutex_;  // protects failure_
  std::exception_ptr failure_;
};

// While one lives, its thread does all pieces of every loop itself: for work beside the frames, which must
// not take the pool from them.
class BackgroundWork {
 public:
  BackgroundWork();
  ~BackgroundWork();
  BackgroundWork(const BackgroundWork&) = delete;
  BackgroundWork& operator=(const BackgroundWork&) = delete;
};

}  // namespace reverie
