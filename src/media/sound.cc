#include "media/sound.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "core/log.h"
#include "media/sound_input.h"

namespace reverie::ffmpeg {
namespace {

// Packets copied unchanged, placed to within one packet.
class CopiedSound final : public SoundPackets {
 public:
  explicit CopiedSound(Passes passes) : passes_(std::move(passes)) {}

  int add_to(Output& output) override {
    const AVStream& s = passes_.input.stream(passes_.stream);
    return output.add(*s.codecpar, s.time_base);
  }
  AVRational base() const override { return passes_.input.stream(passes_.stream).time_base; }
  std::string words() const override {
    const AVCodecParameters& p = *passes_.input.stream(passes_.stream).codecpar;
    return fmt::format("copied ({})", avcodec_get_name(p.codec_id));
  }

  bool read(AVPacket& packet, double until, bool /*last*/) override {
    while (!waiting_) {
      if (!fetch()) return false;
    }
    if (time_ + seconds_ / 2 > until) return false;
    waiting_ = false;
    av_packet_move_ref(&packet, held_.get());
    packet.pts = packet.dts = last_ = std::llround(time_ / passes_.base());
    return true;
  }

 private:
  // Reads one packet; keeps it waiting if it will be heard.  False at the end.
  bool fetch() {
    if (!passes_.input.read(passes_.stream, *held_)) return passes_.again();
    seconds_ = static_cast<double>(held_->duration) * passes_.base();
    const std::optional<double> time = passes_.when(held_->pts, seconds_);
    if (!time || *time < passes_.begin()) return true;
    if (std::llround(*time / passes_.base()) <= last_) return true;  // the seam of a loop
    time_ = *time;
    waiting_ = true;
    return true;
  }

  Passes passes_;
  PacketPtr held_ = new_packet();
  bool waiting_ = false;
  double time_ = 0, seconds_ = 0;  // of what is waiting
  int64_t last_ = -1;
};

// Decoded, converted to the encoder's format and encoded.
class EncodedSound final : public SoundPackets {
 public:
  EncodedSound(Passes passes, const AVCodec& codec, bool global_header) : sound_(std::move(passes)) {
    const AVCodecContext& from = sound_.context();
    context_.reset(avcodec_alloc_context3(&codec));
    if (!context_) throw std::bad_alloc();
    AVCodecContext& c = *context_;
    av_channel_layout_default(&c.ch_layout, std::min(2, from.ch_layout.nb_channels));
    c.sample_rate = rate_for(codec, from.sample_rate);
    const std::vector<AVSampleFormat> formats = sample_formats(codec);
    c.sample_fmt = formats.empty() ? AV_SAMPLE_FMT_FLT : formats.front();
    c.time_base = {1, c.sample_rate};
    c.bit_rate = 96000LL * c.ch_layout.nb_channels;
    c.thread_count = 1;
    c.flags |= AV_CODEC_FLAG_BITEXACT;
    if (global_header) c.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    check(avcodec_open2(&c, &codec, nullptr), "encode the sound of", sound_.name());
    sound_.convert_to(form());
  }

  int add_to(Output& output) override { return output.add(*context_); }
  AVRational base() const override { return context_->time_base; }
  std::string words() const override {
    return fmt::format("{} from {}", avcodec_get_name(context_->codec_id),
                       avcodec_get_name(sound_.context().codec_id));
  }

  bool read(AVPacket& packet, double until, bool last) override {
    for (;;) {
      const int code = avcodec_receive_packet(context_.get(), &packet);
      if (code >= 0) return true;
      if (code == AVERROR_EOF) return false;
      if (code != AVERROR(EAGAIN)) check(code, "encode the sound of", sound_.name());
      if (!send_frame(until, last)) return false;
    }
  }

 private:
  static int rate_for(const AVCodec& codec, int wanted) {
    const std::vector<int> rates = sample_rates(codec);
    if (rates.empty() || std::find(rates.begin(), rates.end(), wanted) != rates.end()) return wanted;
    return *std::max_element(rates.begin(), rates.end());
  }

  SoundForm form() const {
    std::array<char, 128> layout{};
    av_channel_layout_describe(&context_->ch_layout, layout.data(), layout.size());
    const bool any_size =
        context_->frame_size == 0 || (context_->codec->capabilities & AV_CODEC_CAP_VARIABLE_FRAME_SIZE) != 0;
    return {context_->sample_fmt, context_->sample_rate, layout.data(),
            any_size ? 1024 : context_->frame_size, ""};
  }

  // Gives the encoder a frame if it ends before `until`, and the end of stream if that is the last.
  bool send_frame(double until, bool last) {
    const auto limit = static_cast<int64_t>(std::llround(until * context_->sample_rate));
    if (!pending_) pending_ = sound_.next();
    if (pending_ && pending_->pts + pending_->nb_samples > limit) {
      if (!last) return false;
      pending_->nb_samples =
          static_cast<int>(std::clamp<int64_t>(limit - pending_->pts, 0, pending_->nb_samples));
      ended_ = true;
    } else if (!pending_) {
      ended_ = true;
    }
    if (pending_ && pending_->nb_samples > 0) {
      check(avcodec_send_frame(context_.get(), pending_.get()), "encode the sound of", sound_.name());
    }
    pending_.reset();
    if (ended_) check(avcodec_send_frame(context_.get(), nullptr), "encode the sound of", sound_.name());
    return true;
  }

  DecodedSound sound_;
  CodecPtr context_;
  FramePtr pending_;
  bool ended_ = false;
};

bool can_copy(const Container& container, const Output& output, AVCodecID codec) {
  const auto& known = container.copied;
  return std::find(known.begin(), known.end(), codec) != known.end() &&
         avformat_query_codec(&output.format(), codec, FF_COMPLIANCE_NORMAL) == 1;
}

std::unique_ptr<SoundPackets> open_packets(const SinkOptions& options, const Container& container,
                                           Output& output) {
  std::optional<Passes> passes = open_passes(*options.sound, options.fps);
  if (!passes) return nullptr;
  const AVCodecID codec = passes->input.stream(passes->stream).codecpar->codec_id;
  // Frames of a codec do not join without a click, so a loop is encoded again
  const bool copy = !options.sound->loop && can_copy(container, output, codec);
  if (copy) return std::make_unique<CopiedSound>(std::move(*passes));
  const AVCodec* encoder = avcodec_find_encoder(container.sound);
  if (encoder == nullptr) {
    throw Error("encode the sound of", options.sound->spec,
                fmt::format("this FFmpeg has no encoder for {}", avcodec_get_name(container.sound)));
  }
  return std::make_unique<EncodedSound>(std::move(*passes), *encoder, output.wants_global_header());
}

}  // namespace

std::unique_ptr<SoundTrack> SoundTrack::open(const SinkOptions& options, const Container& container,
                                             Output& output) {
  if (!options.sound || container.sound == AV_CODEC_ID_NONE) return nullptr;
  std::unique_ptr<SoundPackets> packets;
  try {
    packets = open_packets(options, container, output);
  } catch (const Error& e) {
    warning(fmt::format("no sound: {}", e.what()));
  }
  if (!packets) return nullptr;
  return std::unique_ptr<SoundTrack>(new SoundTrack(std::move(packets), output, options.sound->spec));
}

void SoundTrack::pump(double seconds, bool last) {
  while (!over_) {
    try {
      if (!packets_->read(*packet_, seconds, last)) return;
    } catch (const Error& e) {
      over_ = true;
      warning(fmt::format("the sound ends here: {}", e.what()));
      return;
    }
    output_.write(*packet_, stream_, packets_->base());
  }
}

}  // namespace reverie::ffmpeg
