#include "media/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "core/error.h"
#include "core/text.h"
#include "media/convert.h"
#include "media/custom_io.h"
#include "media/input.h"
#include "media/sink.h"

namespace reverie::ffmpeg {
namespace {

namespace fs = std::filesystem;

const std::vector<AVCodecID> kAnySound = {
    AV_CODEC_ID_AAC,    AV_CODEC_ID_MP3,  AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3, AV_CODEC_ID_OPUS,
    AV_CODEC_ID_VORBIS, AV_CODEC_ID_FLAC, AV_CODEC_ID_MP2, AV_CODEC_ID_ALAC, AV_CODEC_ID_PCM_S16LE};
const std::vector<AVCodecID> kMp4Sound = {AV_CODEC_ID_AAC, AV_CODEC_ID_MP3, AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3,
                                          AV_CODEC_ID_ALAC};

// One palette per frame, so that memory stays bounded and colours may change completely; the ordered dither
// stays in place from frame to frame.
constexpr const char* kPalette =
    "split [a][b]; [a] palettegen=stats_mode=single [p]; [b][p] paletteuse=new=1:dither=bayer:bayer_scale=4";

// Players take delays below 2 hundredths of a second for a mistake, and show 10 pictures a second.
constexpr double kMostGif = 50;

// Whether players are told the matrix and range of this codec in this container.
bool tags_colour(const std::string& muxer, AVCodecID codec) {
  constexpr std::array kCodecs = {AV_CODEC_ID_H264, AV_CODEC_ID_HEVC,   AV_CODEC_ID_VP9,
                                  AV_CODEC_ID_AV1,  AV_CODEC_ID_PRORES, AV_CODEC_ID_MPEG2VIDEO};
  constexpr std::array<std::string_view, 5> kMuxers = {"mp4", "mov", "matroska", "webm", "ipod"};
  return std::find(kCodecs.begin(), kCodecs.end(), codec) != kCodecs.end() ||
         std::find(kMuxers.begin(), kMuxers.end(), muxer) != kMuxers.end();
}

// The position of %d or %05d in a file name: its begin, its end and its width.
struct Number {
  size_t begin = std::string::npos, end = 0, width = 0;
};
Number find_number(const std::string& pattern) {
  const size_t name = pattern.find_last_of('/') == std::string::npos ? 0 : pattern.find_last_of('/') + 1;
  Number n;
  const size_t percent = pattern.find('%', name);
  if (percent == std::string::npos) return n;
  const size_t d = pattern.find_first_not_of("0123456789", percent + 1);
  if (d == std::string::npos || pattern[d] != 'd' || d - percent > 3) return n;
  n.begin = percent;
  n.end = d + 1;
  for (size_t i = percent + 1; i < d; ++i) n.width = n.width * 10 + static_cast<size_t>(pattern[i] - '0');
  return n;
}

// Not one of the extensions: any muxer, with H.264 where that is usual.
Container container_of_muxer(const std::string& muxer, const std::string& url, const std::string& target) {
  const AVOutputFormat* format = av_guess_format(muxer.c_str(), nullptr, nullptr);
  if (format == nullptr) throw Error("write", target, "this FFmpeg has no muxer " + muxer);
  Container c;
  c.muxer = muxer;
  c.copied = kAnySound;
  c.sound = format->audio_codec;
  const auto& known = containers();
  const auto gif =
      std::find_if(known.begin(), known.end(), [](const Container& k) { return k.muxer == "gif"; });
  if (muxer == gif->muxer) return *gif;  // its colours come from a palette
  const AVCodec* codec = nullptr;
  if (muxer == "flv" || muxer == "mpegts" || muxer == "rtsp" || format->video_codec == AV_CODEC_ID_H264) {
    codec = avcodec_find_encoder(AV_CODEC_ID_H264);
    c.sound = AV_CODEC_ID_AAC;
  } else {
    codec = avcodec_find_encoder(av_guess_codec(format, nullptr, url.c_str(), nullptr, AVMEDIA_TYPE_VIDEO));
  }
  if (codec == nullptr || codec->type != AVMEDIA_TYPE_VIDEO) {
    throw Error("write", target, "the muxer " + muxer + " takes no video that this FFmpeg can encode");
  }
  c.encoder = codec->name;
  c.tags_colour = tags_colour(muxer, codec->id);
  c.words = codec->name;
  // 4:2:0, which receivers expect, if the encoder takes it; else the first of its formats that the scaler can
  // produce
  c.format = codec->id == AV_CODEC_ID_MJPEG ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
  const std::vector<AVPixelFormat> formats = pixel_formats(*codec);
  if (formats.empty() || std::find(formats.begin(), formats.end(), c.format) != formats.end()) return c;
  const auto can = std::find_if(formats.begin(), formats.end(), &PlanesToFrame::can_make);
  if (can != formats.end()) c.format = *can;
  return c;
}

// Whether the target is written under a temporary name, or is a pipe, or neither.
void find_out_what(Target& t) {
  const AVOutputFormat* format = av_guess_format(t.container.muxer.c_str(), nullptr, nullptr);
  const bool device = format == nullptr || (format->flags & AVFMT_NOFILE) != 0;
  if (!device && t.url != kStandard) {
    if (const std::optional<std::string> path = path_of(t.url)) t.url = *path;
  }
  std::error_code code;
  const bool address = is_url(t.url) || t.url.starts_with("pipe:") || t.url.starts_with("fd:");
  const bool standard = t.url == kStandard;
  t.pipe = !device && (standard ? !fs::is_regular_file("/dev/stdout", code) : is_pipe(t.url));
  if (standard && !t.pipe) t.url = "pipe:1";  // a file that the shell opened, from its present place on
  t.file = !device && !address && !standard && !t.pipe && !t.url.starts_with("/dev/");
  t.live = !t.file;
}

Target stream_target(const std::string& scheme, const std::string& target) {
  std::string muxer;
  if (scheme.starts_with("rtmp")) muxer = "flv";
  if (scheme == "rtsp") muxer = "rtsp";
  if (scheme == "udp" || scheme == "srt" || scheme == "tcp") muxer = "mpegts";
  if (muxer.empty()) {
    throw Error("write", target, "it does not say what format to send",
                "put the muxer first, as in mpegts:" + target);
  }
  Target t;
  t.kind = Target::Kind::kVideo;
  t.url = target;
  t.live = true;
  t.container = container_of_muxer(muxer, target, target);
  return t;
}

Target file_target(Target::Kind kind, std::string path) {
  Target t;
  t.kind = kind;
  t.url = std::move(path);
  t.file = true;
  return t;
}

}  // namespace

const std::vector<Container>& containers() {
  static const std::vector<Container> all = {
      {".mp4", "mp4", "H.264", "libx264", AV_PIX_FMT_YUV420P, kMp4Sound, AV_CODEC_ID_AAC, ""},
      {".m4v", "mp4", "H.264", "libx264", AV_PIX_FMT_YUV420P, kMp4Sound, AV_CODEC_ID_AAC, ""},
      {".mov", "mov", "H.264", "libx264", AV_PIX_FMT_YUV420P, kMp4Sound, AV_CODEC_ID_AAC, ""},
      {".webm",
       "webm",
       "VP9",
       "libvpx-vp9",
       AV_PIX_FMT_YUV420P,
       {AV_CODEC_ID_VORBIS, AV_CODEC_ID_OPUS},
       AV_CODEC_ID_OPUS,
       ""},
      {".mkv", "matroska", "lossless FFV1", "ffv1", AV_PIX_FMT_BGR0, kAnySound, AV_CODEC_ID_FLAC, ""},
      {".gif", "gif", "GIF", "gif", AV_PIX_FMT_GBRP, {}, AV_CODEC_ID_NONE, kPalette, kMostGif},
  };
  return all;
}

Target parse_target(const std::string& spec) {
  prepare();
  const std::string target = spec.starts_with("file:") ? path_of(spec).value_or(spec) : spec;
  if (target == "null:") return {};
  constexpr std::string_view kPipewire = "pipewire:";
  if (target.starts_with(kPipewire)) {
    Target t;
    t.kind = Target::Kind::kPipewire;
    t.url = target.substr(kPipewire.size());
    t.live = true;
    return t;
  }
  const size_t colon = target.find(':');
  if (colon != std::string::npos && colon > 1) {
    const std::string head = target.substr(0, colon);
    const std::string rest = target.substr(colon + 1);
    if (rest.starts_with("//")) return stream_target(head, target);
    if (av_guess_format(head.c_str(), nullptr, nullptr) != nullptr) {
      Target t;
      t.kind = Target::Kind::kVideo;
      t.url = rest;
      t.container = container_of_muxer(head, rest, target);
      find_out_what(t);
      return t;
    }
  }
  std::error_code code;
  if (target.ends_with('/') || fs::is_directory(target, code)) {
    return file_target(Target::Kind::kPictures, (fs::path(target) / "%05d.png").string());
  }
  const std::string ending = lower(fs::path(target).extension().string());
  if (ending == ".png" || ending == ".jpg" || ending == ".jpeg") {
    const bool many = find_number(target).begin != std::string::npos;
    return file_target(many ? Target::Kind::kPictures : Target::Kind::kPicture, target);
  }
  for (const Container& c : containers()) {
    if (c.ending != ending) continue;
    Target t = file_target(Target::Kind::kVideo, target);
    t.container = c;
    find_out_what(t);
    return t;
  }
  if (target == "-")
    throw Error("write", "to standard output", "it has no extension that names a format",
                "use matroska:- or mpegts:-");
  throw Error("write", target,
              ending.empty()
                  ? "its name has no extension"
                  : "the extension " + ending + " is unknown" + did_you_mean(ending, sink_endings()),
              "use one of " + join(sink_endings(), " ") + ", a folder/, or FORMAT:URL");
}

bool numbers(const std::string& pattern, const std::string& name) {
  const Number n = find_number(pattern);
  if (n.begin == std::string::npos) return false;
  const size_t folder = pattern.find_last_of('/') == std::string::npos ? 0 : pattern.find_last_of('/') + 1;
  const std::string before = pattern.substr(folder, n.begin - folder), after = pattern.substr(n.end);
  if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after))
    return false;
  const std::string digits = name.substr(before.size(), name.size() - before.size() - after.size());
  return digits.size() >= n.width && digits.find_first_not_of("0123456789") == std::string::npos;
}

std::string local_name(const std::string& url) {
  for (const std::string_view scheme : {"pipe:", "fd:"}) {
    if (url.starts_with(scheme)) return "/dev/fd/" + url.substr(scheme.size());
  }
  return url;
}

std::string numbered(const std::string& pattern, int64_t number) {
  const Number n = find_number(pattern);
  if (n.begin == std::string::npos) return pattern;
  return pattern.substr(0, n.begin) + fmt::format("{:0{}d}", number, std::max<size_t>(n.width, 1)) +
         pattern.substr(n.end);
}

}  // namespace reverie::ffmpeg
