#include "media/output.h"

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace reverie::ffmpeg {

void FreeOutput::operator()(AVFormatContext* c) const {
  const int not_ours = c->oformat->flags & AVFMT_NOFILE;
  if (c->pb != nullptr && not_ours == 0 && (c->flags & AVFMT_FLAG_CUSTOM_IO) == 0) avio_closep(&c->pb);
  avformat_free_context(c);
}

Output::Output(const Target& target, std::string name) : name_(std::move(name)) {
  if (target.file) partial_.emplace(target.url);
  const std::string url = partial_ ? "file:" + partial_->partial().string() : target.url;
  AVFormatContext* context = nullptr;
  check(avformat_alloc_output_context2(&context, nullptr, target.container.muxer.c_str(), url.c_str()),
        "write", name_);
  context_.reset(context);
  context->flags |= AVFMT_FLAG_BITEXACT;
  context->interrupt_callback = writing_interrupt();
  if ((context->oformat->flags & AVFMT_NOFILE) != 0) return;
  if (target.pipe) {
    pipe_ = open_pipe(target.url, true);
    context->pb = pipe_->context();
    context->flags |= AVFMT_FLAG_CUSTOM_IO;
    return;
  }
  check(avio_open2(&context->pb, url.c_str(), AVIO_FLAG_WRITE, &context->interrupt_callback, nullptr),
        "write", name_);
}

Output::~Output() {
  // FFmpeg's GIF muxer holds back its last packet and writes it only in the trailer
  if (begun_ && std::string_view(context_->oformat->name) == "gif") av_write_trailer(context_.get());
}

int Output::add(const AVCodecParameters& parameters, AVRational time_base) {
  AVStream* s = avformat_new_stream(context_.get(), nullptr);
  if (s == nullptr) throw std::bad_alloc();
  check(avcodec_parameters_copy(s->codecpar, &parameters), "write", name_);
  s->codecpar->codec_tag = 0;  // a tag belongs to its container; this muxer picks its own
  s->time_base = time_base;
  return s->index;
}

int Output::add(const AVCodecContext& encoder) {
  AVCodecParameters* parameters = avcodec_parameters_alloc();
  if (parameters == nullptr) throw std::bad_alloc();
  const std::unique_ptr<AVCodecParameters, FreeAt<avcodec_parameters_free>> owner(parameters);
  check(avcodec_parameters_from_context(parameters, &encoder), "write", name_);
  const int i = add(*parameters, encoder.time_base);
  if (encoder.codec_type == AVMEDIA_TYPE_VIDEO) {
    context_->streams[i]->avg_frame_rate = encoder.framerate;
    context_->streams[i]->sample_aspect_ratio = encoder.sample_aspect_ratio;
  }
  return i;
}

void Output::begin(const std::map<std::string, std::string>& metadata, bool durable) {
  for (const auto& [key, value] : metadata) {
    if (!value.empty()) av_dict_set(&context_->metadata, key.c_str(), value.c_str(), 0);
  }
  Options options;
  const std::string muxer = context_->oformat->name;
  // QuickTime's own text atoms are cut off at 64 KB; the keys used instead are not
  const bool no_way_back =
      durable || context_->pb == nullptr || (context_->pb->seekable & AVIO_SEEKABLE_NORMAL) == 0;
  const std::string layout = no_way_back ? "+frag_keyframe+empty_moov+default_base_moof" : "+faststart";
  if (durable) context_->flags |= AVFMT_FLAG_FLUSH_PACKETS;
  if (muxer == "mp4") options.set("movflags", layout);
  if (muxer == "mov") options.set("movflags", layout + "+use_metadata_tags");
  check_write(avformat_write_header(context_.get(), options.get()));
  begun_ = true;
}

void Output::check_write(int code) const {
  // Write errors of avio show up only here
  if (code >= 0 && context_->pb != nullptr) code = std::min(code, context_->pb->error);
  check(code, "write", name_, code == AVERROR(ENOSPC) ? "the disk is full; free some space first" : "");
}

void Output::write(AVPacket& packet, int stream, AVRational base) {
  packet.stream_index = stream;
  av_packet_rescale_ts(&packet, base, context_->streams[stream]->time_base);
  packet.pos = -1;
  check_write(av_interleaved_write_frame(context_.get(), &packet));
}

int Output::close() {
  if (pipe_) {
    context_->pb = nullptr;
    pipe_.reset();
    return 0;
  }
  return avio_closep(&context_->pb);
}

std::string Output::salvage() {
  if (!partial_) return "";
  if (std::exchange(begun_, false)) av_write_trailer(context_.get());  // best effort
  close();
  return partial_->leave().string();
}

void Output::finish() {
  begun_ = false;
  check_write(av_write_trailer(context_.get()));
  if (context_->pb != nullptr && (context_->oformat->flags & AVFMT_NOFILE) == 0) {
    avio_flush(context_->pb);
    check_write(0);
    check_write(close());
  }
  if (partial_) partial_->keep();
}

}  // namespace reverie::ffmpeg
