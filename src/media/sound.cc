#include "media/sound.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "media/input.h"
#include "media/sources.h"

namespace reverie::ffmpeg {
namespace {

// An input whose sound is heard from `start` on, again and again if it loops.
class Passes {
 public:
  Passes(Input from, int sound, const SinkOptions& options)
      : input(std::move(from)), stream(sound), start_(options.sound->start), loop_(options.sound->loop) {
    origin_ = input.origin();
    const int video = input.best(AVMEDIA_TYPE_VIDEO);
    const std::optional<double> seconds = video < 0 ? std::nullopt : input.seconds(video);
    // A looping video is a whole number of frames long, and its sound must not drift from it
    if (loop_ && seconds)
      length_ = std::max(1.0, std::round((*seconds - start_) * options.fps)) / options.fps;
    if (start_ > 0 && !input.seek(stream, start_)) input.reopen();
  }

  // Begins the next pass; false if this was the last one, or gave nothing.
  bool again() {
    if (!loop_ || !heard_) return false;
    offset_ += length_.value_or(reached_);
    heard_ = false;
    reached_ = 0;
    if (!input.seek(stream, start_)) input.reopen();
    return true;
  }

  // When, in seconds of the output, something with this time stamp (in the stream's time base) and length is
  // heard; nothing if that is outside the pass.
  std::optional<double> when(int64_t pts, double seconds) {
    const double time =
        pts == AV_NOPTS_VALUE ? reached_ : static_cast<double>(pts) * base() - origin_ - start_;
    reached_ = std::max(reached_, time + seconds);
    constexpr double kHair = 1e-9;
    if (time + seconds <= kHair || (length_ && time >= *length_ - kHair)) return std::nullopt;
    heard_ = true;
    return time + offset_;
  }

  // The output's time at which this pass began, and ends if that is known.
  double begin() const { return offset_; }
  std::optional<double> end() const {
    return length_ ? std::optional<double>(offset_ + *length_) : std::nullopt;
  }
  double base() const { return av_q2d(input.stream(stream).time_base); }

  Input input;
  const int stream;

 private:
  double start_, origin_ = 0;
  bool loop_;
  std::optional<double> length_;
  double offset_ = 0, reached_ = 0;  // of this pass
  bool heard_ = false;
};

// Packets as they are, at their place to within one packet.
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
  // Reads one packet; it is waiting if it will be heard.  False at the end.
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

// Decoded, brought into the encoder's form and encoded.
class EncodedSound final : public SoundPackets {
 public:
  EncodedSound(Passes passes, const AVCodec& codec, bool global_header)
      : passes_(std::move(passes)), decoder_(passes_.input, passes_.stream) {
    const AVCodecContext& from = decoder_.context();
    context_.reset(avcodec_alloc_context3(&codec));
    if (!context_) throw std::bad_alloc();
    AVCodecContext& c = *context_;
    av_channel_layout_default(&c.ch_layout, std::min(2, from.ch_layout.nb_channels));
    c.sample_rate = rate_for(codec, from.sample_rate);
    c.sample_fmt = codec.sample_fmts != nullptr ? codec.sample_fmts[0] : AV_SAMPLE_FMT_FLT;
    c.time_base = {1, c.sample_rate};
    c.bit_rate = 96000LL * c.ch_layout.nb_channels;
    c.thread_count = 1;
    c.flags |= AV_CODEC_FLAG_BITEXACT;
    if (global_header) c.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    check(avcodec_open2(&c, &codec, nullptr), "encode the sound of", passes_.input.name());
    make_filter(from);
  }

  int add_to(Output& output) override { return output.add(*context_); }
  AVRational base() const override { return context_->time_base; }
  std::string words() const override {
    return fmt::format("{} from {}", avcodec_get_name(context_->codec_id),
                       avcodec_get_name(decoder_.context().codec_id));
  }

  bool read(AVPacket& packet, double until, bool last) override {
    for (;;) {
      const int code = avcodec_receive_packet(context_.get(), &packet);
      if (code >= 0) return true;
      if (code == AVERROR_EOF) return false;
      if (code != AVERROR(EAGAIN)) check(code, "encode the sound of", passes_.input.name());
      if (!send_frame(until, last)) return false;
    }
  }

 private:
  static int rate_for(const AVCodec& codec, int wanted) {
    if (codec.supported_samplerates == nullptr) return wanted;
    int best = 0;
    for (const int* r = codec.supported_samplerates; *r != 0; ++r) {
      if (*r == wanted) return wanted;
      best = std::max(best, *r);
    }
    return best;
  }

  void make_filter(const AVCodecContext& from) {
    std::array<char, 128> in{};
    std::array<char, 128> out{};
    av_channel_layout_describe(&from.ch_layout, in.data(), in.size());
    av_channel_layout_describe(&context_->ch_layout, out.data(), out.size());
    const bool any_size =
        context_->frame_size == 0 || (context_->codec->capabilities & AV_CODEC_CAP_VARIABLE_FRAME_SIZE) != 0;
    // atrim cuts what comes before the start, aresample fills holes with silence
    graph_ = make_graph(
        fmt::format(
            "abuffer@in=time_base=1/{0}:sample_rate={0}:sample_fmt={1}:channel_layout={2} [in]; "
            "[in] atrim=start=0, aresample={3}:async=1:first_pts=0:min_hard_comp=0.02, "
            "aformat=sample_fmts={4}:sample_rates={3}:channel_layouts={5}, asetnsamples=n={6}:p=0 [out]; "
            "[out] abuffersink@out",
            from.sample_rate, av_get_sample_fmt_name(from.sample_fmt), in.data(), context_->sample_rate,
            av_get_sample_fmt_name(context_->sample_fmt), out.data(), any_size ? 1024 : context_->frame_size),
        passes_.input.name());
  }

  // Gives the encoder a frame if it ends before `until`, and its end if that is the last.
  bool send_frame(double until, bool last) {
    const auto limit = static_cast<int64_t>(std::llround(until * context_->sample_rate));
    if (!pending_) pending_ = filtered();
    if (pending_ && pending_->pts + pending_->nb_samples > limit) {
      if (!last) return false;
      pending_->nb_samples =
          static_cast<int>(std::clamp<int64_t>(limit - pending_->pts, 0, pending_->nb_samples));
      ended_ = true;
    } else if (!pending_) {
      ended_ = true;
    }
    if (pending_ && pending_->nb_samples > 0) {
      check(avcodec_send_frame(context_.get(), pending_.get()), "encode the sound of", passes_.input.name());
    }
    pending_.reset();
    if (ended_)
      check(avcodec_send_frame(context_.get(), nullptr), "encode the sound of", passes_.input.name());
    return true;
  }

  // The next frame out of the filters; none at the end.
  FramePtr filtered() {
    for (;;) {
      FramePtr frame = new_frame();
      const int code = av_buffersink_get_frame(graph_node(graph_, "abuffersink@out"), frame.get());
      if (code >= 0) return frame;
      if (code == AVERROR_EOF) return nullptr;
      if (code != AVERROR(EAGAIN)) check(code, "filter the sound of", passes_.input.name());
      feed();
    }
  }

  // Decodes one frame into the filters, or ends them.
  void feed() {
    AVFilterContext* in = graph_node(graph_, "abuffer@in");
    FramePtr frame = new_frame();
    if (!decoder_.read(passes_.input, *frame)) {
      const bool more = passes_.again();
      if (more) decoder_.flush();
      if (!more) check(av_buffersrc_add_frame(in, nullptr), "filter the sound of", passes_.input.name());
      return;
    }
    const double rate = frame->sample_rate;
    std::optional<double> time = passes_.when(frame->pts, frame->nb_samples / rate);
    if (!time) return;
    if (*time < passes_.begin() && passes_.begin() > 0) return;  // the seam of a loop
    if (const std::optional<double> end = passes_.end()) {
      frame->nb_samples = std::min(frame->nb_samples, static_cast<int>(std::llround((*end - *time) * rate)));
    }
    if (frame->nb_samples <= 0) return;
    frame->pts = std::llround(*time * rate);
    check(av_buffersrc_add_frame(in, frame.get()), "filter the sound of", passes_.input.name());
  }

  Passes passes_;
  Decoder decoder_;
  CodecPtr context_;
  GraphPtr graph_;
  FramePtr pending_;
  bool ended_ = false;
};

bool can_copy(const Container& container, const Output& output, AVCodecID codec) {
  const auto& known = container.copied;
  return std::find(known.begin(), known.end(), codec) != known.end() &&
         avformat_query_codec(&output.format(), codec, FF_COMPLIANCE_NORMAL) == 1;
}

// Pictures, cameras and test pictures have no sound to look for.
bool may_have_sound(const std::string& spec) {
  std::error_code code;
  return !spec.starts_with("test:") && !spec.starts_with("camera:") &&
         !std::filesystem::is_directory(spec, code) &&
         (is_url(spec) || std::filesystem::exists(spec, code) || !is_picture_pattern(spec));
}

std::unique_ptr<SoundPackets> open_packets(const SinkOptions& options, const Container& container,
                                           Output& output) {
  Input input = Input::open(options.sound->spec);
  const int stream = input.is_picture() ? -1 : input.best(AVMEDIA_TYPE_AUDIO, input.best(AVMEDIA_TYPE_VIDEO));
  if (stream < 0) return nullptr;
  const AVCodecID codec = input.stream(stream).codecpar->codec_id;
  // The frames of a codec do not join without a click, so a loop is encoded anew
  const bool copy = !options.sound->loop && can_copy(container, output, codec);
  Passes passes(std::move(input), stream, options);
  if (copy) return std::make_unique<CopiedSound>(std::move(passes));
  const AVCodec* encoder = avcodec_find_encoder(container.sound);
  if (encoder == nullptr) {
    throw Error("encode the sound of", options.sound->spec,
                fmt::format("this FFmpeg has no encoder for {}", avcodec_get_name(container.sound)));
  }
  return std::make_unique<EncodedSound>(std::move(passes), *encoder, output.wants_global_header());
}

}  // namespace

std::unique_ptr<SoundTrack> SoundTrack::open(const SinkOptions& options, const Container& container,
                                             Output& output) {
  if (!options.sound || container.sound == AV_CODEC_ID_NONE || !may_have_sound(options.sound->spec))
    return nullptr;
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
