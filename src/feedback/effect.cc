#include "feedback/effect.h"

#include <algorithm>
#include <optional>

#include "core/stop.h"
#include "feedback/engine.h"
#include "feedback/palette.h"
#include "feedback/parameters.h"

namespace reverie {
namespace {

// Streams of the effect's seed.
constexpr uint64_t kWeightsStream = 1;
constexpr uint64_t kEngineStream = 2;

class FeedbackEffect final : public Effect {
 public:
  FeedbackEffect(const EffectSetup& setup, const ParameterValues& values)
      : setup_(setup),
        threads_(setup.threads),
        glass_(make_hourglass(values, Random(setup.seed).split(kWeightsStream), setup.find_file)) {
    const std::string& palette = values.text("palette");
    if (!palette.empty() && palette != "input") {
      colours_ = colour_statistics(setup.read_picture(setup.find_file(palette)), threads_);
    }
    palette_is_input_ = palette == "input";
  }

  void process(const FrameTime& time, const ParameterValues& values, const Planes* input,
               Planes& out) override {
    if (!engine_) {
      start(values, input);
      for (int64_t n = values.integer("preroll"); n > 0 && !stop_requested(); --n)
        engine_->step(time.frame - n, values, input);
    }
    engine_->step(time.frame, values, input);
    engine_->look(values, out);
    if (palette_is_input_ && input) colours_ = colour_statistics(*input, threads_);
    if (colours_) {
      const Palette::Settings settings = {static_cast<float>(values.number("palette_mix")),
                                          static_cast<float>(values.number("palette_rate")),
                                          static_cast<float>(values.number("palette_contrast"))};
      palette_.apply(out, *colours_, settings, threads_);
    }
    const auto dry = static_cast<float>(values.number("dry"));
    if (!input || dry == 0) return;
    for (size_t i = 0; i < out.data().size(); ++i) out.data()[i] += dry * (input->data()[i] - out.data()[i]);
  }

 private:
  // With the first frame, because the state may start from the input.
  void start(const ParameterValues& values, const Planes* input) {
    std::optional<Planes> picture;
    if (const std::string& name = values.text("init_picture"); !name.empty()) {
      picture = setup_.read_picture(setup_.find_file(name));
    }
    const uint64_t seed = Random(setup_.seed).split(kEngineStream).bits();
    engine_ = std::make_unique<FeedbackEngine>(std::move(glass_), setup_.height, setup_.width, values,
                                               setup_.kernel, seed, threads_, picture ? &*picture : input);
  }

  EffectSetup setup_;
  Threads threads_;
  Hourglass glass_;
  std::unique_ptr<FeedbackEngine> engine_;
  Palette palette_;
  std::optional<ColourStatistics> colours_;
  bool palette_is_input_ = false;
};

}  // namespace

std::unique_ptr<Effect> make_feedback_effect(const EffectSetup& setup, const ParameterValues& values) {
  return std::make_unique<FeedbackEffect>(setup, values);
}

}  // namespace reverie
