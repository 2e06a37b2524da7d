#include "latent/effect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/fit.h"
#include "core/random.h"
#include "latent/walk.h"
#include "models/pictures.h"
#include "models/torch_threads.h"
#include "style/chosen_style.h"

namespace reverie {
namespace {

constexpr double kFiner = 3;  // times, than what is large

// Each label's weights, all of it for itself.
LabelStatistics classes_of(const VaeModel& model) {
  LabelStatistics all;
  const auto count = static_cast<int64_t>(model.labels().size());
  for (int64_t i = 0; i < count; ++i)
    all[model.labels()[static_cast<size_t>(i)]] = {torch::eye(count).narrow(0, i, 1),
                                                   torch::ones({1, count})};
  return all;
}

class LatentEffect final : public Effect {
 public:
  LatentEffect(const EffectSetup& setup, const ParameterValues& values)
      : setup_(setup),
        threads_(setup.threads ? setup.threads : std::make_shared<Threads>(0)),
        model_(read_model(setup.find_file(values.text("model")))),
        vae_(as_vae(*model_, "play")),
        weights_(vae_.packed()),
        chosen_(parse_stops(values.text("chosen"))) {
    if (vae_.settings().classes > 0) {
      const std::string& text = values.text("label");
      classes_.emplace(classes_of(vae_), text.empty() ? vae_.labels().front() : text);
    } else if (!values.text("label").empty()) {
      throw Error("play the label", values.text("label"), "the model is told none: it is not conditional");
    }
    const LabelStatistics labels = labels_of_model(vae_);
    if (vae_.shrink() > 0 && !labels.empty()) style_.emplace(labels, values.text("toward"));
  }

  void follow(const Effect& before) override {
    if (const auto* other = dynamic_cast<const LatentEffect*>(&before)) {
      walked_ = other->walked_;
      x_ = other->x_;
      y_ = other->y_;
    }
  }

  void restart(uint64_t seed, const Frame& /*frame*/, const ParameterValues& /*values*/) override {
    setup_.seed = seed;
    walked_ = x_ = y_ = 0;
    last_.reset();
  }

  double bytes_ahead(const ParameterValues& /*values*/) const override {
    constexpr double kPictures = 6;  // that a frame holds at once
    return vae_.pass_bytes(setup_.height, setup_.width) +
           kPictures * 3 * sizeof(float) * setup_.height * setup_.width;
  }

  void save(State& to) override {
    to.put_seed("seed", setup_.seed);
    to.put_numbers("walk", {walked_, walked_before_, period_, x_, y_});
    if (began_) to.put_numbers("times", {*began_, last_.value_or(*began_)});
  }

  void load(const State& from, const ParameterValues& /*values*/) override {
    setup_.seed = from.seed("seed");
    const std::vector<double> walk = from.numbers("walk", 5);
    walked_ = walk[0];
    walked_before_ = walk[1];
    period_ = walk[2];
    x_ = walk[3];
    y_ = walk[4];
    if (!from.has("times")) return;
    const std::vector<double> times = from.numbers("times", 2);
    began_ = times[0];
    last_ = times[1];
  }

  void process(const Frame& frame, const ParameterValues& values, Planes& out, Told& told) override {
    const torch::NoGradGuard no_grad;
    use_torch_threads(threads_->count());
    go_on(frame.time.seconds, values);
    told.tell("phase", walked_ - std::floor(walked_));
    const bool grid = vae_.shrink() > 0;
    const int64_t height = grid ? setup_.height : vae_.settings().height;
    const int64_t width = grid ? setup_.width : vae_.settings().width;
    const torch::Tensor codes = grid ? grid_codes(values) : vector_codes(values);
    const torch::Tensor y = vae_.decode(codes, height, width, weights_);
    out = to_picture(unapply(vae_.input, y).clamp(0, 255));
    if (out.height() != setup_.height || out.width() != setup_.width)
      out = fit_picture(out, setup_.height, setup_.width, Fit::kCrop);
  }

 private:
  // Knobs that change how fast it goes do not make it jump.
  void go_on(double seconds, const ParameterValues& values) {
    const double by = last_ ? std::max(0.0, seconds - *last_) : 0;
    if (!began_) began_ = seconds;
    last_ = seconds;
    const double period = values.number("period");
    if (period != period_) {
      walked_before_ = walked_;
      began_ = seconds;
      period_ = period;
    }
    // from its beginning, not added up: so that it closes exactly
    walked_ = walked_before_ + (period > 0 ? (seconds - *began_) / period : 0);
    x_ += by * values.number("scroll_x");
    y_ += by * values.number("scroll_y");
  }

  void add_groups(torch::Tensor& codes, const ParameterValues& values) const {
    const int64_t count = codes.size(1);
    for (int64_t g = 0; g < kCodeGroups; ++g) {
      const double by = values.number(fmt::format("group{}", g + 1));
      const int64_t begin = count * g / kCodeGroups;
      if (by != 0) codes.narrow(1, begin, count * (g + 1) / kCodeGroups - begin).add_(by);
    }
  }

  // Where a walk is, its stops by their numbers.
  WalkPlace place_of(double walked, const ParameterValues& values) const {
    if (chosen_.empty()) return place_on(walked, values.integer("stops"));
    WalkPlace place = place_on(walked, static_cast<int64_t>(chosen_.size()));
    place.from = chosen_[static_cast<size_t>(place.from)];
    place.to = chosen_[static_cast<size_t>(place.to)];
    return place;
  }

  // What codes are drawn from where no style is known.
  CodeStatistics plain() const {
    const std::vector<int64_t> shape = {1, vae_.settings().codes, 1, 1};
    return {torch::zeros(shape), torch::ones(shape)};
  }

  torch::Tensor vector_at(double walked, const ParameterValues& values) const {
    const WalkPlace place = place_of(walked, values);
    const auto stop = [&](int64_t i) { return draw_codes(vae_.codes(), setup_.seed, i); };
    return along(stop(place.from), stop(place.to), place.share, values.choice<LatentPath>("path"));
  }

  torch::Tensor vector_codes(const ParameterValues& values) {
    torch::Tensor codes = vector_at(walked_, values);
    const int64_t times = values.integer("finer");
    if (vae_.scales() > 1 && times != 1) {
      const int64_t coarsest = vae_.scale_codes(0);
      const int64_t others = codes.size(1) - coarsest - vae_.settings().classes;
      codes = codes.clone();
      codes.narrow(1, coarsest, others)
          .copy_(vector_at(walked_ * static_cast<double>(times), values).narrow(1, coarsest, others));
    }
    codes = codes * values.number("truncation");
    add_groups(codes, values);
    if (!classes_ || values.text("label").empty()) return codes;
    classes_->change(values.text("label"));
    return vae_.with_classes(codes, classes_->at(values.number("position")).mean.clamp_min(0));
  }

  // Of one stop: what is large, and what is finer.
  torch::Tensor ground(int64_t stop, const ParameterValues& values) const {
    const int64_t shrink = vae_.shrink();
    GroundView view{(setup_.height + shrink - 1) / shrink, (setup_.width + shrink - 1) / shrink, x_, y_,
                    std::max(1.0, values.number("scale"))};
    Random seeds = Random(setup_.seed).split(static_cast<uint64_t>(stop));
    torch::Tensor field = view_ground(view, vae_.settings().codes, seeds.bits());
    if (const double fine = values.number("fine"); fine > 0) {
      view.scale = std::max(1.0, view.scale / kFiner);
      field = field + fine * view_ground(view, vae_.settings().codes, seeds.split(1).bits());
    }
    return field;
  }

  torch::Tensor grid_codes(const ParameterValues& values) {
    if (style_) style_->change(values.text("toward"));
    const WalkPlace place = place_of(walked_, values);
    torch::Tensor codes = along(ground(place.from, values), ground(place.to, values), place.share,
                                values.choice<LatentPath>("path"));
    codes = moved_to(codes, statistics_of(codes), style_ ? style_->at(values.number("position")) : plain());
    const CodeStatistics now = statistics_of(codes);
    codes = now.mean + (codes - now.mean) * values.number("truncation");
    add_groups(codes, values);
    return codes;
  }

  EffectSetup setup_;
  std::shared_ptr<Threads> threads_;
  std::unique_ptr<Model> model_;
  const VaeModel& vae_;
  VaeWeights weights_;
  std::vector<int64_t> chosen_;
  std::optional<ChosenStyle> classes_;                   // weights of a conditional model's labels
  std::optional<ChosenStyle> style_;                     // of codes in a grid whose labels are known
  double walked_ = 0, walked_before_ = 0, period_ = -1;  // walks
  std::optional<double> began_, last_;                   // seconds
  double x_ = 0, y_ = 0;                                 // codes
};

}  // namespace

std::unique_ptr<Effect> make_latent(const EffectSetup& setup, const ParameterValues& values) {
  return std::make_unique<LatentEffect>(setup, values);
}

}  // namespace reverie
