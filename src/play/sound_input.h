// A microphone or line input, analysed as it arrives.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sound/sound_analysis.h"

namespace reverie {

class SoundInput {
 public:
  // device: a name from sound_devices() or part of one; empty: the default one.  Error if there is none.
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

// The available sound input devices.
std::vector<std::string> sound_devices();

}  // namespace reverie
