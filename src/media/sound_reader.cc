#include "media/sound_reader.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "media/sound_input.h"

namespace reverie {
namespace {

ffmpeg::Passes must_open(const SinkOptions::Sound& sound, double fps) {
  std::optional<ffmpeg::Passes> passes = ffmpeg::open_passes(sound, fps);
  if (!passes) throw Error("listen to", sound.spec, "it has no sound");
  return std::move(*passes);
}

}  // namespace

struct SoundReader::State {
  State(const SinkOptions::Sound& sound, double fps, int wanted)
      : decoded(must_open(sound, fps)), channels(static_cast<size_t>(wanted)) {
    decoded.keep_quiet();  // whoever plays the sound reports damage
    // averaged rather than added up, as swresample does for integers: nothing exceeds full scale
    decoded.convert_to(
        {AV_SAMPLE_FMT_FLT, kRate, channels == 1 ? "mono" : "stereo", 1024, "rematrix_maxval=1"});
  }

  size_t floats() const { return frame ? static_cast<size_t>(frame->nb_samples) * channels : 0; }

  ffmpeg::DecodedSound decoded;
  size_t channels;
  ffmpeg::FramePtr
      frame;  // of which `used` floats have been returned; null before the first and after the last
  size_t used = 0;
  bool ended = false;
};

SoundReader::SoundReader(const SinkOptions::Sound& sound, double fps, int channels)
    : state_(std::make_unique<State>(sound, fps, channels)) {}
SoundReader::~SoundReader() = default;

size_t SoundReader::read(std::span<float> out) {
  State& s = *state_;
  size_t filled = 0;
  while (filled < out.size() && !s.ended) {
    if (!s.frame) {
      s.frame = s.decoded.next();
      s.used = 0;
      s.ended = !s.frame;
      continue;
    }
    const auto* samples = reinterpret_cast<const float*>(s.frame->data[0]);
    const size_t n = std::min(out.size() - filled, s.floats() - s.used);
    std::copy_n(samples + s.used, n, out.data() + filled);
    filled += n;
    s.used += n;
    if (s.used == s.floats()) s.frame.reset();
  }
  return filled;
}

}  // namespace reverie
