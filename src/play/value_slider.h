// A parameter as a slider.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/parameter.h"

namespace reverie {

// A parameter's value over its playable range: dragged (with Shift finely), turned with the wheel, set with
// the middle button to where the mouse is, typed after Ctrl+click, reset with a double click.
class ValueSlider {
 public:
  struct Answer {
    std::optional<double> value;  // a new one
    bool reset = false;
  };
  // played: the value that a modulation makes of it now.
  Answer draw(const char* id, const Parameter& p, double value, std::optional<double> played, float width);

  // Whether the mouse was over one in the last frame: the wheel is for it then.
  bool hovered() const { return hovered_; }
  void begin_frame() { hovered_ = std::exchange(hovering_, false); }

 private:
  Answer type(const char* id, const Parameter& p, float width);
  static void paint(const Parameter& p, double value, std::optional<double> played);

  bool hovered_ = false, hovering_ = false;
  unsigned typed_ = 0;  // the one that is typed into
  bool focus_ = false;
  std::string text_;
  double share_ = 0;  // of the one that is dragged
};

}  // namespace reverie
