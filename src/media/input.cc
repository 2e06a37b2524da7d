#include "media/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string_view>

#include "core/error.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/text.h"
#include "media/camera.h"

namespace reverie::ffmpeg {
namespace {

// Ctrl-C ends a wait for the network or a device; files never wait.
int interrupted(void* /*unused*/) {
  return stop_requested() ? 1 : 0;
}

bool has_prefix(const std::string& s, std::string_view scheme) {
  return s.starts_with(scheme);
}

bool is_broadcast(const std::string& url) {
  constexpr std::array<std::string_view, 7> kSchemes = {
      "rtmp", "rtsp:", "rtsps:", "udp:", "rtp:", "srt:", "tcp:"};
  return std::any_of(kSchemes.begin(), kSchemes.end(),
                     [&](std::string_view s) { return has_prefix(url, s); });
}

InputPtr open_context(const std::string& url, const AVInputFormat* format, Options& options, bool waits,
                      const std::string& name, AVIOContext* bytes = nullptr) {
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) throw std::bad_alloc();
  if (waits) context->interrupt_callback = {interrupted, nullptr};
  context->pb = bytes;
  // On failure FFmpeg frees the context itself
  const int code = avformat_open_input(&context, url.c_str(), format, options.get());
  check(code, "read", name,
        code == AVERROR_INVALIDDATA ? "it is not a media file, or part of it is missing" : "");
  InputPtr input(context);
  check(avformat_find_stream_info(context, nullptr), "read", name);
  return input;
}

int read_memory(void* opaque, uint8_t* to, int most) {
  auto& left = *static_cast<std::pair<std::span<const uint8_t>, size_t>*>(opaque);
  const size_t n = std::min(static_cast<size_t>(std::max(most, 0)), left.first.size() - left.second);
  if (n == 0) return AVERROR_EOF;
  std::copy_n(left.first.data() + left.second, n, to);
  left.second += n;
  return static_cast<int>(n);
}

int64_t seek_memory(void* opaque, int64_t offset, int whence) {
  auto& place = *static_cast<std::pair<std::span<const uint8_t>, size_t>*>(opaque);
  const auto size = static_cast<int64_t>(place.first.size());
  whence &= ~AVSEEK_FORCE;
  if (whence == AVSEEK_SIZE) return size;
  if (whence == SEEK_CUR) offset += static_cast<int64_t>(place.second);
  if (whence == SEEK_END) offset += size;
  if (offset < 0 || offset > size) return AVERROR(EINVAL);
  place.second = static_cast<size_t>(offset);
  return offset;
}

void check_file(const std::string& path) {
  std::error_code code;
  if (!std::filesystem::exists(path, code)) {
    throw Error("read", path, code ? code.message() : "there is no such file");
  }
  if (std::filesystem::is_directory(path, code)) throw Error("read", path, "it is a folder");
  if (std::filesystem::is_regular_file(path, code) && std::filesystem::file_size(path, code) == 0) {
    throw Error("read", path, "it is empty");
  }
}

const int32_t* matrix_of(const AVStream& s) {
#if LIBAVCODEC_VERSION_MAJOR >= 61
  const AVPacketSideData* data = av_packet_side_data_get(
      s.codecpar->coded_side_data, s.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  return data == nullptr || data->size < 9 * sizeof(int32_t) ? nullptr
                                                             : reinterpret_cast<int32_t*>(data->data);
#else
  size_t size = 0;
  const uint8_t* data = av_stream_get_side_data(&s, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data == nullptr || size < 9 * sizeof(int32_t) ? nullptr : reinterpret_cast<const int32_t*>(data);
#endif
}

const int32_t* matrix_of(const AVFrame* f) {
  const AVFrameSideData* data =
      f == nullptr ? nullptr : av_frame_get_side_data(f, AV_FRAME_DATA_DISPLAYMATRIX);
  return data == nullptr || data->size < 9 * sizeof(int32_t) ? nullptr
                                                             : reinterpret_cast<int32_t*>(data->data);
}

std::optional<double> seconds_of(int64_t time, AVRational base) {
  if (time == AV_NOPTS_VALUE) return std::nullopt;
  return static_cast<double>(time) * av_q2d(base);
}

}  // namespace

// Memory as a file for FFmpeg.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const uint8_t> bytes) : place_(bytes, 0) {
    constexpr int kRoom = 1 << 15;
    auto* room = static_cast<unsigned char*>(av_malloc(kRoom));
    io_ = avio_alloc_context(room, kRoom, 0, &place_, read_memory, nullptr, seek_memory);
    if (io_ == nullptr) {
      av_free(room);
      throw std::bad_alloc();
    }
  }
  ~MemoryFile() {
    av_freep(&io_->buffer);
    avio_context_free(&io_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  AVIOContext* io() const { return io_; }

 private:
  std::pair<std::span<const uint8_t>, size_t> place_;
  AVIOContext* io_ = nullptr;
};

bool is_url(const std::string& spec) {
  return spec.find("://") != std::string::npos;
}

Input Input::open(const std::string& spec) {
  prepare();
  Options options;
  if (is_url(spec)) {
    if (!has_prefix(spec, "file:")) options.set("rw_timeout", "15000000");  // microseconds
    return {open_context(spec, nullptr, options, true, spec), spec, is_broadcast(spec)};
  }
  check_file(spec);
  options.set("protocol_whitelist", "file");
  return {open_context("file:" + spec, nullptr, options, false, spec), spec, false};
}

Input Input::open_memory(std::span<const uint8_t> bytes, const std::string& name) {
  prepare();
  if (bytes.empty()) throw Error("read", name, "it is empty");
  auto memory = std::make_shared<MemoryFile>(bytes);
  Options options;
  options.set("protocol_whitelist", "");
  // the extension helps to detect the format, as with a file
  Input input(open_context(name, nullptr, options, false, name, memory->io()), name, false);
  input.memory_ = std::move(memory);
  return input;
}

Input Input::open_camera(const std::string& device, Size size, double fps) {
  prepare();
  const CameraAddress address = camera_address(device);
  const AVInputFormat* format = av_find_input_format(address.format.c_str());
  if (format == nullptr) throw Error("open", "camera:" + device, "this FFmpeg does not support cameras");
  const std::string name = "camera:" + device;
  for (const bool wishes : {true, false}) {
    Options options;
    if (wishes && size.width > 0 && size.height > 0) {
      options.set("video_size", fmt::format("{}x{}", size.width, size.height));
    }
    if (wishes && fps > 0) options.set("framerate", fmt::format("{}", fps));
    try {
      return {open_context(address.url, format, options, true, name), name, true};
    } catch (const Error&) {
      // If a camera does not offer this size or rate, try without; the frames are fitted anyway
      if (!wishes) throw;
    }
  }
  throw Error("open", name, "it does not respond");
}

void Input::reopen() {
  const std::string name = name_;
  *this = open(name);
}

bool Input::is_picture() const {
  const std::string f = format();
  if (f.ends_with("_pipe") || f == "image2") return true;
  if (f == "gif") {
    const int i = best(AVMEDIA_TYPE_VIDEO);
    return i >= 0 && stream(i).nb_frames == 1;
  }
  const AVDictionaryEntry* brand = av_dict_get(context_->metadata, "major_brand", nullptr, 0);
  return brand != nullptr && std::string_view(brand->value) == "avif";
}

int Input::best(AVMediaType kind, int with) const {
  const int i = av_find_best_stream(context_.get(), kind, -1, with, nullptr, 0);
  if (i < 0 || (stream(i).disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) return -1;
  return i;
}

double Input::origin() const {
  const int video = best(AVMEDIA_TYPE_VIDEO);
  const std::optional<double> start =
      video < 0 ? std::nullopt : seconds_of(stream(video).start_time, stream(video).time_base);
  return start.value_or(seconds_of(context_->start_time, AV_TIME_BASE_Q).value_or(0));
}

std::optional<double> Input::seconds(int i) const {
  const AVStream& s = stream(i);
  if (s.duration > 0) return seconds_of(s.duration, s.time_base);
  if (context_->duration <= 0 || context_->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE) {
    return std::nullopt;
  }
  const double start = seconds_of(context_->start_time, AV_TIME_BASE_Q).value_or(0);
  return std::max(0.0, static_cast<double>(context_->duration) / AV_TIME_BASE - (origin() - start));
}

double Input::rate(int i) const {
  const AVStream& s = stream(i);
  const auto value = [](AVRational r) { return r.num > 0 && r.den > 0 ? av_q2d(r) : 0.0; };
  const double average = value(s.avg_frame_rate);
  const double grid = value(s.r_frame_rate);  // on which all time stamps lie
  // A stream that leaves out some frames of a usual rate has that rate, or its pictures would be shifted; but
  // not if the grid is only its clock (a GIF's 100) or its fields (twice the rate).
  constexpr double kMostGrid = 120;
  if (grid > 0 && grid <= kMostGrid && (average == 0 || average > 0.55 * grid)) return grid;
  constexpr double kMost = 1000;
  if (average > 0 && average <= kMost) return average;
  return 25;
}

Look Input::look(int i, const AVFrame* frame) const {
  Look look;
  const int32_t* of_frame = matrix_of(frame);
  look.orientation = orientation_of(of_frame != nullptr ? of_frame : matrix_of(stream(i)));
  const AVRational aspect =
      av_guess_sample_aspect_ratio(context_.get(), &stream(i), const_cast<AVFrame*>(frame));
  if (aspect.num > 0 && aspect.den > 0) look.pixel_aspect = aspect;
  return look;
}

bool Input::read(int i, AVPacket& packet) {
  for (unsigned other = 0; other < context_->nb_streams; ++other) {
    context_->streams[other]->discard = static_cast<int>(other) == i ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
  constexpr int kTries = 100;  // a device may have nothing yet, a damaged file may continue after a gap
  for (int failures = 0; failures < kTries;) {
    av_packet_unref(&packet);
    const int code = av_read_frame(context_.get(), &packet);
    if (code == AVERROR_EOF || code == AVERROR_EXIT) return false;
    if (code < 0) {
      if (context_->pb != nullptr && context_->pb->eof_reached != 0) return false;
      ++failures;
      continue;
    }
    if (packet.stream_index == i) return true;
  }
  return false;
}

bool Input::seek(int i, double time) {
  const AVStream& s = stream(i);
  const int64_t at = std::llround((time + origin()) / av_q2d(s.time_base));
  return avformat_seek_file(context_.get(), i, INT64_MIN, at, at, 0) >= 0;
}

Decoder::Decoder(const Input& input, int i) : name_(input.name()), stream_(i) {
  const AVCodecParameters& parameters = *input.stream(i).codecpar;
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr) {
    throw Error("read", name_,
                fmt::format("this FFmpeg cannot decode {}", avcodec_get_name(parameters.codec_id)));
  }
  if (parameters.codec_type == AVMEDIA_TYPE_VIDEO) check_size({parameters.width, parameters.height}, name_);
  context_.reset(avcodec_alloc_context3(codec));
  if (!context_) throw std::bad_alloc();
  check(avcodec_parameters_to_context(context_.get(), &parameters), "read", name_);
  context_->pkt_timebase = input.stream(i).time_base;
  // With several threads a damaged H.264 file looks different from run to run (threads by frames: one run in
  // a thousand or so on a busy machine), or turns green (by slices: FFmpeg then conceals nothing).
  context_->thread_count = 1;
  context_->max_pixels = static_cast<int64_t>(kLargestSide) * kLargestSide;
  check(avcodec_open2(context_.get(), codec, nullptr), "read", name_);
}

void Decoder::damaged(int code) {
  if (failure_ == 0) failure_ = code;
  if (warned_) return;
  warned_ = true;
  warning(fmt::format("{}: some of it is damaged ({}); continuing with what can be decoded", name_,
                      reason(code)));
}

void Decoder::be_strict() {
  context_->err_recognition |= AV_EF_EXPLODE;
}

void Decoder::flush() {
  avcodec_flush_buffers(context_.get());
  draining_ = false;
}

bool Decoder::read(Input& input, AVFrame& frame) {
  constexpr int kTries = 1000;  // failures in a row that end a stream
  for (int failures = 0; failures < kTries;) {
    const int got = avcodec_receive_frame(context_.get(), &frame);
    if (got >= 0) {
      if (frame.decode_error_flags != 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) != 0)
        damaged(AVERROR_INVALIDDATA);
      frame.pts = frame.best_effort_timestamp;
      return true;
    }
    if (got == AVERROR_EOF) return false;
    int code = got;
    if (got == AVERROR(EAGAIN)) {
      draining_ = draining_ || !input.read(stream_, *packet_);
      code = avcodec_send_packet(context_.get(), draining_ ? nullptr : packet_.get());
      if (draining_ && code == AVERROR_EOF) return false;
    }
    if (code >= 0) {
      failures = 0;
    } else {
      ++failures;
      damaged(code);
    }
  }
  return false;
}

std::string stream_words(const AVStream& s) {
  return fmt::format("{} {}x{}", avcodec_get_name(s.codecpar->codec_id), s.codecpar->width,
                     s.codecpar->height);
}

}  // namespace reverie::ffmpeg
