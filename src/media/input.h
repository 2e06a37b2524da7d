// A container that is read, and a decoder for one of its streams.  Internal to media/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "media/convert.h"
#include "media/ffmpeg.h"

namespace reverie::ffmpeg {

// Whether the spec names no file but something with "://".
bool is_url(const std::string& spec);

class MemoryFile;

// An opened file, stream or camera.
class Input {
 public:
  // Opens a file or URL.  A file is never taken for a list of other files or addresses to open.
  static Input open(const std::string& spec);
  // The same of a file in memory, which must outlive the Input; name is for errors.
  static Input open_memory(std::span<const uint8_t> bytes, const std::string& name);
  // Opens a device: N or a name of the system's own; size and rate are wishes (0: none).
  static Input open_camera(const std::string& device, Size size, double fps);

  const std::string& name() const { return name_; }
  AVFormatContext& context() const { return *context_; }
  AVStream& stream(int i) const { return *context_->streams[i]; }
  std::string format() const { return context_->iformat->name; }
  bool live() const { return live_; }
  bool is_picture() const;

  // Below, i is the number of a stream.

  // The stream a player would choose, -1 for none; a sound that belongs to the video `with`.
  int best(AVMediaType kind, int with = -1) const;

  // Container time, in seconds, of the first picture (or of the first sound where there is none).
  double origin() const;
  // How long a stream lasts from the origin on, in seconds, as far as the container tells.
  std::optional<double> seconds(int i) const;
  // The constant rate for a video stream.
  double rate(int i) const;
  // How the stream's frames are meant to be seen; what a frame says itself goes first.
  Look look(int i, const AVFrame* frame = nullptr) const;

  // The next packet of this stream alone; false at the end.
  bool read(int i, AVPacket& packet);
  // Goes to the last place at or before `time` seconds after the origin from which decoding can start; false
  // if the container cannot.
  bool seek(int i, double time);
  // Opens the same once more, at its beginning; not of memory.
  void reopen();

 private:
  Input(InputPtr context, std::string name, bool live)
      : context_(std::move(context)), name_(std::move(name)), live_(live) {}

  std::shared_ptr<MemoryFile> memory_;  // what context_ reads, where that is no file; goes after it
  InputPtr context_;
  std::string name_;
  bool live_ = false;
};

// Decodes one stream of an Input.  Damaged packets are skipped or concealed, with one warning in all.
class Decoder {
 public:
  // Error when there is no decoder for the stream.
  Decoder(const Input& input, int i);

  // The next frame, its pts in the stream's time base; false at the end.
  bool read(Input& input, AVFrame& frame);
  // Forgets what it knew, for a new place in the input.
  void flush();

  int stream() const { return stream_; }
  const AVCodecContext& context() const { return *context_; }
  // Why the first damaged packet failed; 0 if none did.
  int failure() const { return failure_; }
  // From now on a picture that is cut off fails, where FFmpeg would fill it up (JPEG: in green).
  void be_strict();
  // No warnings for damage (of what is only looked at, or reported otherwise).
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
