#include "media/probe.h"

#include "core/text.h"
#include "media/input.h"

namespace reverie {
namespace {

using ffmpeg::Input;

std::map<std::string, std::string> metadata_of(const AVDictionary* dictionary) {
  std::map<std::string, std::string> found;
  const AVDictionaryEntry* entry = nullptr;
  while ((entry = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX)) != nullptr) {
    found[lower(entry->key)] = entry->value;
  }
  return found;
}

StreamInfo::Kind kind_of(const AVStream& s) {
  switch (s.codecpar->codec_type) {
    case AVMEDIA_TYPE_VIDEO:
      return StreamInfo::Kind::kVideo;
    case AVMEDIA_TYPE_AUDIO:
      return StreamInfo::Kind::kSound;
    case AVMEDIA_TYPE_SUBTITLE:
      return StreamInfo::Kind::kSubtitle;
    default:
      return StreamInfo::Kind::kOther;
  }
}

StreamInfo stream_info(const Input& input, int i) {
  const AVStream& s = input.stream(i);
  const AVCodecParameters& p = *s.codecpar;
  StreamInfo info;
  info.kind = kind_of(s);
  info.codec = avcodec_get_name(p.codec_id);
  const AVDictionaryEntry* language = av_dict_get(s.metadata, "language", nullptr, 0);
  if (language != nullptr && std::string(language->value) != "und") info.language = language->value;
  info.seconds = input.seconds(i);
  if (s.nb_frames > 0) info.frames = s.nb_frames;
  if (info.kind == StreamInfo::Kind::kVideo) {
    info.width = p.width;
    info.height = p.height;
    const ffmpeg::Size shown = ffmpeg::shown_size({p.width, p.height}, input.look(i));
    info.shown_width = shown.width;
    info.shown_height = shown.height;
    info.fps = input.rate(i);
    const char* format = av_get_pix_fmt_name(static_cast<AVPixelFormat>(p.format));
    if (format != nullptr) info.pixel_format = format;
  } else if (info.kind == StreamInfo::Kind::kSound) {
    info.sample_rate = p.sample_rate;
    info.channels = p.ch_layout.nb_channels;
  }
  return info;
}

}  // namespace

MediaInfo probe(const std::string& path) {
  const Input input = Input::open(path);
  const AVFormatContext& c = input.context();
  MediaInfo info;
  info.container = input.format();
  info.picture = input.is_picture();
  if (c.duration > 0 && !info.picture) info.seconds = static_cast<double>(c.duration) / AV_TIME_BASE;
  if (c.start_time != AV_NOPTS_VALUE) info.start = static_cast<double>(c.start_time) / AV_TIME_BASE;
  info.metadata = metadata_of(c.metadata);
  const int video = input.best(AVMEDIA_TYPE_VIDEO);
  const int sound = input.best(AVMEDIA_TYPE_AUDIO, video);
  for (int i = 0; i < static_cast<int>(c.nb_streams); ++i) {
    info.streams.push_back(stream_info(input, i));
    info.streams.back().best = i == video || i == sound;
  }
  return info;
}

}  // namespace reverie
