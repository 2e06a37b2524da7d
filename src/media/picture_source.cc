// Stills, and folders of pictures.
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <span>
#include <utility>

#include "core/error.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/text.h"
#include "media/picture.h"
#include "media/sources.h"

namespace reverie::ffmpeg {
namespace {

namespace fs = std::filesystem;
constexpr double kPictureRate = 30;

Size stored_size(const AVFrame& f) {
  return {f.width, f.height};
}

class StillSource final : public Source {
 public:
  StillSource(Input input, const SourceOptions& options) {
    const Still still = decode_first(input);
    const Size size = wanted_size(options, shown_size(stored_size(*still.frame), still.look), input.name());
    FrameToPlanes convert(size, options.fit, input.name());
    if (options.fill_transparent) convert.fill_transparent();
    convert.convert(*still.frame, still.look, picture_);
    filled_ = convert.filled();
    info_.width = size.width;
    info_.height = size.height;
    info_.fps = options.fps > 0 ? options.fps : kPictureRate;
    info_.description = fmt::format("{}: a picture, {}", input.name(),
                                    stream_words(input.stream(input.best(AVMEDIA_TYPE_VIDEO))));
    info_.still = true;
    set_length(info_, options, std::nullopt, true);
    left_ = info_.frames;
  }

  const SourceInfo& info() const override { return info_; }
  bool filled() const override { return filled_; }

  bool read(Planes& out) override {
    if (left_ && (*left_)-- <= 0) return false;
    out = picture_;
    return true;
  }

 private:
  SourceInfo info_;
  Planes picture_;
  bool filled_ = false;
  std::optional<int64_t> left_;
};

class PicturesSource final : public Source {
 public:
  PicturesSource(const std::string& spec, std::vector<fs::path> paths, const SourceOptions& options)
      : paths_(std::move(paths)), loop_(options.loop) {
    info_.fps = options.fps > 0 ? options.fps : kPictureRate;
    const double first = std::round(options.start * info_.fps);
    if (first >= static_cast<double>(paths_.size())) {
      throw Error("read", spec,
                  fmt::format("it has {} pictures and ends before {} s", paths_.size(), options.start));
    }
    first_ = next_ = static_cast<size_t>(first);
    Input input = Input::open(paths_[first_].string());
    const Still still = decode_first(input);
    const Size size = wanted_size(options, shown_size(stored_size(*still.frame), still.look), spec);
    convert_.emplace(size, options.fit, spec);
    if (options.fill_transparent) convert_->fill_transparent();
    info_.width = size.width;
    info_.height = size.height;
    info_.description =
        fmt::format("{}: {} pictures, the first {}x{}", spec, paths_.size(), size.width, size.height);
    set_length(info_, options, static_cast<int64_t>(paths_.size() - first_), false);
    info_.pass = static_cast<int64_t>(paths_.size() - first_);
    left_ = frame_limit(options, info_.fps);
  }

  const SourceInfo& info() const override { return info_; }
  bool filled() const override { return convert_->filled(); }

  bool can_seek() const override { return true; }
  int64_t place() const override { return static_cast<int64_t>(next_ - first_) - 1; }

  bool seek(int64_t frame) override {
    next_ = first_ + static_cast<size_t>(std::clamp<int64_t>(frame, 0, *info_.pass));
    return true;
  }

  bool read(Planes& out) override {
    if (left_ && (*left_)-- <= 0) return false;
    if (next_ == paths_.size()) {
      if (!loop_) return false;
      next_ = first_;
    }
    Input input = Input::open(paths_[next_].string());
    const Still still = decode_first(input);
    convert_->convert(*still.frame, still.look, out);
    ++next_;
    return true;
  }

 private:
  std::vector<fs::path> paths_;
  bool loop_;
  size_t first_ = 0, next_ = 0;
  SourceInfo info_;
  std::optional<FrameToPlanes> convert_;
  std::optional<int64_t> left_;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Whether name matches a pattern of * (anything), ? (one character) and %d, %04d (digits, at least this
// many).
bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    // A run of stars counts as one; every other star is tried at every position, so names of a few hundred
    // letters are fine
    while (!pattern.empty() && pattern[0] == '*') pattern.remove_prefix(1);
    for (size_t i = 0; i <= name.size(); ++i) {
      if (matches(pattern, name.substr(i))) return true;
    }
    return false;
  }
  if (pattern[0] == '%') {
    size_t width = 0;
    size_t at = 1;
    while (at < pattern.size() && is_digit(pattern[at]) && width < 1000) {
      width = width * 10 + static_cast<size_t>(pattern[at++] - '0');
    }
    if (at < pattern.size() && pattern[at] == 'd') {
      size_t digits = 0;
      while (digits < name.size() && is_digit(name[digits])) ++digits;
      return digits >= std::max<size_t>(width, 1) && matches(pattern.substr(at + 1), name.substr(digits));
    }
  }
  if (name.empty() || (pattern[0] != '?' && pattern[0] != name[0])) return false;
  return matches(pattern.substr(1), name.substr(1));
}

std::vector<fs::path> list_pictures(const fs::path& folder, const std::string& pattern) {
  std::error_code code;
  std::vector<fs::path> paths;
  fs::directory_iterator entries(folder.empty() ? fs::path(".") : folder, code);
  for (; !code && entries != fs::directory_iterator(); entries.increment(code)) {
    const std::string name = entries->path().filename().string();
    // partial pictures are still being written by a sink
    if (name.starts_with('.') || fs::path(name).stem().extension().string().starts_with(".partial-"))
      continue;
    if (pattern.empty() ? !is_picture_name(name) : !matches(pattern, name)) continue;
    if (entries->is_regular_file()) paths.push_back(folder / name);
  }
  if (code) throw Error("read", folder.string(), code.message());
  std::sort(paths.begin(), paths.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return paths;
}

Look look_of(const Input& input, const Decoder& decoder, const AVFrame& frame) {
  Look look = input.look(decoder.stream(), &frame);
  if (look.orientation == Orientation() && decoder.exif())
    look.orientation = orientation_of_exif(*decoder.exif());
  return look;
}

// VP8X, the header of WebP's extended format, has a bit for it.
bool is_animated_webp(const AVPacket& packet) {
  const std::string_view bytes(reinterpret_cast<const char*>(packet.data), static_cast<size_t>(packet.size));
  return bytes.size() > 20 && bytes.substr(8, 8) == "WEBPVP8X" && (bytes[20] & 2) != 0;
}

// The size in the header of a PNG or JPEG.  FFmpeg's decoders refuse a very large one without a word of why.
std::optional<Size> size_in_header(const AVPacket& packet) {
  const std::span<const uint8_t> bytes(packet.data, static_cast<size_t>(packet.size));
  const auto number = [&](size_t at, size_t length) {
    int64_t n = 0;
    for (size_t i = 0; i < length; ++i) n = n << 8 | bytes[at + i];
    return static_cast<int>(std::min<int64_t>(n, INT_MAX));
  };
  if (bytes.size() >= 24 && number(1, 3) == 0x504E47) return Size{number(16, 4), number(20, 4)};
  if (bytes.size() < 4 || number(0, 2) != 0xFFD8) return {};
  for (size_t at = 2; at + 9 <= bytes.size() && bytes[at] == 0xFF;
       at += 2 + static_cast<size_t>(number(at + 2, 2))) {
    // SOF0 to SOF15, but for the tables among them
    const int marker = bytes[at + 1];
    if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC)
      return Size{number(at + 7, 2), number(at + 5, 2)};
  }
  return {};
}

Error cannot_decode(Input& input, int code) {
  const PacketPtr packet = new_packet();
  try {
    input.reopen();
    if (input.read(input.best(AVMEDIA_TYPE_VIDEO), *packet)) {
      if (is_animated_webp(*packet)) {
        return {"read", input.name(), "it is an animated WebP, which this FFmpeg does not support",
                "save it as a GIF or an MP4"};
      }
      const std::optional<Size> size = size_in_header(*packet);
      if (size && (size->width > kLargestSide || size->height > kLargestSide ||
                   av_image_check_size(static_cast<unsigned>(size->width),
                                       static_cast<unsigned>(size->height), 0, nullptr) < 0)) {
        return {"read", input.name(), fmt::format("it is too large, {}x{}", size->width, size->height),
                "make it smaller first"};
      }
    }
  } catch (const Error&) {
    // a pipe
  }
  const std::string what = avcodec_get_name(input.stream(input.best(AVMEDIA_TYPE_VIDEO)).codecpar->codec_id);
  if (code == AVERROR_PATCHWELCOME || code == AVERROR(ENOSYS)) {
    return {"read", input.name(), fmt::format("this FFmpeg does not support this kind of {}", what),
            "save it as an ordinary PNG or JPEG"};
  }
  return {"read", input.name(), "it cannot be decoded" + (code != 0 ? ": " + reason(code) : std::string())};
}

// Whether all bytes of the picture's first plane are these.
bool holds_only(const AVFrame& f, uint8_t byte) {
  const int bytes = av_image_get_linesize(static_cast<AVPixelFormat>(f.format), f.width, 0);
  for (int y = 0; y < f.height; ++y) {
    const uint8_t* row = f.data[0] + static_cast<ptrdiff_t>(y) * f.linesize[0];
    if (!std::all_of(row, row + bytes, [byte](uint8_t b) { return b == byte; })) return false;
  }
  return true;
}

}  // namespace

Still decode_first(Input& input) {
  const int stream = input.best(AVMEDIA_TYPE_VIDEO);
  if (stream < 0) throw Error("read", input.name(), "it is not a picture");
  Still still;
  int failure = 0;
  const auto decode = [&](bool strict, uint8_t fill) {
    Decoder decoder(input, stream);
    decoder.keep_quiet();
    decoder.fill_with(fill);
    // only JPEG: in other formats FFmpeg would reject what is merely unusual (TIFF tags)
    if (strict && decoder.context().codec_id == AV_CODEC_ID_MJPEG) decoder.be_strict();
    still.frame = new_frame();
    const bool good = decoder.read(input, *still.frame);
    failure = decoder.failure();
    if (good) still.look = look_of(input, decoder, *still.frame);
    return good;
  };
  const auto again = [&](bool strict, uint8_t fill) {
    try {
      input.reopen();
    } catch (const Error&) {
      return false;  // a pipe
    }
    return decode(strict, fill);
  };
  constexpr uint8_t kFirstFill = 0, kOtherFill = 0xA5;
  if (!decode(true, kFirstFill)) {
    const Error undecodable = cannot_decode(input, failure);
    if (!again(false, kFirstFill)) throw undecodable;
    warning(input.name() + ": it is damaged or truncated; showing what can be decoded");
  }
  check_size(stored_size(*still.frame), input.name());
  // Some decoders skip what they do not know, and call it a picture
  if (holds_only(*still.frame, kFirstFill) && again(false, kOtherFill) &&
      holds_only(*still.frame, kOtherFill))
    throw cannot_decode(input, AVERROR_PATCHWELCOME);
  return still;
}

bool is_picture_pattern(const std::string& spec) {
  const std::string name = fs::path(spec).filename().string();
  if (name.find_first_of("*?") != std::string::npos) return true;
  const size_t percent = name.find('%');
  if (percent == std::string::npos) return false;
  const size_t end = name.find_first_not_of("0123456789", percent + 1);
  return end != std::string::npos && name[end] == 'd';
}

std::unique_ptr<Source> open_still(Input input, const SourceOptions& options) {
  return std::make_unique<StillSource>(std::move(input), options);
}

std::unique_ptr<Source> open_pictures(const std::string& spec, const SourceOptions& options) {
  std::error_code code;
  const bool folder = fs::is_directory(spec, code);
  const fs::path path(spec);
  std::vector<fs::path> paths =
      folder ? list_pictures(path, "") : list_pictures(path.parent_path(), path.filename().string());
  if (paths.empty()) {
    throw Error("read", spec,
                folder ? "there are no pictures in this folder" : "no picture matches this name");
  }
  return std::make_unique<PicturesSource>(spec, std::move(paths), options);
}

}  // namespace reverie::ffmpeg
