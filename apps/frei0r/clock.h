// The times that a host says, as the frame loop would count them.
#pragma once

namespace reverie {

// A host's frame n comes at n / rate, rounded in its own way; a render's at exactly n / rate, counted from
// its first frame.  The last bit decides whether both make the same pictures.
class HostClock {
 public:
  // Seconds since the first frame.
  double seconds(double told);
  // This frame is the first.
  void restart() { started_ = false; }
  // The frame is before the last one, or no time at all.
  bool goes_back(double told) const { return started_ && !(told >= last_); }

 private:
  bool started_ = false;
  double first_ = 0, last_ = 0;
  double rate_ = 0;  // frames a second; 0: not known yet
  double unit_ = 1;  // of the host's times in a second
};

}  // namespace reverie
