#include "media/encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace reverie::ffmpeg {
namespace {

constexpr int kThreads = 4;  // not the machine's number: an encoder's output depends on it

// x264's AVX-512 code (build 164, macroblock tree) gives different bytes from run to run: seen in 19 of 30
// encodings of the same 45 pictures of 320x176, and in none of 30 with AVX2.
bool has_avx512() {
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("avx512f") != 0;
#else
  return false;
#endif
}

void set_quality(AVCodecContext& c, const EncoderOptions& o, Options& options) {
  const auto crf = [&](int usual, int worst) {
    return fmt::format("{}", std::clamp(usual - o.quality, 1, worst));
  };
  if (o.name == "libx264") {
    options.set("preset", o.live ? "veryfast" : "fast");
    options.set("crf", crf(o.live ? 20 : 16, 51));
    if (o.live) options.set("tune", "zerolatency");
    if (has_avx512()) options.set("x264-params", "asm=avx2");
  } else if (o.name == "libvpx-vp9") {
    c.bit_rate = 0;  // only the quality counts
    options.set("crf", crf(22, 63));
    options.set("deadline", "good");
    options.set("cpu-used", "4");
    options.set("row-mt", "1");
    options.set("tile-columns", "1");
  } else if (o.name == "ffv1") {
    options.set("level", "3");
    options.set("slices", "4");
    options.set("slicecrc", "1");
    c.gop_size = 1;  // every frame on its own
  } else if (o.name == "mjpeg") {
    c.flags |= AV_CODEC_FLAG_QSCALE;
    c.global_quality = FF_QP2LAMBDA * std::clamp(2 - o.quality, 1, 31);
  } else if (c.codec->id != AV_CODEC_ID_RAWVIDEO) {
    // Encoders that only know a bit rate: a fifth of a bit per sample is plenty
    c.bit_rate = std::llround(0.2 * c.width * c.height * o.fps);
  }
  if ((o.live || o.durable) && o.name != "ffv1") {
    const double seconds = o.durable ? 1 : 2;
    c.gop_size = std::max(1, static_cast<int>(std::lround(seconds * o.fps)));
  }
}

}  // namespace

VideoEncoder::VideoEncoder(const EncoderOptions& o, const std::string& target)
    : target_(target),
      convert_(o.size, o.format, o.told),
      time_base_(av_inv_q(to_rational(o.fps))),
      encoded_(o.format) {
  const AVCodec* codec = avcodec_find_encoder_by_name(o.name.c_str());
  if (codec == nullptr && o.name == "libx264") codec = avcodec_find_encoder(AV_CODEC_ID_H264);
  if (codec == nullptr) {
    throw Error("write", target, "this FFmpeg has no encoder " + o.name,
                "see 'reverie doctor' for those available");
  }
  if (!o.filter.empty()) make_filter(o);
  open(o, codec);
}

void VideoEncoder::make_filter(const EncoderOptions& o) {
  graph_ = make_graph(
      fmt::format(
          "buffer@in=video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect=1/1 [in]; [in] {} [out]; "
          "[out] buffersink@out",
          o.size.width, o.size.height, av_get_pix_fmt_name(o.format), time_base_.num, time_base_.den,
          o.filter),
      target_);
  encoded_ = static_cast<AVPixelFormat>(av_buffersink_get_format(graph_node(graph_, "buffersink@out")));
}

void VideoEncoder::open(const EncoderOptions& o, const AVCodec* codec) {
  context_.reset(avcodec_alloc_context3(codec));
  if (!context_) throw std::bad_alloc();
  AVCodecContext& c = *context_;
  c.width = o.size.width;
  c.height = o.size.height;
  c.pix_fmt = encoded_;
  c.time_base = time_base_;
  c.framerate = av_inv_q(time_base_);
  c.sample_aspect_ratio = {1, 1};
  c.thread_count = kThreads;
  c.flags |= AV_CODEC_FLAG_BITEXACT;
  c.strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
  if (o.global_header) c.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(encoded_);
  if ((d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) == 0 && codec->id != AV_CODEC_ID_MJPEG) {
    c.colorspace = convert_.space();
    c.color_primaries = AVCOL_PRI_BT709;
    c.color_trc = AVCOL_TRC_BT709;
    c.color_range = AVCOL_RANGE_MPEG;
    c.chroma_sample_location = AVCHROMA_LOC_LEFT;
  }
  Options options;
  set_quality(c, o, options);
  check(avcodec_open2(&c, codec, options.get()), "write", target_,
        fmt::format("the encoder {} does not support {}x{} at {:.4g} fps", codec->name, c.width, c.height,
                    o.fps));
}

void VideoEncoder::send(const AVFrame* frame) {
  check(avcodec_send_frame(context_.get(), frame), "write", target_);
}

void VideoEncoder::write(FramePtr frame) {
  frame->pts = count_++;
  if (!graph_) return send(frame.get());
  check(av_buffersrc_add_frame(graph_node(graph_, "buffer@in"), frame.get()), "write", target_);
  AVFilterContext* out = graph_node(graph_, "buffersink@out");
  for (;;) {
    FramePtr filtered = new_frame();
    const int code = av_buffersink_get_frame(out, filtered.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    check(code, "write", target_);
    send(filtered.get());
  }
}

void VideoEncoder::finish() {
  if (count_ > 0) send(nullptr);
}

bool VideoEncoder::read(AVPacket& packet) {
  const int code = avcodec_receive_packet(context_.get(), &packet);
  if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return false;
  check(code, "write", target_);
  if (packet.duration == 0) packet.duration = 1;
  return true;
}

}  // namespace reverie::ffmpeg
