// Pictures to packets.  Internal to media/.
#pragma once

#include <string>

#include "media/convert.h"
#include "media/ffmpeg.h"

namespace reverie::ffmpeg {

struct EncoderOptions {
  std::string name;  // "libx264"
  Size size;
  AVPixelFormat format = AV_PIX_FMT_NONE;  // of the frames that are made from planes
  std::string filter;                      // between those and the encoder
  double fps = 30;
  int quality = 0;             // as in SinkOptions
  bool live = false;           // no long delays
  bool durable = false;        // a keyframe a second, where fragments of a file can begin
  bool global_header = false;  // as the muxer wants it
};

// A picture encoder whose bytes depend on its input alone: its number of threads is fixed.
class VideoEncoder {
 public:
  // Error when this FFmpeg has no such encoder, or the size does not suit it.
  VideoEncoder(const EncoderOptions& options, const std::string& target);

  void write(const Planes& picture);
  // Passes over so many frames in time.
  void hold(int64_t frames) { count_ += frames; }
  // No more pictures will come.
  void finish();
  // The next packet that is ready, in context().time_base; false when more pictures are needed or all is out.
  bool read(AVPacket& packet);

  const AVCodecContext& context() const { return *context_; }

 private:
  void open(const EncoderOptions& options, const AVCodec* codec);
  void make_filter(const EncoderOptions& options);
  void send(const AVFrame* frame);

  std::string target_;
  PlanesToFrame convert_;
  AVRational time_base_;
  GraphPtr graph_;  // where there is a filter
  AVPixelFormat encoded_;
  CodecPtr context_;
  int64_t count_ = 0;
};

}  // namespace reverie::ffmpeg
