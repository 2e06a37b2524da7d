#include "train/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numbers>

#include "core/error.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/toml_reader.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr size_t kMostStages = 64;
constexpr double kHuge = 1e9;

const Words& top_keys() {
  static const Words keys = {"about", "start", "hourglass", "input", "stage", "run"};
  return keys;
}
const Words& hourglass_keys() {
  static const Words keys = {"channels",   "encode_kernel", "pool_size", "pool", "decode_kernel",
                             "activation", "output",        "tied",      "init", "init_std"};
  return keys;
}
const Words& input_keys() {
  static const Words keys = {"mean", "scale", "flip", "shift", "noise", "corrupt", "drop"};
  return keys;
}
const Words& stage_keys() {
  static const Words keys = {"loss",       "loss_weights",  "solver",      "batch",
                             "iterations", "rate",          "rate_policy", "rate_factor",
                             "rate_every", "warm_up",       "momentum",    "weight_decay",
                             "top_level",  "frozen_levels", "greedy",      "rate_multipliers"};
  return keys;
}
const Words& loss_words() {
  static const Words words = {"euclidean", "cross-entropy"};
  return words;
}
const Words& solver_words() {
  static const Words words = {"sgd", "adagrad", "adam"};
  return words;
}
const Words& policy_words() {
  static const Words words = {"constant", "step", "exponential", "cosine"};
  return words;
}

// The value of a list for a level: the last one holds for the levels above.
template <class T, class Read>
T per_level(const TomlReader& reader, std::string_view key, size_t level, T fallback, const Read& read) {
  const auto items = reader.list(key);
  if (items.empty()) return fallback;
  return static_cast<T>(read(*items[std::min(level, items.size() - 1)]));
}

LevelConfig read_level(const TomlReader& reader, size_t l) {
  const auto whole = [&](int64_t low, int64_t high) {
    return [&reader, low, high](const TomlNode& n) { return reader.whole_at(n, low, high); };
  };
  const auto word = [&](const Words& words) {
    return [&reader, &words](const TomlNode& n) { return reader.word_at(n, words); };
  };
  LevelConfig level;
  level.channels = per_level(reader, "channels", l, level.channels, whole(1, kMostChannels));
  level.encode_kernel = per_level(reader, "encode_kernel", l, level.encode_kernel, whole(1, kLargestKernel));
  level.pool_size = per_level(reader, "pool_size", l, level.pool_size, whole(1, kLargestPool));
  level.decode_kernel = per_level(reader, "decode_kernel", l, level.pool_size, whole(1, kLargestKernel));
  level.pool = per_level(reader, "pool", l, level.pool, word(pool_words()));
  level.activation = per_level(reader, "activation", l, level.activation, word(activation_words()));
  return level;
}

void read_hourglass(const TomlReader& reader, Recipe& recipe) {
  const auto channels = reader.list("channels");
  if (channels.empty() || channels.size() > kMostLevels)
    fail_at_line(reader.file_name(), reader.line(),
                 fmt::format("'channels' is to list 1 to {} levels", kMostLevels));
  for (size_t l = 0; l < channels.size(); ++l) recipe.hourglass.levels.push_back(read_level(reader, l));
  recipe.hourglass.output =
      reader.word("output", activation_words(), std::optional(recipe.hourglass.levels[0].activation));
  recipe.hourglass.tied = reader.flag("tied", false);
  recipe.init = reader.word("init", init_words(), std::optional(InitKind::kGaussian));
  recipe.init_std = reader.number("init_std", 0, 100, recipe.init_std);
  reader.at(*channels[0], [&] { check_hourglass(recipe.hourglass, "this recipe"); });
}

InputSettings read_input(const TomlReader& reader) {
  InputSettings input;
  input.mean = reader.flag("mean", input.mean);
  input.scale = reader.number("scale", 1e-6, 1e6, input.scale);
  input.flip = reader.flag("flip", false);
  input.shift = static_cast<int>(reader.whole("shift", 0, 64, 0));
  input.noise = reader.number("noise", 0, 255, 0.0);
  input.corrupt = reader.number("corrupt", 0, 10, 0.0);
  input.drop = reader.number("drop", 0, 1, 0.0);
  return input;
}

std::map<std::string, double> read_multipliers(const TomlReader& reader) {
  std::map<std::string, double> multipliers;
  const TomlNode* table = reader.find("rate_multipliers");
  if (!table) return multipliers;
  if (table->kind != TomlNode::Kind::kTable) reader.fail_type(*table, "a table");
  for (const TomlNode& node : table->items) multipliers[node.key] = reader.number_at(node, 0, 1e6);
  return multipliers;
}

Stage read_stage(const TomlReader& reader, const HourglassConfig& hourglass) {
  Stage s;
  s.loss = reader.word("loss", loss_words(), std::optional(s.loss));
  s.top_level = static_cast<int>(reader.whole("top_level", 1, hourglass.count(), hourglass.count()));
  if (const auto weights = reader.list("loss_weights"); !weights.empty()) {
    if (weights.size() > static_cast<size_t>(s.top_level))
      reader.fail(*reader.find("loss_weights"), "more loss weights than levels that are decoded");
    s.loss_weights.clear();
    for (const TomlNode* node : weights) s.loss_weights.push_back(reader.number_at(*node, 0, 1e6));
    if (std::all_of(s.loss_weights.begin(), s.loss_weights.end(), [](double w) { return w == 0; }))
      reader.fail(*reader.find("loss_weights"), "every loss weight is 0");
  }
  s.solver = reader.word("solver", solver_words(), std::optional(s.solver));
  s.batch = static_cast<int>(reader.whole("batch", 1, 65536, s.batch));
  s.iterations = reader.whole("iterations", 1, 1000000000, s.iterations);
  s.rate = reader.number("rate", 0, kHuge, s.rate);
  s.rate_policy = reader.word("rate_policy", policy_words(), std::optional(s.rate_policy));
  s.rate_factor = reader.number("rate_factor", 0, kHuge, s.rate_factor);
  s.rate_every = reader.whole("rate_every", 1, 1000000000, s.rate_every);
  s.warm_up = reader.whole("warm_up", 0, 1000000000, s.warm_up);
  s.momentum = reader.number("momentum", 0, 0.999999, s.momentum);
  s.weight_decay = reader.number("weight_decay", 0, kHuge, s.weight_decay);
  s.frozen_levels = static_cast<int>(reader.whole("frozen_levels", 0, hourglass.count() - 1, 0));
  s.rate_multipliers = read_multipliers(reader);
  return s;
}

// One stage for each level on its own reconstruction.
void add_greedy(const Stage& stage, int levels, std::vector<Stage>& stages) {
  for (int l = stage.frozen_levels; l < levels; ++l) {
    Stage s = stage;
    s.frozen_levels = l;
    s.top_level = l + 1;
    s.loss_weights.assign(static_cast<size_t>(l) + 1, 0);
    s.loss_weights.back() = 1;
    stages.push_back(s);
  }
}

// The text after '=' as a TOML value; a bare word is a text.
TomlNode parse_value(const std::string& key, std::string_view value) {
  TomlNode node;
  try {
    node = parse_toml(fmt::format("value = {}", value), "--set");
  } catch (const Error&) {
    node = parse_toml(fmt::format("value = {}", quote_toml(value)), "--set");
  }
  TomlNode given = std::move(node.items.at(0));
  given.key = key;
  given.line = 0;
  for (TomlNode& item : given.items) item.line = 0;
  return given;
}

void put(TomlNode& table, const TomlNode& value) {
  std::erase_if(table.items, [&](const TomlNode& n) { return n.key == value.key; });
  table.items.push_back(value);
}

TomlNode& table_of(TomlNode& root, const std::string& key) {
  for (TomlNode& node : root.items) {
    if (node.key == key) return node;
  }
  root.items.emplace_back();
  root.items.back().key = key;
  return root.items.back();
}

bool has(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "rate=0.1" to all stages, "stage.2.rate=0.1" to one.
void change(TomlNode& root, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos)
    throw Error("understand --set", text, "there is no '='", "KEY=VALUE, such as rate=0.01");
  const std::vector<std::string> path = split(std::string(trim(text.substr(0, equals))), '.');
  const std::string& key = path.back();
  const TomlNode value = parse_value(key, trim(std::string_view(text).substr(equals + 1)));
  const bool one = path.size() == 3 && path[0] == "stage";
  if (has(hourglass_keys(), key)) return put(table_of(root, "hourglass"), value);
  if (has(input_keys(), key)) return put(table_of(root, "input"), value);
  if (key == "about" || key == "start") return put(root, value);
  if (!has(stage_keys(), key)) {
    Words all = hourglass_keys();
    for (const auto& more : {input_keys(), stage_keys()}) all.insert(all.end(), more.begin(), more.end());
    throw Error("understand --set", text,
                fmt::format("a recipe has no key '{}'{}", key, did_you_mean(key, all)));
  }
  TomlNode& stages = table_of(root, "stage");
  const double wanted = one ? to_number(path[1]).value_or(0) : 0;
  if (one && (wanted < 1 || wanted > static_cast<double>(stages.items.size())))
    throw Error("understand --set", text, fmt::format("there are stages 1 to {}", stages.items.size()));
  for (size_t i = 0; i < stages.items.size(); ++i) {
    if (!one || static_cast<double>(i + 1) == wanted) put(stages.items[i], value);
  }
}

void check_multipliers(const TomlReader& reader, const Recipe& recipe) {
  Words names;
  for (int n = 1; n <= recipe.hourglass.count(); ++n) {
    for (const char* part : {"encode", "decode"}) {
      names.push_back(fmt::format("{}{}.weight", part, n));
      names.push_back(fmt::format("{}{}.bias", part, n));
    }
  }
  for (const Stage& stage : recipe.stages) {
    for (const auto& [name, factor] : stage.rate_multipliers) {
      if (!has(names, name))
        fail_at_line(reader.file_name(), reader.line(),
                     fmt::format("rate_multipliers: there is no '{}'{}", name, did_you_mean(name, names)));
    }
  }
}

const TomlNode& section(const TomlNode& root, const std::string& key) {
  static const TomlNode empty;
  for (const TomlNode& node : root.items) {
    if (node.key == key) return node;
  }
  return empty;
}

}  // namespace

int64_t Recipe::iterations() const {
  int64_t n = 0;
  for (const Stage& s : stages) n += s.iterations;
  return n;
}

Recipe parse_recipe(std::string_view text, const std::string& file_name, const Words& changes) {
  TomlNode root = parse_toml(text, file_name);
  for (const std::string& c : changes) change(root, c);
  const TomlReader reader(root, file_name, top_keys());
  Recipe recipe;
  recipe.about = reader.text("about", "");
  recipe.start = reader.text("start", "");
  read_hourglass(TomlReader(section(root, "hourglass"), file_name, hourglass_keys()), recipe);
  recipe.input = read_input(TomlReader(section(root, "input"), file_name, input_keys()));
  for (const TomlNode* node : reader.tables("stage")) {
    const TomlReader stage_reader(*node, file_name, stage_keys());
    const Stage stage = read_stage(stage_reader, recipe.hourglass);
    if (stage_reader.flag("greedy", false)) {
      add_greedy(stage, recipe.hourglass.count(), recipe.stages);
    } else {
      recipe.stages.push_back(stage);
    }
  }
  if (recipe.stages.empty() || recipe.stages.size() > kMostStages)
    fail_at_line(file_name, 1, fmt::format("a recipe has 1 to {} tables [[stage]]", kMostStages));
  check_multipliers(reader, recipe);
  return recipe;
}

double rate_at(const Stage& stage, int64_t iteration) {
  double rate = stage.rate;
  const auto t = static_cast<double>(iteration);
  switch (stage.rate_policy) {
    case RatePolicy::kConstant:
      break;
    case RatePolicy::kStep:
      rate *= std::pow(stage.rate_factor, std::floor(t / static_cast<double>(stage.rate_every)));
      break;
    case RatePolicy::kExponential:
      rate *= std::pow(stage.rate_factor, t);
      break;
    case RatePolicy::kCosine:
      rate *= 0.5 * (1 + std::cos(std::numbers::pi * t / static_cast<double>(stage.iterations)));
      break;
  }
  if (iteration < stage.warm_up) rate *= (t + 1) / static_cast<double>(stage.warm_up);
  return rate;
}

fs::path find_recipe(const std::string& name_or_path) {
  const fs::path path = name_or_path;
  if (path.extension() == ".toml" || path.has_parent_path()) return path;
  std::vector<fs::path> folders;
  if (const char* own = std::getenv("REVERIE_RECIPES")) folders.emplace_back(own);
  folders.emplace_back(REVERIE_RECIPE_FOLDER);
  Words names;
  for (const fs::path& folder : folders) {
    const fs::path file = folder / (name_or_path + ".toml");
    std::error_code code;
    if (fs::exists(file, code)) return file;
    for (const auto& entry : fs::directory_iterator(folder, code))
      names.push_back(entry.path().stem().string());
  }
  throw Error("find the recipe", name_or_path,
              fmt::format("there is none of that name in {}{}", folders.back().string(),
                          did_you_mean(name_or_path, names)));
}

}  // namespace reverie
