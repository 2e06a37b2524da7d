// An open container, whose packets go to one reader, or to several that never wait for each other.
// Internal to media/.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "media/custom_io.h"
#include "media/ffmpeg.h"

namespace reverie::ffmpeg {

class Demuxer {
 public:
  // Packets of a stream that its reader has not taken yet.
  struct Queue {
    int stream;
    std::deque<PacketPtr> packets;
  };

  // io: what the context reads, if that is not FFmpeg's own.
  Demuxer(InputPtr context, std::unique_ptr<CustomIo> io);

  AVFormatContext& context() const { return *context_; }

  // A reader of this stream, beside others, which gets what `like` has not taken, and everything from now on.
  std::shared_ptr<Queue> add_queue(int stream, const Queue* like = nullptr);

  // The next packet of the stream, for the owner of the queue (nullptr: the only reader); false at the end.
  // Times are mended as FFmpeg does where a container's clock may jump.
  bool read(int stream, Queue* mine, AVPacket& packet);

  // After a seek: the next times are taken as they come.
  void begin_clock();

  // Whether the clock jumped in what was read so far.
  bool jumped() const { return jumped_; }

 private:
  void choose_streams(int stream);
  bool read_any(AVPacket& packet);
  void mend(AVPacket& packet);

  std::unique_ptr<CustomIo> io_;  // must outlive context_
  InputPtr context_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Queue>> queues_;
  bool may_jump_ = false, jumped_ = false;
  // What the clock is mended with.
  struct Clock {
    int64_t shift = 0;                                     // microseconds, added to every time
    int64_t last = AV_NOPTS_VALUE, next = AV_NOPTS_VALUE;  // of the last packet, and after it
  };
  int64_t shift_ = 0;  // of the stream that jumped last; the others take it over as soon as it fits them
  std::vector<Clock> clocks_;  // by stream
};

}  // namespace reverie::ffmpeg
