#include "media/demuxer.h"

#include <algorithm>
#include <cstdlib>

#include "core/error.h"

namespace reverie::ffmpeg {
namespace {

bool is_played(const AVStream& s) {
  return s.codecpar->codec_type == AVMEDIA_TYPE_VIDEO || s.codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
}

PacketPtr reference_to(const AVPacket& packet) {
  PacketPtr copy(av_packet_clone(&packet));
  if (!copy) throw std::bad_alloc();
  return copy;
}

}  // namespace

Demuxer::Demuxer(InputPtr context, std::unique_ptr<CustomIo> io)
    : io_(std::move(io)),
      context_(std::move(context)),
      may_jump_((context_->iformat->flags & AVFMT_TS_DISCONT) != 0) {}

std::shared_ptr<Demuxer::Queue> Demuxer::add_queue(int stream, const Queue* like) {
  const std::lock_guard lock(mutex_);
  auto queue = std::make_shared<Queue>(Queue{stream, {}});
  if (like != nullptr && like->stream == stream) {
    for (const PacketPtr& p : like->packets) queue->packets.push_back(reference_to(*p));
  }
  queues_.push_back(queue);
  return queue;
}

// The demuxer leaves out what nobody reads; a jump of the clock is seen in all streams that are played.
void Demuxer::choose_streams(int stream) {
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    AVStream& s = *context_->streams[i];
    const bool wanted = static_cast<int>(i) == stream || (may_jump_ && is_played(s)) ||
                        std::any_of(queues_.begin(), queues_.end(), [&](const std::weak_ptr<Queue>& q) {
                          const std::shared_ptr<Queue> queue = q.lock();
                          return queue && queue->stream == static_cast<int>(i);
                        });
    s.discard = wanted ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
}

bool Demuxer::read_any(AVPacket& packet) {
  constexpr int kTries = 100;  // a device may have nothing yet, a damaged file may continue after a gap
  for (int failures = 0; failures < kTries; ++failures) {
    av_packet_unref(&packet);
    const int code = av_read_frame(context_.get(), &packet);
    if (code >= 0) {
      if (may_jump_) mend(packet);
      return true;
    }
    if (code == AVERROR_EOF || code == AVERROR_EXIT) return false;
    if (context_->pb != nullptr && context_->pb->eof_reached != 0) return false;
  }
  return false;
}

bool Demuxer::read(int stream, Queue* mine, AVPacket& packet) {
  const std::lock_guard lock(mutex_);
  if (mine != nullptr && !mine->packets.empty()) {
    av_packet_unref(&packet);
    av_packet_move_ref(&packet, mine->packets.front().get());
    mine->packets.pop_front();
    return true;
  }
  std::erase_if(queues_, [](const std::weak_ptr<Queue>& q) { return q.expired(); });
  choose_streams(stream);
  while (read_any(packet)) {
    for (const std::weak_ptr<Queue>& q : queues_) {
      const std::shared_ptr<Queue> other = q.lock();
      if (other && other.get() != mine && other->stream == packet.stream_index)
        other->packets.push_back(reference_to(packet));
    }
    if (packet.stream_index == stream) return true;
  }
  return false;
}

void Demuxer::begin_clock() {
  const std::lock_guard lock(mutex_);
  clocks_.clear();
  shift_ = 0;
}

// As in ffmpeg's own command (ts_discontinuity_process): beyond 10 s, or backwards, time is shifted so that
// the stream goes on.  Where parts were joined, packets of the one before still come in other streams: each
// takes the shift over with its first packet that it fits better.
void Demuxer::mend(AVPacket& packet) {
  const AVStream& s = *context_->streams[packet.stream_index];
  if (!is_played(s) || packet.dts == AV_NOPTS_VALUE) return;
  constexpr int64_t kMostGap = 10 * int64_t{AV_TIME_BASE};
  constexpr int64_t kSlack = AV_TIME_BASE / 10;
  clocks_.resize(context_->nb_streams);
  Clock& c = clocks_[static_cast<size_t>(packet.stream_index)];
  const int64_t time = av_rescale_q(packet.dts, s.time_base, AV_TIME_BASE_Q);
  if (c.next == AV_NOPTS_VALUE) {
    c.shift = shift_;
  } else {
    const auto distance = [&](int64_t shift) { return std::abs(time + shift - c.next); };
    if (distance(shift_) < distance(c.shift)) c.shift = shift_;
    if (distance(c.shift) > kMostGap || time + c.shift + kSlack < c.last) {
      c.shift = shift_ = c.next - time;
      jumped_ = true;
    }
  }
  c.last = time + c.shift;
  c.next = c.last + av_rescale_q(packet.duration, s.time_base, AV_TIME_BASE_Q);
  const int64_t shift = av_rescale_q(c.shift, AV_TIME_BASE_Q, s.time_base);
  packet.dts += shift;
  if (packet.pts != AV_NOPTS_VALUE) packet.pts += shift;
}

}  // namespace reverie::ffmpeg
