// Frames that wait on the disk, without loss, for an encoder.  Internal to media/.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>

#include "media/encoder.h"

namespace reverie::ffmpeg {

// FFV1 packets one after the other, each a frame of its own with its length before it (4 bytes,
// little-endian); the first is the codec's own header.  Whatever is behind the last synced frame can be cut
// off.
class KeptFrames {
 public:
  // Frames as an encoder of these options takes them.  count: so many are there already, and go on; 0: a new
  // file.  Error if there are fewer.
  KeptFrames(std::filesystem::path file, const EncoderOptions& options, int64_t count);

  // [3, H, W] in 0..1.  Error if it cannot be written.
  void write(const Planes& picture);
  // All frames so far outlast a power cut.
  void sync();
  // Calls work with each frame from the first on: what the encoder would have got from the pictures.
  void each(const std::function<void(FramePtr)>& work);

 private:
  struct Close {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };

  void go_on(int64_t count);
  void append(const uint8_t* bytes, size_t size);
  FramePtr as_taken(FramePtr frame) const;
  std::string advice() const;

  std::filesystem::path path_;
  EncoderOptions options_;
  PlanesToFrame convert_;
  AVPixelFormat stored_;
  VideoEncoder encoder_;
  std::unique_ptr<std::FILE, Close> file_;
  PacketPtr packet_ = new_packet();
};

}  // namespace reverie::ffmpeg
