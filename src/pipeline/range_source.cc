#include "pipeline/range_source.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

namespace reverie {

std::unique_ptr<Source> open_set_input(const std::string& spec, const InputFormat& format) {
  return open_source(spec, {.seconds = {},
                            .loop = true,
                            .width = format.width,
                            .height = format.height,
                            .fit = format.fit,
                            .deinterlace = format.deinterlace,
                            .fps = format.fps});
}

// The first frames of a range.  Those who give them and the thread that reads them share it.
struct RangeSource::Head {
  explicit Head(const InputRange& of) : range(of) {}

  // Whether it is all that is needed, also where the range goes on further.
  bool serves(const InputRange& wanted) const {
    const bool whole = static_cast<int64_t>(frames.size()) >= range.end - range.begin;
    return range.begin == wanted.begin && (range.end >= wanted.end || !whole);
  }

  const InputRange range;
  std::vector<Planes> frames;  // once it is ready; empty where they are not needed
  bool ends = false;           // the clip, after them
  std::atomic<bool> ready{false}, unwanted{false};
};

RangeSource::RangeSource(const std::string& spec, const InputFormat& format)
    : spec_(spec), format_(format), source_(open_set_input(spec, format)) {}

RangeSource::~RangeSource() {
  if (head_) head_->unwanted = true;
}

void RangeSource::fill(Head& head, const std::string& spec, const InputFormat& format) {
  constexpr double kAtOnce = 0.5;  // frames: a way that takes no longer needs no help
  constexpr double kReserve = 3;   // times as long as the way took here
  constexpr size_t kMostBytes = 256U << 20U;
  const std::unique_ptr<Source> source = open_set_input(spec, format);
  const auto begun = std::chrono::steady_clock::now();
  Planes picture;
  if (!source->seek(head.range.begin) || !source->read(picture)) return;
  const double way =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count() * format.fps;
  if (way < kAtOnce) return;
  const auto most = static_cast<int64_t>(kMostBytes / (picture.data().size() * sizeof(float)));
  const auto wanted = static_cast<int64_t>(std::ceil(kReserve * way)) + 1;
  const auto count =
      static_cast<size_t>(std::max<int64_t>(1, std::min({wanted, most, head.range.end - head.range.begin})));
  while (!head.unwanted) {
    head.ends = source->place() != head.range.begin + static_cast<int64_t>(head.frames.size());
    if (head.ends) return;
    head.frames.push_back(picture);
    if (head.frames.size() == count || !source->read(picture)) return;
  }
}

// While a hand moves the range, one head after the other is read.
void RangeSource::repeat(const InputRange& range) {
  range_ = range;
  const bool needed = can_seek() && (range.begin != 0 || range.end != InputRange::kOpenEnd);
  if (head_ && (!needed || head_->range.begin != range.begin)) head_->unwanted = true;
  if (!needed) return head_.reset();
  if (head_ && (!head_->ready || (!head_->unwanted && head_->serves(range)))) return;
  head_ = std::make_shared<Head>(range);
  std::thread([head = head_, spec = spec_, format = format_] {
    try {
      fill(*head, spec, format);
    } catch (const std::exception&) {
      head->frames.clear();  // who reads the clip says what is wrong with it
    }
    head->ready = true;
    head->ready.notify_all();
  }).detach();
}

void RangeSource::seek(int64_t place) {
  arrive();
  given_.reset();
  next_ = place;
  if (head_ && head_->range.begin == place) {
    head_->ready.wait(false);  // it began earlier than a way of its own would
    if (!head_->frames.empty()) given_ = head_;
  }
  if (!given_) {
    source_->seek(place);
    return;
  }
  after_ = given_->ends ? 0 : place + static_cast<int64_t>(given_->frames.size());
  if (given_->ends || range_.holds(after_))
    going_ = std::async(std::launch::async, [this] { source_->seek(after_); });
}

bool RangeSource::read(Planes* out) {
  if (given_) {
    const auto at = static_cast<size_t>(next_ - given_->range.begin);
    if (at < given_->frames.size()) {
      if (out) *out = given_->frames[at];
      place_ = next_++;
      return true;
    }
    given_.reset();
    if (going_.valid()) {
      arrive();
    } else {
      source_->seek(after_);  // the range was made longer
    }
  }
  if (!(out ? source_->read(*out) : source_->skip())) return false;
  place_ = source_->place();
  return true;
}

void RangeSource::arrive() {
  if (going_.valid()) going_.get();
}

}  // namespace reverie
