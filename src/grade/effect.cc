#include "grade/effect.h"

#include <numeric>

#include "grade/colour.h"
#include "grade/geometry.h"

namespace reverie {
namespace {

constexpr double kMuchMotion = 4;  // a mean change of 1/4 is full motion

std::vector<Parameter> colour() {
  return {
      number("brightness", 0, -1, 1, "", "added to every colour"),
      number("contrast", 1, 0, 8, "times", "distance from middle grey").playable(0, 3),
      number("gamma", 1, 0.1, 10, "", "above 1 lifts the dark tones, below 1 lowers them").playable(0.25, 4),
      number("saturation", 1, 0, 4, "times", "0 is grey").playable(0, 2),
      number("hue", 0, -180, 180, "degrees", "turns all colours about grey"),
      number("tint", 0, 0, 1, "", "from the picture's own colours to one colour at its brightness"),
      number("tint_hue", 30, 0, 360, "degrees", "that colour: 0 red, 120 green, 240 blue"),
      number("fade", 0, 0, 1, "", "to black"),
  };
}

std::vector<Parameter> geometry() {
  return {
      number("crop_left", 0, 0, 0.95, "widths", "cut off at the left; what is left fills the frame"),
      number("crop_right", 0, 0, 0.95, "widths", "cut off at the right"),
      number("crop_top", 0, 0, 0.95, "heights", "cut off at the top"),
      number("crop_bottom", 0, 0, 0.95, "heights", "cut off at the bottom"),
      choice("flip", "none", {"none", "horizontal", "vertical", "both"}, "left for right, top for bottom"),
      choice("mirror", "none", {"none", "horizontal", "vertical", "both"},
             "the left half also at the right, the upper half also below"),
      number("zoom", 1, 0.1, 10, "times", "enlarges it about the middle").playable(0.25, 4),
      number("rotate", 0, -180, 180, "degrees", "turns it about the middle, counter-clockwise"),
      number("shift_x", 0, -1, 1, "widths", "moves it to the right"),
      number("shift_y", 0, -1, 1, "heights", "moves it down"),
      choice("border", "black", {"black", "clamp", "wrap", "mirror"},
             "what lies beyond the edge: nothing, the edge, the other side, the picture reflected"),
  };
}

const ParameterTable& table() {
  static const ParameterTable all(in_groups({{"colour", colour()}, {"geometry", geometry()}}));
  return all;
}

class Grade final : public Effect {
 public:
  explicit Grade(const EffectSetup& setup)
      : width_(setup.width),
        height_(setup.height),
        threads_(setup.threads ? setup.threads : std::make_shared<Threads>()) {}

  void process(const Frame& frame, const ParameterValues& values, Planes& out, Told& told) override {
    if (!frame.picture) {
      out = Planes(3, height_, width_);
    } else if (const Geometry geometry(values, width_, height_); geometry.changes_nothing()) {
      out = *frame.picture;
    } else {
      geometry.apply(*frame.picture, out, *threads_);
    }
    Colours(values).apply(out, *threads_);
    tell(out, told);
  }

  void save(State& to) override { to.put("last", last_); }
  void load(const State& from, const ParameterValues& /*values*/) override { last_ = from.planes("last"); }

 private:
  void tell(const Planes& picture, Told& told) {
    const bool motion = told.wants("motion");
    if (!motion) last_ = Planes();
    if (!motion && !told.wants("brightness")) return;
    Planes bright = luma(picture);
    const std::vector<float>& samples = bright.data();
    told.tell("brightness",
              std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size()));
    if (!motion) return;
    told.tell("motion", last_.empty() ? 0 : kMuchMotion * mean_absolute_difference(bright, last_));
    last_ = std::move(bright);
  }

  int width_, height_;
  std::shared_ptr<Threads> threads_;
  Planes last_;  // its brightness
};

std::unique_ptr<Effect> make(const EffectSetup& setup, const ParameterValues& /*values*/) {
  return std::make_unique<Grade>(setup);
}

}  // namespace

EffectKind grade_effect() {
  return {.name = "grade",
          .help = "colour, geometry and fade of the picture that comes in",
          .input = InputNeed::kRequired,
          .table = std::make_shared<const ParameterTable>(table()),
          .make = make,
          .signals = {{"brightness", "the mean brightness of its picture"},
                      {"motion", "how much its picture changed since the last frame"}}};
}

}  // namespace reverie
