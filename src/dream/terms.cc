#include "dream/terms.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/text.h"

namespace reverie {
namespace {

constexpr int64_t kMostChannels = 100000;
constexpr size_t kMostTerms = 64;

[[noreturn]] void fail(std::string_view text, const std::string& why) {
  throw Error("dream", "layers \"" + printable(std::string(text)) + "\"", why,
              "write LAYER, LAYER:3,7*0.5 or several joined by +");
}

int64_t channel(std::string_view word, std::string_view whole) {
  const auto value = to_number(word);
  if (!value || *value < 0 || *value > kMostChannels || *value != std::floor(*value))
    fail(whole, fmt::format("'{}' is not a channel's number", printable(std::string(word))));
  return static_cast<int64_t>(*value);
}

// "3,7,10-12"
std::vector<int64_t> channel_list(std::string_view text, std::string_view whole) {
  std::vector<int64_t> all;
  for (const std::string& piece : split(text, ',')) {
    const std::vector<std::string> ends = split(piece, '-');
    const int64_t first = channel(trim(ends[0]), whole);
    const int64_t last = ends.size() == 2 ? channel(trim(ends[1]), whole) : first;
    if (ends.size() > 2 || last < first) fail(whole, fmt::format("'{}' is no range of channels", piece));
    for (int64_t c = first; c <= last; ++c) all.push_back(c);
  }
  return all;
}

void read_place(std::string_view text, std::string_view whole, DreamTerm& term) {
  const std::vector<std::string> numbers = split(text, ',');
  const auto x = to_number(trim(numbers[0]));
  const auto y = numbers.size() == 2 ? to_number(trim(numbers[1])) : std::nullopt;
  if (!x || !y || *x < 0 || *x > 1 || *y < 0 || *y > 1)
    fail(whole, fmt::format("'@{}' is not a place: two numbers from 0 to 1", printable(std::string(text))));
  term.one_place = true;
  term.x = *x;
  term.y = *y;
}

void read_channels(std::string_view text, std::string_view whole, DreamTerm& term) {
  for (const auto& [word, pick] :
       {std::pair<std::string_view, DreamTerm::Pick>("strongest", DreamTerm::Pick::kStrongest),
        {"weakest", DreamTerm::Pick::kWeakest}}) {
    if (!text.starts_with(word)) continue;
    term.pick = pick;
    term.count = text == word ? 1 : channel(text.substr(word.size()), whole);
    if (term.count < 1) fail(whole, fmt::format("'{}' asks for no channel", printable(std::string(text))));
    return;
  }
  if (text.ends_with(".npy")) {
    term.pick = DreamTerm::Pick::kDirection;
    term.direction = text;
    return;
  }
  const size_t at = text.find('@');
  if (at != std::string_view::npos) read_place(text.substr(at + 1), whole, term);
  term.pick = DreamTerm::Pick::kListed;
  term.channels = channel_list(text.substr(0, at), whole);
  if (term.one_place && term.channels.size() != 1) fail(whole, "a neuron is of one channel");
}

DreamTerm parse_term(std::string_view text, std::string_view whole) {
  DreamTerm term;
  if (const size_t star = text.rfind('*'); star != std::string_view::npos) {
    const auto weight = to_number(trim(text.substr(star + 1)));
    if (!weight || !std::isfinite(*weight) || std::abs(*weight) > 1e6)
      fail(whole, fmt::format("'{}' is not a weight", printable(std::string(text.substr(star + 1)))));
    term.weight = *weight;
    text = trim(text.substr(0, star));
  }
  if (const size_t colons = text.find("::"); colons != std::string_view::npos) {
    term.model = trim(text.substr(0, colons));
    text = trim(text.substr(colons + 2));
  }
  if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    read_channels(trim(text.substr(colon + 1)), whole, term);
    text = trim(text.substr(0, colon));
  }
  if (text.empty()) fail(whole, "a layer's name is missing");
  term.layer = text;
  return term;
}

std::string channels_text(const DreamTerm& t) {
  switch (t.pick) {
    case DreamTerm::Pick::kAll:
      return "";
    case DreamTerm::Pick::kStrongest:
      return fmt::format(":strongest{}", t.count);
    case DreamTerm::Pick::kWeakest:
      return fmt::format(":weakest{}", t.count);
    case DreamTerm::Pick::kDirection:
      return ":" + t.direction;
    case DreamTerm::Pick::kListed:
      break;
  }
  std::string list = fmt::format(":{}", fmt::join(t.channels, ","));
  return t.one_place ? fmt::format("{}@{},{}", list, t.x, t.y) : list;
}

}  // namespace

std::vector<DreamSum> parse_dream_layers(std::string_view text) {
  std::vector<DreamSum> sums;
  size_t terms = 0;
  for (const std::string& sum : split(text, '|')) {
    sums.emplace_back();
    for (const std::string& term : split(sum, '+')) {
      if (++terms > kMostTerms) fail(text, fmt::format("more than {} terms", kMostTerms));
      sums.back().push_back(parse_term(trim(term), text));
    }
  }
  return sums;
}

std::string dream_layers_text(const std::vector<DreamSum>& sums) {
  std::vector<std::string> texts;
  for (const DreamSum& sum : sums) {
    std::vector<std::string> terms;
    for (const DreamTerm& t : sum) {
      terms.push_back(fmt::format("{}{}{}{}", t.model.empty() ? "" : t.model + "::", t.layer,
                                  channels_text(t), t.weight == 1 ? "" : fmt::format("*{}", t.weight)));
    }
    texts.push_back(join(terms, " + "));
  }
  return join(texts, " | ");
}

}  // namespace reverie
