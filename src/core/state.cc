#include "core/state.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "core/error.h"
#include "core/text.h"

namespace reverie {
namespace {

[[noreturn]] void does_not_fit(const std::string& name) {
  throw Error("go on", "", fmt::format("the state that was kept has no '{}' that fits", printable(name)));
}

double number_of(const std::string& name, const std::string& text) {
  double value = 0;  // inf and nan too
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) does_not_fit(name);
  return value;
}

template <class Value>
void put_below(const std::string& name, const std::map<std::string, Value>& from,
               std::map<std::string, Value>& to) {
  for (const auto& [inner, value] : from) to.insert_or_assign(name + "/" + inner, value);
}

template <class Value>
void take_below(const std::string& name, const std::map<std::string, Value>& from,
                std::map<std::string, Value>& to) {
  const std::string begin = name + "/";
  for (auto it = from.lower_bound(begin); it != from.end() && it->first.starts_with(begin); ++it)
    to.emplace(it->first.substr(begin.size()), it->second);
}

}  // namespace

void State::put(const std::string& name, Samples samples) {
  samples_.insert_or_assign(name, std::move(samples));
}

void State::put(const std::string& name, const Planes& planes) {
  if (planes.empty()) return;
  put(name, Samples{{planes.channels(), planes.height(), planes.width()}, planes.data()});
}

void State::put_text(const std::string& name, std::string text) {
  texts_.insert_or_assign(name, std::move(text));
}

void State::put_whole(const std::string& name, int64_t value) {
  put_text(name, std::to_string(value));
}

// The shortest text that gives the same bits again.
void State::put_numbers(const std::string& name, const std::vector<double>& values) {
  std::vector<std::string> words;
  words.reserve(values.size());
  for (const double v : values) words.push_back(fmt::format("{}", v));
  put_text(name, join(words, " "));
}

void State::put_part(const std::string& name, const State& part) {
  put_below(name, part.samples_, samples_);
  put_below(name, part.texts_, texts_);
}

const State::Samples& State::samples(const std::string& name) const {
  const auto it = samples_.find(name);
  if (it == samples_.end()) does_not_fit(name);
  return it->second;
}

const std::string& State::text(const std::string& name) const {
  const auto it = texts_.find(name);
  if (it == texts_.end()) does_not_fit(name);
  return it->second;
}

int64_t State::whole(const std::string& name) const {
  const std::string& word = text(name);
  int64_t value = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (code != std::errc() || end != word.data() + word.size()) does_not_fit(name);
  return value;
}

double State::number(const std::string& name) const {
  return number_of(name, text(name));
}

std::vector<double> State::numbers(const std::string& name) const {
  std::vector<double> values;
  const std::string& all = text(name);
  if (all.empty()) return values;
  for (const std::string& word : split(all, ' ')) values.push_back(number_of(name, word));
  return values;
}

std::vector<double> State::numbers(const std::string& name, size_t count) const {
  std::vector<double> values = numbers(name);
  if (values.size() != count) does_not_fit(name);
  return values;
}

Planes State::planes(const std::string& name) const {
  const auto it = samples_.find(name);
  if (it == samples_.end()) return {};
  const auto& [shape, data] = it->second;
  constexpr int64_t kMost = std::numeric_limits<int>::max();
  if (shape.size() != 3) does_not_fit(name);
  for (const int64_t side : shape) {
    if (side < 1 || side > kMost) does_not_fit(name);
  }
  const double samples =
      static_cast<double>(shape[0]) * static_cast<double>(shape[1]) * static_cast<double>(shape[2]);
  if (samples != static_cast<double>(data.size())) does_not_fit(name);
  Planes planes(static_cast<int>(shape[0]), static_cast<int>(shape[1]), static_cast<int>(shape[2]));
  planes.data() = data;
  return planes;
}

Planes State::planes(const std::string& name, int channels, int height, int width) const {
  if (samples(name).shape != std::vector<int64_t>{channels, height, width}) does_not_fit(name);
  return planes(name);
}

State State::part(const std::string& name) const {
  State inner;
  take_below(name, samples_, inner.samples_);
  take_below(name, texts_, inner.texts_);
  return inner;
}

}  // namespace reverie
