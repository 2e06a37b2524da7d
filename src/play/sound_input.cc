#include "play/sound_input.h"

#include <SDL.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kChannels = SoundOnClock::kChannels;
constexpr int kBlock = 480;                      // samples: 10 ms
constexpr std::chrono::milliseconds kLook(500);  // between looks at the device
constexpr std::chrono::seconds kSilent(3);       // without a block of samples: it hangs
constexpr int kListEvery = 6;                    // looks

double seconds(Clock::time_point at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

// SDL's sound, while it is in use.
class Sdl {
 public:
  explicit Sdl(const std::string& driver = "") {
    SDL_SetHint(SDL_HINT_AUDIO_INCLUDE_MONITORS, "1");
#if defined(SDL_HINT_AUDIODRIVER)
    if (!driver.empty()) SDL_SetHint(SDL_HINT_AUDIODRIVER, driver.c_str());
#endif
    if (SDL_InitSubSystem(SDL_INIT_AUDIO) != 0) throw Error("listen", "", SDL_GetError());
  }
  ~Sdl() {
    SDL_QuitSubSystem(SDL_INIT_AUDIO);
  }
  Sdl(const Sdl&) = delete;
  Sdl& operator=(const Sdl&) = delete;

  static std::vector<std::string> inputs() {
    std::vector<std::string> names;
    for (int i = 0; i < SDL_GetNumAudioDevices(SDL_TRUE); ++i) {
      if (const char* name = SDL_GetAudioDeviceName(i, SDL_TRUE)) names.emplace_back(name);
    }
    return names;
  }
};

std::string find_device(const std::string& wanted) {
  const std::vector<std::string> names = Sdl::inputs();
  for (const std::string& name : names) {
    if (name == wanted) return name;
  }
  for (const std::string& name : names) {
    if (lower(name).find(lower(wanted)) != std::string::npos) return name;
  }
  throw Error("listen to", wanted, "there is no such sound input",
              names.empty() ? "this machine has none" : "available: " + join(names, ", "));
}

}  // namespace

std::vector<std::string> sound_devices() {
  try {
    const Sdl sdl;
    return Sdl::inputs();
  } catch (const Error&) {
    return {};
  }
}

// An open device.
class SoundInput::Device {
 public:
  Device(const std::string& wanted, const std::string& driver, const std::atomic<float>& gain, Heard& kept)
      : sdl_(driver), gain_(gain), kept_(kept), name_(wanted.empty() ? "default" : find_device(wanted)) {
    SDL_AudioSpec spec = {};
    spec.freq = SoundAnalysis::kRate;
    spec.format = AUDIO_F32SYS;
    spec.channels = kChannels;
    spec.samples = kBlock;
    spec.callback = heard;
    spec.userdata = this;
    id_ = SDL_OpenAudioDevice(wanted.empty() ? nullptr : name_.c_str(), SDL_TRUE, &spec, nullptr, 0);
    if (id_ == 0) throw Error("listen to", name_, SDL_GetError());
    SDL_PauseAudioDevice(id_, 0);
  }
  ~Device() { SDL_CloseAudioDevice(id_); }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const std::string& name() const { return name_; }
  bool gone() const {
    if (SDL_GetAudioDeviceStatus(id_) == SDL_AUDIO_STOPPED) return true;
    const std::lock_guard lock(mutex_);
    return Clock::now() - last_ > kSilent;
  }
  SoundValues newest() const {
    const std::lock_guard lock(mutex_);
    return analysis_.newest();
  }

 private:
  static void heard(void* self, unsigned char* bytes, int length) {
    auto& device = *static_cast<Device*>(self);
    auto* samples = reinterpret_cast<float*>(bytes);
    const size_t count = static_cast<size_t>(length) / sizeof(float);
    const Clock::time_point now = Clock::now();
    const float gain = device.gain_;
    for (size_t i = 0; i < count; ++i) samples[i] *= gain;
    {
      const std::lock_guard lock(device.kept_.mutex);
      device.kept_.sound.push({samples, count}, seconds(now));
    }
    // their mean, in place
    const size_t frames = count / kChannels;
    for (size_t i = 0; i < frames; ++i) samples[i] = 0.5F * (samples[2 * i] + samples[2 * i + 1]);
    const std::lock_guard lock(device.mutex_);
    device.analysis_.push({samples, frames});
    device.last_ = now;
  }

  Sdl sdl_;
  const std::atomic<float>& gain_;
  Heard& kept_;
  std::string name_;
  unsigned id_ = 0;
  mutable std::mutex mutex_;
  SoundAnalysis analysis_;
  Clock::time_point last_ = Clock::now();
};

SoundInput::SoundInput() {
  thread_ = std::thread([this] { work(); });
}

SoundInput::~SoundInput() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SoundInput::listen(std::optional<std::string> device) {
  const std::lock_guard lock(mutex_);
  state_.asked = std::move(device);
  state_.trouble.clear();
  again_ = true;
  changed_.notify_all();
}

void SoundInput::set_gain(double decibels) {
  const std::lock_guard lock(mutex_);
  state_.gain = std::clamp(decibels, kLeastGain, kMostGain);
  gain_ = static_cast<float>(std::pow(10, state_.gain / 20));
}

SoundInput::State SoundInput::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

bool SoundInput::listening() const {
  const std::lock_guard lock(mutex_);
  return state_.asked.has_value();
}

SoundValues SoundInput::newest() const {
  const std::lock_guard lock(device_mutex_);
  return device_ ? device_->newest() : SoundValues();
}

size_t SoundInput::read(Clock::time_point from, std::span<float> out) {
  const std::lock_guard lock(heard_.mutex);
  return heard_.sound.read(seconds(from), out);
}

std::vector<std::string> SoundInput::devices() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(listed_, true)) changed_.notify_all();
  return devices_;
}

void SoundInput::work() {
  int looks = 0;
  while (true) {
    look();
    bool list = false;
    {
      std::unique_lock lock(mutex_);
      const bool was_listed = listed_;
      changed_.wait_for(lock, kLook, [&] { return stop_ || again_ || listed_ != was_listed; });
      if (stop_) break;
      list = listed_ && (!was_listed || ++looks % kListEvery == 0);
    }
    if (!list) continue;
    std::vector<std::string> devices = sound_devices();
    const std::lock_guard lock(mutex_);
    devices_ = std::move(devices);
  }
  const std::lock_guard lock(device_mutex_);
  device_.reset();
}

// Opens what is asked for and not there yet, and closes what is not asked for any more or gone.
void SoundInput::look() {
  std::optional<std::string> asked;
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    asked = state_.asked;
    again = std::exchange(again_, false);
  }
  if (device_ && (again || !asked || device_->gone())) {
    const bool gone = !again && asked;
    std::unique_ptr<Device> old;
    {
      const std::lock_guard lock(device_mutex_);
      old = std::move(device_);
    }
    if (gone) lose(old->name() + " is gone");
    const std::lock_guard lock(mutex_);
    state_.name.clear();
  }
  if (device_ || !asked) return;
  try {
    auto fresh = std::make_unique<Device>(*asked, driver_, gain_, heard_);
    if (const char* driver = SDL_GetCurrentAudioDriver()) driver_ = driver;
    std::string was;
    {
      const std::lock_guard lock(mutex_);
      state_.name = fresh->name();
      was = std::exchange(state_.trouble, "");
    }
    const std::string name = fresh->name();
    {
      const std::lock_guard lock(device_mutex_);
      device_ = std::move(fresh);
    }
    if (!was.empty()) note("sound: " + name + " is back");
  } catch (const std::exception& e) {
    lose(e.what());
  }
}

// Said once, however often it is looked for.
void SoundInput::lose(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (!state_.trouble.empty() || again_) return;
    state_.trouble = why;
  }
  warning(fmt::format("sound: {}; it is looked for", why));
}

}  // namespace reverie
