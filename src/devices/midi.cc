#include "devices/midi.h"

#include <RtMidi.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "core/toml_tree.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kLookAgain(2);
constexpr std::chrono::milliseconds kGlideEvery(15), kFeedbackEvery(30);
constexpr const char* kClient = "Reverie";

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

#if defined(__linux__)
// Whether a JACK server has its socket open, /dev/shm/jack_NAME_UID_0; its files stay when it is killed.
bool jack_listens() {
  std::ifstream sockets("/proc/net/unix");
  for (std::string line; std::getline(sockets, line);) {
    if (fs::path(line.substr(line.rfind(' ') + 1)).filename().string().starts_with("jack_")) return true;
  }
  return false;
}
#endif

// What RtMidi is to use now; nothing: this system has no MIDI.  The libraries print messages of their own
// whenever the sequencer, or the server, is missing.  Left to choose, RtMidi falls back to JACK if ALSA has
// no port yet, and then never sees one that is plugged in later.
std::optional<RtMidi::Api> find_api() {
#if defined(__linux__)
  std::error_code code;
  if (fs::exists("/dev/snd/seq", code)) return RtMidi::LINUX_ALSA;
  std::vector<RtMidi::Api> known;
  RtMidi::getCompiledApi(known);
  if (std::find(known.begin(), known.end(), RtMidi::UNIX_JACK) == known.end()) return {};
  if (jack_listens()) return RtMidi::UNIX_JACK;
  return {};
#else
  return RtMidi::UNSPECIFIED;
#endif
}

// RtMidi would print its warnings; failures throw anyway.
void ignore_error(RtMidiError::Type /*type*/, const std::string& /*text*/, void* /*user*/) {}

}  // namespace

struct MidiPorts::Device {
  std::string name;
  MidiController controller;
  bool keeps_file = false;  // its file cannot be read and is not overwritten
  MidiPorts* ports = nullptr;
};

struct MidiPorts::Inputs {
  struct Input {
    std::string port;  // as RtMidi names it
    Device* device = nullptr;
    std::unique_ptr<RtMidiIn> in;
    std::unique_ptr<RtMidiOut> out;  // null: none is wanted, or there is none
    bool looked_for_out = false;
  };

  RtMidi::Api api = RtMidi::UNSPECIFIED;
  std::unique_ptr<RtMidiIn> list;
  std::vector<Input> open;
  std::set<std::string> failed;  // could not be opened: reported once
  std::string trouble;           // why there are no ports; empty if there may be
  bool given_up = false;

  // RtMidi's list of ports, or none.
  std::vector<std::string> ports();
  // The way back to the device that an input comes from.
  void open_out(Input& input) const;
};

void MidiPorts::Inputs::open_out(Input& input) const {
  if (std::exchange(input.looked_for_out, true)) return;
  try {
    auto out = std::make_unique<RtMidiOut>(api, kClient);
    out->setErrorCallback(ignore_error);
    const unsigned count = out->getPortCount();
    for (unsigned i = 0; i < count && !input.out; ++i) {
      if (midi_device_name(out->getPortName(i)) != midi_device_name(input.port)) continue;
      out->openPort(i, "out");
      if (out->isPortOpen()) input.out = std::move(out);
      break;
    }
  } catch (const RtMidiError&) {
    input.out.reset();
  }
  if (!input.out)
    warning("MIDI: " + input.device->name + " cannot be sent anything: its map asks for feedback");
}

std::vector<std::string> MidiPorts::Inputs::ports() {
  if (given_up) return {};
  const std::optional<RtMidi::Api> now = find_api();
  if (list && now != api) list.reset();  // the server is gone, or ALSA has come
  if (!now) {
    trouble = "this system has neither ALSA's sequencer nor a running JACK";
    return {};
  }
  try {
    if (!list) {
      api = *now;
      list = std::make_unique<RtMidiIn>(api, kClient);
      list->setErrorCallback(ignore_error);
    }
    trouble.clear();
    std::vector<std::string> names;
    const unsigned count = list->getPortCount();
    for (unsigned i = 0; i < count; ++i) names.push_back(list->getPortName(i));
    return names;
  } catch (const RtMidiError& e) {
    given_up = api != RtMidi::UNIX_JACK;  // each attempt would print again; a server may come back
    list.reset();
    trouble = printable(e.getMessage());
    return {};
  }
}

MidiPorts::MidiPorts(Desk& desk, DeviceActions actions, fs::path maps)
    : desk_(desk),
      actions_(std::move(actions)),
      folder_(std::move(maps)),
      inputs_(std::make_unique<Inputs>()) {
  thread_ = std::thread([this] { run(); });
}

MidiPorts::~MidiPorts() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
  inputs_.reset();  // RtMidi's threads end here, before the devices that they call
  save_maps();
}

void MidiPorts::run() {
  auto next_look = std::chrono::steady_clock::now();
  while (true) {
    if (std::chrono::steady_clock::now() >= next_look) {
      next_look = std::chrono::steady_clock::now() + kLookAgain;
      try {
        look();
      } catch (const std::exception& e) {
        warning(printable(std::string("MIDI: ") + e.what()));
      }
    }
    save_maps();
    const bool shows = send_feedback();
    std::unique_lock lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    const auto until = gliding_ ? now + kGlideEvery
                       : shows  ? std::min(next_look, now + kFeedbackEvery)
                                : next_look;
    wake_.wait_until(lock, until, [this] { return stop_ || changed_ || std::exchange(glide_now_, false); });
    if (stop_) return;
    gliding_ = false;
    for (auto& d : devices_) gliding_ |= d->controller.glide(seconds_now());
  }
}

// Whether there is anything to send to a device.  Sending may wait for the device: without the lock.
bool MidiPorts::send_feedback() {
  bool any = false;
  for (Inputs::Input& input : inputs_->open) {
    {
      const std::lock_guard lock(mutex_);
      if (!input.device->controller.map().feedback) continue;
    }
    inputs_->open_out(input);
    if (!input.out) continue;
    any = true;
    std::vector<std::vector<uint8_t>> messages;
    {
      const std::lock_guard lock(mutex_);
      messages = input.device->controller.feedback();
    }
    try {
      // a device takes a message at a time
      for (const auto& bytes : messages) {
        for (size_t i = 0; i + 3 <= bytes.size(); i += 3) input.out->sendMessage(&bytes[i], 3);
      }
    } catch (const RtMidiError&) {
      input.out.reset();  // it is gone; look() notices
    }
  }
  return any;
}

// A device as described by its file.
std::unique_ptr<MidiPorts::Device> MidiPorts::make_device(const std::string& name) {
  MidiMap map;
  bool keeps_file = false;
  const fs::path file = midi_map_file(folder_, name);
  std::error_code code;
  if (!folder_.empty() && fs::exists(file, code)) {
    try {
      map = parse_midi_map(read_text_file(file, kMostTomlBytes), file.string());
    } catch (const Error& e) {
      warning(std::string(e.what()) + "; the file is not changed, and what is learned now is not saved");
      keeps_file = true;
      map = {};
    }
  }
  map.device = name;
  return std::make_unique<Device>(
      Device{name, MidiController(desk_, actions_, std::move(map)), keeps_file, this});
}

// Opens new ports and closes those that are gone.
void MidiPorts::look() {
  std::vector<std::string> ports = inputs_->ports();
  tell_trouble(inputs_->trouble);
  std::erase_if(ports, [](const std::string& port) { return port.starts_with(kClient); });
  std::erase_if(inputs_->failed,
                [&](const auto& f) { return std::find(ports.begin(), ports.end(), f) == ports.end(); });
  std::vector<Inputs::Input> gone;
  for (auto it = inputs_->open.begin(); it != inputs_->open.end();) {
    if (std::find(ports.begin(), ports.end(), it->port) != ports.end()) {
      ++it;
      continue;
    }
    gone.push_back(std::move(*it));
    it = inputs_->open.erase(it);
  }
  for (Inputs::Input& input : gone) {
    input.in.reset();  // its thread ends, without our lock, which it may be waiting for
    save_maps();
    note("MIDI: " + input.device->name + " is gone");
    const std::lock_guard lock(mutex_);
    std::erase_if(devices_, [&](const auto& d) { return d.get() == input.device; });
  }
  for (const std::string& port : ports) {
    const bool known =
        inputs_->failed.contains(port) || std::any_of(inputs_->open.begin(), inputs_->open.end(),
                                                      [&](const Inputs::Input& i) { return i.port == port; });
    if (!known) open(port);
  }
}

// Said once; the window shows it as long as it lasts.
void MidiPorts::tell_trouble(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (trouble_ == why) return;
    trouble_ = why;
  }
  if (!why.empty()) note("no MIDI: " + why);
}

std::string MidiPorts::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void MidiPorts::change(const MidiBinding& from, const MidiBinding& to) {
  const std::lock_guard lock(mutex_);
  for (auto& d : devices_) changed_ = d->controller.change(from, to) || changed_;
  wake_.notify_all();
}

void MidiPorts::open(const std::string& port) {
  // two of the same kind get separate maps
  const std::string base = midi_device_name(port);
  std::string name = base;
  const auto taken = [&] {
    const std::lock_guard lock(mutex_);
    return std::any_of(devices_.begin(), devices_.end(), [&](const auto& d) { return d->name == name; });
  };
  for (int i = 2; taken(); ++i) name = fmt::format("{} ({})", base, i);
  std::unique_ptr<Device> made = make_device(name);
  Device* device = made.get();
  {
    const std::lock_guard lock(mutex_);
    if (learn_) device->controller.learn(*learn_);
    devices_.push_back(std::move(made));
  }
  try {
    auto in = std::make_unique<RtMidiIn>(inputs_->api, kClient);
    in->setErrorCallback(ignore_error);
    in->ignoreTypes(true, false, true);
    const auto heard = [](double /*since*/, std::vector<unsigned char>* bytes, void* user) {
      auto* d = static_cast<Device*>(user);
      if (bytes) d->ports->hear(*d, *bytes);
    };
    in->setCallback(heard, device);
    const unsigned count = in->getPortCount();
    unsigned at = 0;
    while (at < count && in->getPortName(at) != port) ++at;
    if (at == count) throw RtMidiError("it has disappeared again", RtMidiError::INVALID_DEVICE);
    in->openPort(at, "in");
    if (!in->isPortOpen()) throw RtMidiError("it could not be opened", RtMidiError::DRIVER_ERROR);
    inputs_->open.push_back({port, device, std::move(in), nullptr, false});
    note("MIDI: " + name);
  } catch (const RtMidiError& e) {
    inputs_->failed.insert(port);
    warning(Error("open", "the MIDI input " + name, printable(e.getMessage())).what());
    const std::lock_guard lock(mutex_);
    std::erase_if(devices_, [&](const auto& d) { return d.get() == device; });
  }
}

void MidiPorts::hear(Device& device, std::span<const uint8_t> bytes) {
  const std::lock_guard lock(mutex_);
  const double now = seconds_now();
  const bool learned = device.controller.receive(bytes, now);
  if (!bytes.empty() && bytes.front() >= kSongPosition) choose_clock(now);
  if (learned) {
    learn_.reset();
    for (auto& d : devices_) d->controller.stop_learning();
  }
  if (!gliding_) {
    gliding_ = glide_now_ = device.controller.glide(now);
    if (glide_now_) wake_.notify_all();
  }
  if (!changed_ && device.controller.changed()) {
    changed_ = true;
    wake_.notify_all();
  }
}

// Files are written without the lock: a full disk must not delay the controls.
void MidiPorts::save_maps() {
  std::vector<MidiMap> maps;
  {
    const std::lock_guard lock(mutex_);
    changed_ = false;
    for (auto& d : devices_) {
      if (d->controller.take_changed() && !d->keeps_file) maps.push_back(d->controller.map());
    }
  }
  if (folder_.empty()) return;
  for (const MidiMap& map : maps) {
    const std::string text = format_midi_map(map);
    try {
      std::error_code code;
      fs::create_directories(folder_, code);
      write_file(midi_map_file(folder_, map.device), std::vector<uint8_t>(text.begin(), text.end()));
    } catch (const Error& e) {
      warning(e.what());
    }
  }
}

void MidiPorts::arm(const std::optional<MidiLearn>& target) {
  const std::lock_guard lock(mutex_);
  learn_ = target;
  for (auto& d : devices_) {
    if (target) {
      d->controller.learn(*target);
    } else {
      d->controller.stop_learning();
    }
  }
}

void MidiPorts::learn(const std::string& parameter, int level) {
  const Chain chain = desk_.chain();
  const Address a = find_address(chain, parameter);
  const ParameterTable& table = chain.part(a.part).preset.values.table();
  const Parameter& p = table[table.index(a.parameter)];
  if (p.kind == ParameterKind::kText) throw Error("learn a control for", p.name, "it takes text");
  if (level >= kMostListValues) throw Error("learn a control for", p.name, "there are not that many levels");
  arm(MidiTarget{parameter, p.per_level ? std::max(level, -1) : -1});
}

void MidiPorts::learn(MidiAction action) {
  arm(action);
}

void MidiPorts::learn_preset(const std::string& name) {
  arm(name);
}

void MidiPorts::stop_learning() {
  arm({});
}

bool MidiPorts::learning() const {
  const std::lock_guard lock(mutex_);
  return learn_.has_value();
}

void MidiPorts::forget(const std::string& parameter) {
  const std::lock_guard lock(mutex_);
  for (auto& d : devices_) changed_ = d->controller.forget(parameter) || changed_;
  wake_.notify_all();
}

std::vector<MidiMap> MidiPorts::maps() const {
  const std::lock_guard lock(mutex_);
  std::vector<MidiMap> maps;
  for (const auto& d : devices_) maps.push_back(d->controller.map());
  std::sort(maps.begin(), maps.end(), [](const auto& a, const auto& b) { return a.device < b.device; });
  return maps;
}

// Called for each frame: must not wait for a preset that a note loads.
MidiTempo MidiPorts::tempo() const {
  const double now = seconds_now();
  const std::lock_guard lock(clock_mutex_);
  return clock_.at(now);
}

// Call with the mutex held.
void MidiPorts::choose_clock(double now) {
  MidiClockState best;
  for (const auto& d : devices_) {
    const MidiClockState& c = d->controller.clock();
    if (c.at(now).ticking) best = c;
    if (c.at(now).running) break;
  }
  const std::lock_guard lock(clock_mutex_);
  clock_ = best;
}

void MidiPorts::add_device(const std::string& name) {
  std::unique_ptr<Device> device = make_device(name);
  const std::lock_guard lock(mutex_);
  if (learn_) device->controller.learn(*learn_);
  devices_.push_back(std::move(device));
}

void MidiPorts::receive(const std::string& device, std::span<const uint8_t> bytes) {
  Device* found = nullptr;
  {
    const std::lock_guard lock(mutex_);
    for (auto& d : devices_) {
      if (d->name == device) found = d.get();
    }
  }
  if (found) hear(*found, bytes);
}

}  // namespace reverie
