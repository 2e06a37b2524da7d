// A container being written.  Internal to media/.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/file.h"
#include "media/custom_io.h"
#include "media/ffmpeg.h"
#include "media/target.h"

namespace reverie::ffmpeg {

struct FreeOutput {
  void operator()(AVFormatContext* c) const;
};

// Call add() for each stream, then begin(), then write the packets, then finish().  Without finish() the
// destructor leaves no file.  The same packets give the same bytes: no dates or versions are stored.
class Output {
 public:
  // Error if the target cannot be written.
  Output(const Target& target, std::string name);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  bool wants_global_header() const { return (context_->oformat->flags & AVFMT_GLOBALHEADER) != 0; }
  const AVOutputFormat& format() const { return *context_->oformat; }

  // Adds a stream and returns its number.
  int add(const AVCodecParameters& parameters, AVRational time_base);
  int add(const AVCodecContext& encoder);

  // durable: the file is playable at any moment while it is being written.
  void begin(const std::map<std::string, std::string>& metadata, bool durable = false);
  // The packet's times are in `base`.
  void write(AVPacket& packet, int stream, AVRational base);
  void finish();
  // Instead of finish(): keeps what was written, under the name that is returned; empty if there is no file.
  std::string salvage();

 private:
  void check_write(int code) const;
  int close();

  std::string name_;
  std::optional<PartialFile> partial_;
  std::unique_ptr<CustomIo> pipe_;
  std::unique_ptr<AVFormatContext, FreeOutput> context_;
  bool begun_ = false;  // the header is written, the trailer not
};

}  // namespace reverie::ffmpeg
