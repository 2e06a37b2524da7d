#include <fmt/format.h>

#include <set>

#include "core/text.h"
#include "train/recipe.h"

namespace reverie {
namespace {

std::string input_text(const InputSettings& input) {
  static const char* const means[] = {"false", "true", "\"channel\"", "\"middle\""};
  return fmt::format(
      "\n[input]\nmean = {}\nscale = {}\nflip = {}\nshift = {}\nnoise = {}\ncorrupt = {}\ndrop = {}\n",
      means[static_cast<size_t>(input.mean)], input.scale, input.flip, input.shift, input.noise,
      input.corrupt, input.drop);
}

std::string stage_text(const Stage& stage) {
  static const char* const solvers[] = {"sgd", "adagrad", "adam"};
  static const char* const policies[] = {"constant", "step", "exponential", "cosine"};
  std::string s = fmt::format("\n[[stage]]\n{}", stage.own->text());
  s += fmt::format("solver = \"{}\"\nbatch = {}\niterations = {}\nrate = {}\nrate_policy = \"{}\"\n",
                   solvers[static_cast<size_t>(stage.solver)], stage.batch, stage.iterations, stage.rate,
                   policies[static_cast<size_t>(stage.rate_policy)]);
  s += fmt::format(
      "rate_factor = {}\nrate_every = {}\nwarm_up = {}\nmomentum = {}\nnesterov = {}\nweight_decay = "
      "{}\nclip = {}\n",
      stage.rate_factor, stage.rate_every, stage.warm_up, stage.momentum, stage.nesterov, stage.weight_decay,
      stage.clip);
  if (!stage.frozen.empty()) {
    std::vector<std::string> parts;
    for (const std::string& part : stage.frozen) parts.push_back(quote_toml(part));
    s += fmt::format("frozen = [{}]\n", join(parts, ", "));
  }
  if (!stage.rate_multipliers.empty()) s += "[stage.rate_multipliers]\n";
  for (const auto& [name, factor] : stage.rate_multipliers)
    s += fmt::format("{} = {}\n", quote_toml(name), factor);
  return s;
}

using Values = std::vector<std::pair<std::string, std::string>>;

// The values that a training cannot change on its way, by their keys, in the order of format_recipe().
Values fixed_values(const Recipe& recipe) {
  static const std::set<std::string> free = {"about",   "start", "keep",        "patience",    "iterations",
                                             "warm_up", "rate",  "rate_policy", "rate_factor", "rate_every"};
  Values all;
  std::string table;
  int stage = 0;
  for (const std::string& line : split(format_recipe(recipe), '\n')) {
    if (line == "[[stage]]") {
      table = fmt::format("stage.{}.", ++stage);
    } else if (line == "[stage.rate_multipliers]") {
      table += "rate_multipliers.";
    } else if (line.starts_with('[')) {
      table = line.substr(1, line.size() - 2) + ".";
    } else if (const size_t equals = line.find(" = "); equals != std::string::npos) {
      const std::string key = line.substr(0, equals);
      if (free.count(key) == 0) all.emplace_back(table + key, line.substr(equals + 3));
    }
  }
  return all;
}

std::string value_of(const Values& values, const std::string& key) {
  for (const auto& [name, value] : values) {
    if (name == key) return value;
  }
  return "";
}

}  // namespace

std::string format_recipe(const Recipe& recipe) {
  std::string s = fmt::format("about = {}\n", quote_toml(recipe.about));
  if (!recipe.start.empty()) s += fmt::format("start = {}\n", quote_toml(recipe.start));
  if (recipe.keep == KeepKind::kBest) s += "keep = \"best\"\n";
  if (recipe.patience > 0) s += fmt::format("patience = {}\n", recipe.patience);
  for (const auto& [family, network] : recipe.networks) s += fmt::format("\n{}", network->text());
  s += input_text(recipe.input);
  for (const Stage& stage : recipe.stages) s += stage_text(stage);
  return s;
}

std::optional<RecipeDifference> find_difference(const Recipe& before, const Recipe& now) {
  const Values was = fixed_values(before);
  const Values is = fixed_values(now);
  for (const Values* values : {&is, &was}) {
    for (const auto& [key, value] : *values) {
      const RecipeDifference d = {key, value_of(was, key), value_of(is, key)};
      if (d.before != d.now) return d;
    }
  }
  return {};
}

}  // namespace reverie
