// A source's sound, placed on the clock of the pictures that are made from it.  Internal to media/.
#pragma once

#include <optional>
#include <string>

#include "media/input.h"
#include "media/sink.h"

namespace reverie::ffmpeg {

// An input whose sound is heard from `start`, repeatedly if it loops.
class Passes {
 public:
  // fps: of the pictures; the length of a loop is a whole number of them.
  Passes(Input from, int sound, const SinkOptions::Sound& options, double fps);

  // Begins the next pass; false if this was the last one, or it had no sound.
  bool again();

  // When, in seconds of the output, something with this time stamp (in the stream's time base) and length is
  // heard; nothing if that is outside the pass.
  std::optional<double> when(int64_t pts, double seconds);

  // The output time at which this pass began, and ends if that is known.
  double begin() const { return offset_; }
  std::optional<double> end() const {
    return length_ ? std::optional<double>(offset_ + *length_) : std::nullopt;
  }
  double base() const { return av_q2d(input.stream(stream).time_base); }

  Input input;
  const int stream;

 private:
  void measure(double fps);

  double start_, origin_ = 0;
  bool loop_;
  std::optional<double> length_;
  double offset_ = 0, reached_ = 0;  // of this pass
  bool heard_ = false;
};

// The best sound of a source; nothing if it has none.  Error if it cannot be read.
std::optional<Passes> open_passes(const SinkOptions::Sound& options, double fps);

// The sample format wanted.
struct SoundForm {
  AVSampleFormat format = AV_SAMPLE_FMT_FLT;
  int rate = 48000;
  std::string layout = "mono";
  int samples = 1024;  // per frame
  std::string mixing;  // options of swresample, such as "rematrix_maxval=1"
};

// A sound's samples: decoded, in the requested format, with gaps filled with silence.
class DecodedSound {
 public:
  explicit DecodedSound(Passes passes)
      : passes_(std::move(passes)), decoder_(passes_.input, passes_.stream) {}

  // Call once, before the first frame.
  void convert_to(const SoundForm& form);

  // The next frame, its pts in 1/rate seconds of the output; none at the end.
  FramePtr next();

  const AVCodecContext& context() const { return decoder_.context(); }
  const Passes& passes() const { return passes_; }
  const std::string& name() const { return passes_.input.name(); }
  void keep_quiet() { decoder_.keep_quiet(); }

 private:
  void feed();

  Passes passes_;
  Decoder decoder_;
  GraphPtr graph_;
};

}  // namespace reverie::ffmpeg
