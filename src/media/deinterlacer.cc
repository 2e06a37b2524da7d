#include "media/deinterlacer.h"

#include <fmt/format.h>

namespace reverie::ffmpeg {
namespace {

bool is_interlaced(const AVFrame& f) {
#ifdef AV_FRAME_FLAG_INTERLACED
  return (f.flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
  return f.interlaced_frame != 0;
#endif
}

int64_t in_base(int64_t time, AVRational from, AVRational to) {
  return time == AV_NOPTS_VALUE ? time : av_rescale_q(time, from, to);
}

}  // namespace

bool Deinterlacer::wanted(const AVFrame& frame) const {
  return graph_ || mode_ == Deinterlace::kOn || (mode_ == Deinterlace::kAuto && is_interlaced(frame));
}

void Deinterlacer::reset() {
  graph_.reset();
  waiting_.reset();
  ended_ = false;
}

bool Deinterlacer::read(Decoder& decoder, Input& input, AVFrame& frame) {
  const AVRational base = input.stream(decoder.stream()).time_base;
  for (;;) {
    if (graph_ && receive(frame, base)) return true;
    if (waiting_ && !graph_) {
      send(base);
      continue;
    }
    if (ended_) return false;
    FramePtr next = new_frame();
    if (!decoder.read(input, *next)) {
      ended_ = true;
      if (!graph_) return false;
      check(av_buffersrc_add_frame(graph_node(graph_, "buffer@in"), nullptr), "deinterlace", name_);
      continue;
    }
    if (!wanted(*next)) {
      av_frame_move_ref(&frame, next.get());
      return true;
    }
    waiting_ = std::move(next);
    const bool same = waiting_->width == width_ && waiting_->height == height_ && waiting_->format == format_;
    if (graph_ && !same) {  // flush it first
      check(av_buffersrc_add_frame(graph_node(graph_, "buffer@in"), nullptr), "deinterlace", name_);
    } else {
      send(base);
    }
  }
}

// Gives the filters what waits.
void Deinterlacer::send(const AVRational& base) {
  AVFrame& f = *waiting_;
  if (!graph_) {
    width_ = f.width;
    height_ = f.height;
    format_ = f.format;
    graph_ = make_graph(fmt::format("buffer@in=video_size={}x{}:pix_fmt={}:time_base={}/{} [in]; "
                                    "[in] bwdif=mode=send_frame:deint={} [out]; [out] buffersink@out",
                                    f.width, f.height, f.format, base.num, base.den,
                                    mode_ == Deinterlace::kOn ? "all" : "interlaced"),
                        name_);
  }
  check(av_buffersrc_add_frame(graph_node(graph_, "buffer@in"), &f), "deinterlace", name_);
  waiting_.reset();
}

// The next frame of the filters; at their end they are gone.
bool Deinterlacer::receive(AVFrame& frame, const AVRational& base) {
  AVFilterContext* out = graph_node(graph_, "buffersink@out");
  av_frame_unref(&frame);
  const int code = av_buffersink_get_frame(out, &frame);
  if (code == AVERROR_EOF) graph_.reset();
  if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return false;
  check(code, "deinterlace", name_);
  const AVRational theirs = av_buffersink_get_time_base(out);
  frame.pts = in_base(frame.pts, theirs, base);
  set_duration(frame, 0);  // in which of the two bases it is depends on FFmpeg's version
  return true;
}

}  // namespace reverie::ffmpeg
