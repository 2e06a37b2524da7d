#include "control/variation.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/control_range.h"
#include "effects/effects.h"

namespace reverie {
namespace {

constexpr double kLongestPeriod = 32;  // seconds, of a new LFO
constexpr double kShortestPeriod = 1;
constexpr double kPeriodSpread = 0.3;  // of its logarithm
constexpr size_t kMostLfos = 6;

// An own stream for each decision, so that a new parameter leaves all others' draws alone.
uint64_t key_of(const std::string& name) {
  uint64_t h = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return h;
}

bool happens(double chance, Random& draws) {
  return draws.uniform() < chance;
}

double at_level(const std::vector<double>& list, size_t level) {
  return list[std::min(level, list.size() - 1)];
}

// A value strays over the way of a knob; beyond a knob's reach, by its size.
double strayed(const Parameter& p, double value, double other, double along, double iso, Random& draws) {
  const ControlRange range(p);
  const double share = range.share(value);
  const double reached = range.at(share);
  if (std::abs(reached - value) > 1e-6 * std::max(1.0, std::abs(value))) {
    const double line = std::clamp(value + along * (other - value), p.low, p.high);
    return stray(p, {line}, iso, draws).front();
  }
  const double moved = share + along * (range.share(other) - share) + iso * draws.normal();
  return moved == share ? value : range.at(std::clamp(moved, 0.0, 1.0));
}

void vary_numbers(const Parameter& p, const Preset& other, const Variation& how, double along, Random draws,
                  ParameterValues& values) {
  std::vector<double> list = values.list(p.name);
  const std::vector<double>& theirs = other.values.list(p.name);
  const size_t count = std::max(list.size(), theirs.size());
  std::vector<double> varied;
  for (size_t l = 0; l < count; ++l) {
    const double iso = happens(how.changed, draws) ? how.iso : 0;
    varied.push_back(strayed(p, at_level(list, l), at_level(theirs, l), along, iso, draws));
  }
  if (varied != list) values.set(p.name, varied);
}

void vary_words(const Parameter& p, const Preset& other, const Variation& how, Random draws,
                ParameterValues& values) {
  if (!happens(how.words, draws)) return;
  if (happens(0.5, draws)) return values.set(p.name, other.values.list(p.name));
  const ControlRange range(p);
  values.set(p.name, std::round(range.at(draws.uniform())));
}

// What a process is built from fits only as a whole.
void take_structure(const Preset& other, ParameterValues& values) {
  for (const Parameter& p : values.table().all()) {
    const bool builds = p.role != ParameterRole::kStart && p.role != ParameterRole::kView &&
                        (p.kind != ParameterKind::kText || p.role == ParameterRole::kWeights);
    if (p.structural && builds) copy_value(p, other, values);
  }
}

Lfo new_lfo(const ParameterTable& table, Random& draws) {
  std::vector<const Parameter*> moved;
  for (const Parameter& p : table.all()) {
    if (may_stray(p) && p.kind == ParameterKind::kNumber) moved.push_back(&p);
  }
  const Parameter& p = *moved[draws.bits() % moved.size()];
  Lfo lfo;
  lfo.parameter = p.name;
  lfo.shape = std::vector{Wave::kSine, Wave::kTriangle, Wave::kHold, Wave::kSmooth}[draws.bits() % 4];
  lfo.period = kShortestPeriod * std::pow(kLongestPeriod / kShortestPeriod, draws.uniform());
  // a tenth of a knob's way about the default
  const ControlRange range(p);
  const double middle = range.share(p.initial.front());
  lfo.depth = (range.at(std::min(1.0, middle + 0.1)) - range.at(std::max(0.0, middle - 0.1))) / 2;
  return lfo;
}

void vary_lfos(const Preset& other, const Variation& how, Random draws, Preset& child) {
  if (happens(how.modulation, draws)) child.lfos = other.lfos;
  for (Lfo& lfo : child.lfos) {
    if (!happens(how.changed, draws)) continue;
    lfo.period *= std::exp(kPeriodSpread * draws.normal());
    lfo.depth *= std::exp(kPeriodSpread * draws.normal());
  }
  if (!child.lfos.empty() && happens(how.modulation, draws))
    child.lfos.erase(child.lfos.begin() + static_cast<std::ptrdiff_t>(draws.bits() % child.lfos.size()));
  if (child.lfos.size() < kMostLfos && happens(how.modulation, draws))
    child.lfos.push_back(new_lfo(child.values.table(), draws));
}

}  // namespace

void copy_value(const Parameter& p, const Preset& from, ParameterValues& values) {
  if (p.kind == ParameterKind::kText) {
    values.set_text(p.name, from.values.text(p.name));
  } else {
    values.set(p.name, from.values.list(p.name));
  }
}

bool may_stray(const Parameter& p) {
  return !p.structural && p.kind != ParameterKind::kText && p.role != ParameterRole::kView;
}

std::vector<double> stray(const Parameter& p, std::vector<double> values, double amount, Random& draws) {
  if (p.kind != ParameterKind::kNumber) return values;
  for (double& v : values) {
    // relative to the value's distance from its default rather than to the whole range: shift_x = 0.5 of
    // +-256 pixels
    const double size = std::max({std::abs(v), std::abs(v - p.initial.front()), 0.1});
    v = std::clamp(v + amount * size * draws.normal(), p.low, p.high);
  }
  return values;
}

Preset child_of(const Preset& parent, const Preset& other, const Variation& how, Random draws) {
  Preset child = parent;
  Random choice = draws.split(0);
  const double along = how.line * choice.normal();
  if (happens(how.structure, choice)) take_structure(other, child.values);
  const std::string& seed = find_effect(parent.effect).seed_parameter;
  if (!seed.empty() && (happens(how.weights, choice) || child.values.integer(seed) == 0))
    child.values.set(seed, static_cast<double>(1 + choice.bits() % 1000000));
  for (const Parameter& p : child.values.table().all()) {
    const Random own = draws.split(key_of(p.name));
    if (p.kind == ParameterKind::kText) {
      Random chance = own;
      if (p.role != ParameterRole::kWeights && happens(how.texts, chance)) copy_value(p, other, child.values);
    } else if (may_stray(p)) {
      if (p.kind == ParameterKind::kNumber) {
        vary_numbers(p, other, how, along, own, child.values);
      } else {
        vary_words(p, other, how, own, child.values);
      }
    }
  }
  vary_lfos(other, how, draws.split(1), child);
  return child;
}

}  // namespace reverie
