#include "control/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "core/error.h"
#include "core/random.h"
#include "core/text.h"

namespace reverie {
namespace {

constexpr uint64_t kPartStream = 0x70617274;  // of the set's seed
constexpr size_t kLongestPartName = 40;

// Steps of the frame loop and addresses of OSC that are not parts.
constexpr std::array<std::string_view, 5> kTaken = {"source", "output", "preset", "list", "set"};

std::string effect_of(const Part& part) {
  return part.preset.effect;
}

// FNV-1a: the same on every machine.
uint64_t hash(std::string_view text) {
  uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

std::string_view first_word(std::string_view dotted) {
  return dotted.substr(0, dotted.find('.'));
}

}  // namespace

Chain::Chain(Preset preset) : path(preset.path) {
  std::string name = preset.effect;
  parts.push_back({std::move(name), std::move(preset)});
}

std::string Chain::name() const {
  if (!given_name.empty()) return given_name;
  std::vector<std::string> names;
  for (const Part& p : parts) names.push_back(p.preset.name);
  return join(names, "+");
}

InputNeed Chain::input() const {
  return given_input.value_or(parts.front().preset.input);
}

bool Chain::plain() const {
  return parts.size() == 1 && given_name.empty() && parts.front().name == parts.front().preset.effect;
}

const Part* Chain::find(std::string_view part) const {
  const auto it = std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return p.name == part; });
  return it == parts.end() ? nullptr : &*it;
}

Part* Chain::find(std::string_view part) {
  return const_cast<Part*>(std::as_const(*this).find(part));  // NOLINT(*-const-cast): this is not const
}

const Part& Chain::part(std::string_view name) const {
  if (name.empty()) return parts.front();
  if (const Part* p = find(name)) return *p;
  throw Error(fmt::format("there is no part '{}'{} (there are: {})", name, did_you_mean(name, part_names()),
                          join(part_names(), ", ")));
}

Part& Chain::part(std::string_view name) {
  return const_cast<Part&>(std::as_const(*this).part(name));  // NOLINT(*-const-cast): this is not const
}

std::vector<std::string> Chain::part_names() const {
  std::vector<std::string> names;
  for (const Part& p : parts) names.push_back(p.name);
  return names;
}

void check_part_name(std::string_view name) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  };
  if (name.empty() || name.size() > kLongestPartName || !std::all_of(name.begin(), name.end(), plain))
    throw Error("name a part", "'" + std::string(name) + "'",
                fmt::format("it takes 1 to {} letters, digits, - and _", kLongestPartName));
  if (std::find(kTaken.begin(), kTaken.end(), name) != kTaken.end())
    throw Error("name a part", std::string(name), "this name has another meaning");
}

std::string free_part_name(const Chain& chain, const std::string& effect) {
  std::string name = effect;
  for (int n = 2; chain.find(name) != nullptr; ++n) name = fmt::format("{}-{}", effect, n);
  return name;
}

void append(Chain& chain, Chain more) {
  for (Part& part : more.parts) {
    if (chain.find(part.name) != nullptr) part.name = free_part_name(chain, effect_of(part));
    chain.parts.push_back(std::move(part));
  }
  if (chain.parts.size() > kMostParts) throw Error(fmt::format("a chain has at most {} parts", kMostParts));
}

uint64_t part_seed(uint64_t seed, std::string_view part) {
  return Random(seed).split(kPartStream).split(hash(part)).bits();
}

void draw_seeds(Chain& chain, uint64_t seed) {
  for (Part& part : chain.parts) part.seed = part_seed(seed, part.name);
  chain.parts.front().seed = seed;
}

Address find_address(const Chain& chain, std::string_view text) {
  const auto address = [](const Part& part, std::string_view name) {
    return Address{part.name, std::string(name), std::string(first_word(name))};
  };
  const std::string_view word = first_word(text);
  const std::string_view rest = word.size() < text.size() ? text.substr(word.size() + 1) : std::string_view();
  const Part* named = chain.find(word);
  if (named && named->preset.values.table().has(first_word(rest))) return address(*named, rest);
  for (const Part& part : chain.parts) {
    if (part.preset.values.table().has(word)) return address(part, text);
  }
  if (named && !rest.empty()) {
    named->preset.values.table().index(first_word(rest));  // throws, with the nearest
  }
  if (chain.parts.size() == 1) chain.parts.front().preset.values.table().index(word);  // likewise
  std::vector<std::string> names = chain.part_names();
  for (const Part& part : chain.parts) {
    for (const std::string& name : part.preset.values.table().names()) names.push_back(name);
  }
  throw Error(fmt::format("there is no parameter '{}'{} (parts: {})", text, did_you_mean(word, names),
                          join(chain.part_names(), ", ")));
}

void override_value(Chain& chain, std::string_view address, std::string_view value) {
  const Address a = find_address(chain, address);
  override_value(chain.part(a.part).preset, a.name, value);
}

Chain load_chain(const std::vector<std::string>& names) {
  std::optional<Chain> all;
  for (const std::string& name : names) {
    Chain next = load_chain(name);
    if (!all) {
      all.emplace(std::move(next));
      continue;
    }
    all->given_name = all->name() + "+" + next.name();
    append(*all, std::move(next));
  }
  if (!all) throw Error("a chain has at least one part");
  return std::move(*all);
}

Chain found_from_anywhere(Chain chain) {
  for (Part& part : chain.parts) part.preset = found_from_anywhere(std::move(part.preset));
  return chain;
}

}  // namespace reverie
