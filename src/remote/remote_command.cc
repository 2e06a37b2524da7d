#include "remote/remote_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/control_range.h"
#include "core/error.h"
#include "core/text.h"

namespace reverie {
namespace {

using Json = nlohmann::json;
using Kind = RemoteCommand::Kind;

constexpr size_t kLongestWord = 200;

std::string text_of(const Json& message, const char* key) {
  const auto it = message.find(key);
  if (it == message.end() || !it->is_string()) throw Error(fmt::format("'{}' must be a text", key));
  const auto& text = it->get_ref<const std::string&>();
  if (text.size() > kLongestWord || printable(text) != text)
    throw Error(fmt::format("'{}' is no such text", key));
  return text;
}

double number_of(const Json& message, const char* key, double low, double high) {
  const auto it = message.find(key);
  if (it == message.end() || !it->is_number()) throw Error(fmt::format("'{}' must be a number", key));
  const auto v = it->get<double>();
  if (!(v >= low && v <= high)) throw Error(fmt::format("'{}' must be {:g} to {:g}", key, low, high));
  return v;
}

double flag_of(const Json& message, const char* key) {
  const auto it = message.find(key);
  if (it == message.end() || !it->is_boolean()) throw Error(fmt::format("'{}' must be true or false", key));
  return it->get<bool>() ? 1 : 0;
}

RemoteCommand set_of(const Json& message) {
  RemoteCommand c = {Kind::kShare, text_of(message, "set"), "", 0};
  if (message.contains("word")) {
    c.kind = Kind::kWord;
    c.word = text_of(message, "word");
  } else {
    c.number = number_of(message, "share", 0, 1);
  }
  return c;
}

// What is turned while it plays: no texts, and nothing that starts the process again.
bool on_page(const Parameter& p) {
  return p.kind != ParameterKind::kText && !p.structural;
}

std::string shown(const Parameter& p, double value) {
  if (p.kind == ParameterKind::kChoice || p.kind == ParameterKind::kFlag) return value_word(p, value);
  return fmt::format("{:.4g}", value);
}

Json knob_of(const Part& part, const Parameter& p) {
  Json knob = {{"at", part.name + "." + p.name}, {"name", p.name}, {"help", p.help}, {"group", p.group}};
  if (!p.unit.empty()) knob["unit"] = p.unit;
  if (p.kind == ParameterKind::kChoice) knob["words"] = p.choices;
  if (p.kind == ParameterKind::kFlag) knob["flag"] = true;
  return knob;
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

RemoteCommand parse_remote_command(std::string_view text) {
  if (text.size() > kLongestRemoteMessage) throw Error("the message is too long");
  const Json message = Json::parse(text, nullptr, false);
  if (!message.is_object()) throw Error("the message is no JSON object");
  if (message.contains("pair")) return {Kind::kPair, text_of(message, "pair"), "", 0};
  if (message.contains("set")) return set_of(message);
  if (message.contains("reset")) return {Kind::kReset, text_of(message, "reset"), "", 0};
  if (message.contains("load")) return {Kind::kLoad, text_of(message, "load"), "", 0};
  if (message.contains("step")) return {Kind::kStep, "", "", std::round(number_of(message, "step", -1, 1))};
  for (const auto& [key, kind] : {std::pair("black", Kind::kBlack),
                                  {"freeze", Kind::kFreeze},
                                  {"undo", Kind::kUndo},
                                  {"noise", Kind::kNoise},
                                  {"tap", Kind::kTap},
                                  {"panic", Kind::kPanic}}) {
    if (message.contains(key)) return {kind, "", "", flag_of(message, key)};
  }
  throw Error("the message asks for nothing that there is");
}

void obey(const RemoteCommand& c, Desk& desk, const DeviceActions& actions) {
  const auto check_knob = [&] {
    const Address a = desk.find(c.what);
    if (a.part == "set") return;
    const ParameterValues values = desk.preset(a.part).values;
    if (!on_page(values.table()[values.table().index(a.parameter)]))
      throw Error("turn", c.what, "it is not for the page");
  };
  const auto act = [&](const std::function<void()>& action) {
    if (action) action();
  };
  switch (c.kind) {
    case Kind::kPair:
      return;
    case Kind::kShare:
      check_knob();
      return desk.set_share(c.what, -1, c.number);
    case Kind::kWord:
      check_knob();
      return desk.set(c.what, c.word);
    case Kind::kReset:
      check_knob();
      return desk.reset(c.what);
    case Kind::kLoad: {
      const std::vector<PresetEntry> all = desk.presets();
      if (std::none_of(all.begin(), all.end(), [&](const PresetEntry& e) { return e.name == c.what; }))
        throw Error("load", c.what, "there is no such preset on the list");
      return desk.load(c.what);
    }
    case Kind::kStep:
      return desk.step(static_cast<int>(c.number));
    case Kind::kBlack:
      return desk.blackout(c.number != 0);
    case Kind::kFreeze:
      return desk.freeze(c.number != 0);
    case Kind::kUndo:
      return desk.undo();
    case Kind::kNoise:
      return desk.new_noise();
    case Kind::kTap:
      return act(actions.tap);
    case Kind::kPanic:
      return act(actions.panic);
  }
}

std::string remote_layout(const Desk& desk) {
  Json parts = Json::array();
  for (const Part& part : desk.chain().parts) {
    Json knobs = Json::array();
    for (const Parameter& p : part.preset.values.table().all()) {
      if (on_page(p)) knobs.push_back(knob_of(part, p));
    }
    parts.push_back({{"name", part.name}, {"preset", part.preset.name}, {"knobs", std::move(knobs)}});
  }
  Json presets = Json::array();
  for (const PresetEntry& e : desk.presets()) {
    if (e.error.empty()) presets.push_back({{"name", e.name}, {"about", e.about}});
  }
  return dumped({{"parts", std::move(parts)}, {"presets", std::move(presets)}});
}

std::string remote_values(const Desk& desk) {
  const Chain chain = desk.chain();
  Json values = Json::object();
  for (const Part& part : chain.parts) {
    for (const Parameter& p : part.preset.values.table().all()) {
      if (!on_page(p)) continue;
      const double v = part.preset.values.number(p.name);
      const double share = std::round(ControlRange(p).share(v) * 1e4) / 1e4;
      values[part.name + "." + p.name] = {share, shown(p, v)};
    }
  }
  return dumped({{"values", std::move(values)},
                 {"playing", chain.name()},
                 {"black", desk.is_black()},
                 {"frozen", desk.is_frozen()}});
}

}  // namespace reverie
