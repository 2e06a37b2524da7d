#include "media/sound.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

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

// Frames in an encoder's format, encoded.
class EncodedSound : public SoundPackets {
 public:
  int add_to(Output& output) override { return output.add(*context_); }
  AVRational base() const override { return context_->time_base; }

  bool read(AVPacket& packet, double until, bool last) override {
    for (;;) {
      const int code = avcodec_receive_packet(context_.get(), &packet);
      if (code >= 0) return true;
      if (code == AVERROR_EOF) return false;
      if (code != AVERROR(EAGAIN)) check(code, "encode the sound of", name_);
      if (!send_frame(until, last)) return false;
    }
  }

 protected:
  EncodedSound(std::string name, const AVCodec& codec, int rate, int channels, bool global_header)
      : name_(std::move(name)) {
    context_.reset(avcodec_alloc_context3(&codec));
    if (!context_) throw std::bad_alloc();
    AVCodecContext& c = *context_;
    av_channel_layout_default(&c.ch_layout, std::min(2, channels));
    c.sample_rate = rate_for(codec, rate);
    const std::vector<AVSampleFormat> formats = sample_formats(codec);
    c.sample_fmt = formats.empty() ? AV_SAMPLE_FMT_FLT : formats.front();
    c.time_base = {1, c.sample_rate};
    c.bit_rate = 96000LL * c.ch_layout.nb_channels;
    c.thread_count = 1;
    c.flags |= AV_CODEC_FLAG_BITEXACT;
    if (global_header) c.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    check(avcodec_open2(&c, &codec, nullptr), "encode the sound of", name_);
  }

  SoundForm form() const {
    std::array<char, 128> layout{};
    av_channel_layout_describe(&context_->ch_layout, layout.data(), layout.size());
    const bool any_size =
        context_->frame_size == 0 || (context_->codec->capabilities & AV_CODEC_CAP_VARIABLE_FRAME_SIZE) != 0;
    return {context_->sample_fmt, context_->sample_rate, layout.data(),
            any_size ? 1024 : context_->frame_size, ""};
  }
  const char* codec_name() const { return avcodec_get_name(context_->codec_id); }
  const std::string& name() const { return name_; }

  // The next frame, its pts in samples; none at the end, or where it has not come yet.
  virtual FramePtr next() = 0;
  // Whether more may come later.
  virtual bool waits(bool last) const = 0;

 private:
  static int rate_for(const AVCodec& codec, int wanted) {
    const std::vector<int> rates = sample_rates(codec);
    if (rates.empty() || std::find(rates.begin(), rates.end(), wanted) != rates.end()) return wanted;
    return *std::max_element(rates.begin(), rates.end());
  }

  // Gives the encoder a frame if it ends before `until`, and the end of stream if that is the last.
  bool send_frame(double until, bool last) {
    const auto limit = static_cast<int64_t>(std::llround(until * context_->sample_rate));
    if (!pending_) pending_ = next();
    if (!pending_ && waits(last)) return false;
    if (pending_ && pending_->pts + pending_->nb_samples > limit) {
      if (!last) return false;
      pending_->nb_samples =
          static_cast<int>(std::clamp<int64_t>(limit - pending_->pts, 0, pending_->nb_samples));
      ended_ = true;
    } else if (!pending_) {
      ended_ = true;
    }
    if (pending_ && pending_->nb_samples > 0) {
      check(avcodec_send_frame(context_.get(), pending_.get()), "encode the sound of", name_);
    }
    pending_.reset();
    if (ended_) check(avcodec_send_frame(context_.get(), nullptr), "encode the sound of", name_);
    return true;
  }

  std::string name_;
  CodecPtr context_;
  FramePtr pending_;
  bool ended_ = false;
};

// A source's sound, decoded and encoded again.
class RecodedSound final : public EncodedSound {
 public:
  RecodedSound(const std::string& name, DecodedSound sound, const AVCodec& codec, bool global_header)
      : EncodedSound(name, codec, sound.context().sample_rate, sound.context().ch_layout.nb_channels,
                     global_header),
        sound_(std::move(sound)) {
    sound_.convert_to(form());
  }
  std::string words() const override {
    return fmt::format("{} from {}", codec_name(), avcodec_get_name(sound_.context().codec_id));
  }

 private:
  FramePtr next() override { return sound_.next(); }
  bool waits(bool /*last*/) const override { return false; }

  DecodedSound sound_;
};

// Sound that comes with the pictures.
class ComingSound final : public EncodedSound {
 public:
  ComingSound(const std::string& name, const AVCodec& codec, bool global_header)
      : EncodedSound(name, codec, kSoundRate, kSoundChannels, global_header) {
    const SoundForm f = form();
    graph_ = make_graph(
        fmt::format("abuffer@in=time_base=1/{0}:sample_rate={0}:sample_fmt=flt:channel_layout=stereo [in]; "
                    "[in] aresample={1}, aformat=sample_fmts={2}:sample_rates={1}:channel_layouts={3}, "
                    "asetnsamples=n={4}:p=0 [out]; [out] abuffersink@out",
                    kSoundRate, f.rate, av_get_sample_fmt_name(f.format), f.layout, f.samples),
        name);
  }
  std::string words() const override { return codec_name(); }

  void take(std::span<const float> samples) override {
    if (samples.empty()) return;
    FramePtr frame = new_frame();
    frame->format = AV_SAMPLE_FMT_FLT;
    frame->sample_rate = kSoundRate;
    frame->nb_samples = static_cast<int>(samples.size()) / kSoundChannels;
    av_channel_layout_default(&frame->ch_layout, kSoundChannels);
    check(av_frame_get_buffer(frame.get(), 0), "encode the sound of", name());
    std::copy(samples.begin(), samples.end(), reinterpret_cast<float*>(frame->data[0]));
    frame->pts = count_;
    count_ += frame->nb_samples;
    give(frame.get());
  }
  bool read(AVPacket& packet, double until, bool last) override {
    if (last && !std::exchange(flushed_, true)) give(nullptr);
    return EncodedSound::read(packet, until, last);
  }

 private:
  FramePtr next() override {
    FramePtr frame = new_frame();
    const int code = av_buffersink_get_frame(graph_node(graph_, "abuffersink@out"), frame.get());
    if (code >= 0) return frame;
    if (code != AVERROR(EAGAIN) && code != AVERROR_EOF) check(code, "filter the sound of", name());
    return nullptr;
  }
  bool waits(bool last) const override { return !last; }
  void give(AVFrame* frame) {
    check(av_buffersrc_add_frame(graph_node(graph_, "abuffer@in"), frame), "filter the sound of", name());
  }

  GraphPtr graph_;
  int64_t count_ = 0;
  bool flushed_ = false;
};

bool can_copy(const Container& container, const Output& output, AVCodecID codec) {
  const auto& known = container.copied;
  return std::find(known.begin(), known.end(), codec) != known.end() &&
         avformat_query_codec(&output.format(), codec, FF_COMPLIANCE_NORMAL) == 1;
}

const AVCodec& encoder_of(const std::string& spec, const Container& container) {
  if (const AVCodec* encoder = avcodec_find_encoder(container.sound)) return *encoder;
  throw Error("encode the sound of", spec,
              fmt::format("this FFmpeg has no encoder for {}", avcodec_get_name(container.sound)));
}

std::unique_ptr<SoundPackets> open_packets(const SinkOptions& options, const Container& container,
                                           Output& output) {
  if (!options.sound) {
    const std::string name = "the set";
    return std::make_unique<ComingSound>(name, encoder_of(name, container), output.wants_global_header());
  }
  std::optional<Passes> passes = open_passes(*options.sound, options.fps);
  if (!passes) return nullptr;
  const AVCodecID codec = passes->input.stream(passes->stream).codecpar->codec_id;
  // Frames of a codec do not join without a click, so a loop is encoded again
  const bool copy = !options.sound->loop && can_copy(container, output, codec);
  if (copy) return std::make_unique<CopiedSound>(std::move(*passes));
  const AVCodec& encoder = encoder_of(options.sound->spec, container);
  const std::string name = passes->input.name();
  return std::make_unique<RecodedSound>(name, DecodedSound(std::move(*passes)), encoder,
                                        output.wants_global_header());
}

}  // namespace

std::unique_ptr<SoundTrack> SoundTrack::open(const SinkOptions& options, const Container& container,
                                             Output& output) {
  if (!(options.sound || options.comes_with_sound) || container.sound == AV_CODEC_ID_NONE) return nullptr;
  std::unique_ptr<SoundPackets> packets;
  try {
    packets = open_packets(options, container, output);
  } catch (const Error& e) {
    warning(fmt::format("no sound: {}", e.what()));
  }
  if (!packets) return nullptr;
  return std::unique_ptr<SoundTrack>(new SoundTrack(std::move(packets), output));
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
