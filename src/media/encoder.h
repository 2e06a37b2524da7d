// Pictures to packets.  Internal to media/.
#pragma once

#include <string>

#include "media/convert.h"
#include "media/ffmpeg.h"

namespace reverie::ffmpeg {

struct EncoderOptions {
  std::string name;  // "libx264"
  Size size;
  AVPixelFormat format = AV_PIX_FMT_NONE;  // of the frames made from planes
  std::string filter;                      // between those frames and the encoder
  double fps = 30;
  bool told = true;            // the container tells players matrix and range
  int quality = 0;             // as in SinkOptions
  bool live = false;           // no long delays
  bool durable = false;        // a keyframe every second, where file fragments can begin
  bool global_header = false;  // required by the muxer
};

// A picture encoder whose bytes depend only on its input: its number of threads is fixed.
class VideoEncoder {
 public:
  // Error if this FFmpeg has no such encoder, or it does not support the size.
  VideoEncoder(const EncoderOptions& options, const std::string& target);

  void write(const Planes& picture) { write(convert_.convert(picture)); }
  // The same, converted already.
  void write(FramePtr frame);
  // Skips this many frames in time.
  void hold(int64_t frames) { count_ += frames; }
  // Call after the last picture.
  void finish();
  // The next finished packet, in context().time_base; false when more pictures are needed or after the last.
  bool read(AVPacket& packet);

  const AVCodecContext& context() const { return *context_; }

 private:
  void open(const EncoderOptions& options, const AVCodec* codec);
  void make_filter(const EncoderOptions& options);
  void send(const AVFrame* frame);

  std::string target_;
  PlanesToFrame convert_;
  AVRational time_base_;
  GraphPtr graph_;  // if there is a filter
  AVPixelFormat encoded_;
  CodecPtr context_;
  int64_t count_ = 0;
};

}  // namespace reverie::ffmpeg
