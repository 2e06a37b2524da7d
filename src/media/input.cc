#include "media/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string_view>

#include "core/error.h"
#include "core/exif.h"
#include "core/file_kind.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/text.h"
#include "media/camera.h"
#include "media/sources.h"

namespace reverie::ffmpeg {
namespace {

bool has_prefix(const std::string& s, std::string_view scheme) {
  return s.starts_with(scheme);
}

// What comes from an address is live where it neither can be sought in nor says how long it is.
bool is_endless(const AVFormatContext& context) {
  if (context.duration != AV_NOPTS_VALUE && context.duration > 0) return false;
  if (context.pb == nullptr)
    return (context.ctx_flags & AVFMTCTX_UNSEEKABLE) != 0;  // a playlist that goes on
  return (context.pb->seekable & AVIO_SEEKABLE_NORMAL) == 0 && avio_size(context.pb) <= 0;
}

constexpr double kScreenRate = 30;

bool is_broadcast(const std::string& url) {
  constexpr std::array<std::string_view, 7> kSchemes = {
      "rtmp", "rtsp:", "rtsps:", "udp:", "rtp:", "srt:", "tcp:"};
  return std::any_of(kSchemes.begin(), kSchemes.end(),
                     [&](std::string_view s) { return has_prefix(url, s); });
}

// waits: for a network or a device; files never wait.
std::shared_ptr<Demuxer> open_demuxer(const std::string& url, const AVInputFormat* format, Options& options,
                                      bool waits, const std::string& name,
                                      std::unique_ptr<CustomIo> bytes = nullptr) {
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) throw std::bad_alloc();
  if (waits) context->interrupt_callback = reading_interrupt();
  if (bytes) context->pb = bytes->context();
  options.set("pattern_type", "none");  // of image2: % and * in the name of a picture mean themselves
  // On failure FFmpeg frees the context itself
  const int code = avformat_open_input(&context, url.c_str(), format, options.get());
  check(code, "read", name,
        code == AVERROR_INVALIDDATA ? "it is not a media file, or part of it is missing" : "");
  InputPtr input(context);
  check(avformat_find_stream_info(context, nullptr), "read", name);
  return std::make_shared<Demuxer>(std::move(input), std::move(bytes));
}

std::string percent_decoded(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    const char* digits = text.data() + i + 1;
    const bool coded = text[i] == '%' && i + 2 < text.size() &&
                       std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2;
    out += coded ? static_cast<char>(code) : text[i];
    if (coded) i += 2;
  }
  return out;
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

// Side data of a stream as an array of at least `count` T; nullptr if there is none.
template <class T>
const T* side_data(const AVStream& s, AVPacketSideDataType type, size_t count = 1) {
#if LIBAVCODEC_VERSION_MAJOR >= 61
  const AVPacketSideData* found =
      av_packet_side_data_get(s.codecpar->coded_side_data, s.codecpar->nb_coded_side_data, type);
  const uint8_t* data = found == nullptr ? nullptr : found->data;
  const size_t size = found == nullptr ? 0 : found->size;
#else
  size_t size = 0;
  const uint8_t* data = av_stream_get_side_data(&s, type, &size);
#endif
  return data == nullptr || size < count * sizeof(T) ? nullptr : reinterpret_cast<const T*>(data);
}

const int32_t* matrix_of(const AVStream& s) {
  return side_data<int32_t>(s, AV_PKT_DATA_DISPLAYMATRIX, 9);
}

const int32_t* matrix_of(const AVFrame* f) {
  const AVFrameSideData* data =
      f == nullptr ? nullptr : av_frame_get_side_data(f, AV_FRAME_DATA_DISPLAYMATRIX);
  return data == nullptr || data->size < 9 * sizeof(int32_t) ? nullptr
                                                             : reinterpret_cast<int32_t*>(data->data);
}

// Formats whose numbers are light itself, not codes for a screen.
bool is_linear(AVCodecID id) {
  constexpr std::array<std::string_view, 4> kNames = {"exr", "pfm", "phm",
                                                      "hdr"};  // by name: not in every FFmpeg
  return std::find(kNames.begin(), kNames.end(), avcodec_get_name(id)) != kNames.end();
}

// Those whose orientation FFmpeg does not read.
bool has_exif(AVCodecID id) {
  return id == AV_CODEC_ID_PNG || id == AV_CODEC_ID_WEBP || id == AV_CODEC_ID_TIFF;
}

// Formats in which alpha is written on purpose.
bool has_real_alpha(AVCodecID id) {
  constexpr std::array kReal = {
      AV_CODEC_ID_PNG,    AV_CODEC_ID_APNG,  AV_CODEC_ID_GIF,    AV_CODEC_ID_WEBP, AV_CODEC_ID_VP8,
      AV_CODEC_ID_VP9,    AV_CODEC_ID_AV1,   AV_CODEC_ID_PRORES, AV_CODEC_ID_EXR,  AV_CODEC_ID_JPEG2000,
      AV_CODEC_ID_JPEGXL, AV_CODEC_ID_QTRLE, AV_CODEC_ID_CFHD,   AV_CODEC_ID_HAP,  AV_CODEC_ID_DXV};
  return std::find(kReal.begin(), kReal.end(), id) != kReal.end();
}

// The brightest light in cd/m2 according to a light level or else to the screen it was mastered on.
double peak_of(const AVContentLightMetadata* content, const AVMasteringDisplayMetadata* screen) {
  if (content != nullptr && content->MaxCLL > 0) return content->MaxCLL;
  if (screen != nullptr && screen->has_luminance != 0 && screen->max_luminance.den > 0)
    return av_q2d(screen->max_luminance);
  return 0;
}

template <class T>
const T* as(const AVFrameSideData* data) {
  return data == nullptr || data->size < sizeof(T) ? nullptr : reinterpret_cast<const T*>(data->data);
}

double peak_of(const AVFrame& f) {
  return peak_of(
      as<AVContentLightMetadata>(av_frame_get_side_data(&f, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL)),
      as<AVMasteringDisplayMetadata>(av_frame_get_side_data(&f, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA)));
}

double peak_of(const AVStream& s) {
  return peak_of(side_data<AVContentLightMetadata>(s, AV_PKT_DATA_CONTENT_LIGHT_LEVEL),
                 side_data<AVMasteringDisplayMetadata>(s, AV_PKT_DATA_MASTERING_DISPLAY_METADATA));
}

// Packets that only help to decode others have no moment of their own.
bool shows_picture(const AVPacket& packet, AVCodecID codec) {
  if (packet.size == 0 || (packet.flags & AV_PKT_FLAG_DISCARD) != 0) return false;
  constexpr unsigned kShown = 0x10;  // of the first byte of a VP8 frame (RFC 6386, 9.1)
  return codec != AV_CODEC_ID_VP8 || (packet.data[0] & kShown) != 0;
}

std::optional<double> seconds_of(int64_t time, AVRational base) {
  if (time == AV_NOPTS_VALUE) return std::nullopt;
  return static_cast<double>(time) * av_q2d(base);
}

}  // namespace

// Where FFmpeg failed: what is no media at all is named as what it is, and so are kinds of pictures that this
// FFmpeg may not know.
void refuse_other_kinds(const FileKind& kind, const std::string& name) {
  if (kind.type == FileType::kPicture) {
    throw Error("read", name,
                fmt::format("it is {}, damaged or of a kind that this FFmpeg does not know", kind.what),
                "save it as PNG or JPEG");
  }
  const bool media =
      kind.type == FileType::kPicture || kind.type == FileType::kVideo || kind.type == FileType::kSound;
  if (media || kind.use.empty()) return;
  throw Error("read", name, fmt::format("it is {}", kind.what), std::string(kind.use));
}

bool is_url(const std::string& spec) {
  return spec.find("://") != std::string::npos && !path_of(spec);
}

std::optional<std::string> path_of(const std::string& spec) {
  constexpr std::string_view kScheme = "file:";
  std::error_code code;
  if (std::filesystem::exists(spec, code)) return spec;
  if (spec == kStandard) return "/dev/stdin";
  if (!spec.starts_with(kScheme)) {
    if (spec.find("://") != std::string::npos) return std::nullopt;
    return spec;
  }
  std::string path = spec.substr(kScheme.size());
  if (path.starts_with("//")) {  // file://HOST/path, of this computer
    const size_t slash = path.find('/', 2);
    path = slash == std::string::npos ? "" : path.substr(slash);
  }
  // RFC 8089 writes bytes as %20; FFmpeg does not
  return std::filesystem::exists(path, code) || is_picture_pattern(path) ? path : percent_decoded(path);
}

Input Input::open(const std::string& spec) {
  prepare();
  Options options;
  const std::optional<std::string> path = path_of(spec);
  if (!path) {
    // what another computer sends must not open files of this one
    options.set("protocol_blacklist", "file,pipe,fd,concat,concatf,subfile,unix");
    options.set("rw_timeout", "15000000");  // microseconds
    std::shared_ptr<Demuxer> demuxer = open_demuxer(spec, nullptr, options, true, spec);
    const bool live = is_broadcast(spec) || is_endless(demuxer->context());
    return {std::move(demuxer), spec, live ? Kind::kLive : Kind::kAddress};
  }
  options.set("protocol_whitelist", "file");
  if (is_pipe(*path)) {
    std::unique_ptr<CustomIo> pipe = open_pipe(spec == kStandard ? spec : *path, false);
    const std::string name = spec == kStandard ? "standard input" : spec;
    return {open_demuxer("", nullptr, options, true, name, std::move(pipe)), name, Kind::kPipe};
  }
  check_file(*path);
  try {
    return {open_demuxer("file:" + *path, nullptr, options, false, spec), spec, Kind::kFile};
  } catch (const Error&) {
    refuse_other_kinds(kind_of(std::filesystem::path(*path)), spec);
    throw;
  }
}

Input Input::open_memory(std::span<const uint8_t> bytes, const std::string& name) {
  prepare();
  if (bytes.empty()) throw Error("read", name, "it is empty");
  Options options;
  options.set("protocol_whitelist", "");
  try {
    // the extension helps to detect the format, as with a file
    Input input(open_demuxer(name, nullptr, options, false, name, open_memory_io(bytes)), name,
                Kind::kMemory);
    input.memory_ = bytes;
    return input;
  } catch (const Error&) {
    refuse_other_kinds(kind_of(bytes, name), name);
    throw;
  }
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
      return {open_demuxer(address.url, format, options, true, name), name, Kind::kLive};
    } catch (const Error&) {
      // If a camera does not offer this size or rate, try without; the frames are fitted anyway
      if (!wishes) throw;
    }
  }
  throw Error("open", name, "it does not respond");
}

Input Input::open_screen(const std::string& region, double fps) {
  prepare();
  const std::string name = "screen:" + region;
  const ScreenAddress address = screen_address(region);
  const AVInputFormat* format = av_find_input_format(address.format.c_str());
  if (format == nullptr) throw Error("open", name, "this FFmpeg takes no pictures of screens");
  Options options;
  options.set("framerate", fmt::format("{}", fps > 0 ? fps : kScreenRate));
  options.set("draw_mouse", "0");
  if (!address.size.empty()) options.set("video_size", address.size);
  return {open_demuxer(address.url, format, options, true, name), name, Kind::kLive};
}

void Input::reopen() {
  if (kind_ == Kind::kPipe) throw Error("read", name_, "it can be read only once, from front to back");
  const std::string name = name_;
  const bool seekable = seekable_;
  const std::span<const uint8_t> bytes = memory_;
  *this = kind_ == Kind::kMemory ? open_memory(bytes, name) : open(name);
  seekable_ = seekable;
}

Input Input::also(int i) const {
  Input other(demuxer_, name_, kind_);
  other.queue_ = demuxer_->add_queue(i, queue_.get());
  return other;
}

bool Input::is_picture() const {
  const std::string f = format();
  if (f.ends_with("_pipe") || f == "image2") return true;
  if (f == "gif") {
    const int i = best(AVMEDIA_TYPE_VIDEO);
    return i >= 0 && stream(i).nb_frames == 1;
  }
  const AVDictionaryEntry* brand = av_dict_get(context().metadata, "major_brand", nullptr, 0);
  return brand != nullptr && std::string_view(brand->value) == "avif";
}

int Input::best(AVMediaType kind, int with) const {
  const int i = av_find_best_stream(&context(), kind, -1, with, nullptr, 0);
  if (i < 0 || (stream(i).disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) return -1;
  return i;
}

double Input::origin() const {
  const int video = best(AVMEDIA_TYPE_VIDEO);
  const std::optional<double> start =
      video < 0 ? std::nullopt : seconds_of(stream(video).start_time, stream(video).time_base);
  return start.value_or(seconds_of(context().start_time, AV_TIME_BASE_Q).value_or(0));
}

std::optional<double> Input::seconds(int i) const {
  const AVStream& s = stream(i);
  if (s.duration > 0) return seconds_of(s.duration, s.time_base);
  if (context().duration <= 0 || context().duration_estimation_method == AVFMT_DURATION_FROM_BITRATE) {
    return std::nullopt;
  }
  const double start = seconds_of(context().start_time, AV_TIME_BASE_Q).value_or(0);
  return std::max(0.0, static_cast<double>(context().duration) / AV_TIME_BASE - (origin() - start));
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
  const AVRational aspect = av_guess_sample_aspect_ratio(&context(), &stream(i), const_cast<AVFrame*>(frame));
  if (aspect.num > 0 && aspect.den > 0) look.pixel_aspect = aspect;
  const AVCodecParameters& codec = *stream(i).codecpar;
  look.premultiplied = codec.codec_id == AV_CODEC_ID_EXR;
  look.alpha_may_be_unused = !has_real_alpha(codec.codec_id);
  look.colour = {codec.color_trc, codec.color_primaries, peak_of(stream(i))};
  if (frame != nullptr) {
    if (frame->color_trc != AVCOL_TRC_UNSPECIFIED) look.colour.transfer = frame->color_trc;
    if (frame->color_primaries != AVCOL_PRI_UNSPECIFIED) look.colour.primaries = frame->color_primaries;
    if (const double peak = peak_of(*frame); peak > 0) look.colour.peak = peak;
  }
  if (look.colour.transfer == AVCOL_TRC_UNSPECIFIED && is_linear(codec.codec_id))
    look.colour.transfer = AVCOL_TRC_LINEAR;
  return look;
}

bool Input::read(int i, AVPacket& packet) {
  if (once() && !queue_) queue_ = demuxer_->add_queue(i);
  return demuxer_->read(i, queue_.get(), packet);
}

std::optional<Timing> Input::timing(int i, bool all) {
  if (kind_ != Kind::kFile) return std::nullopt;
  constexpr int64_t kBytes = int64_t{256} << 20U;  // a moment's reading; a film's rate shows long before
  const AVStream& s = stream(i);
  const double base = av_q2d(s.time_base);
  const double start = origin();
  Timing timing;
  timing.whole = true;
  std::vector<double> decoding;
  size_t pictures = 0;
  const PacketPtr packet = new_packet();
  for (int64_t bytes = 0; read(i, *packet); bytes += packet->size) {
    if ((bytes > kBytes && !all) || stop_requested()) {
      timing.whole = false;
      break;
    }
    if (!shows_picture(*packet, s.codecpar->codec_id)) continue;
    const double lasts = static_cast<double>(packet->duration) * base;
    const auto add = [&](int64_t time, std::vector<double>& times) {
      if (time == AV_NOPTS_VALUE) return;
      times.push_back(static_cast<double>(time) * base - start);
      timing.end = std::max(timing.end, times.back() + lasts);
    };
    ++pictures;
    add(packet->pts, timing.times);
    add(packet->dts, decoding);
  }
  // Where some have no time of their own, the order of decoding will do
  if (timing.times.size() < pictures) timing.times = decoding;
  if (timing.times.size() < pictures) timing.times.clear();
  std::sort(timing.times.begin(), timing.times.end());
  timing.jumps = demuxer_->jumped();
  reopen();
  seekable_ = !timing.jumps;
  return timing;
}

bool Input::seek(int i, double time) {
  if (!seekable_ || once()) return false;
  const AVStream& s = stream(i);
  const int64_t at = std::llround((time + origin()) / av_q2d(s.time_base));
  demuxer_->begin_clock();
  return avformat_seek_file(&context(), i, INT64_MIN, at, at, 0) >= 0;
}

Decoder::Decoder(const Input& input, int i) : name_(input.name()), stream_(i) {
  const AVCodecParameters& parameters = *input.stream(i).codecpar;
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr) {
    throw Error("read", name_,
                fmt::format("this FFmpeg cannot decode {}", avcodec_get_name(parameters.codec_id)));
  }
  // 0x0: nothing of it could be decoded so far, which will show why
  if (parameters.width != 0 || parameters.height != 0)
    check_size({parameters.width, parameters.height}, name_);
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

void Decoder::fill_with(uint8_t byte) {
  fill_ = byte;
  context_->opaque = &fill_;
  context_->get_buffer2 = [](AVCodecContext* c, AVFrame* f, int flags) {
    const int code = avcodec_default_get_buffer2(c, f, flags);
    if (code < 0) return code;
    for (AVBufferRef* b : f->buf) {
      if (b != nullptr) std::fill_n(b->data, b->size, *static_cast<const uint8_t*>(c->opaque));
    }
    return code;
  };
}

void Decoder::be_strict() {
  context_->err_recognition |= AV_EF_EXPLODE;
}

void Decoder::flush() {
  avcodec_flush_buffers(context_.get());
  draining_ = waits_ = false;
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
      if (waits_ && !draining_ && (packet_->flags & AV_PKT_FLAG_KEY) == 0) continue;
      waits_ = false;
      if (!draining_ && has_exif(context_->codec_id))
        exif_ = exif_orientation({packet_->data, static_cast<size_t>(packet_->size)});
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
