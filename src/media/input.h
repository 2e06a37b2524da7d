// A container being read, and a decoder for one of its streams.  Internal to media/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/convert.h"
#include "media/demuxer.h"
#include "media/ffmpeg.h"

namespace reverie::ffmpeg {

// Whether the spec is an address ("://"), not a file.
bool is_url(const std::string& spec);

// The path that a spec names: file:x and file://HOST/x are files too; "-" is standard input.  Nothing for
// other addresses.
std::optional<std::string> path_of(const std::string& spec);

// When the pictures (or packets) of a stream are shown, in seconds from the origin, as far as was read.
struct Timing {
  std::vector<double> times;  // ascending; none if some pictures have none
  double end = 0;
  bool whole = false;  // the stream was read to its end
  bool jumps = false;  // the clock jumped and was mended, so that positions cannot be sought
};

// An open file, stream or camera.
class Input {
 public:
  // Opens a file, a pipe, standard input ("-") or a URL.  A file is never treated as a list of other files or
  // addresses to open.
  static Input open(const std::string& spec);
  // The same for a file in memory, which must outlive the Input; name is for errors.
  static Input open_memory(std::span<const uint8_t> bytes, const std::string& name);
  // Opens a device: N or the system's own name; size and rate are requests (0: none).
  static Input open_camera(const std::string& device, Size size, double fps);
  // Opens a part of the screen (screen_address()) at a rate; 0: 30.
  static Input open_screen(const std::string& region, double fps);

  const std::string& name() const { return name_; }
  AVFormatContext& context() const { return demuxer_->context(); }
  AVStream& stream(int i) const { return *context().streams[i]; }
  std::string format() const { return context().iformat->name; }
  bool live() const { return kind_ == Kind::kLive; }
  // Whether it can be read only once, from front to back: a pipe.
  bool once() const { return kind_ == Kind::kPipe; }
  bool is_picture() const;

  // Below, i is a stream index.

  // The stream a player would choose, or -1 if there is none; for sound, one that belongs to the video
  // `with`.
  int best(AVMediaType kind, int with = -1) const;

  // Container time, in seconds, of the first picture (or of the first sound if there are no pictures).
  double origin() const;
  // How long a stream lasts from the origin, in seconds, according to the container.
  std::optional<double> seconds(int i) const;
  // The constant rate of a video stream, according to its header.
  double rate(int i) const;
  // How the stream's frames are meant to be shown; what the frame itself says takes precedence.
  Look look(int i, const AVFrame* frame = nullptr) const;

  // The next packet of this stream only, on a clock that never jumps (as FFmpeg mends it); false at the end.
  bool read(int i, AVPacket& packet);
  // Reads the times of a stream, at most kTimingBytes of it unless `all`, and begins again.
  // Nothing for what can be read only once or is live.
  std::optional<Timing> timing(int i, bool all);
  // Seeks to the last position at or before `time` seconds after the origin from which decoding can start;
  // false if the container cannot seek.
  bool seek(int i, double time);
  // Opens the same input again, at its beginning; Error for what can be read only once.
  void reopen();

  // The same input for reading another stream of it from the place where this one is; neither takes packets
  // from the other, and they may be used in different threads.  Only for what can be read once: packets that
  // one of them has not read yet are kept for it.
  Input also(int i) const;

 private:
  enum class Kind { kFile, kMemory, kPipe, kAddress, kLive };
  Input(std::shared_ptr<Demuxer> demuxer, std::string name, Kind kind)
      : demuxer_(std::move(demuxer)), name_(std::move(name)), kind_(kind) {}

  std::shared_ptr<Demuxer> demuxer_;
  std::shared_ptr<Demuxer::Queue> queue_;  // of another's packets, if demuxer_ is shared
  std::string name_;
  Kind kind_ = Kind::kFile;
  std::span<const uint8_t> memory_;
  bool seekable_ = true;
};

// Decodes one stream of an Input.  Damaged packets are skipped or concealed, with a single warning.
class Decoder {
 public:
  // Error if there is no decoder for the stream.
  Decoder(const Input& input, int i);

  // The next frame, its pts in the stream's time base; false at the end.
  bool read(Input& input, AVFrame& frame);
  // Resets the decoder, after a seek.
  void flush();
  // Packets before the next key frame are passed over.
  void wait_for_key() { waits_ = true; }

  int stream() const { return stream_; }
  const AVCodecContext& context() const { return *context_; }
  // Why the first damaged packet failed; 0 if none did.
  int failure() const { return failure_; }
  // From now on a truncated picture fails, where FFmpeg would fill in the rest (JPEG: with green).
  void be_strict();
  // Makes new pictures begin as these bytes, so that what was never decoded can be told from what was.
  void fill_with(uint8_t byte);
  // How the last picture must be turned according to its EXIF data, where FFmpeg does not say; before it.
  std::optional<int> exif() const { return exif_; }
  // No warnings about damage (when only probing, or when it is reported elsewhere).
  void keep_quiet() { warned_ = true; }

 private:
  void damaged(int code);

  CodecPtr context_;
  PacketPtr packet_ = new_packet();
  std::string name_;
  int stream_ = 0, failure_ = 0;
  bool draining_ = false, warned_ = false, waits_ = false;
  uint8_t fill_ = 0;
  std::optional<int> exif_;
};

// "h264 640x360"
std::string stream_words(const AVStream& stream);

}  // namespace reverie::ffmpeg
