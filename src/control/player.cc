#include "control/player.h"

#include <algorithm>
#include <utility>

#include "control/making.h"
#include "core/error.h"
#include "effects/effects.h"

namespace reverie {
namespace {

constexpr double kStructureFade = 1;  // seconds, if a knob changes the structure
constexpr int kColours = 3;

PlayerSetup with_pool(PlayerSetup setup) {
  if (!setup.pool) setup.pool = std::make_shared<Threads>(setup.threads);
  return setup;
}

}  // namespace

double fade_share(double seconds, double fade) {
  return fade > 0 ? ease(Ease::kSmooth, std::clamp(seconds / fade, 0.0, 1.0)) : 1.0;
}

void blend(Planes& to, const Planes& from, double share) {
  const auto s = static_cast<float>(share);
  for (size_t i = 0; i < to.data().size(); ++i) to.data()[i] += s * (from.data()[i] - to.data()[i]);
}

bool same_structure(const Preset& a, const Preset& b) {
  if (a.effect != b.effect) return false;
  for (const Parameter& p : a.values.table().all()) {
    if (!p.structural || p.role == ParameterRole::kStart) continue;
    if (a.values.list(p.name) != b.values.list(p.name) || a.values.text(p.name) != b.values.text(p.name))
      return false;
  }
  return true;
}

ParameterValues between(const ParameterValues& a, const ParameterValues& b, double share) {
  ParameterValues out = share < 0.5 ? a : b;
  const ParameterTable& table = a.table();
  for (size_t i = 0; i < table.size(); ++i) {
    const Parameter& p = table[i];
    if (p.kind != ParameterKind::kNumber) continue;
    const auto levels = static_cast<int>(std::max(a.list(p.name).size(), b.list(p.name).size()));
    for (int l = 0; l < levels; ++l) {
      const double from = a.number(p.name, l);
      out.nudge(i, l, from + share * (b.number(p.name, l) - from));
    }
    if (const Map* map = out.map(p.name)) {
      const double near = share < 0.5 ? 1 - 2 * share : 2 * share - 1;
      out.set_map(p.name, {map->picture, map->depth * near});
    }
  }
  return out;
}

namespace {

// Whether something moves a parameter in time.
bool moves(const Preset& preset, const std::string& parameter) {
  const auto is_it = [&](const auto& m) { return m.parameter == parameter; };
  return std::any_of(preset.lfos.begin(), preset.lfos.end(), is_it) ||
         std::any_of(preset.followers.begin(), preset.followers.end(), is_it) ||
         std::any_of(preset.keyframes.begin(), preset.keyframes.end(), is_it) ||
         std::any_of(preset.maps.begin(), preset.maps.end(), is_it);
}

// Whether a number is not 0 at some level.
bool is_anywhere(const ParameterValues& values, const std::string& parameter) {
  const std::vector<double>& list = values.list(parameter);
  return std::any_of(list.begin(), list.end(), [](double v) { return v != 0; });
}

}  // namespace

struct Player::Layer {
  Preset preset;
  uint64_t seed = 0;
  std::unique_ptr<Automation> automation;
  std::unique_ptr<Effect> effect;
  ParameterValues values;
  Planes picture;
  double wet = 1;

  // From other values to these, after a preset of the same structure.
  std::optional<ParameterValues> from;
  std::unique_ptr<Automation> from_automation;  // none: from is constant
  std::optional<double> morph_start;            // seconds; set with the first frame
  double morph_seconds = 0;

  void move_values(const Frame& frame, const ToldSignals& followed) {
    const FrameTime& time = frame.time;
    automation->apply(frame, followed, values);
    wet = reverie::wet(values);
    if (!from) return;
    if (!morph_start) morph_start = time.seconds;
    const double share = fade_share(time.seconds - *morph_start, morph_seconds);
    if (share >= 1) {
      from.reset();
      from_automation.reset();
      return;
    }
    if (from_automation) from_automation->apply(frame, followed, *from);
    const double before = reverie::wet(*from);
    wet = before + share * (wet - before);
    values = between(*from, values, share);
  }
};

struct Player::Job {
  explicit Job(ChangePreset w) : wanted(std::move(w)) {}

  ChangePreset wanted;
  Making<Layer> layer;
};

Player::Player(PlayerSetup setup, const Preset& preset, uint64_t seed) : setup_(with_pool(std::move(setup))) {
  layers_.push_back(make_layer(preset, seed));
  layers_.back()->effect = make_effect(preset, seed);
}

Player::Player(PlayerSetup setup, ChangePreset first)
    : setup_(with_pool(std::move(setup))), job_(std::make_unique<Job>(std::move(first))), wet_(0) {}

Player::~Player() = default;

std::unique_ptr<Player::Layer> Player::make_layer(const Preset& preset, uint64_t seed) const {
  auto automation = std::make_unique<Automation>(preset, seed, setup_.read_picture);
  return std::make_unique<Layer>(
      Layer{preset, seed, std::move(automation), nullptr, preset.values, {}, 1, {}, nullptr, {}, 0});
}

std::unique_ptr<Effect> Player::make_effect(const Preset& preset, uint64_t seed) const {
  EffectSetup setup;
  setup.width = setup_.width;
  setup.height = setup_.height;
  setup.seed = seed;
  setup.threads = setup_.pool;
  setup.kernel = setup_.kernel;
  setup.check = setup_.check;
  setup.find_file = [preset](const std::string& name) { return find_asset(preset, name); };
  setup.read_picture = setup_.read_picture;
  return find_effect(preset.effect).make(setup, preset.values);
}

const Preset& Player::preset() const {
  return job_ ? job_->wanted.preset : layers_.back()->preset;
}

uint64_t Player::seed() const {
  return job_ ? job_->wanted.seed : layers_.back()->seed;
}

const ParameterValues& Player::values() const {
  return layers_.empty() ? job_->wanted.preset.values : layers_.back()->values;
}

bool Player::process_is_ready() const {
  return job_ && job_->layer.done();
}

bool Player::busy() const {
  const auto works = [](const auto& job) { return job->layer.busy(); };
  return (job_ && works(job_)) || std::any_of(abandoned_.begin(), abandoned_.end(), works);
}

bool Player::needs_flow() const {
  return std::any_of(layers_.begin(), layers_.end(), [](const auto& layer) {
    const EffectKind& kind = find_effect(layer->preset.effect);
    if (!kind.needs_flow || layer->preset.values.flag(kBypass)) return false;
    const auto& names = kind.flow_parameters;
    return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
             return moves(layer->preset, name) || is_anywhere(layer->preset.values, name) ||
                    is_anywhere(layer->values, name);  // which may still be on their way
           });
  });
}

void Player::apply(const Event& event) {
  if (const auto* e = std::get_if<SetParameter>(&event)) set(*e);
  if (const auto* e = std::get_if<ChangePreset>(&event)) change(*e);
  if (std::holds_alternative<BeginProcess>(event)) begin_process();
  if (std::holds_alternative<AbandonProcess>(event) && job_) abandoned_.push_back(std::move(job_));
  if (const auto* e = std::get_if<NewNoise>(&event)) new_noise_ = e->seed;
}

void Player::set(const SetParameter& e) {
  const std::string base = e.name.substr(0, e.name.find('.'));
  Preset changed = preset();
  override_value(changed, e.name, e.value);
  const ParameterTable& table = changed.values.table();
  if (table[table.index(base)].structural || base == kBypass)
    return change({std::move(changed), seed(), kStructureFade});
  if (layers_.empty()) {
    job_->wanted.preset = std::move(changed);
    return;
  }
  Layer& layer = *layers_.back();
  Preset played = job_ ? layer.preset : changed;
  if (job_ && played.effect == changed.effect) override_value(played, e.name, e.value);
  if (played.keyframes.size() != layer.preset.keyframes.size()) {
    // may fail: nothing has changed yet
    layer.automation = std::make_unique<Automation>(played, layer.seed, setup_.read_picture);
  } else {
    layer.automation->base() = played.values;
  }
  layer.preset = std::move(played);
  if (job_) job_->wanted.preset = std::move(changed);
}

void Player::change(const ChangePreset& e) {
  const bool goes_over =
      plays() && layers_.back()->seed == e.seed && same_structure(layers_.back()->preset, e.preset);
  if (goes_over) morph(e);
  if (job_) abandoned_.push_back(std::move(job_));
  std::erase_if(abandoned_, [](const auto& job) { return !job->layer.busy(); });
  if (goes_over) return;
  job_ = std::make_unique<Job>(e);
}

void Player::morph(const ChangePreset& e) {
  Layer& layer = *layers_.back();
  auto automation = std::make_unique<Automation>(e.preset, e.seed,
                                                 setup_.read_picture);  // may fail: nothing has changed yet
  const bool midway = layer.from.has_value();
  layer.from = layer.values;  // in the middle of another change: from the current values
  layer.from_automation = midway ? nullptr : std::move(layer.automation);
  layer.preset = e.preset;
  layer.automation = std::move(automation);
  layer.morph_start.reset();
  layer.morph_seconds = e.fade;
}

// The process starts from the values and the picture of the frame in which it was asked for, so that a replay
// makes the same one.
void Player::start_job(const Frame& frame, const ToldSignals& followed) {
  job_->layer.start([this, wanted = job_->wanted, kept = KeptFrame(frame), followed] {
    const Frame first = kept.get();
    auto layer = make_layer(wanted.preset, wanted.seed);
    layer->effect = make_effect(wanted.preset, wanted.seed);
    layer->automation->apply(first, followed, layer->values);
    layer->effect->begin(first, layer->values, false);
    return layer;
  });
}

void Player::begin(const Frame& frame) {
  Layer& layer = *layers_.back();
  layer.automation->apply(frame, {}, layer.values);
  layer.effect->begin(frame, layer.values, false);
}

double Player::bytes_ahead() const {
  return layers_.empty() ? 0 : layers_.back()->effect->bytes_ahead(preset().values);
}

bool Player::looks_ahead() const {
  const ParameterValues& values = preset().values;
  return plays() && !values.flag(kBypass) && layers_.back()->effect->looks_ahead(values);
}

void Player::look_ahead(const Planes& picture) {
  layers_.back()->effect->look_ahead(picture, preset().values);
}

void Player::save(State& to) const {
  const Layer& layer = *layers_.back();
  State automation;
  layer.automation->save(automation);
  to.put_part("automation", automation);
  State effect;
  layer.effect->save(effect);
  to.put_part("effect", effect);
}

void Player::load(const State& from) {
  Layer& layer = *layers_.back();
  layer.automation->load(from.part("automation"));
  layer.effect->load(from.part("effect"), layer.preset.values);
}

void Player::follow(const Player& before) {
  if (plays() && before.plays()) layers_.back()->effect->follow(*before.layers_.back()->effect);
}

void Player::begin_process() {
  if (!job_) return;
  const std::unique_ptr<Job> job = std::move(job_);
  std::unique_ptr<Layer> made = job->layer.take();
  if (!made) return;
  Layer& layer = *made;
  if (layer.preset.keyframes.size() !=
      job->wanted.preset.keyframes.size())  // a knob was turned in the meantime
    layer.automation = std::make_unique<Automation>(job->wanted.preset, layer.seed, setup_.read_picture);
  layer.preset = job->wanted.preset;
  layer.automation->base() = layer.preset.values;
  if (plays()) {
    layer.effect->follow(*layers_.back()->effect);
    ghost_ = layers_.size() > 1 ? shown_ : Planes();
    layers_.back()->picture = shown_;
  }
  layers_.push_back(std::move(made));
  if (layers_.size() > 2) layers_.erase(layers_.begin());
  fade_frame_ = 0;
  fade_seconds_ = job->wanted.fade;
}

// While two processes fade they take turns, so that no frame costs more than another.
void Player::mix_layers(const Frame& frame, const ToldSignals& followed, Planes& out, Told& told) {
  if (fade_frame_ == 0) fade_start_ = frame.time.seconds;
  const double share = fade_share(frame.time.seconds - fade_start_, fade_seconds_);
  if (share >= 1) {
    layers_.erase(layers_.begin());
    ghost_ = Planes();
  }
  const bool both = layers_.size() > 1;
  const bool turn_of_new = !both || fade_frame_++ % 2 == 0;
  Layer& played = turn_of_new ? *layers_.back() : *layers_.front();
  for (const auto& layer : layers_) layer->move_values(frame, followed);
  played.effect->process(frame, played.values, played.picture, told);
  out = layers_.back()->picture;
  if (both) blend(out, layers_.front()->picture, 1 - share);
  if (!ghost_.empty()) blend(out, ghost_, 1 - share);
  const double before = layers_.front()->wet;
  wet_ = before + share * (layers_.back()->wet - before);
}

bool Player::play(const Frame& frame, const ToldSignals& followed, Planes& out, Told& told) {
  Layer& top = *layers_.back();
  if (new_noise_) top.effect->restart(*new_noise_, frame, top.values);
  new_noise_.reset();
  if (fading()) {
    mix_layers(frame, followed, out, told);
    return true;
  }
  top.move_values(frame, followed);
  wet_ = top.wet;
  if (wet_ == 0 && top.values.flag(kBypass)) return false;
  top.effect->process(frame, top.values, out, told);
  return true;
}

bool Player::process(const Frame& frame, const ToldSignals& followed, Planes& out, Told& told) {
  const bool made = plays() && play(frame, followed, out, told);
  if (job_ && !job_->layer.started()) start_job(frame, followed);
  if (job_) {  // its process will fade in over what is shown now
    shown_ = made ? out : frame.picture ? *frame.picture : Planes(kColours, setup_.height, setup_.width);
  }
  return made;
}

}  // namespace reverie
