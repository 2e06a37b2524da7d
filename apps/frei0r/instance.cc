#include "instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/control_range.h"
#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "media/picture.h"

namespace reverie {
namespace {

constexpr const char* kUsualPreset = "veil";
constexpr uint64_t kUsualSeed = 1;  // as of a render

const Part* part_of(const Chain& chain, const std::string& effect) {
  const auto it = std::find_if(chain.parts.begin(), chain.parts.end(),
                               [&](const Part& p) { return p.preset.effect == effect; });
  return it == chain.parts.end() ? nullptr : &*it;
}

Instance::Value shown(const Parameter& p, const ParameterValues& values) {
  if (p.kind == ParameterKind::kText) return values.text(p.name);
  return ControlRange(p).share(values.number(p.name));
}

// The value as a command line gives it.
std::string word_of(const Parameter& p, const Instance::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return word_at(p, std::get<double>(value));
}

// The names before and after each "+"; a name in a folder may have one.
std::vector<std::string> names_of(const std::string& preset) {
  if (preset.find('/') != std::string::npos) return {preset};
  return split(preset, '+');
}

uint64_t seed_of(const std::string& text) {
  if (text.empty()) return kUsualSeed;
  const std::optional<double> number = to_number(text);
  if (!number || *number < 0 || *number > 9e15 || *number != std::floor(*number))
    throw Error(fmt::format("a seed is a whole number, not '{}'", printable(text)));
  return static_cast<uint64_t>(*number);
}

// "zoom=1.02 hue=3" as values of the chain.
void apply_words(const std::string& words, Chain& chain) {
  for (const std::string& word : split(words, ' ')) {
    if (word.empty()) continue;
    const size_t equals = word.find('=');
    if (equals == std::string::npos) throw Error(fmt::format("'{}' is not NAME=VALUE", printable(word)));
    override_value(chain, word.substr(0, equals), word.substr(equals + 1));
  }
}

// As a lossless file that a render reads and writes: code / 255, rounded to nearest.
void from_pixels(const uint32_t* pixels, Planes& picture) {
  constexpr auto kUnit = static_cast<float>(1 / 255.0);
  const auto* bytes = reinterpret_cast<const uint8_t*>(pixels);
  for (int c = 0; c < 3; ++c) {
    float* to = picture.plane(c);
    for (size_t i = 0; i < picture.plane_size(); ++i) to[i] = static_cast<float>(bytes[4 * i + c]) * kUnit;
  }
}

// The alpha of the pixels stays.
void to_pixels(const Planes& picture, uint32_t* pixels) {
  auto* bytes = reinterpret_cast<uint8_t*>(pixels);
  for (int c = 0; c < 3; ++c) {
    const float* from = picture.plane(c);
    for (size_t i = 0; i < picture.plane_size(); ++i) {
      const float v = from[i] > 0 ? std::min(from[i], 1.0F) : 0.0F;  // not a number: black
      bytes[4 * i + c] = static_cast<uint8_t>(v * 255.0F + 0.5F);    // NOLINT(bugprone-incorrect-roundings)
    }
  }
}

}  // namespace

Instance::Instance(int width, int height)
    : width_(width),
      height_(height),
      preset_(kUsualPreset),
      motion_(kOfflineFlow),
      in_(3, height, width),
      out_(3, height, width) {
  for (const Knob& knob : knobs()) {
    if (!knob.parameter) {
      shown_.emplace_back(std::string());
      continue;
    }
    const Parameter& p = *knob.parameter;
    shown_.push_back(p.kind == ParameterKind::kText ? Value(p.initial_text)
                                                    : Value(ControlRange(p).share(p.initial.front())));
  }
  shown_[kPreset] = preset_;
  shown_[kSeed] = fmt::format("{}", kUsualSeed);
  try_to([&] { show_chain(); });
}

// Only until the host turns something: it would not ask again.
void Instance::show_chain() {
  const Chain now = chain();
  for (size_t i = kOwnKnobs; i < knobs().size(); ++i) {
    const Knob& knob = knobs()[i];
    if (const Part* part = part_of(now, knob.effect)) shown_[i] = shown(*knob.parameter, part->preset.values);
  }
}

Chain Instance::chain() const {
  Chain chain = load_chain(names_of(preset_));
  apply_words(set_, chain);
  for (const auto& [i, value] : moved_) {
    const Knob& knob = knobs()[static_cast<size_t>(i)];
    const Part* part = part_of(chain, knob.effect);
    if (part)
      override_value(chain.part(part->name).preset, knob.parameter->name, word_of(*knob.parameter, value));
  }
  draw_seeds(chain, seed_of(seed_));
  return chain;
}

const Instance::Value& Instance::value(int knob) const {
  return shown_[static_cast<size_t>(knob)];
}

void Instance::restart(std::string why_not) {
  player_.reset();
  waiting_.clear();
  clock_.restart();
  motion_.forget();
  frame_ = 0;
  failed_ = std::move(why_not);
}

void Instance::try_to(const std::function<void()>& what) {
  try {
    what();
  } catch (const std::exception& e) {
    warning(fmt::format("frei0r: {}", printable(e.what())));
    restart(e.what());
  }
}

void Instance::turn(int i, const Value& value) {
  Value told = value;
  if (auto* share = std::get_if<double>(&told)) *share = *share >= 0 ? std::min(*share, 1.0) : 0;
  Value& shown = shown_[static_cast<size_t>(i)];
  if (told.index() != shown.index() || told == shown) return;
  shown = told;
  if (i < kOwnKnobs) {
    (i == kPreset ? preset_ : i == kSeed ? seed_ : set_) = std::get<std::string>(told);
    return restart();
  }
  moved_[i] = told;
  const Parameter& p = *knobs()[static_cast<size_t>(i)].parameter;
  if (!player_ || p.structural || p.kind == ParameterKind::kText) return restart();
  const Chain now = player_->chain();
  if (const Part* part = part_of(now, knobs()[static_cast<size_t>(i)].effect))
    waiting_.push_back({p.name, word_of(p, told), part->name});
}

void Instance::play(double seconds) {
  if (!player_) {
    const PlayerSetup setup = {width_, height_, 0, "auto", read_picture};
    player_ = std::make_unique<ChainPlayer>(setup, chain());
  }
  for (const SetParameter& set : waiting_) player_->apply(set);
  waiting_.clear();
  Frame frame;
  frame.picture = &in_;
  frame.time = {frame_++, clock_.seconds(seconds)};
  frame.heard = silent_signals(frame.time.seconds);
  if (player_->needs_flow()) {
    motion_.next(&in_, player_->threads());
    frame.flow = motion_.flow();
    frame.trust = motion_.trust();
  } else {
    motion_.forget();
  }
  player_->process(frame, out_, [](const std::string&, const auto& work, const Planes&) { work(); });
}

void Instance::process(double seconds, const uint32_t* in, uint32_t* out) {
  if (in != out) std::memcpy(out, in, in_.plane_size() * sizeof(uint32_t));
  if (clock_.goes_back(seconds)) restart(failed_);
  if (!failed_.empty()) return;
  from_pixels(in, in_);
  try_to([&] {
    play(seconds);
    to_pixels(out_, out);
  });
}

}  // namespace reverie
