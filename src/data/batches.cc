#include "data/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/limits.h"
#include "core/random.h"
#include "data/shuffle.h"

namespace reverie {
namespace {

// Random streams, split off the seed.
enum : uint64_t { kOrder = 0x6f726465, kChanges = 0x6368616e };

constexpr size_t kAhead = 2;  // batches prepared ahead per thread

int between(int v, int low, int high) {
  return v < low ? low : (v > high ? high : v);
}

// A whole number from -most to most.
int draw_shift(Random& random, int most) {
  const auto n = 2 * static_cast<uint64_t>(most) + 1;
  return static_cast<int>(random.bits() % n) - most;
}

// Writes one picture [H, W, 3] with this time's random changes.
void show(const Record& record, const Augmentation& how, Random random, float* out) {
  // each is drawn whether used or not: one setting must not change what another one draws
  const bool flip = (random.bits() & 1U) != 0 && how.flip;
  const int across = draw_shift(random, how.shift);
  const int down = draw_shift(random, how.shift);
  const int h = record.height / record.frames;
  const int w = record.width;
  const size_t row_bytes = static_cast<size_t>(w) * 3;
  const bool plain = !flip && across == 0;
  float* to = out;
  for (int line = 0; line < record.height; ++line) {
    const int top = line - line % h;  // of its frame
    const int seen_line = top + between(line - top - down, 0, h - 1);
    const uint8_t* row = record.pixels.data() + static_cast<size_t>(seen_line) * row_bytes;
    if (plain) {
      to = std::copy_n(row, row_bytes, to);
      continue;
    }
    for (int x = 0; x < w; ++x) {
      const int seen = between(x - across, 0, w - 1);
      to = std::copy_n(row + static_cast<ptrdiff_t>(3) * (flip ? w - 1 - seen : seen), 3, to);
    }
  }
  if (how.noise <= 0) return;
  for (float* v = out; v != to; ++v) {
    *v = std::clamp(*v + static_cast<float>(how.noise * random.normal()), 0.0F, 255.0F);
  }
}

}  // namespace

class Batches::Assembly {
 public:
  Assembly(const RecordSet& set, Split split, const BatchOptions& options)
      : set_(set),
        split_(split),
        options_(options),
        count_(set.size(split)),
        next_made_(options.first_batch),
        next_given_(options.first_batch) {
    if (options_.slot_end < 0) options_.slot_end = options_.batch_size;
    check();
    std::tie(height_, width_) = set.common_size();
    const int threads = std::max(1, options_.threads);
    most_waiting_ = kAhead * static_cast<size_t>(threads);
    try {
      for (int i = 0; i < threads; ++i) workers_.emplace_back([this] { assemble(); });
    } catch (const std::system_error&) {
      if (workers_.empty()) throw;  // otherwise the threads we have do the work
    }
  }

  ~Assembly() {
    {
      const std::lock_guard lock(mutex_);
      quit_ = true;
    }
    room_.notify_all();
    for (std::thread& t : workers_) t.join();
  }
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  Batch next() {
    std::unique_lock lock(mutex_);
    made_.wait(lock, [this] { return failure_ || waiting_.contains(next_given_); });
    if (failure_) std::rethrow_exception(failure_);
    Batch batch = std::move(waiting_.extract(next_given_++).mapped());
    lock.unlock();
    room_.notify_all();
    return batch;
  }

  int height() const { return height_; }
  int width() const { return width_; }

 private:
  using Order = std::shared_ptr<const std::vector<uint32_t>>;

  void check() const {
    if (count_ == 0)
      throw Error("use", set_.name(), fmt::format("it has no {} pictures", split_name(split_)));
    const BatchOptions& o = options_;
    if (o.batch_size < 1 || o.slot_begin < 0 || o.slot_begin >= o.slot_end || o.slot_end > o.batch_size ||
        o.augmentation.shift < 0 || o.augmentation.shift > kLargestSide) {
      throw Error("make batches of", set_.name(),
                  fmt::format("slots {} to {} of {}, shift {}", o.slot_begin, o.slot_end, o.batch_size,
                              o.augmentation.shift));
    }
  }

  void assemble() {
    try {
      for (;;) {
        uint64_t number = 0;
        {
          std::unique_lock lock(mutex_);
          room_.wait(lock, [this] { return quit_ || next_made_ - next_given_ < most_waiting_; });
          if (quit_) return;
          number = next_made_++;
        }
        Batch batch = make(number);
        const std::lock_guard lock(mutex_);
        waiting_.emplace(number, std::move(batch));
        made_.notify_one();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      made_.notify_one();
    }
  }

  Batch make(uint64_t number) {
    Batch batch;
    batch.number = number;
    const auto slots = static_cast<size_t>(options_.slot_end - options_.slot_begin);
    const size_t samples = static_cast<size_t>(height_) * static_cast<size_t>(width_) * 3;
    batch.pixels.resize(slots * samples);
    batch.labels.resize(slots);
    const Random changes = Random(options_.seed).split(kChanges);
    Order order;
    uint64_t order_epoch = 0;
    for (size_t i = 0; i < slots; ++i) {
      const uint64_t position = number * static_cast<uint64_t>(options_.batch_size) +
                                static_cast<uint64_t>(options_.slot_begin) + i;
      const uint64_t epoch = position / count_;
      size_t place = position % count_;
      if (options_.shuffle) {
        if (!order || order_epoch != epoch) order = order_of(epoch);
        order_epoch = epoch;
        place = (*order)[place];
      }
      const Record record = set_.record(split_, place);
      show(record, options_.augmentation, changes.split(position), &batch.pixels[i * samples]);
      batch.labels[i] = record.label;
    }
    return batch;
  }

  // The order of an epoch; orders in use are kept.
  Order order_of(uint64_t epoch) {
    const std::lock_guard lock(orders_mutex_);
    Order& order = orders_[epoch];
    if (!order) {
      order = std::make_shared<const std::vector<uint32_t>>(
          shuffled(count_, Random(options_.seed).split(kOrder).split(epoch)));
    }
    Order wanted = order;
    constexpr size_t kKept = 3;
    while (orders_.size() > kKept) orders_.erase(orders_.begin());
    return wanted;
  }

  const RecordSet& set_;
  Split split_;
  BatchOptions options_;
  size_t count_;
  int height_ = 0, width_ = 0;
  size_t most_waiting_ = 0;

  std::mutex mutex_;  // protects what follows
  std::condition_variable made_, room_;
  uint64_t next_made_, next_given_;
  std::map<uint64_t, Batch> waiting_;
  bool quit_ = false;
  std::exception_ptr failure_;

  std::mutex orders_mutex_;
  std::map<uint64_t, Order> orders_;

  std::vector<std::thread> workers_;  // last: they use all of the above
};

Batches::Batches(const RecordSet& set, Split split, const BatchOptions& options)
    : assembly_(std::make_unique<Assembly>(set, split, options)) {}
Batches::~Batches() = default;
Batches::Batches(Batches&&) noexcept = default;
Batches& Batches::operator=(Batches&&) noexcept = default;

int Batches::height() const {
  return assembly_->height();
}
int Batches::width() const {
  return assembly_->width();
}

Batch Batches::next() {
  return assembly_->next();
}

}  // namespace reverie
