#include "command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/limits.h"
#include "core/text.h"

namespace reverie {
namespace {

// The verb given, or the command itself.
const CLI::App& innermost(const CLI::App& app) {
  const auto used = app.get_subcommands();
  return used.empty() ? app : innermost(*used.front());
}

std::vector<std::string> known_words(const CLI::App& app, bool options) {
  std::vector<std::string> words;
  if (options) {
    for (const CLI::Option* o : app.get_options()) {
      for (const std::string& name : o->get_lnames()) words.push_back("--" + name);
    }
  } else {
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App* s) { return !s->get_group().empty(); }))
      words.push_back(sub->get_name());
  }
  return words;
}

}  // namespace

std::pair<int, int> parse_size(const std::string& word) {
  const std::vector<std::string> parts = split(word, 'x');
  if (parts.size() == 2) {
    const auto w = to_number(parts[0]);
    const auto h = to_number(parts[1]);
    const auto ok = [](const std::optional<double>& v) {
      return v && *v >= 1 && *v <= kLargestSide && *v == std::floor(*v);
    };
    if (ok(w) && ok(h)) return {static_cast<int>(*w), static_cast<int>(*h)};
  }
  throw UsageError(fmt::format("--size takes WIDTHxHEIGHT in pixels, such as 640x360, each 1 to {}, not '{}'",
                               kLargestSide, word));
}

double parse_rate(const std::string& word) {
  const std::vector<std::string> parts = split(word, '/');
  const auto over = to_number(parts[0]);
  const auto under = parts.size() == 2 ? to_number(parts[1]) : std::optional(1.0);
  if (parts.size() <= 2 && over && under && *over / *under >= kLowestFps && *over / *under <= kHighestFps)
    return *over / *under;
  throw UsageError(fmt::format("--fps takes {:g} to {:g} frames a second, such as 25 or 30000/1001, not '{}'",
                               kLowestFps, kHighestFps, word));
}

double parse_time(const std::string& option, const std::string& word, double least) {
  double seconds = 0;
  const std::vector<std::string> parts = split(word, ':');
  bool good = parts.size() <= 3;
  for (const std::string& part : parts) {
    const auto v = to_number(part);
    good = good && v && *v >= 0;
    if (good) seconds = seconds * 60 + *v;
  }
  if (good && seconds >= least && seconds <= 1e7) return seconds;
  throw UsageError(fmt::format("{} takes {:g} to 1e7 seconds, or minutes and seconds as 1:30, not '{}'",
                               option, least, word));
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  std::string type = option->get_type_name();
  // "INT:INT in [1 - 64]", "TEXT:{crop,pad}"
  if (const size_t colon = type.find(':'); colon != std::string::npos) {
    const std::string limits = type.substr(colon + 1);
    if (limits.starts_with('{')) {
      type = limits.substr(1, limits.size() - 2);
      std::replace(type.begin(), type.end(), ',', '|');
    } else {
      type = type.substr(0, colon);
    }
  }
  if (type == "TEXT") type.clear();
  if (type == "INT" || type == "UINT" || type == "FLOAT") type = "N";
  std::string words;
  if (option->get_type_size() != 0 && !type.empty()) words += " " + type;
  const std::string standard = option->get_default_str();
  if (option->get_type_size() != 0 && !standard.empty()) words += "=" + standard;
  if (option->get_expected_max() == CLI::detail::expected_max_vector_size) words += " ...";
  if (option->get_required()) words += " (required)";
  return words;
}

std::string explain(const CLI::App& app, const CLI::Error& error) {
  const CLI::App& verb = innermost(app);
  const std::string what = error.what();
  if (const size_t at = what.find(": At Most 1 required"); at != std::string::npos)
    return what.substr(0, at) + " was given more than once";
  if (what == "A subcommand is required")
    return fmt::format("{} what? {}", verb.get_name(), join(known_words(verb, false), ", "));
  const std::vector<std::string> extra = app.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || extra.empty()) return error.what();
  const std::string& word = extra.front();
  const bool option = word.starts_with('-');
  const char* kind = option ? "option" : (&verb == &app ? "verb" : "argument");
  return fmt::format("unknown {} '{}'{}", kind, word,
                     did_you_mean(word.substr(0, word.find('=')), known_words(verb, option)));
}

}  // namespace reverie
