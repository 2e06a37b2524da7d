#include <fmt/format.h>

#include "core/text.h"
#include "train/recipe.h"

namespace reverie {
namespace {

template <class Items, class Show>
std::string list(const Items& items, const Show& show) {
  std::vector<std::string> words;
  for (const auto& item : items) words.push_back(show(item));
  return "[" + join(words, ", ") + "]";
}

std::string quoted(const std::vector<std::string>& words, size_t i) {
  return quote_toml(words[i]);
}

std::string hourglass_text(const Recipe& recipe) {
  const auto& levels = recipe.hourglass.levels;
  const auto number = [](int v) { return std::to_string(v); };
  std::string s = "\n[hourglass]\n";
  const auto whole = [&](const char* key, int LevelConfig::*member) {
    s += fmt::format("{} = {}\n", key, list(levels, [&](const LevelConfig& l) { return number(l.*member); }));
  };
  whole("channels", &LevelConfig::channels);
  whole("encode_kernel", &LevelConfig::encode_kernel);
  whole("pool_size", &LevelConfig::pool_size);
  whole("decode_kernel", &LevelConfig::decode_kernel);
  s += fmt::format("pool = {}\n", list(levels, [](const LevelConfig& l) {
                     return quoted(pool_words(), static_cast<size_t>(l.pool));
                   }));
  s += fmt::format("activation = {}\n", list(levels, [](const LevelConfig& l) {
                     return quoted(activation_words(), static_cast<size_t>(l.activation));
                   }));
  s += fmt::format("output = {}\n", quoted(activation_words(), static_cast<size_t>(recipe.hourglass.output)));
  s += fmt::format("tied = {}\ninit = {}\ninit_std = {}\n", recipe.hourglass.tied,
                   quoted(init_words(), static_cast<size_t>(recipe.init)), recipe.init_std);
  return s;
}

std::string input_text(const InputSettings& input) {
  return fmt::format(
      "\n[input]\nmean = {}\nscale = {}\nflip = {}\nshift = {}\nnoise = {}\ncorrupt = {}\ndrop = {}\n",
      input.mean, input.scale, input.flip, input.shift, input.noise, input.corrupt, input.drop);
}

std::string stage_text(const Stage& stage) {
  static const char* const losses[] = {"euclidean", "cross-entropy"};
  static const char* const solvers[] = {"sgd", "adagrad", "adam"};
  static const char* const policies[] = {"constant", "step", "exponential", "cosine"};
  std::string s =
      fmt::format("\n[[stage]]\nloss = \"{}\"\nloss_weights = {}\n", losses[static_cast<size_t>(stage.loss)],
                  list(stage.loss_weights, [](double w) { return fmt::format("{}", w); }));
  s += fmt::format("solver = \"{}\"\nbatch = {}\niterations = {}\nrate = {}\nrate_policy = \"{}\"\n",
                   solvers[static_cast<size_t>(stage.solver)], stage.batch, stage.iterations, stage.rate,
                   policies[static_cast<size_t>(stage.rate_policy)]);
  s += fmt::format(
      "rate_factor = {}\nrate_every = {}\nwarm_up = {}\nmomentum = {}\nweight_decay = {}\ntop_level = "
      "{}\nfrozen_levels = {}\n",
      stage.rate_factor, stage.rate_every, stage.warm_up, stage.momentum, stage.weight_decay, stage.top_level,
      stage.frozen_levels);
  if (!stage.rate_multipliers.empty()) s += "[stage.rate_multipliers]\n";
  for (const auto& [name, factor] : stage.rate_multipliers) s += fmt::format("\"{}\" = {}\n", name, factor);
  return s;
}

}  // namespace

std::string format_recipe(const Recipe& recipe) {
  std::string s = fmt::format("about = {}\n", quote_toml(recipe.about));
  if (!recipe.start.empty()) s += fmt::format("start = {}\n", quote_toml(recipe.start));
  s += hourglass_text(recipe) + input_text(recipe.input);
  for (const Stage& stage : recipe.stages) s += stage_text(stage);
  return s;
}

}  // namespace reverie
