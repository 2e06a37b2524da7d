// A container being read, and a decoder for one of its streams.  Internal to media/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "media/convert.h"
#include "media/ffmpeg.h"

namespace reverie::ffmpeg {

// Whether the spec is not a file but contains "://".
bool is_url(const std::string& spec);

class MemoryFile;

// An open file, stream or camera.
class Input {
 public:
  // Opens a file or URL.  A file is never treated as a list of other files or addresses to open.
  static Input open(const std::string& spec);
  // The same for a file in memory, which must outlive the Input; name is for errors.
  static Input open_memory(std::span<const uint8_t> bytes, const std::string& name);
  // Opens a device: N or the system's own name; size and rate are requests (0: none).
  static Input open_camera(const std::string& device, Size size, double fps);

  const std::string& name() const { return name_; }
  AVFormatContext& context() const { return *context_; }
  AVStream& stream(int i) const { return *context_->streams[i]; }
  std::string format() const { return context_->iformat->name; }
  bool live() const { return live_; }
  bool is_picture() const;

  // Below, i is a stream index.

  // The stream a player would choose, or -1 if there is none; for sound, one that belongs to the video
  // `with`.
  int best(AVMediaType kind, int with = -1) const;

  // Container time, in seconds, of the first picture (or of the first sound if there are no pictures).
  double origin() const;
  // How long a stream lasts from the origin, in seconds, according to the container.
  std::optional<double> seconds(int i) const;
  // The constant rate to use for a video stream.
  double rate(int i) const;
  // How the stream's frames are meant to be shown; what the frame itself says takes precedence.
  Look look(int i, const AVFrame* frame = nullptr) const;

  // The next packet of this stream only; false at the end.
  bool read(int i, AVPacket& packet);
  // Seeks to the last position at or before `time` seconds after the origin from which decoding can start;
  // false if the container cannot seek.
  bool seek(int i, double time);
  // Opens the same input again, at its beginning; not possible for memory.
  void reopen();

 private:
  Input(InputPtr context, std::string name, bool live)
      : context_(std::move(context)), name_(std::move(name)), live_(live) {}

  std::shared_ptr<MemoryFile> memory_;  // what context_ reads if that is not a file; must outlive it
  InputPtr context_;
  std::string name_;
  bool live_ = false;
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

  int stream() const { return stream_; }
  const AVCodecContext& context() const { return *context_; }
  // Why the first damaged packet failed; 0 if none did.
  int failure() const { return failure_; }
  // From now on a truncated picture fails, where FFmpeg would fill in the rest (JPEG: with green).
  void be_strict();
  // No warnings about damage (when only probing, or when it is reported elsewhere).
  void keep_quiet() { warned_ = true; }

 private:
  void damaged(int code);

  CodecPtr context_;
  PacketPtr packet_ = new_packet();
  std::string name_;
  int stream_ = 0, failure_ = 0;
  bool draining_ = false, warned_ = false;
};

// "h264 640x360"
std::string stream_words(const AVStream& stream);

}  // namespace reverie::ffmpeg
