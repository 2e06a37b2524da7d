#include "feedback/effect.h"

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"
#include "feedback/cost.h"
#include "feedback/engine.h"
#include "feedback/palette.h"
#include "feedback/parameters.h"

namespace reverie {
namespace {

// Random streams, split off the effect's seed, as kWeightsStream is.
constexpr uint64_t kEngineStream = 2;

class FeedbackEffect final : public Effect {
 public:
  FeedbackEffect(const EffectSetup& setup, const ParameterValues& values)
      : setup_(setup),
        threads_(setup.threads ? setup.threads : std::make_shared<Threads>()),
        glass_(make_hourglass(values, Random(setup.seed).split(kWeightsStream), setup.find_file)) {
    const std::string& palette = values.text("palette");
    if (!palette.empty() && palette != "input") {
      colours_ = colour_statistics(setup.read_picture(setup.find_file(palette)), *threads_);
    }
    palette_is_input_ = palette == "input";
    read_init_picture(values.text("init_picture"));
    read_own_settings();
  }

  void begin(const Frame& frame, const ParameterValues& given, bool preroll) override {
    const ParameterValues& values = with_own(given);
    make_engine(values, frame.picture);
    if (!preroll) return;
    for (int64_t n = values.integer("preroll"); n > 0 && !stop_requested(); --n)
      engine_->step(frame.time.frame - n, values, frame.picture);
  }

  void follow(const Effect& before) override {
    if (const auto* other = dynamic_cast<const FeedbackEffect*>(&before); other != nullptr && other->engine_)
      engine_->follow(*other->engine_);
  }

  void restart(uint64_t seed, const Frame& frame, const ParameterValues& values) override {
    if (!engine_) return;  // not begun yet
    engine_->restart(Random(seed).split(kEngineStream).bits(), values, start_picture(values, frame.picture));
    held_ = 0;
  }

  double bytes_ahead(const ParameterValues& values) const override {
    return engine_ ? 0 : feedback_bytes(glass_, setup_.height, setup_.width, values);
  }

  void save(State& to) override {
    if (!engine_) return;
    engine_->save(to);
    to.put_number("held", static_cast<double>(held_));
    palette_.save(to);
    if (palette_is_input_ && colours_) put(to, "colours", *colours_);
  }

  void load(const State& from, const ParameterValues& given) override {
    if (!from.has("seed")) return;  // it had not begun
    make_engine(with_own(given), nullptr);
    engine_->load(from);
    if (from.has("held")) held_ = static_cast<int64_t>(from.numbers("held", 1)[0]);
    palette_.load(from);
    if (from.has("colours/mean")) colours_ = colours_of(from, "colours");
  }

  void process(const Frame& frame, const ParameterValues& given, Planes& out, Told& /*told*/) override {
    const Planes* input = frame.picture;
    if (!engine_) begin(frame, given, true);
    const ParameterValues& values = with_own(given);
    step(frame, values);
    engine_->look(values, out);
    if (palette_is_input_ && input) colours_ = colour_statistics(*input, *threads_);
    if (colours_) {
      const Palette::Settings settings = {static_cast<float>(values.number("palette_mix")),
                                          static_cast<float>(values.number("palette_rate")),
                                          static_cast<float>(values.number("palette_contrast"))};
      palette_.apply(out, *colours_, settings, *threads_);
    }
    const auto dry = static_cast<float>(values.number("dry"));
    if (!input || dry == 0) return;
    for (size_t i = 0; i < out.data().size(); ++i) out.data()[i] += dry * (input->data()[i] - out.data()[i]);
  }

 private:
  // What the file of the weights says of pooling and activation.  Files of version 0.1 are played as the
  // preset says, as they were then.
  void read_own_settings() {
    if (glass_.format < 2) return;
    for (const Layer& layer : glass_.layers) {
      if (layer.pool) pool_.push_back(layer.pool == PoolKind::kMean ? 1 : 0);  // the places of their words
      const bool plays =
          layer.activation == ActivationKind::kTanh || layer.activation == ActivationKind::kRelu;
      if (plays) activation_.push_back(layer.activation == ActivationKind::kRelu ? 1 : 0);
    }
    if (pool_.size() != glass_.layers.size()) pool_.clear();
    if (activation_.size() != glass_.layers.size()) activation_.clear();
  }

  // The values, with the network's own settings unless they are given.
  const ParameterValues& with_own(const ParameterValues& values) {
    const bool pool = !pool_.empty() && !values.is_given("pool");
    const bool activation = !activation_.empty() && !values.is_given("activation");
    if (!pool && !activation) return values;
    own_ = values;
    if (pool) own_->set("pool", pool_);
    if (activation) own_->set("activation", activation_);
    return *own_;
  }

  void read_init_picture(const std::string& name) {
    init_picture_ = name.empty() ? Planes() : setup_.read_picture(setup_.find_file(name));
    init_picture_name_ = name;
  }

  // In the middle of a show a missing picture is no reason to stop: keep the previous one, or none.
  const Planes* start_picture(const ParameterValues& values, const Planes* input) {
    if (const std::string& name = values.text("init_picture"); name != init_picture_name_) {
      try {
        read_init_picture(name);
      } catch (const Error& e) {
        warning(e.what());
      }
    }
    return init_picture_.empty() ? input : &init_picture_;
  }

  // The first of the frames in which level 0 is held is the start itself.
  void step(const Frame& frame, const ParameterValues& values) {
    const bool hold = held_ < values.integer("init_frames") &&
                      values.choice<InitialState>("init") == InitialState::kPicture;
    const Planes* picture = hold ? start_picture(values, frame.picture) : nullptr;
    if (!picture || held_ > 0) engine_->step(frame.time.frame, values, frame.picture, frame.flow);
    if (!picture) return;
    engine_->hold(*picture);
    ++held_;
  }

  // With the first frame, because the state may start from the input.
  void make_engine(const ParameterValues& values, const Planes* input) {
    const uint64_t seed = Random(setup_.seed).split(kEngineStream).bits();
    engine_ = std::make_unique<FeedbackEngine>(std::move(glass_), setup_.height, setup_.width, values,
                                               setup_.kernel, seed, *threads_, start_picture(values, input),
                                               setup_.check);
  }

  EffectSetup setup_;
  std::shared_ptr<Threads> threads_;
  Hourglass glass_;
  std::unique_ptr<FeedbackEngine> engine_;
  int64_t held_ = 0;  // frames in which level 0 was held at a picture
  Palette palette_;
  std::optional<ColourStatistics> colours_;
  bool palette_is_input_ = false;
  std::string init_picture_name_;
  Planes init_picture_;                    // empty: none
  std::vector<double> pool_, activation_;  // the network's own, one per level; empty: it does not say
  std::optional<ParameterValues> own_;
};

std::unique_ptr<Effect> make_effect(const EffectSetup& setup, const ParameterValues& values) {
  return std::make_unique<FeedbackEffect>(setup, values);
}

}  // namespace

EffectKind feedback_effect() {
  return {.name = "feedback",
          .help = "feature feedback over the levels of an hourglass",
          .table = std::make_shared<const ParameterTable>(feedback_parameters()),
          .make = make_effect,
          // those of the instrument of 2015
          .keys = {{"m", "what to show: state, encoding, decoding", "view"},
                   {"l", "which level to show", "view_level", true},
                   {"a", "activation: tanh, relu", "activation"},
                   {"p", "pooling: max, mean, stride, maxmag", "pool"}},
          .needs_flow = true,
          .flow_parameters = {"warp_by_flow"},
          .seed_parameter = "weights_seed",
          .work = feedback_work,
          .memory = feedback_memory};
}

}  // namespace reverie
