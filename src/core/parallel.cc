// Threads stay alive and poll for the next loop for a moment before they sleep: loops follow each other
// within microseconds while a frame is made, and waking takes about as long.  A loop ends with its last
// piece, not when the last thread has noticed, so a thread whose core is taken by others holds nobody up.
#include "core/parallel.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace reverie {
namespace {

constexpr int kLooks = 2000;  // polls of a variable, without yielding
constexpr int kYields = 60;   // after that, before sleeping

// Whether `ready` came true during the time that is worth waiting awake.
template <class Ready>
bool came_soon(const Ready& ready) {
  for (int i = 0; i < kLooks; ++i) {
    if (ready()) return true;
  }
  for (int i = 0; i < kYields; ++i) {
    std::this_thread::yield();
    if (ready()) return true;
  }
  return false;
}

thread_local int background_work = 0;

}  // namespace

BackgroundWork::BackgroundWork() {
  ++background_work;
}

BackgroundWork::~BackgroundWork() {
  --background_work;
}

Threads::Threads(int count) {
  if (count <= 0) count = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  workers_.reserve(static_cast<size_t>(count));
  try {
    for (int i = 1; i < count; ++i) workers_.emplace_back([this] { worker(); });
  } catch (const std::system_error&) {
    // the system allows no more threads: the ones we have do the work, with the same result
  }
}

Threads::~Threads() {
  quit_ = true;
  ++loop_;
  loop_.notify_all();
  for (std::thread& t : workers_) t.join();
}

void Threads::each(int n, const std::function<void(int)>& work) {
  if (workers_.empty() || n <= 1 || background_work > 0) {
    for (int i = 0; i < n; ++i) work(i);
    return;
  }
  work_ = &work;
  count_ = n;
  failed_ = false;
  unfinished_ = n;
  const uint32_t number = loop_ + 1;
  offered_ = static_cast<uint64_t>(number) << 32U | static_cast<uint32_t>(n);
  loop_ = number;
  loop_.notify_all();
  take_pieces();
  const auto done = [this] { return unfinished_ == 0; };
  while (!came_soon(done)) {
    if (const int left = unfinished_; left != 0) unfinished_.wait(left);
  }
  if (failed_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Threads::worker() {
  uint32_t seen = 0;
  for (;;) {
    if (!came_soon([&] { return loop_ != seen; })) loop_.wait(seen);
    if (quit_) return;
    seen = loop_;
    take_pieces();
  }
}

void Threads::take_pieces() {
  uint64_t offer = offered_;
  while (static_cast<uint32_t>(offer) != 0) {
    // succeeds only while this very loop has exactly this many pieces left
    if (!offered_.compare_exchange_weak(offer, offer - 1)) continue;
    // the loop cannot end before this piece, so its description does not change
    const int piece = count_ - static_cast<int>(static_cast<uint32_t>(offer));
    try {
      if (!failed_) (*work_)(piece);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failed_) failure_ = std::current_exception();
      failed_ = true;
    }
    if (--unfinished_ == 0) unfinished_.notify_one();
    offer = offered_;
  }
}

}  // namespace reverie
