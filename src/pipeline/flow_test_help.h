// Shared by the tests of this folder: an effect that shows the flow of the input.
#pragma once

#include <algorithm>
#include <memory>

#include "control/preset.h"
#include "effects/effects.h"

namespace reverie {

// Red and green: the flow, 32 pixels to either side of middle grey; blue: the trust.  Black where there is
// no flow.
class ShowsFlow final : public Effect {
 public:
  explicit ShowsFlow(const EffectSetup& setup) : width_(setup.width), height_(setup.height) {}

  void process(const Frame& frame, const ParameterValues& /*values*/, Planes& out, Told& /*told*/) override {
    out = Planes(3, height_, width_);
    if (!frame.flow) return;
    for (size_t i = 0; i < out.plane_size(); ++i) {
      for (int c = 0; c < 2; ++c)
        out.plane(c)[i] = std::clamp(0.5F + frame.flow->plane(c)[i] / 64, 0.0F, 1.0F);
      out.plane(2)[i] = frame.trust->plane(0)[i];
    }
  }

 private:
  int width_, height_;
};

// A preset of it; asks: the effect asks for the flow.
inline Preset shows_flow(bool asks = true) {
  static const bool once = [] {
    for (const bool needs : {false, true}) {
      add_effect({.name = needs ? "shows-flow" : "does-not-ask",
                  .help = "for tests",
                  .input = InputNeed::kOptional,
                  .table = std::make_shared<const ParameterTable>(std::vector<Parameter>()),
                  .make = [](const EffectSetup& setup, const ParameterValues&) -> std::unique_ptr<Effect> {
                    return std::make_unique<ShowsFlow>(setup);
                  },
                  .needs_flow = needs});
    }
    return true;
  }();
  static_cast<void>(once);
  return Preset(asks ? "shows-flow" : "does-not-ask");
}

}  // namespace reverie
