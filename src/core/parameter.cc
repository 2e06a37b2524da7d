#include "core/parameter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"

namespace reverie {
namespace {

std::string format_number(double v) {
  std::string s = fmt::format("{}", v);
  return s == "-0" ? "0" : s;
}

std::string range_text(const Parameter& p) {
  if (!p.choices.empty()) return join(p.choices, ", ");
  if (p.kind == ParameterKind::kFlag) return "on or off";
  return fmt::format("{} to {}", format_number(p.low), format_number(p.high));
}

Error not_allowed(const Parameter& p, std::string_view given) {
  return Error("set", p.name, fmt::format("{} is not allowed", given), "allowed: " + range_text(p));
}

// "on", "max", "1.5": one value as a user writes it.
double parse_one(const Parameter& p, std::string_view word) {
  if (p.kind == ParameterKind::kChoice) {
    const auto it = std::find(p.choices.begin(), p.choices.end(), word);
    if (it == p.choices.end()) {
      throw Error(
          "set", p.name,
          fmt::format("'{}' is not one of: {}{}", word, range_text(p), did_you_mean(word, p.choices)));
    }
    return static_cast<double>(it - p.choices.begin());
  }
  if (p.kind == ParameterKind::kFlag) {
    for (const char* yes : {"on", "true", "yes", "1"}) {
      if (word == yes) return 1;
    }
    for (const char* no : {"off", "false", "no", "0"}) {
      if (word == no) return 0;
    }
    throw not_allowed(p, word);
  }
  const auto v = to_number(word);
  if (!v) throw not_allowed(p, fmt::format("'{}'", word));
  return *v;
}

std::string format_one(const Parameter& p, double v) {
  if (p.kind == ParameterKind::kChoice) return "\"" + p.choices[static_cast<size_t>(v)] + "\"";
  if (p.kind == ParameterKind::kFlag) return v != 0 ? "true" : "false";
  return format_number(v);
}

}  // namespace

Parameter number(std::string name, double initial, double low, double high, std::string unit,
                 std::string help) {
  Parameter p;
  p.name = std::move(name);
  p.initial = {initial};
  p.low = low;
  p.high = high;
  p.soft_low = low;
  p.soft_high = high;
  p.unit = std::move(unit);
  p.help = std::move(help);
  return p;
}

Parameter integer(std::string name, int initial, int low, int high, std::string unit, std::string help) {
  Parameter p = number(std::move(name), initial, low, high, std::move(unit), std::move(help));
  p.kind = ParameterKind::kInteger;
  return p;
}

Parameter choice(std::string name, std::string_view initial, std::vector<std::string> choices,
                 std::string help) {
  Parameter p = number(std::move(name), 0, 0, static_cast<double>(choices.size() - 1), "", std::move(help));
  p.kind = ParameterKind::kChoice;
  p.choices = std::move(choices);
  p.initial = {parse_one(p, initial)};
  return p;
}

Parameter flag(std::string name, bool initial, std::string help) {
  Parameter p = number(std::move(name), initial ? 1 : 0, 0, 1, "", std::move(help));
  p.kind = ParameterKind::kFlag;
  return p;
}

Parameter text(std::string name, std::string initial, std::string help) {
  Parameter p = number(std::move(name), 0, 0, 0, "", std::move(help));
  p.kind = ParameterKind::kText;
  p.initial_text = std::move(initial);
  return p;
}

std::string describe_range(const Parameter& p) {
  const ParameterTable table({p});
  const ParameterValues values(table);
  std::string s = p.kind == ParameterKind::kText ? "text" : range_text(p);
  if (!p.unit.empty()) s += " " + p.unit;
  const std::string initial = values.format(0);
  s += "; default " + (initial == "\"\"" ? "none" : initial);
  if (p.per_level) s += "; per level";
  if (p.mappable) s += "; map";
  return s;
}

std::vector<Parameter> in_groups(std::vector<ParameterGroup> groups) {
  std::vector<Parameter> all;
  for (ParameterGroup& group : groups) {
    for (Parameter& p : group.parameters) {
      p.group = group.name;
      all.push_back(std::move(p));
    }
  }
  return all;
}

ParameterTable::ParameterTable(std::vector<Parameter> parameters) : parameters_(std::move(parameters)) {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (!places_.emplace(parameters_[i].name, i).second)
      throw Error("parameter declared twice: " + parameters_[i].name);
  }
}

size_t ParameterTable::index(std::string_view name) const {
  const auto it = places_.find(std::string(name));
  if (it == places_.end())
    throw Error(fmt::format("there is no parameter '{}'{}", name, did_you_mean(name, names())));
  return it->second;
}

const Parameter* ParameterTable::find(ParameterRole role) const {
  const auto it = std::find_if(parameters_.begin(), parameters_.end(),
                               [&](const Parameter& p) { return p.role == role; });
  return it == parameters_.end() ? nullptr : &*it;
}

std::vector<std::string> ParameterTable::names() const {
  std::vector<std::string> out;
  out.reserve(parameters_.size());
  for (const Parameter& p : parameters_) out.push_back(p.name);
  return out;
}

ParameterValues::ParameterValues(const ParameterTable& table) : table_(&table) {
  for (const Parameter& p : table.all()) values_.push_back({p.initial, p.initial_text, {}, false});
}

double ParameterValues::number(std::string_view name, int level) const {
  const std::vector<double>& v = value(name).numbers;
  return v[std::min(static_cast<size_t>(level), v.size() - 1)];
}

int ParameterValues::integer(std::string_view name, int level) const {
  return static_cast<int>(std::lround(number(name, level)));
}

const std::string& ParameterValues::text(std::string_view name) const {
  return value(name).text;
}
const std::vector<double>& ParameterValues::list(std::string_view name) const {
  return value(name).numbers;
}

int ParameterValues::levels() const {
  const Parameter* count = table_->find(ParameterRole::kLevels);
  return count ? integer(count->name) + 1 : 1;
}

const Map* ParameterValues::map(std::string_view name) const {
  const Map& m = value(name).map;
  return m.picture ? &m : nullptr;
}

void ParameterValues::set(std::string_view name, std::vector<double> values) {
  const size_t i = table_->index(name);
  const Parameter& p = (*table_)[i];
  if (p.kind == ParameterKind::kText) throw Error("set", p.name, "it takes text, not a number");
  if (values.empty() || values.size() > size_t{kMostListValues} || (values.size() > 1 && !p.per_level)) {
    throw Error("set", p.name,
                p.per_level ? fmt::format("it takes 1 to {} values", kMostListValues) : "it takes one value");
  }
  for (const double v : values) {
    if (!(v >= p.low && v <= p.high)) throw not_allowed(p, format_number(v));
    if (p.kind != ParameterKind::kNumber && v != std::round(v))
      throw Error("set", p.name, "it takes a whole number");
  }
  values_[i].numbers = std::move(values);
  values_[i].given = true;
}

void ParameterValues::set_text(std::string_view name, std::string value) {
  const size_t i = table_->index(name);
  const Parameter& p = (*table_)[i];
  if (p.kind == ParameterKind::kText) {
    values_[i].text = std::move(value);
    values_[i].given = true;
  } else {
    set(name, parse_one(p, value));
  }
}

void ParameterValues::set_map(std::string_view name, Map map) {
  const size_t i = table_->index(name);
  if (!(*table_)[i].mappable)
    throw Error("map", std::string(name), "a map picture cannot vary this parameter");
  values_[i].map = std::move(map);
}

void ParameterValues::nudge(size_t index, int level, double value) {
  const Parameter& p = (*table_)[index];
  std::vector<double>& v = values_[index].numbers;
  if (v.size() <= static_cast<size_t>(level)) v.resize(static_cast<size_t>(level) + 1, v.back());
  if (p.kind != ParameterKind::kNumber) value = std::round(value);
  if (value == value)
    v[static_cast<size_t>(level)] = std::clamp(value, p.low, p.high);  // NOLINT: not for a NaN
}

void ParameterValues::parse(std::string_view name, std::string_view value) {
  const size_t dot = name.find('.');
  const std::string_view base = name.substr(0, dot);
  const size_t i = table_->index(base);
  const Parameter& p = (*table_)[i];
  if (p.kind == ParameterKind::kText) return set_text(base, std::string(value));
  if (value.starts_with('[') && value.ends_with(']')) value = value.substr(1, value.size() - 2);
  std::vector<double> numbers;
  for (const std::string& word : split(value, ',')) numbers.push_back(parse_one(p, trim(word)));
  if (dot == std::string_view::npos) return set(base, std::move(numbers));

  const auto level = to_number(name.substr(dot + 1));
  if (!level || *level < 0 || *level >= kMostListValues || *level != std::floor(*level) || !p.per_level ||
      numbers.size() != 1) {
    throw Error(
        "set", std::string(name),
        p.per_level ? "a level is a whole number from 0, with one value" : "this parameter is not per level");
  }
  std::vector<double> all = values_[i].numbers;
  const auto at = static_cast<size_t>(*level);
  if (all.size() <= at + 1) all.resize(at + 2, all.back());  // the levels above keep their values
  all[at] = numbers[0];
  if (all.size() > size_t{kMostListValues}) all.resize(kMostListValues);
  set(base, std::move(all));
}

std::string ParameterValues::format(size_t index) const {
  const Parameter& p = (*table_)[index];
  const Value& v = values_[index];
  if (p.kind == ParameterKind::kText) return quote_toml(v.text);
  if (v.numbers.size() == 1) return format_one(p, v.numbers[0]);
  std::vector<std::string> parts;
  for (const double n : v.numbers) parts.push_back(format_one(p, n));
  return fmt::format("[{}]", join(parts, ", "));
}

bool ParameterValues::is_initial(size_t index) const {
  const Parameter& p = (*table_)[index];
  return values_[index].numbers == p.initial && values_[index].text == p.initial_text;
}

}  // namespace reverie
