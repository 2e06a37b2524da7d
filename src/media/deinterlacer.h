// Decoded frames, interlaced ones made whole.  Internal to media/.
#pragma once

#include <string>

#include "core/deinterlace.h"
#include "media/input.h"

namespace reverie::ffmpeg {

// Between a decoder and what shows its frames: one frame out for each that goes in, by FFmpeg's bwdif from
// the first interlaced frame on.
class Deinterlacer {
 public:
  Deinterlacer(Deinterlace mode, std::string name) : mode_(mode), name_(std::move(name)) {}

  // As Decoder::read().
  bool read(Decoder& decoder, Input& input, AVFrame& frame);
  // Forgets everything, after a seek.
  void reset();
  // Whether frames are made from those before and after them too.
  bool looks_around() const { return graph_ != nullptr; }

 private:
  bool wanted(const AVFrame& frame) const;
  void send(const AVRational& base);
  bool receive(AVFrame& frame, const AVRational& base);

  Deinterlace mode_;
  std::string name_;
  GraphPtr graph_;
  FramePtr waiting_;  // of another shape than what the filters work on
  int width_ = 0, height_ = 0, format_ = -1;
  bool ended_ = false;
};

}  // namespace reverie::ffmpeg
