#include "media/sink.h"

#include "media/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "core/file.h"
#include "core/limits.h"
#include "core/log.h"
#include "media/encoder.h"
#include "media/kept_frames.h"
#include "media/output.h"
#include "media/picture.h"
#include "media/pipewire.h"
#include "media/sound.h"
#include "media/source.h"
#include "media/target.h"

namespace reverie {
namespace {

using ffmpeg::Target;

constexpr uint64_t kLargestPicture = 1U << 30U;  // bytes

// Video files, devices and streams.
class VideoSink final : public Sink {
 public:
  VideoSink(const std::string& name, const Target& target, const SinkOptions& options)
      : name_(name),
        fps_(options.fps),
        share_(written_fps(target, options) / options.fps),
        output_(target, name),
        encoder_(for_output(encoder_options(target, options)), name),
        sound_(nullptr),
        stream_(output_.add(encoder_.context())) {
    sound_ = ffmpeg::SoundTrack::open(options, target.container, output_);
    output_.begin({{"comment", options.comment}, {"title", options.title}}, options.durable);
    description_ = fmt::format("{}: {} {}x{} at {:.4g} fps", name, target.container.words, options.width,
                               options.height, written_fps(target, options));
    if (share_ < 1) {
      note(fmt::format(
          "{}: players show at most {:.4g} pictures a second of a {}; it gets that many of {:.4g}", name,
          written_fps(target, options), target.container.words, options.fps));
    }
    if (sound_) description_ += ", sound " + sound_->words();
  }

  void write_sound(std::span<const float> samples) override {
    if (sound_) sound_->take(samples);
  }

  void write(const Planes& picture) override { put(picture); }
  void write(ffmpeg::FramePtr frame) { put(std::move(frame)); }

  void hold(int64_t frames) override {
    if (count_ == 0) return;
    count_ += frames;
    const int64_t more = std::max<int64_t>(wanted(count_) - encoded_, 0);
    encoder_.hold(more);
    encoded_ += more;
  }

  void finish() override {
    if (count_ == 0) throw Error("write", name_, "there are no pictures to write");
    encoder_.finish();
    write_packets();
    if (sound_) sound_->finish(time());
    output_.finish();
  }

  std::string salvage() override { return count_ == 0 ? "" : output_.salvage(); }

  std::string description() const override { return description_; }

  static ffmpeg::EncoderOptions encoder_options(const Target& target, const SinkOptions& options) {
    ffmpeg::EncoderOptions o;
    o.name = target.container.encoder;
    o.size = {options.width, options.height};
    o.format = target.container.format;
    o.filter = target.container.filter;
    o.told = target.container.tags_colour;
    o.fps = written_fps(target, options);
    o.quality = options.quality;
    o.live = target.live;
    o.durable = options.durable;
    return o;
  }

 private:
  static double written_fps(const Target& target, const SinkOptions& options) {
    const double most = target.container.highest_fps;
    return most > 0 ? std::min(most, options.fps) : options.fps;
  }

  // The place of a picture among those that are encoded.
  int64_t wanted(int64_t picture) const {
    return share_ < 1 ? static_cast<int64_t>(std::floor(static_cast<double>(picture) * share_ + 1e-9))
                      : picture;
  }

  ffmpeg::EncoderOptions for_output(ffmpeg::EncoderOptions options) const {
    options.global_header = output_.wants_global_header();
    return options;
  }

  template <class Picture>
  void put(Picture&& picture) {
    if (wanted(count_) >= encoded_) {
      encoder_.write(std::forward<Picture>(picture));
      ++encoded_;
    }
    ++count_;
    write_packets();
    if (sound_) sound_->write_until(time());
  }

  double time() const { return static_cast<double>(count_) / fps_; }

  void write_packets() {
    while (encoder_.read(*packet_)) output_.write(*packet_, stream_, encoder_.context().time_base);
  }

  std::string name_;
  double fps_;
  double share_;  // of the pictures that is encoded
  ffmpeg::Output output_;
  ffmpeg::VideoEncoder encoder_;
  std::unique_ptr<ffmpeg::SoundTrack> sound_;
  int stream_;
  ffmpeg::PacketPtr packet_ = ffmpeg::new_packet();
  int64_t count_ = 0, encoded_ = 0;
  std::string description_;
};

// A video that a later process can go on with: its frames wait, without loss, and finish() encodes them all
// at once, so that they become the very file that they would have become at once.
class KeptVideoSink final : public Sink {
 public:
  KeptVideoSink(std::string name, Target target, SinkOptions options)
      : name_(std::move(name)),
        target_(std::move(target)),
        options_(std::move(options)),
        description_(VideoSink(name_, target_, options_).description()),  // what is wrong is found out now
        frames_(work_folder(name_) / "frames", VideoSink::encoder_options(target_, options_),
                *options_.kept) {}

  void write(const Planes& picture) override { frames_.write(picture); }
  void keep() override { frames_.sync(); }
  void finish() override {
    VideoSink sink(name_, target_, options_);
    int64_t done = 0;
    frames_.each([&](ffmpeg::FramePtr frame) {
      sink.write(std::move(frame));
      if (options_.finishing) options_.finishing(++done);
    });
    sink.finish();
  }
  std::string description() const override { return description_; }

 private:
  std::string name_;
  Target target_;
  SinkOptions options_;
  std::string description_;
  ffmpeg::KeptFrames frames_;
};

class SoundSink final : public Sink {
 public:
  explicit SoundSink(const std::string& path) : path_(path), output_(target_of(path), path), sound_(nullptr) {
    SinkOptions options;
    options.comes_with_sound = true;
    sound_ = ffmpeg::SoundTrack::open(options, target_of(path).container, output_);
    output_.begin({}, true);
  }

  void write(const Planes& /*picture*/) override {}
  void write_sound(std::span<const float> samples) override {
    sound_->take(samples);
    count_ += static_cast<int64_t>(samples.size()) / kSoundChannels;
    sound_->write_until(time());
  }
  void finish() override {
    sound_->finish(time());
    output_.finish();
  }
  std::string salvage() override { return output_.salvage(); }
  std::string description() const override { return path_ + ": sound, " + sound_->words(); }

 private:
  static Target target_of(const std::string& path) {
    Target t = ffmpeg::parse_target(path + ".mkv");  // the same container, under another ending
    t.url = path;
    return t;
  }
  double time() const { return static_cast<double>(count_) / kSoundRate; }

  std::string path_;
  ffmpeg::Output output_;
  std::unique_ptr<ffmpeg::SoundTrack> sound_;
  int64_t count_ = 0;
};

// Numbered pictures: each is complete once written, and kept.
class PicturesSink final : public Sink {
 public:
  PicturesSink(std::string pattern, const SinkOptions& options)
      : pattern_(std::move(pattern)),
        description_(fmt::format("{}: pictures {}x{}", pattern_, options.width, options.height)),
        count_(options.kept.value_or(0)),
        synced_(count_) {}
  void write(const Planes& picture) override { write_picture(ffmpeg::numbered(pattern_, ++count_), picture); }
  void keep() override {
    while (synced_ < count_) sync_file(ffmpeg::numbered(pattern_, ++synced_));
  }
  void hold(int64_t frames) override {
    if (count_ == 0) return;
    const std::vector<uint8_t> last = read_file(ffmpeg::numbered(pattern_, count_), kLargestPicture);
    for (; frames > 0; --frames) write_file(ffmpeg::numbered(pattern_, ++count_), last);
  }
  void finish() override {}
  std::string description() const override { return description_; }

 private:
  std::string pattern_, description_;
  int64_t count_, synced_;
};

// The first picture; renamed in finish(), like any other file.
class PictureSink final : public Sink {
 public:
  PictureSink(const std::string& path, const SinkOptions& options)
      : file_(path), description_(fmt::format("{}: a picture {}x{}", path, options.width, options.height)) {}
  void write(const Planes& picture) override {
    ++count_;
    if (count_ == 1) write_picture(file_.partial(), picture);
    if (count_ == 2) note(file_.path().string() + " holds one picture: the first is kept, the rest ignored");
  }
  void finish() override {
    if (count_ == 0) throw Error("write", file_.path().string(), "there are no pictures to write");
    file_.keep();
  }
  std::string description() const override { return description_; }

 private:
  PartialFile file_;
  std::string description_;
  int64_t count_ = 0;
};

class NullSink final : public Sink {
 public:
  void write(const Planes& /*picture*/) override {}
  void finish() override {}
  std::string description() const override { return "null: nothing is written"; }
};

int size_multiple(const Target& target) {
  if (target.kind != Target::Kind::kVideo) return 1;
  const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(target.container.format);
  return 1 << std::max(d->log2_chroma_w, d->log2_chroma_h);
}

void check_options(const std::string& name, const Target& target, const SinkOptions& o) {
  const int n = size_multiple(target);
  if (o.width < 1 || o.height < 1 || o.width > kLargestSide || o.height > kLargestSide) {
    throw Error("write", name, fmt::format("{}x{} is not a valid picture size", o.width, o.height));
  }
  if (o.width % n != 0 || o.height % n != 0) {
    throw Error("write", name,
                fmt::format("{}x{} has an odd side, which {} does not support here", o.width, o.height,
                            target.container.words),
                fmt::format("use --size {}x{}, or write .mkv or .png", (o.width + n - 1) / n * n,
                            (o.height + n - 1) / n * n));
  }
  if (!std::isfinite(o.fps) || o.fps <= 0 || o.fps > kHighestFps) {
    throw Error("write", name, fmt::format("{} is not a valid frame rate", o.fps));
  }
}

// Whether one of the numbered pictures is this file, perhaps under another name.
bool replaces_numbered(const std::string& pattern, const std::filesystem::path& read) {
  namespace fs = std::filesystem;
  std::error_code code;
  const fs::path folder =
      fs::path(pattern).has_parent_path() ? fs::path(pattern).parent_path() : fs::path(".");
  const fs::directory_iterator files(folder, code);
  return std::any_of(begin(files), end(files), [&](const fs::directory_entry& e) {
    return ffmpeg::numbers(pattern, e.path().filename().string()) && fs::equivalent(e.path(), read, code);
  });
}

}  // namespace

std::unique_ptr<Sink> open_sink(const std::string& target, const SinkOptions& options) {
  const Target meant = ffmpeg::parse_target(target);
  check_options(target, meant, options);
  switch (meant.kind) {
    case Target::Kind::kVideo:
      if (options.kept) return std::make_unique<KeptVideoSink>(target, meant, options);
      return std::make_unique<VideoSink>(target, meant, options);
    case Target::Kind::kPictures:
      return std::make_unique<PicturesSink>(meant.url, options);
    case Target::Kind::kPicture:
      return std::make_unique<PictureSink>(meant.url, options);
    case Target::Kind::kPipewire:
      return ffmpeg::open_pipewire_sink(meant.url, options);
    case Target::Kind::kNowhere:
      break;
  }
  return std::make_unique<NullSink>();
}

std::filesystem::path work_folder(const std::string& target) {
  const Target meant = ffmpeg::parse_target(target);
  if (!meant.file || meant.kind == Target::Kind::kPicture)
    throw Error("go on later with", target, "only videos in files and numbered pictures can be gone on with",
                "leave out --resume");
  const std::filesystem::path file = meant.url;
  if (meant.kind == Target::Kind::kPictures) return file.parent_path() / "pictures.part";
  return file.string() + ".part";
}

std::unique_ptr<Sink> open_sound_sink(const std::string& path) {
  return std::make_unique<SoundSink>(path);
}

void round_to_8_bit(Planes& picture) {
  constexpr auto kUnit = static_cast<float>(1 / 255.0);  // unpack.cc converts codes to numbers this way
  for (float& v : picture.data()) v = std::round(std::clamp(v, 0.0F, 1.0F) * 255.0F) * kUnit;
}

SinkOptions sink_options(int width, int height, double fps, const std::string& title) {
  SinkOptions options;
  options.width = width;
  options.height = height;
  options.fps = fps;
  options.title = title;
  return options;
}

bool sink_replaces(const std::string& target, const std::string& spec) {
  namespace fs = std::filesystem;
  std::error_code code;
  Target meant;
  try {
    meant = ffmpeg::parse_target(target);
  } catch (const Error&) {
    return false;  // nothing will be written
  }
  const std::optional<std::string> path = ffmpeg::path_of(spec);
  const bool named = meant.kind != Target::Kind::kNowhere && meant.kind != Target::Kind::kPipewire;
  if (!named || !path) return false;
  const fs::path written(ffmpeg::local_name(meant.url)), read(*path);
  const auto folder_of = [](const fs::path& file) {
    return file.has_parent_path() ? file.parent_path() : fs::path(".");
  };
  const bool one = ffmpeg::numbered(meant.url, 1) == meant.url;
  const bool same_name = written.lexically_normal() == read.lexically_normal() && !meant.pipe;
  // by what they are, whatever they are called: device and inode
  if (one && (same_name || (fs::is_regular_file(read, code) && fs::equivalent(written, read, code))))
    return true;
  if (meant.pipe || ffmpeg::is_url(meant.url)) return false;
  const bool many =
      fs::is_directory(read, code) || (!fs::exists(read, code) && ffmpeg::is_picture_pattern(*path));
  const fs::path folder = fs::is_directory(read, code) ? read : folder_of(read);
  const bool same_folder = fs::equivalent(folder, folder_of(written), code);
  if (one) return same_folder && many && is_picture_name(written) && fs::exists(written, code);
  if (!many) return replaces_numbered(meant.url, read);
  if (!same_folder) return false;
  const fs::directory_iterator files(folder, code);
  return std::any_of(begin(files), end(files), [&](const fs::directory_entry& e) {
    return ffmpeg::numbers(meant.url, e.path().filename().string());
  });
}

int sink_size_multiple(const std::string& target) {
  return size_multiple(ffmpeg::parse_target(target));
}

bool sink_takes_one_picture(const std::string& target) {
  return ffmpeg::parse_target(target).kind == Target::Kind::kPicture;
}

bool sink_takes_pictures(const std::string& target) {
  return ffmpeg::parse_target(target).kind == Target::Kind::kPictures;
}

std::vector<std::string> sink_endings() {
  std::vector<std::string> endings;
  for (const ffmpeg::Container& c : ffmpeg::containers()) endings.push_back(c.ending);
  endings.insert(endings.end(), {".png", ".jpg"});
  return endings;
}

}  // namespace reverie
