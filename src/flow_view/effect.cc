#include "flow_view/effect.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "motion/amount.h"
#include "motion/arrows.h"
#include "motion/colours.h"

namespace reverie {
namespace {

// Words of `view`, in their order.
enum class FlowPicture { kColours, kArrows, kTrust, kPicture };

const ParameterTable& table() {
  static const ParameterTable all(in_groups(
      {{"flow",
        {
            choice(
                "view", "colours", {"colours", "arrows", "trust", "picture"},
                "direction as hue and speed as strength; arrows over the picture; white where the flow can "
                "be trusted; or the picture as it came, for the signals alone")
                .views(),
            choice("ground", "black", {"white", "black"}, "of colours: what does not move").views(),
            number("largest", 0.02, 0.001, 0.5, "widths a frame", "the speed of full colour and full signals")
                .playable(0.002, 0.1),
            integer("step", 16, 4, 256, "pixels", "from arrow to arrow").views(),
            number("longer", 2, 0.1, 20, "times", "how much longer than the way of a frame arrows are")
                .playable(0.5, 8)
                .views(),
        }}}));
  return all;
}

// Where things go: the flow of a frame says where they were.
Flow onward(const Flow& flow) {
  Flow out = flow;
  for (float& v : out.data()) v = -v;
  return out;
}

class FlowView final : public Effect {
 public:
  explicit FlowView(const EffectSetup& setup) : width_(setup.width), height_(setup.height) {}

  void process(const Frame& frame, const ParameterValues& values, Planes& out, Told& told) override {
    const auto view = values.choice<FlowPicture>("view");
    const double largest = values.number("largest") * width_;
    const Flow flow = frame.flow ? onward(*frame.flow) : Flow(2, height_, width_);
    switch (view) {
      case FlowPicture::kColours:
        out = flow_colours(flow, static_cast<float>(largest), values.choice<FlowGround>("ground"));
        break;
      case FlowPicture::kTrust:
        out = Planes(3, height_, width_, 1);
        for (int c = 0; frame.trust && c < 3; ++c)
          std::copy_n(frame.trust->plane(0), out.plane_size(), out.plane(c));
        break;
      case FlowPicture::kArrows:
      case FlowPicture::kPicture:
        out = frame.picture ? *frame.picture : Planes(3, height_, width_);
        if (view == FlowPicture::kArrows)
          draw_arrows(out, flow, values.integer("step"), static_cast<float>(values.number("longer")));
        break;
    }
    tell(flow, largest, told);
  }

  void restart(uint64_t /*seed*/, const Frame& /*frame*/, const ParameterValues& /*values*/) override {
    direction_ = 0;
  }

  void save(State& to) override { to.put_number("direction", direction_); }
  void load(const State& from, const ParameterValues& /*values*/) override {
    direction_ = from.number("direction");
  }

 private:
  void tell(const Flow& flow, double largest, Told& told) {
    const MotionAmount m = motion_amount(flow);
    told.tell("amount", m.rms / largest);
    told.tell("right", m.right / largest);
    told.tell("left", m.left / largest);
    told.tell("up", m.up / largest);
    told.tell("down", m.down / largest);
    // where next to nothing moves it stays
    if (std::hypot(m.dx, m.dy) > kLeastMean) {
      const double turns = std::atan2(-m.dy, m.dx) / (2 * std::numbers::pi);
      direction_ = turns < 0 ? turns + 1 : turns;
    }
    told.tell("direction", direction_);
  }

  static constexpr double kLeastMean = 0.02;  // pixels

  int width_, height_;
  double direction_ = 0;
};

std::unique_ptr<Effect> make(const EffectSetup& setup, const ParameterValues& /*values*/) {
  return std::make_unique<FlowView>(setup);
}

}  // namespace

EffectKind flow_view_effect() {
  return {.name = "flow-view",
          .help = "how the set's input moves: as a picture, and as signals",
          .input = InputNeed::kRequired,
          .table = std::make_shared<const ParameterTable>(table()),
          .make = make,
          .signals = {{"amount",
                       "how much moves, and how fast: the root mean square of all speeds, over `largest`"},
                      {"direction", "where it moves on the whole: 0 right, 0.25 up, 0.5 left, 0.75 down"},
                      {"right", "how much moves to the right"},
                      {"left", "how much moves to the left"},
                      {"up", "how much moves up"},
                      {"down", "how much moves down"}},
          .needs_flow = true};
}

}  // namespace reverie
