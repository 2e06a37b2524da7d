// The MIDI devices of this machine: found, opened and closed as they are plugged in and out.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "control/desk.h"
#include "devices/device_actions.h"
#include "devices/midi_controller.h"

namespace reverie {

// Receives from every MIDI input except its own, and sends to those whose map wants feedback, on its own
// threads; looks for new ones every two seconds. Each device has a map (midi_map.h), read from its file when
// it appears and written when it changes.  On a machine without MIDI a message says so and there are no
// devices.  All functions are thread-safe, but must not be called from the desk's callback.
class MidiPorts {
 public:
  // The desk must outlive this. maps: the folder of the maps; empty: nothing is saved.
  MidiPorts(Desk& desk, DeviceActions actions, std::filesystem::path maps = midi_map_folder());
  ~MidiPorts();
  MidiPorts(const MidiPorts&) = delete;
  MidiPorts& operator=(const MidiPorts&) = delete;

  // Binds the next control that moves, on any device, to the parameter; to this level, or to all (-1).  Error
  // for a parameter that cannot be bound.
  void learn(const std::string& parameter, int level = -1);
  // Binds the next note to this.
  void learn(MidiAction action);
  void learn_preset(const std::string& name);
  void stop_learning();
  bool learning() const;
  // Why there is no MIDI; empty if there is.
  std::string trouble() const;
  // Unbinds the parameter from all controls of the connected devices.
  void forget(const std::string& parameter);
  // Another range, curve or smoothing for a control.
  void change(const MidiBinding& from, const MidiBinding& to);

  // Of the connected devices, by name.
  std::vector<MidiMap> maps() const;
  // Of the first device whose clock is running; else of one whose clock is ticking; else {}. Never waits
  // long.
  MidiTempo tempo() const;

  // A device without a port, fed with bytes from elsewhere.  For tests, and for hosts with their own ports.
  void add_device(const std::string& name);
  void receive(const std::string& device, std::span<const uint8_t> bytes);

 private:
  struct Device;
  struct Inputs;  // RtMidi's part

  void run();
  void look();
  bool send_feedback();
  void open(const std::string& port);
  void tell_trouble(const std::string& why);
  void arm(const std::optional<MidiLearn>& target);
  std::unique_ptr<Device> make_device(const std::string& name);
  void hear(Device& device, std::span<const uint8_t> bytes);
  void save_maps();
  void choose_clock(double now);

  Desk& desk_;
  DeviceActions actions_;
  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::optional<MidiLearn> learn_;
  std::string trouble_;
  bool stop_ = false, changed_ = false, gliding_ = false, glide_now_ = false;
  mutable std::mutex clock_mutex_;
  MidiClockState clock_;            // of the leading device
  std::unique_ptr<Inputs> inputs_;  // owned by the thread
  std::thread thread_;
};

}  // namespace reverie
