// FFmpeg's objects with owners, and its error codes as Error.  Internal to media/.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

#include <memory>
#include <string>
#include <vector>

namespace reverie::ffmpeg {

// Calls one of FFmpeg's free functions that take the address of the pointer.
template <auto kFree>
struct FreeAt {
  template <class T>
  void operator()(T* p) const {
    kFree(&p);
  }
};
using FramePtr = std::unique_ptr<AVFrame, FreeAt<av_frame_free>>;
using PacketPtr = std::unique_ptr<AVPacket, FreeAt<av_packet_free>>;
using CodecPtr = std::unique_ptr<AVCodecContext, FreeAt<avcodec_free_context>>;
using InputPtr = std::unique_ptr<AVFormatContext, FreeAt<avformat_close_input>>;
using GraphPtr = std::unique_ptr<AVFilterGraph, FreeAt<avfilter_graph_free>>;
using InOutPtr = std::unique_ptr<AVFilterInOut, FreeAt<avfilter_inout_free>>;

FramePtr new_frame();
PacketPtr new_packet();

// Options for a call that removes the ones it recognises from the dictionary.
class Options {
 public:
  Options() = default;
  ~Options() { av_dict_free(&dictionary_); }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  void set(const std::string& key, const std::string& value) {
    av_dict_set(&dictionary_, key.c_str(), value.c_str(), 0);
  }
  AVDictionary** get() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

// FFmpeg's words for an error code.
std::string reason(int code);

// Returns code if it is >= 0; otherwise throws Error(doing, what, reason(code), advice).
int check(int code, const std::string& doing, const std::string& what, const std::string& advice = "");

// Call before any other use: silences FFmpeg's own log and initialises devices and network.
void prepare();

// A rate in frames per second as a fraction: 29.97002997 is 30000/1001.
AVRational to_rational(double fps);

// Display duration of the frame in its stream's time base; 0 if unknown.
int64_t duration_of(const AVFrame& frame);
void set_duration(AVFrame& frame, int64_t duration);

// What an encoder takes, its first choice first; empty: anything.
std::vector<AVPixelFormat> pixel_formats(const AVCodec& encoder);
std::vector<AVSampleFormat> sample_formats(const AVCodec& encoder);
std::vector<int> sample_rates(const AVCodec& encoder);

// A linear filter graph between a source and a sink that the caller names in it.
GraphPtr make_graph(const std::string& description, const std::string& what);
AVFilterContext* graph_node(const GraphPtr& graph, const char* name);

}  // namespace reverie::ffmpeg
