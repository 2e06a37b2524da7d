#include "discover/likes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/folders.h"
#include "core/log.h"
#include "core/text.h"
#include "core/toml_reader.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestName = 200;  // bytes
constexpr double kBlur = 0.1;         // distance within which verdicts weigh about the same
constexpr double kDoubt = 0.3;        // that weighs against them, as one at this distance
constexpr double kMostFactor = 4;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

bool on_the_same(const Verdict& a, const Verdict& b) {
  return a.of == b.of && std::equal(a.looks.begin(), a.looks.end(), b.looks.begin(), b.looks.end(), same);
}

double weight(double squared_distance) {
  const double w = 1 / (kBlur * kBlur + squared_distance);
  return w * w;
}

// Mean over the axes that both know, as shares of their ranges.
double squared_distance(const Verdict& a, const Verdict& b) {
  const std::vector<Axis>& all = tasted_axes();
  double sum = 0;
  int known = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const double d = (a.looks[i] - b.looks[i]) / (all[i].high - all[i].low);
    if (std::isnan(d)) continue;
    sum += d * d;
    ++known;
  }
  return known == 0 ? HUGE_VAL : sum / known;
}

}  // namespace

const std::vector<Axis>& tasted_axes() {
  static const std::vector<Axis> all = [] {
    std::vector<Axis> some = axes();
    std::erase_if(some, [](const Axis& a) { return a.name == "novelty"; });
    return some;
  }();
  return all;
}

Verdict verdict_on(const Life& life, const std::string& of, bool liked) {
  Verdict v{liked, of, {}};
  for (const Axis& a : tasted_axes()) v.looks.push_back(a.value(life));
  return v;
}

fs::path likes_file() {
  const fs::path config = config_folder();
  return config.empty() ? config : config / "likes.toml";
}

std::vector<Verdict> parse_likes(std::string_view text, const std::string& file_name) {
  const TomlNode root = parse_toml(text, file_name);
  const TomlReader reader(root, file_name, {"verdict"});
  std::vector<std::string> keys = {"liked", "of"};
  for (const Axis& a : tasted_axes()) keys.push_back(a.name);
  std::vector<Verdict> all;
  for (const TomlNode* node : reader.tables("verdict")) {
    const TomlReader entry(*node, file_name, keys);
    Verdict v;
    const TomlNode* liked = entry.find("liked");
    if (!liked) entry.fail(*node, "liked is missing: true or false");
    v.liked = entry.flag_at(*liked);
    v.of = entry.text("of", "").substr(0, kLongestName);
    for (const Axis& a : tasted_axes())
      v.looks.push_back(entry.find(a.name) ? entry.number(a.name, -1e9, 1e9) : kUnknown);
    all.push_back(std::move(v));
  }
  if (all.size() > kMostVerdicts) all.erase(all.begin(), all.end() - kMostVerdicts);
  return all;
}

std::string format_likes(const std::vector<Verdict>& verdicts) {
  std::string text = "# What was liked and refused: `reverie discover` looks for more like the liked.\n";
  for (const Verdict& v : verdicts) {
    text += fmt::format("\n[[verdict]]\nliked = {}\nof = {}\n", v.liked, quote_toml(v.of));
    for (size_t i = 0; i < v.looks.size(); ++i) {
      if (std::isfinite(v.looks[i])) text += fmt::format("{} = {}\n", tasted_axes()[i].name, v.looks[i]);
    }
  }
  return text;
}

std::vector<Verdict> read_likes(const fs::path& file) {
  std::error_code code;
  if (file.empty() || !fs::exists(file, code)) return {};
  return parse_likes(read_text_file(file, kMostTomlBytes), file.string());
}

void write_likes(const fs::path& file, const std::vector<Verdict>& verdicts) {
  if (file.empty())
    throw Error("remember", "what was liked", "the system has no home folder", "set XDG_CONFIG_HOME");
  std::error_code code;
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), code);
  const std::string text = format_likes(verdicts);
  write_file(file, std::vector<uint8_t>(text.begin(), text.end()));
}

void add_likes(const fs::path& file, const std::vector<Verdict>& verdicts) {
  std::vector<Verdict> all;
  try {
    all = read_likes(file);
  } catch (const Error& e) {
    const fs::path aside = fs::path(file).replace_extension(".damaged.toml");
    std::error_code code;
    fs::rename(file, aside, code);
    if (code) throw;
    warning(fmt::format("{}; it is {} now, and another is begun", e.what(), aside.string()));
  }
  for (const Verdict& v : verdicts) {
    std::erase_if(all, [&](const Verdict& other) { return on_the_same(v, other); });
    all.push_back(v);
  }
  if (all.size() > kMostVerdicts) all.erase(all.begin(), all.end() - kMostVerdicts);
  write_likes(file, all);
}

double Taste::factor(const Life& life) const {
  if (verdicts_.empty()) return 1;
  const Verdict here = verdict_on(life, "", true);
  double liked = 0;
  double refused = 0;
  for (const Verdict& v : verdicts_) (v.liked ? liked : refused) += weight(squared_distance(v, here));
  return std::pow(kMostFactor, (liked - refused) / (weight(kDoubt * kDoubt) + liked + refused));
}

}  // namespace reverie
