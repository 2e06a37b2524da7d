// The sound that goes with the pictures.  Internal to media/.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "media/output.h"
#include "media/sink.h"

namespace reverie::ffmpeg {

// Sound as a sequence of packets for an output, with times in base().
class SoundPackets {
 public:
  SoundPackets() = default;
  virtual ~SoundPackets() = default;
  SoundPackets(const SoundPackets&) = delete;
  SoundPackets& operator=(const SoundPackets&) = delete;

  virtual int add_to(Output& output) = 0;
  virtual AVRational base() const = 0;
  virtual std::string words() const = 0;  // "copied (aac)"
  // More of a sound that comes with the pictures; others have theirs.
  virtual void take(std::span<const float> /*samples*/) {}
  // The next packet, if it ends before `until` seconds; `last`: the sound ends there.
  virtual bool read(AVPacket& packet, double until, bool last) = 0;
};

// Carries a source's best sound, or one that comes with the pictures, into an output, starting together with
// the pictures.
class SoundTrack {
 public:
  // nullptr if the source has no sound or the container takes none; also, after a warning, if it is broken.
  static std::unique_ptr<SoundTrack> open(const SinkOptions& options, const Container& container,
                                          Output& output);

  void take(std::span<const float> samples) { packets_->take(samples); }

  // Writes the sound before `seconds`. If the sound breaks, the rest is left out, with one warning.
  void write_until(double seconds) { pump(seconds, false); }
  void finish(double seconds) { pump(seconds, true); }

  std::string words() const { return packets_->words(); }

 private:
  SoundTrack(std::unique_ptr<SoundPackets> packets, Output& output)
      : packets_(std::move(packets)), output_(output), stream_(packets_->add_to(output)) {}
  void pump(double seconds, bool last);

  std::unique_ptr<SoundPackets> packets_;
  Output& output_;
  int stream_;
  PacketPtr packet_ = new_packet();
  bool over_ = false;
};

}  // namespace reverie::ffmpeg
