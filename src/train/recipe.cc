#include "train/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numbers>

#include "core/error.h"
#include "core/file_kind.h"
#include "core/folders.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/toml_reader.h"
#include "train/task.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr size_t kMostStages = 64;
constexpr double kHuge = 1e9;

Words families_and(Words keys) {
  for (const Family& family : trained_families()) keys.push_back(family.name);
  return keys;
}
const Words& input_keys() {
  static const Words keys = {"mean", "scale", "flip", "shift", "noise", "corrupt", "drop"};
  return keys;
}
const Words& stage_keys() {
  static const Words keys = {
      "solver",  "batch",    "iterations", "rate",         "rate_policy", "rate_factor", "rate_every",
      "warm_up", "momentum", "nesterov",   "weight_decay", "clip",        "frozen",      "rate_multipliers"};
  return keys;
}
const Words& keep_words() {
  static const Words words = {"last", "best"};
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

InputSettings read_input(const TomlReader& reader) {
  InputSettings input;
  const TomlNode* mean = reader.find("mean");
  if (mean && mean->kind == TomlNode::Kind::kText) {
    input.mean = reader.word_at(*mean, {"channel", "middle"}) == 0 ? MeanKind::kChannel : MeanKind::kMiddle;
  } else {
    input.mean = reader.flag("mean", true) ? MeanKind::kPicture : MeanKind::kNone;
  }
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

Stage read_stage(const TomlReader& reader) {
  Stage s;
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
  s.nesterov = reader.flag("nesterov", false);
  s.clip = reader.number("clip", 0, kHuge, s.clip);
  for (const TomlNode* node : reader.list("frozen")) s.frozen.push_back(reader.text_at(*node));
  s.rate_multipliers = read_multipliers(reader);
  return s;
}

// The text after '=' as a TOML value; a bare word is a string.
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

// Where a key of --set belongs.
struct Place {
  std::string table;  // empty: the top of the recipe
  size_t stage = 0;   // of [[stage]], from 1; 0: all
  std::string key;
};

// The tables that a recipe of this family has, with their keys.
using Tables = std::vector<std::pair<std::string, Words>>;
Tables tables_of(const TomlNode& root) {
  Tables tables;
  Words of_stages = stage_keys();
  for (const Family& family : trained_families()) {
    const bool there = std::any_of(root.items.begin(), root.items.end(),
                                   [&](const TomlNode& node) { return node.key == family.name; });
    if (!there) continue;
    tables.emplace_back(family.name, family.keys);
    for (const TaskKind& task : task_kinds()) {
      if (task.family == family.name)
        of_stages.insert(of_stages.end(), task.stage_keys.begin(), task.stage_keys.end());
    }
  }
  tables.emplace_back("input", input_keys());
  tables.emplace_back("", Words{"about", "start", "keep", "patience"});
  tables.emplace_back("stage", of_stages);
  return tables;
}

// KEY, TABLE.KEY or stage.N.KEY.
Place find_place(const std::string& text, const std::string& path_text, const Tables& tables) {
  const Words path = split(path_text, '.');
  Place place;
  place.key = path.back();
  const bool numbered = path.size() == 3 && path[0] == "stage";
  const auto fail = [&](const std::string& why) { throw Error("understand --set", text, why); };
  if (path.size() > 2 && !numbered)
    fail(fmt::format("'{}' is no place in a recipe: KEY, TABLE.KEY or stage.N.KEY", printable(path_text)));
  Words names;
  Words all;
  for (const auto& [table, keys] : tables) {
    if (!table.empty()) names.push_back(table);
    if (path.size() > 1 && table != path[0]) continue;
    all.insert(all.end(), keys.begin(), keys.end());
    if (place.table.empty() && has(keys, place.key)) place.table = table.empty() ? "." : table;
  }
  if (path.size() > 1 && !has(names, path[0])) {
    fail(fmt::format("the recipe has no table '{}'{}", printable(path[0]), did_you_mean(path[0], names)));
  }
  if (place.table.empty())
    fail(fmt::format("a recipe has no key '{}'{}", printable(place.key), did_you_mean(place.key, all)));
  if (place.table == ".") place.table.clear();
  if (numbered) {
    const double n = to_number(path[1]).value_or(0);
    place.stage = n >= 1 && n <= static_cast<double>(kMostStages) && n == std::floor(n)
                      ? static_cast<size_t>(n)
                      : kMostStages + 1;
  }
  return place;
}

// "rate=0.1" for all stages, "stage.2.rate=0.1" for one.
void change(TomlNode& root, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos)
    throw Error("understand --set", text, "there is no '='", "KEY=VALUE, such as rate=0.01");
  const Place place = find_place(text, std::string(trim(text.substr(0, equals))), tables_of(root));
  const TomlNode value = parse_value(place.key, trim(std::string_view(text).substr(equals + 1)));
  if (place.table.empty()) return put(root, value);
  TomlNode& table = table_of(root, place.table);
  if (place.table != "stage") return put(table, value);
  if (place.stage > table.items.size())
    throw Error("understand --set", text, fmt::format("there are stages 1 to {}", table.items.size()));
  for (size_t i = 0; i < table.items.size(); ++i) {
    if (place.stage == 0 || i + 1 == place.stage) put(table.items[i], value);
  }
}

// A name of a stage's `frozen` or rate_multipliers: a network, a layer or a parameter.
void check_names(const TomlReader& reader, const Recipe& recipe) {
  Words names;
  for (const auto& [family, network] : recipe.networks) {
    for (std::string name : network->parameter_names()) {
      if (recipe.networks.size() > 1) name = family + "." + name;
      for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
        names.push_back(name.substr(0, dot));
      names.push_back(name);
    }
  }
  const auto check = [&](const char* key, const std::string& part) {
    if (has(names, part)) return;
    fail_at_line(reader.file_name(), reader.line(),
                 fmt::format("{}: there is no '{}'{}", key, printable(part), did_you_mean(part, names)));
  };
  for (const Stage& stage : recipe.stages) {
    for (const auto& [name, factor] : stage.rate_multipliers) check("rate_multipliers", name);
    for (const std::string& name : stage.frozen) check("frozen", name);
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
  const TomlReader reader(root, file_name,
                          families_and({"about", "start", "keep", "patience", "input", "stage", "run"}));
  Recipe recipe;
  recipe.about = reader.text("about", "");
  recipe.start = reader.text("start", "");
  recipe.keep = reader.word("keep", keep_words(), std::optional(recipe.keep));
  recipe.patience = static_cast<int>(reader.whole("patience", 0, 1000, 0));
  for (const TomlNode& node : root.items) {
    const Family* family = find_family(node.key);
    if (!family || family->read_recipe == nullptr) continue;
    recipe.networks.emplace_back(family->name,
                                 family->read_recipe(TomlReader(node, file_name, family->keys)));
  }
  if (recipe.networks.empty())
    fail_at_line(file_name, 1,
                 fmt::format("no network: a recipe has a table [{}]", join(families_and({}), "] or [")));
  recipe.input = read_input(TomlReader(section(root, "input"), file_name, input_keys()));
  const TaskKind& task = task_kind(recipe.family());
  Words keys = stage_keys();
  keys.insert(keys.end(), task.stage_keys.begin(), task.stage_keys.end());
  for (const TomlNode* node : reader.tables("stage")) {
    const TomlReader stage_reader(*node, file_name, keys);
    for (Stage& stage :
         task.read_stage(stage_reader, recipe.network(), recipe.input, read_stage(stage_reader)))
      recipe.stages.push_back(std::move(stage));
  }
  if (recipe.stages.empty() || recipe.stages.size() > kMostStages)
    fail_at_line(file_name, 1, fmt::format("a recipe must have 1 to {} tables [[stage]]", kMostStages));
  check_names(reader, recipe);
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
  if (const FileKind kind = kind_of(path); !kind.use.empty() && kind.type != FileType::kToml)
    throw Error("find the recipe", name_or_path, fmt::format("it is {}", kind.what), std::string(kind.use));
  if (path.extension() == ".toml" || path.has_parent_path()) return path;
  std::vector<fs::path> folders;
  if (const char* own = std::getenv("REVERIE_RECIPES")) folders.emplace_back(own);
  for (fs::path& installed : installed_folders("recipes")) folders.push_back(std::move(installed));
  Words names;
  for (const fs::path& folder : folders) {
    const fs::path file = folder / (name_or_path + ".toml");
    std::error_code code;
    if (fs::exists(file, code)) return file;
    for (const auto& entry : fs::directory_iterator(folder, code))
      names.push_back(entry.path().stem().string());
  }
  throw Error("find the recipe", name_or_path,
              fmt::format("there is no such recipe in {}{}",
                          folders.empty() ? "$REVERIE_RECIPES" : folders.back().string(),
                          did_you_mean(name_or_path, names)));
}

}  // namespace reverie
