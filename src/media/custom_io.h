// Memory and pipes as files for FFmpeg.  Internal to media/.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "media/ffmpeg.h"

namespace reverie::ffmpeg {

// An AVIOContext that calls the methods below.
class CustomIo {
 public:
  virtual ~CustomIo();
  CustomIo(const CustomIo&) = delete;
  CustomIo& operator=(const CustomIo&) = delete;
  AVIOContext* context() const { return context_; }

  // Number of bytes, or a negative error code: AVERROR_EOF at the end, AVERROR_EXIT if the user ended it.
  virtual int read(uint8_t* to, int most);
  virtual int write(const uint8_t* from, int size);
  // As avio_seek(), with AVSEEK_SIZE.
  virtual int64_t seek(int64_t offset, int whence);

 protected:
  CustomIo(bool writes, bool seeks);

 private:
  AVIOContext* context_ = nullptr;
};

// Bytes in memory, which must outlive it.
std::unique_ptr<CustomIo> open_memory_io(std::span<const uint8_t> bytes);

// Whether this is the name of something that is read or written once, from front to back: a named pipe,
// /dev/stdin fed by another program, a terminal; not a file, a folder, or a name that does not exist.
bool is_pipe(const std::string& path);

// The name of standard input and output for open_pipe().
constexpr const char* kStandard = "-";

// A pipe.  Waiting for the other side to open it, to write or to read ends when the user asks to stop
// (core/stop.h); what is written then is still waited for a moment, so that a file can be finished.
// Error if it cannot be opened, or the user asks to stop.
std::unique_ptr<CustomIo> open_pipe(const std::string& path, bool writes);

// For AVFormatContext::interrupt_callback and avio_open2: ends a wait for a network or a device when the user
// asks to stop, of writers after a moment.
AVIOInterruptCB reading_interrupt();
AVIOInterruptCB writing_interrupt();

}  // namespace reverie::ffmpeg
