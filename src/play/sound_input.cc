#include "play/sound_input.h"

#include <SDL.h>

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace reverie {
namespace {

constexpr int kBlock = 480;  // samples: 10 ms

void start_sdl_audio() {
  if (SDL_InitSubSystem(SDL_INIT_AUDIO) != 0)
    throw Error("listen", "", SDL_GetError(), "play without --sound");
}

}  // namespace

std::vector<std::string> sound_devices() {
  if (SDL_InitSubSystem(SDL_INIT_AUDIO) != 0) return {};
  std::vector<std::string> names;
  for (int i = 0; i < SDL_GetNumAudioDevices(SDL_TRUE); ++i) {
    if (const char* name = SDL_GetAudioDeviceName(i, SDL_TRUE)) names.emplace_back(name);
  }
  SDL_QuitSubSystem(SDL_INIT_AUDIO);
  return names;
}

SoundInput::SoundInput(const std::string& device) : name_(device.empty() ? "default" : device) {
  start_sdl_audio();
  std::string full;
  const std::vector<std::string> names = sound_devices();
  for (const std::string& name : names) {
    if (!device.empty() && full.empty() && lower(name).find(lower(device)) != std::string::npos) full = name;
  }
  if (!device.empty() && full.empty()) {
    SDL_QuitSubSystem(SDL_INIT_AUDIO);
    throw Error("listen to", device, "there is no such sound device",
                names.empty() ? "this machine has none" : "available: " + join(names, ", "));
  }
  SDL_AudioSpec wanted = {};
  wanted.freq = SoundAnalysis::kRate;
  wanted.format = AUDIO_F32SYS;
  wanted.channels = 1;
  wanted.samples = kBlock;
  wanted.callback = heard;
  wanted.userdata = this;
  device_ = SDL_OpenAudioDevice(full.empty() ? nullptr : full.c_str(), SDL_TRUE, &wanted, nullptr, 0);
  if (device_ == 0) {
    const std::string why = SDL_GetError();
    SDL_QuitSubSystem(SDL_INIT_AUDIO);
    throw Error("listen to", name_, why, "play without --sound");
  }
  if (!full.empty()) name_ = full;
  SDL_PauseAudioDevice(device_, 0);
}

SoundInput::~SoundInput() {
  SDL_CloseAudioDevice(device_);
  SDL_QuitSubSystem(SDL_INIT_AUDIO);
}

void SoundInput::heard(void* self, unsigned char* bytes, int length) {
  auto* input = static_cast<SoundInput*>(self);
  const std::lock_guard lock(input->mutex_);
  input->analysis_.push({reinterpret_cast<const float*>(bytes), static_cast<size_t>(length) / sizeof(float)});
}

SoundValues SoundInput::newest() const {
  const std::lock_guard lock(mutex_);
  return analysis_.newest();
}

}  // namespace reverie
