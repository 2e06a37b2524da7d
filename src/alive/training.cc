#include "alive/training.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "alive/bands.h"
#include "alive/learner.h"
#include "alive/wanted_motion.h"
#include "core/error.h"

namespace reverie {
namespace {

constexpr int kLatestStart = 3000;    // frames
constexpr double kGrowth = 0.2;       // share of the iterations until all frames are unrolled
constexpr int kChangeFrames = 4;      // pairs of frames whose change is measured
constexpr double kMotionWeight = 3;   // where a clip says how to move
constexpr double kFlickerFree = 0.9;  // ratio of the second to the first difference; noise has 1.7
constexpr double kSteady = 4;         // one in so many hierarchies is never started over

size_t z(int64_t i) {
  return static_cast<size_t>(i);
}

// Where a quarter of one hierarchy, at another place each time and over all levels, becomes noise.
void damage(TwinState& state, int64_t n, const LevelSizes& sizes, Random draws) {
  const double top = draws.uniform();
  const double left = draws.uniform();
  for (size_t l = 0; l < state.h.size(); ++l) {
    torch::Tensor h = state.h[l][n];
    const int64_t height = sizes.height[l];
    const int64_t width = sizes.width[l];
    const torch::Tensor noise =
        drawn_noise({draws.split(l)}, static_cast<int>(h.size(0)), sizes.height[l], sizes.width[l])[0];
    const std::vector<int64_t> rows = {1, 2};
    const auto y = static_cast<int64_t>(top * static_cast<double>(height));
    const auto x = static_cast<int64_t>(left * static_cast<double>(width));
    torch::Tensor rolled = at::roll(h, {-y, -x}, rows).contiguous();
    const auto quarter = [&](torch::Tensor& t) {
      return t.narrow(1, 0, (height + 1) / 2).narrow(2, 0, (width + 1) / 2);
    };
    torch::Tensor fresh = noise.to(h.device());
    quarter(rolled).copy_(quarter(fresh));
    state.h[l][n].copy_(at::roll(rolled, {y, x}, rows));
  }
}

// Nothing where nothing asks for a motion.
std::optional<WantedMotion> wanted_motion(const ParameterValues& s, const Flow& clip, int side,
                                          double weight) {
  if (weight <= 0) return {};
  torch::Tensor velocity =
      drift(s.number("motion_x"), s.number("motion_y"), s.number("motion_turn"), side, side);
  if (!clip.empty()) velocity = velocity + motion_of_clip(clip, s.number("motion_speed"), side, side);
  return WantedMotion(velocity);
}

// Learns to look like a style and to stay alive.
class LooksLearner final : public Learner {
 public:
  LooksLearner(AliveSetup setup, int side)
      : Learner(std::move(setup), side, side),
        looks_(looks_settings(s_.integer("style_size")), setup_.style, device_),
        bands_(side, s_.integer("style_size"), setup_.style, device_),
        motion_weight_(setup_.motion.empty() || s_.is_given("motion_weight") ? s_.number("motion_weight")
                                                                             : kMotionWeight),
        motion_(wanted_motion(s_, setup_.motion, side, motion_weight_)) {
    if (setup_.preset.input == InputNeed::kRequired)
      throw Error("train", setup_.preset.name, "it is not a feedback process that runs without an input");
    learns_flow_ = !setup_.motion.empty();
    const Random starts = Random(setup_.seed).split(kStartStream);
    std::vector<Random> streams;
    for (int n = 0; n < s_.integer("pool"); ++n) streams.push_back(starts.split(z(n)));
    pool_ = twin_.start(values_, streams);
  }

  AliveStep step() override {
    const Random draws = step_draws();
    Random choice = draws.split(kChoiceKey);
    const double growth =
        std::min(1.0, static_cast<double>(iteration() + 1) / (kGrowth * s_.integer("iterations")));
    const int least = s_.integer("steps_least");
    const double most = least + std::max(0, s_.integer("steps_most") - least) * growth;
    AliveStep report;
    report.iteration = iteration();
    report.frames = least + static_cast<int>(choice.uniform() * (most - least + 1));
    if (motion_) report.frames = std::max<int>(report.frames, WantedMotion::kFrames - 1);
    const int free = static_cast<int>(choice.uniform() * (s_.integer("free") * growth + 1));
    int64_t frame = static_cast<int64_t>(choice.uniform() * kLatestStart);
    const std::vector<int64_t> members = choose(choice);
    TwinState state = taken(members, draws, choice);
    {
      const torch::NoGradGuard no_grad;
      const TwinWeights weights = constant();
      for (int f = 0; f < free; ++f) state = next(state, weights, draws, frame++, nullptr);
    }
    const TwinWeights weights = learned();
    std::vector<torch::Tensor> pictures = {state.h[0]};
    torch::Tensor beyond;
    for (int f = 0; f < report.frames; ++f) {
      torch::Tensor more;
      state = next(state, weights, draws, frame++, &more);
      beyond = beyond.defined() ? beyond + more : more;
      pictures.push_back(state.h[0]);
    }
    learn(losses(pictures, beyond / report.frames, draws, report), report);
    put_back(members, state);
    return report;
  }

  TensorFile checkpoint() const override {
    TensorFile file = Learner::checkpoint();
    for (size_t l = 0; l < pool_.h.size(); ++l) {
      file.tensors[fmt::format("pool.{}", l)] = to_plain(pool_.h[l]);
      file.tensors[fmt::format("gain.{}", l)] = to_plain(pool_.home_gain[l]);
    }
    return file;
  }

  void resume(const TensorFile& file) override {
    Learner::resume(file);
    for (size_t l = 0; l < pool_.h.size(); ++l) {
      take(file, fmt::format("pool.{}", l), pool_.h[l]);
      take(file, fmt::format("gain.{}", l), pool_.home_gain[l]);
    }
  }

 private:
  // Different members of the pool.
  std::vector<int64_t> choose(Random& choice) const {
    const int64_t pool = pool_.h[0].size(0);
    std::vector<int64_t> all(z(pool));
    for (int64_t i = 0; i < pool; ++i) all[z(i)] = i;
    const int64_t count = std::min<int64_t>(pool, s_.integer("batch"));
    for (int64_t i = 0; i < count; ++i)
      std::swap(all[z(i)],
                all[z(i + static_cast<int64_t>(choice.uniform() * static_cast<double>(pool - i)))]);
    all.resize(z(count));
    return all;
  }

  TwinState taken(const std::vector<int64_t>& members, const Random& draws, Random& choice) const {
    const torch::NoGradGuard no_grad;
    const torch::Tensor index = torch::tensor(members).to(device_);
    TwinState state;
    for (size_t l = 0; l < pool_.h.size(); ++l) {
      state.h.push_back(pool_.h[l].index_select(0, index));
      state.home_gain.push_back(pool_.home_gain[l].index_select(0, index));
    }
    for (size_t n = 0; n < members.size(); ++n) {
      const double u = choice.uniform();
      const bool steady = static_cast<double>(members[n]) < static_cast<double>(pool_.h[0].size(0)) / kSteady;
      const auto i = static_cast<int64_t>(n);
      if (u < s_.number("fresh") && !steady) {
        const TwinState fresh = twin_.start(values_, {draws.split(kFreshKey).split(n)});
        for (size_t l = 0; l < state.h.size(); ++l) {
          state.h[l][i].copy_(fresh.h[l][0]);
          state.home_gain[l][i].fill_(1);
        }
      } else if (u > 1 - s_.number("damaged")) {
        damage(state, i, twin_.sizes(), draws.split(kDamageKey).split(n));
      }
    }
    return state;
  }

  void put_back(const std::vector<int64_t>& members, const TwinState& state) {
    const torch::NoGradGuard no_grad;
    const torch::Tensor index = torch::tensor(members).to(device_);
    for (size_t l = 0; l < pool_.h.size(); ++l) {
      pool_.h[l].index_copy_(0, index, state.h[l].detach());
      pool_.home_gain[l].index_copy_(0, index, state.home_gain[l].detach());
    }
  }

  // states: of level 0, -1..1, one frame after the other.
  torch::Tensor losses(const std::vector<torch::Tensor>& states, const torch::Tensor& beyond,
                       const Random& draws, AliveStep& report) const {
    const auto last = static_cast<int64_t>(states.size()) - 1;
    const auto sum_to_picture = [](const torch::Tensor& h) { return 0.5 + 0.5 * h; };
    const torch::Tensor looks = looks_.distance(sum_to_picture(states.back()), draws.split(kLooksKey));
    const std::vector<int64_t> means = {1, 2, 3};
    torch::Tensor change = torch::zeros({states[0].size(0)}, states[0].options());
    torch::Tensor back = torch::zeros_like(change);
    const int64_t pairs = std::min<int64_t>(kChangeFrames, last - 1);
    for (int64_t i = last - pairs + 1; i <= last; ++i) {
      const torch::Tensor d = states[z(i)] - states[z(i - 1)];
      change = change + d.abs().mean(means) * (0.5 / static_cast<double>(pairs));
      back = back + (d - (states[z(i - 1)] - states[z(i - 2)])).abs().mean(means) *
                        (0.5 / static_cast<double>(pairs));
    }
    const double low = s_.number("change_least");
    const double high = std::max(low, s_.number("change_most"));
    const torch::Tensor flicker = back / (change + 1e-3);
    const torch::Tensor outside =
        ((low - change).clamp_min(0) + (change - high).clamp_min(0)) / std::max(high, 1e-3);
    torch::Tensor loss = looks + s_.number("change_weight") * outside.mean() +
                         s_.number("smooth_weight") * (flicker - kFlickerFree).clamp_min(0).mean() +
                         s_.number("range_weight") * beyond;
    const torch::Tensor bands = bands_.distance(sum_to_picture(states.back()));
    if (iteration() >= s_.integer("iterations") / 2) loss = loss + s_.number("bands_weight") * bands;
    report.parts = {{"looks", looks.item<double>(), 3},
                    {"bands", bands.item<double>(), 2},
                    {"change", change.mean().item<double>(), 4},
                    {"flicker", flicker.mean().item<double>(), 2},
                    {"beyond", beyond.item<double>(), 4}};
    if (motion_) {
      const torch::Tensor otherwise = motion_->otherwise(states);
      loss = loss + motion_weight_ * otherwise;
      report.parts.push_back({"motion", otherwise.item<double>(), 3});
    }
    return loss;
  }

  Looks looks_;
  Bands bands_;
  double motion_weight_;
  std::optional<WantedMotion> motion_;
  TwinState pool_;
};

std::unique_ptr<Learner> make_learner(AliveSetup setup) {
  if (!setup.clip.empty()) return make_predictor(std::move(setup));
  const int side = setup.settings.integer("size");
  return std::make_unique<LooksLearner>(std::move(setup), side);
}

}  // namespace

AliveTraining::AliveTraining(AliveSetup setup) : learner_(make_learner(std::move(setup))) {}
AliveTraining::~AliveTraining() = default;
bool AliveTraining::done() const {
  return learner_->done();
}
int64_t AliveTraining::iteration() const {
  return learner_->iteration();
}
AliveStep AliveTraining::step() {
  return learner_->step();
}
TensorFile AliveTraining::checkpoint() const {
  return learner_->checkpoint();
}
void AliveTraining::resume(const TensorFile& checkpoint) {
  learner_->resume(checkpoint);
}
TensorFile AliveTraining::weights() const {
  return learner_->weights();
}
Preset AliveTraining::preset(const std::string& name, const std::string& file) const {
  return learner_->preset(name, file);
}

}  // namespace reverie
