// A microphone or a line: what is heard there, analysed as it comes.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sound/sound_analysis.h"

namespace reverie {

class SoundInput {
 public:
  // device: a name of sound_devices() or a part of one; empty: the default one.  Error when there is none.
  explicit SoundInput(const std::string& device);
  ~SoundInput();
  SoundInput(const SoundInput&) = delete;
  SoundInput& operator=(const SoundInput&) = delete;

  SoundValues newest() const;
  const std::string& name() const { return name_; }

 private:
  static void heard(void* self, unsigned char* bytes, int length);

  std::string name_;
  unsigned device_ = 0;
  mutable std::mutex mutex_;
  SoundAnalysis analysis_;
};

// The devices that can be listened to.
std::vector<std::string> sound_devices();

}  // namespace reverie
