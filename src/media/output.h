// A container that is written.  Internal to media/.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/file.h"
#include "media/ffmpeg.h"
#include "media/target.h"

namespace reverie::ffmpeg {

struct FreeOutput {
  void operator()(AVFormatContext* c) const;
};

// Streams are added, then begin(), then packets, then finish().  Destroyed before that, it leaves no file.
// The same packets give the same bytes: no dates and versions are stored.
class Output {
 public:
  // Error when the place cannot be written.
  Output(const Target& target, std::string name);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  bool wants_global_header() const { return (context_->oformat->flags & AVFMT_GLOBALHEADER) != 0; }
  const AVOutputFormat& format() const { return *context_->oformat; }

  // Adds a stream and returns its number.
  int add(const AVCodecParameters& parameters, AVRational time_base);
  int add(const AVCodecContext& encoder);

  // durable: what is written can be played at every moment.
  void begin(const std::map<std::string, std::string>& metadata, bool durable = false);
  // Takes the packet, whose times are in `base`.
  void write(AVPacket& packet, int stream, AVRational base);
  void finish();
  // In place of finish(): what was written stays under the name that is returned; empty where there is no
  // file.
  std::string salvage();

 private:
  void check_write(int code) const;

  std::string name_;
  std::optional<PartialFile> partial_;
  std::unique_ptr<AVFormatContext, FreeOutput> context_;
  bool begun_ = false;  // the header is written, the trailer not
};

}  // namespace reverie::ffmpeg
