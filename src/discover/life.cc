#include "discover/life.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "control/chain_player.h"
#include "core/error.h"
#include "core/stop.h"
#include "core/text.h"
#include "discover/spectrum.h"

namespace reverie {
namespace {

constexpr double kFps = 30;
constexpr int kSecond = 30, kEarly = 300;  // frames
constexpr int kMoments = 8;
constexpr int kSeen = 12;                       // side of the pictures that are compared
constexpr double kFlat = 0.02;                  // contrast
constexpr double kStill = 0.0006, kWild = 0.2;  // change
constexpr double kCalm = 1.1, kNoise = 1.6;     // flicker
constexpr double kSteepest = -3.2, kShallowest = -1.6, kSlopeSpread = 0.5;
constexpr double kGrid = 1.5;
constexpr double kContrast = 0.12, kNovelty = 0.12;  // from which on they are as good as can be
constexpr double kSlow = 0.002, kFast = 0.06;        // change, likewise

double square(double v) {
  return v * v;
}

// Mean and deviation of the brightness, and colourfulness.
void look_at_colours(const Planes& picture, double share, Life& life) {
  const auto n = static_cast<double>(picture.plane_size());
  const float* r = picture.plane(0);
  const float* g = picture.plane(1);
  const float* b = picture.plane(2);
  double grey = 0;
  double grey2 = 0;
  double rg = 0;
  double rg2 = 0;
  double yb = 0;
  double yb2 = 0;
  for (size_t i = 0; i < picture.plane_size(); ++i) {
    const double y = (r[i] + g[i] + b[i]) / 3.0;
    const double d = r[i] - g[i];
    const double e = 0.5 * (r[i] + g[i]) - b[i];
    grey += y, grey2 += y * y, rg += d, rg2 += d * d, yb += e, yb2 += e * e;
  }
  const auto variance = [&](double sum, double squares) {
    return std::max(0.0, squares / n - square(sum / n));
  };
  life.brightness += share * grey / n;
  life.contrast += share * std::sqrt(variance(grey, grey2));
  life.colour +=
      share * (std::sqrt(variance(rg, rg2) + variance(yb, yb2)) + 0.3 * std::hypot(rg / n, yb / n));
}

double deviation(const Planes& picture) {
  double sum = 0;
  double squares = 0;
  for (const float v : picture.data()) sum += v, squares += square(v);
  const auto n = static_cast<double>(picture.data().size());
  return std::sqrt(std::max(0.0, squares / n - square(sum / n)));
}

double distance(const Planes& a, const Planes& b) {
  double sum = 0;
  for (size_t i = 0; i < a.data().size(); ++i) sum += square(a.data()[i] - b.data()[i]);
  return std::sqrt(sum / static_cast<double>(a.data().size()));
}

// Mean change over so many frames.
double change_over(SmallPlay& playing, int frames) {
  double sum = 0;
  for (int i = 0; i < frames; ++i) {
    playing.next();
    sum += playing.change() / frames;
  }
  return sum;
}

// 1 within low..high, less the further away it is, by ratios.
double within(double v, double low, double high) {
  return v < low ? v / low : (v > high ? high / v : 1);
}

double quality_of(const Life& life, bool all) {
  const double beyond = std::max({0.0, life.slope - kShallowest, kSteepest - life.slope});
  double q = std::exp(-square(beyond / kSlopeSpread));
  q *= within(life.grid, 0, kGrid);
  q *= std::clamp((life.contrast - kFlat) / (kContrast - kFlat), 0.0, 1.0);
  q *= std::clamp((kNoise - life.flicker) / (kNoise - kCalm), 0.0, 1.0);
  q *= within(life.change, kSlow, kFast);
  if (!all) return q;
  q *= std::clamp(life.novelty / kNovelty, 0.0, 1.0);
  // as alive at the end as at the beginning
  return q * within(life.change / life.change_early, 0.5, 2);
}

Chain seeded(const Preset& preset, uint64_t seed) {
  Chain chain(preset);
  draw_seeds(chain, seed);
  return chain;
}

void describe(const Planes& picture, const Describe& by, double share, Life& life) {
  if (!by) return;
  const std::vector<double> codes = by(picture);
  life.codes.resize(codes.size());
  for (size_t i = 0; i < codes.size(); ++i) {
    const double code = codes[i] > 0 ? std::min(codes[i], 1.0) : 0;  // also where it is not a number
    life.codes[i] = std::min(1.0, life.codes[i] + share * code);
  }
}

constexpr std::string_view kCode = "code-";

const std::vector<Axis>& code_axes() {
  static const std::vector<Axis> all = [] {
    std::vector<Axis> made;
    for (size_t i = 0; i < kMostCodes; ++i)
      made.push_back({fmt::format("{}{}", kCode, i + 1), "what a network has learned", 0, 1,
                      [i](const Life& l) { return i < l.codes.size() ? l.codes[i] : 0; }});
    return made;
  }();
  return all;
}

}  // namespace

SmallPlay::SmallPlay(const Preset& preset, const LifeOptions& options, const PictureFiles& files)
    : player_(std::make_unique<ChainPlayer>(
          PlayerSetup{options.size, options.size, 1, options.kernel, files.read},
          seeded(preset, options.seed))) {}

SmallPlay::~SmallPlay() = default;

const Planes& SmallPlay::next() {
  if (stop_requested()) throw Stopped();
  std::swap(picture_, last_);
  Frame frame;
  frame.time = {frame_, frame_ / kFps};
  player_->process(frame, picture_,
                   [](const std::string&, const std::function<void()>& work, const Planes&) { work(); });
  ++frame_;
  return picture_;
}

double SmallPlay::change() const {
  const double d = mean_absolute_difference(picture_, last_);
  return std::isfinite(d) ? d : HUGE_VAL;
}

std::string death_of(const SmallPlay& playing, double change) {
  if (!(change <= kWild)) return "wild";
  if (deviation(playing.picture()) < kFlat) return "flat";
  return change < kStill ? "still" : "";
}

// Three pictures in a row: what the next frame takes back is flicker.
void look_at(SmallPlay& playing, double share, Life& life) {
  const Planes first = playing.picture();
  const Planes second = playing.next();
  const double one = playing.change();
  Planes bent = playing.next();
  for (size_t i = 0; i < bent.data().size(); ++i) bent.data()[i] += first.data()[i] - 2 * second.data()[i];
  double taken_back = 0;
  for (const float v : bent.data()) taken_back += std::abs(v);
  life.flicker += share * taken_back / static_cast<double>(bent.data().size()) / (one + 1e-6);

  const PictureSpectrum s = spectrum_of(playing.picture());
  life.slope += share * s.slope, life.grid += share * s.grid, life.grain += share * s.grain;
  look_at_colours(playing.picture(), share, life);
}

int Axis::cell(const Life& life, int cells) const {
  const double share = (value(life) - low) / (high - low);
  return std::clamp(static_cast<int>(share * cells), 0, cells - 1);
}

const std::vector<Axis>& axes() {
  static const std::vector<Axis> all = {
      {"grain", "how fine its structure is", 2.2, 4.6, [](const Life& l) { return l.grain; }},
      {"motion", "how fast it changes", -2.6, -1.2,
       [](const Life& l) { return std::log10(l.change + 1e-6); }},
      {"colour", "how colourful it is", 0, 0.4, [](const Life& l) { return l.colour; }},
      {"contrast", "how far dark and bright are apart", 0.03, 0.3, [](const Life& l) { return l.contrast; }},
      {"brightness", "how bright it is", 0.15, 0.85, [](const Life& l) { return l.brightness; }},
      {"slope", "how smooth it is: the slope of its spectrum, turned round", 1, 3.8,
       [](const Life& l) { return -l.slope; }},
      {"novelty", "how much it becomes something else", 0, 0.3, [](const Life& l) { return l.novelty; }},
  };
  return all;
}

const Axis& find_axis(const std::string& name) {
  std::vector<std::string> names;
  for (const Axis& a : axes()) {
    if (a.name == name) return a;
    names.push_back(a.name);
  }
  for (const Axis& a : code_axes()) {
    if (a.name == name) return a;
  }
  throw Error("there is no axis '" + name + "'" + did_you_mean(name, names));
}

int code_of(const Axis& axis) {
  return axis.name.starts_with(kCode) ? std::stoi(axis.name.substr(kCode.size())) : 0;
}

Life live(const Preset& preset, const LifeOptions& options, const PictureFiles& files,
          const std::function<bool(const Life& so_far)>& hopeless) {
  Life life;
  SmallPlay playing(preset, options, files);
  while (playing.frame() < std::min(kFirstLook, options.frames) - 1) playing.next();
  life.change_early = change_over(playing, 1);
  if (life.death = death_of(playing, life.change_early); !life.death.empty()) return life;

  // moments: from the tenth second to the end, or all over a shorter life
  const int early = std::min(kEarly, options.frames / 2);
  std::vector<Planes> seen;
  for (int m = 0; m < kMoments; ++m) {
    const int at = early + (options.frames - early) * m / (kMoments - 1);
    while (playing.frame() < at - kSecond) playing.next();
    const double change = change_over(playing, std::min(kSecond, std::max(2, at - playing.frame())));
    if (life.death = death_of(playing, change); !life.death.empty()) return life;
    if (m == 0) life.change_early = change;
    life.change = change;

    look_at(playing, 1.0 / kMoments, life);
    describe(playing.picture(), files.describe, 1.0 / kMoments, life);
    Planes small = resize(playing.picture(), kSeen, kSeen);
    double nearest = HUGE_VAL;
    for (const Planes& p : seen) nearest = std::min(nearest, distance(small, p));
    if (!seen.empty()) life.novelty += nearest / (kMoments - 1);
    seen.push_back(std::move(small));

    if (m == 0 && hopeless) {
      Life so_far = life;
      for (double* v : {&so_far.flicker, &so_far.slope, &so_far.grid, &so_far.grain, &so_far.contrast,
                        &so_far.colour, &so_far.brightness})
        *v *= kMoments;
      for (double& v : so_far.codes) v *= kMoments;
      so_far.quality = quality_of(so_far, false);
      if (hopeless(so_far)) {
        life.death = kSurpassed;
        return life;
      }
    }
  }
  life.quality = quality_of(life, true);
  for (int i = 0; i < kStripFrames; ++i) {
    for (int k = 0; k < kStripStep; ++k) playing.next();
    life.strip.push_back(playing.picture());
  }
  return life;
}

}  // namespace reverie
