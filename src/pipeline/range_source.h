// A clip of which a range is repeated: the way back to its beginning holds no frame.
#pragma once

#include <cstdint>
#include <future>
#include <limits>
#include <memory>
#include <string>

#include "media/source.h"

namespace reverie {

// How a set reads its input: at the engine's size and rate, looped.
struct InputFormat {
  int width = 0, height = 0;  // pixels
  double fps = 30;
  Fit fit = Fit::kCrop;
  Deinterlace deinterlace = Deinterlace::kAuto;
};
std::unique_ptr<Source> open_set_input(const std::string& spec, const InputFormat& format);

struct InputRange {
  static constexpr int64_t kOpenEnd = std::numeric_limits<int64_t>::max();

  int64_t begin = 0, end = kOpenEnd;  // frames; the end is not in it
  bool holds(int64_t place) const { return place >= begin && place < end; }
};

// Where the key frame before a range is far from it, going back takes longer than the frames that are read
// ahead last.  So the first frames of the range are read once more, by another thread, and kept: while they
// are given the clip goes on to those that follow.
class RangeSource {
 public:
  // Error as of open_source().
  RangeSource(const std::string& spec, const InputFormat& format);
  ~RangeSource();
  RangeSource(const RangeSource&) = delete;
  RangeSource& operator=(const RangeSource&) = delete;

  const SourceInfo& info() const { return source_->info(); }
  bool can_seek() const { return source_->can_seek(); }

  // The range that is repeated from now on.
  void repeat(const InputRange& range);
  // As of Source; null: passes over the frame.
  bool read(Planes* out);
  void seek(int64_t place);
  int64_t place() const { return place_; }

 private:
  struct Head;
  static void fill(Head& head, const std::string& spec, const InputFormat& format);
  void arrive();

  std::string spec_;
  InputFormat format_;
  std::unique_ptr<Source> source_;
  InputRange range_;
  std::shared_ptr<Head> head_;         // of the range; null: there is none
  std::shared_ptr<const Head> given_;  // from which frames are given; null: they come from the source
  int64_t next_ = 0, place_ = -1;
  int64_t after_ = 0;        // where the source goes on when they are given
  std::future<void> going_;  // the source, to what follows the head
};

}  // namespace reverie
