// One of the effects in a host: a preset that plays the host's pictures.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "clock.h"
#include "control/chain_player.h"
#include "knobs.h"
#include "motion/input_motion.h"

namespace reverie {

class Instance {
 public:
  Instance(int width, int height);

  // A knob's value: a text, or 0..1 of its way (ControlRange).  Hosts tell all values again and again, and at
  // first those that value() gave them; a knob acts once it is told something else.
  using Value = std::variant<double, std::string>;
  void turn(int knob, const Value& value);
  // What the knob shows: the value last told, before that the preset's.
  const Value& value(int knob) const;

  // The next picture, width x height pixels of R, G, B, A bytes.  What cannot be played is said once, in a
  // line, and the picture passes through.  seconds: where that goes back, the process starts again.
  void process(double seconds, const uint32_t* in, uint32_t* out);

 private:
  Chain chain() const;
  void show_chain();
  void restart(std::string why_not = "");
  void try_to(const std::function<void()>& what);
  void play(double seconds);

  int width_, height_;
  std::string preset_, seed_, set_;      // seed, set: may be empty
  std::map<int, Value> moved_;           // by the host's hands; the plug-in's own not among them
  std::vector<Value> shown_;             // by number; what the host knows
  std::unique_ptr<ChainPlayer> player_;  // null: it starts with the next picture
  std::vector<SetParameter> waiting_;    // for that picture
  std::string failed_;                   // why there is none; empty: there can be one
  HostClock clock_;
  InputMotion motion_;
  int64_t frame_ = 0;
  Planes in_, out_;
};

}  // namespace reverie
