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

  void begin(const FrameTime& time, const ParameterValues& values, const Planes* input,
             bool preroll) override {
    make_engine(values, input);
    if (!preroll) return;
    for (int64_t n = values.integer("preroll"); n > 0 && !stop_requested(); --n)
      engine_->step(time.frame - n, values, input);
  }

  void follow(const Effect& before) override {
    if (const auto* other = dynamic_cast<const FeedbackEffect*>(&before); other != nullptr && other->engine_)
      engine_->follow(*other->engine_);
  }

  void restart(uint64_t seed, const ParameterValues& values, const Planes* input) override {
    if (!engine_) return;  // it has not begun yet
    const std::optional<Planes> picture = init_picture(values);
    engine_->restart(Random(seed).split(kEngineStream).bits(), values, picture ? &*picture : input);
  }

  void process(const FrameTime& time, const ParameterValues& values, const Planes* input,
               Planes& out) override {
    if (!engine_) begin(time, values, input, true);
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
  std::optional<Planes> init_picture(const ParameterValues& values) const {
    const std::string& name = values.text("init_picture");
    if (name.empty()) return std::nullopt;
    return setup_.read_picture(setup_.find_file(name));
  }

  // With the first frame, because the state may start from the input.
  void make_engine(const ParameterValues& values, const Planes* input) {
    const std::optional<Planes> picture = init_picture(values);
    const uint64_t seed = Random(setup_.seed).split(kEngineStream).bits();
    engine_ = std::make_unique<FeedbackEngine>(std::move(glass_), setup_.height, setup_.width, values,
                                               setup_.kernel, seed, threads_, picture ? &*picture : input,
                                               setup_.check);
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
