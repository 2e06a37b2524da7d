// Knobs, faders and encoders that send as real ones do, for tests and fuzzers.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "devices/midi_controller.h"

namespace reverie {

enum class Scheme {
  kControl,  // 7 bits
  kMsbFirst,
  kLsbFirst,
  kNrpn,  // 7 bits
  kNrpnMsbFirst,
  kNrpnLsbFirst,
  kBend,
  kAftertouch,
  kControlAndBend,  // both at each movement
  kTwosComplement,  // from here on encoders
  kOffset,
  kSignMagnitude,
  kNrpnTwosComplement,
  kNrpnOffset,
  kNrpnSignMagnitude,
  kNrpnIncrement
};
inline constexpr int kSchemes = 16;

struct SimulatedControl {
  Scheme scheme = Scheme::kControl;
  int channel = 0;
  int number = 16;  // 0..119, of 14 bits 0..31; of NRPN 0..16382
  int position = 0;
  bool rpn = false;      // registered parameters in place of NRPN
  bool null = false;     // selects no parameter after each message
  bool swapped = false;  // the number's lower half, or the bend, comes first
  double moved = 0;      // by the last movement, in parts of the range
  std::vector<uint8_t> sent = {};

  bool is_encoder() const { return scheme >= Scheme::kTwosComplement; }
  int last() const {
    const bool fine = scheme == Scheme::kMsbFirst || scheme == Scheme::kLsbFirst ||
                      scheme == Scheme::kNrpnMsbFirst || scheme == Scheme::kNrpnLsbFirst ||
                      scheme == Scheme::kBend;
    return fine ? 16383 : 127;
  }

  // Moves by steps of an encoder (at most 31), or as far as an absolute control can; what it sends is in
  // sent.
  const std::vector<uint8_t>& move(int steps) {
    sent.clear();
    if (is_encoder()) {
      moved = std::abs(steps) / 127.0;
    } else {
      const int before = position;
      position = std::clamp(position + steps, 0, last());
      moved = std::abs(position - before) / static_cast<double>(last());
      if (position == before) return sent;
    }
    const int size = std::abs(steps);
    const int twos_complement = steps & 127, offset = 64 + steps,
              sign_magnitude = steps > 0 ? size : 64 + size;
    switch (scheme) {
      case Scheme::kControl:
        control(number, position);
        break;
      case Scheme::kMsbFirst:
        control(number, position >> 7), control(number + 32, position & 127);
        break;
      case Scheme::kLsbFirst:
        control(number + 32, position & 127), control(number, position >> 7);
        break;
      case Scheme::kBend:
        message(0xe0, {position & 127, position >> 7});
        break;
      case Scheme::kAftertouch:
        message(0xd0, {position});
        break;
      case Scheme::kControlAndBend:
        if (!swapped) control(number, position);
        message(0xe0, {position, position});
        if (swapped) control(number, position);
        break;
      case Scheme::kTwosComplement:
        control(number, twos_complement);
        break;
      case Scheme::kOffset:
        control(number, offset);
        break;
      case Scheme::kSignMagnitude:
        control(number, sign_magnitude);
        break;
      case Scheme::kNrpn:
        enter({{6, position}});
        break;
      case Scheme::kNrpnMsbFirst:
        enter({{6, position >> 7}, {38, position & 127}});
        break;
      case Scheme::kNrpnLsbFirst:
        enter({{38, position & 127}, {6, position >> 7}});
        break;
      case Scheme::kNrpnTwosComplement:
        enter({{6, twos_complement}});
        break;
      case Scheme::kNrpnOffset:
        enter({{6, offset}});
        break;
      case Scheme::kNrpnSignMagnitude:
        enter({{6, sign_magnitude}});
        break;
      case Scheme::kNrpnIncrement:
        for (int i = 0; i < size; ++i) enter({{steps > 0 ? 96 : 97, i}});
        break;
    }
    return sent;
  }

 private:
  void message(int status, const std::vector<int>& data) {
    sent.push_back(static_cast<uint8_t>(status | channel));
    for (const int d : data) sent.push_back(static_cast<uint8_t>(d));
  }
  void control(int n, int value) { message(0xb0, {n, value}); }
  void select(int n) {
    const int msb = rpn ? 101 : 99;
    if (swapped) control(msb - 1, n & 127);
    control(msb, n >> 7);
    if (!swapped) control(msb - 1, n & 127);
  }
  void enter(const std::vector<std::pair<int, int>>& data) {
    select(number);
    for (const auto& [n, value] : data) control(n, value);
    if (null) select(16383);
  }
};

// Learns two controls of one kind for two numbers of the desk; the bytes say what they are and how they move.
// Checks that no parameter moves by more than its control: what went wrong, or "".
inline std::string check_learning(Desk& desk, const std::array<std::string, 2>& parameters,
                                  std::span<const uint8_t> bytes) {
  size_t at = 0;
  const auto next = [&] { return at < bytes.size() ? bytes[at++] : uint8_t{0}; };
  const auto next_14_bits = [&] {
    const int upper = next() % 128;
    return upper << 7 | next() % 128;
  };
  constexpr double kNear = 2.0 / 127;  // of soft takeover
  constexpr double kHalfNotch =
      0.505 / 127;                  // what is as near to the default as that is there (control_range.h)
  constexpr double kDefault = 0.5;  // the share of hue's; tint's is at an end, and has no notch

  MidiController midi(desk, {}, {});
  std::array<SimulatedControl, 2> controls;
  const int scheme = next() % kSchemes, flags = next(), number = next_14_bits();
  for (int i = 0; i < 2; ++i) {
    SimulatedControl& c = controls[i];
    c.scheme = static_cast<Scheme>(scheme);
    c.rpn = (flags & 1) != 0;
    c.null = (flags & 2) != 0;
    c.swapped = (flags & 4) != 0;
    const bool fine = c.scheme == Scheme::kMsbFirst || c.scheme == Scheme::kLsbFirst;
    const bool nrpn = (c.scheme >= Scheme::kNrpn && c.scheme <= Scheme::kNrpnLsbFirst) ||
                      c.scheme >= Scheme::kNrpnTwosComplement;
    c.number = (number + i) % (fine ? 32 : nrpn ? 16383 : 120);
    const bool has_channel = c.scheme >= Scheme::kBend && c.scheme <= Scheme::kControlAndBend;
    c.channel = ((flags >> 4) + (has_channel ? i : 0)) % 16;
    c.position = next_14_bits() % (c.last() + 1);
    desk.set_share(parameters[i], -1, next() / 255.0);
  }
  const bool hostile = (flags & 8) != 0;
  if (hostile) {
    const size_t count = std::min<size_t>(next() % 32, bytes.size() - at);
    midi.receive(bytes.subspan(at, count), 0);
    at += count;
    // what it may have selected would be meant by data entry
    const auto status = static_cast<uint8_t>(0xb0 | controls[0].channel);
    midi.receive(std::vector<uint8_t>{status, 99, 127, 98, 127, 7, 0}, 0);
  }

  std::array<double, 2> own{}, went{}, snapped{},
      shares = {desk.share(parameters[0]), desk.share(parameters[1])};
  std::string wrong;
  const auto move = [&](int i, int steps) {
    SimulatedControl& c = controls[i];
    if (!c.is_encoder() && (c.position + steps < 0 || c.position + steps > c.last())) steps = -steps;
    midi.receive(c.move(steps), 0);
    own[i] += c.moved;
    for (int k = 0; k < 2; ++k) {
      const double now = desk.share(parameters[k]), change = now - std::exchange(shares[k], now);
      went[k] += std::abs(change);
      const auto is_default = [&](double share) { return std::abs(share - kDefault) < 1e-9; };
      // into the notch, or out of it
      const double notch = k == i && (is_default(now) || is_default(now - change)) ? kHalfNotch : 0;
      const double most = k == i ? c.moved + (c.is_encoder() ? notch : kNear) : 0;
      snapped[k] += std::clamp(std::abs(change) - c.moved, 0.0, notch);
      if (!(std::abs(change) <= most + 1e-6) || !(went[k] <= own[k] + snapped[k] + kNear + 1e-6) ||
          (c.is_encoder() && !hostile && change * steps < -1e-6)) {
        wrong = parameters[k] + " moved by " + std::to_string(change) + " and its control by " +
                std::to_string(k == i ? c.moved : 0);
      }
    }
  };
  // of an absolute control, -40 to 40 of 127 steps, and not 0
  const auto any = [&](const SimulatedControl& c) {
    const int byte = static_cast<int8_t>(next());
    const int steps =
        c.is_encoder() ? byte % 32 : byte % 41 * (c.last() / 127) + (c.last() > 127 ? byte / 41 : 0);
    return steps == 0 ? 1 : steps;
  };
  for (int i = 0; i < 2; ++i) {
    midi.learn(MidiTarget{parameters[i], -1});
    const int click = next() % 2 ? 1 : -1;  // while learning an encoder is turned slowly
    for (int k = 0; k < 3; ++k) move(i, controls[i].is_encoder() ? click : any(controls[i]));
  }
  for (int k = 0; k < 32 && at < bytes.size() && wrong.empty(); ++k) {
    const int i = next() % 2;
    move(i, any(controls[i]));
  }
  return wrong;
}

}  // namespace reverie
