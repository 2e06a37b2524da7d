#include "media/ffmpeg.h"

#include <array>
#include <mutex>
#include <new>

#include "core/error.h"
#include "core/stop.h"

extern "C" {
#include <libavdevice/avdevice.h>
}

namespace reverie::ffmpeg {

FramePtr new_frame() {
  FramePtr frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  return frame;
}

PacketPtr new_packet() {
  PacketPtr packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  return packet;
}

std::string reason(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  std::string words = text.data();
  if (!words.empty() && words.size() > 1 && words[0] >= 'A' && words[0] <= 'Z' && words[1] >= 'a' &&
      words[1] <= 'z') {
    words[0] = static_cast<char>(words[0] - 'A' + 'a');
  }
  return words;
}

int check(int code, const std::string& doing, const std::string& what, const std::string& advice) {
  if (code == AVERROR_EXIT && stop_requested()) throw Stopped();
  if (code >= 0) return code;
  throw Error(doing, what, reason(code),
              code == AVERROR(ENOSPC) && advice.empty() ? "free some space first" : advice);
}

void prepare() {
  static std::once_flag once;
  std::call_once(once, [] {
    av_log_set_level(AV_LOG_QUIET);
    avdevice_register_all();
    avformat_network_init();
  });
}

AVRational to_rational(double fps) {
  return av_d2q(fps, 1001000);
}

int64_t duration_of(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame.duration;
#else
  return frame.pkt_duration;
#endif
}

void set_duration(AVFrame& frame, int64_t duration) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  frame.duration = duration;
#else
  frame.pkt_duration = duration;
#endif
}

namespace {

template <class T>
std::vector<T> values(const void* list, T end) {
  std::vector<T> all;
  for (const T* v = static_cast<const T*>(list); v != nullptr && *v != end; ++v) all.push_back(*v);
  return all;
}

#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
const void* supported(const AVCodec& encoder, AVCodecConfig config) {
  const void* list = nullptr;
  return avcodec_get_supported_config(nullptr, &encoder, config, 0, &list, nullptr) < 0 ? nullptr : list;
}
#define REVERIE_SUPPORTED(encoder, field, config) supported(encoder, config)
#else
#define REVERIE_SUPPORTED(encoder, field, config) (encoder).field
#endif

}  // namespace

std::vector<AVPixelFormat> pixel_formats(const AVCodec& encoder) {
  return values(REVERIE_SUPPORTED(encoder, pix_fmts, AV_CODEC_CONFIG_PIX_FORMAT), AV_PIX_FMT_NONE);
}

std::vector<AVSampleFormat> sample_formats(const AVCodec& encoder) {
  return values(REVERIE_SUPPORTED(encoder, sample_fmts, AV_CODEC_CONFIG_SAMPLE_FORMAT), AV_SAMPLE_FMT_NONE);
}

std::vector<int> sample_rates(const AVCodec& encoder) {
  return values(REVERIE_SUPPORTED(encoder, supported_samplerates, AV_CODEC_CONFIG_SAMPLE_RATE), 0);
}

GraphPtr make_graph(const std::string& description, const std::string& what) {
  GraphPtr graph(avfilter_graph_alloc());
  if (!graph) throw std::bad_alloc();
  graph->nb_threads = 1;  // the result is the same either way; this makes sure
  AVFilterInOut* in = nullptr;
  AVFilterInOut* out = nullptr;
  const int code = avfilter_graph_parse2(graph.get(), description.c_str(), &in, &out);
  const InOutPtr free_in(in);
  const InOutPtr free_out(out);
  check(code, "set up filters for", what);
  check(avfilter_graph_config(graph.get(), nullptr), "set up filters for", what);
  return graph;
}

AVFilterContext* graph_node(const GraphPtr& graph, const char* name) {
  return avfilter_graph_get_filter(graph.get(), name);
}

}  // namespace reverie::ffmpeg
