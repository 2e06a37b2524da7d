#include "devices/osc_command.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

#include "core/control_range.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/signals.h"
#include "core/text.h"

namespace reverie {
namespace {

using Kind = OscCommand::Kind;

// The arguments of a message, read one after the other.
class Arguments {
 public:
  explicit Arguments(const OscMessage& message) : message_(message) {}

  [[noreturn]] void fail(const std::string& why) const { throw Error("obey", message_.address, why); }
  bool more() const { return next_ < message_.arguments.size(); }
  bool is_text() const { return more() && std::holds_alternative<std::string>(peek()); }

  std::string text() {
    if (!is_text()) fail("it takes text");
    return std::get<std::string>(message_.arguments[next_++]);
  }

  double number(double low, double high) {
    if (!more()) fail(fmt::format("it takes a number from {} to {}", low, high));
    if (is_text()) fail("it takes a number, not text");
    const auto value = [](const auto& v) -> double {
      if constexpr (std::is_arithmetic_v<std::decay_t<decltype(v)>>) {
        return static_cast<double>(v);
      } else {
        return 0;
      }
    };
    const double v = std::visit(value, message_.arguments[next_++]);
    if (!(v >= low && v <= high)) fail(fmt::format("{} is not allowed: {} to {}", v, low, high));
    return v;
  }

  double whole(double low, double high) {
    const double v = number(low, high);
    if (v != std::floor(v)) fail(fmt::format("it takes a whole number from {} to {}", low, high));
    return v;
  }

  InputTime seconds() { return {InputTime::Kind::kSeconds, number(0, kLongestInput)}; }

  // Nothing, or 1 when a button is pressed and 0 when it is released.
  bool pressed() { return !more() || number(0, 1) != 0; }

  void end() const {
    if (more()) fail("it has too many arguments");
  }

 private:
  const OscArgument& peek() const { return message_.arguments[next_]; }

  const OscMessage& message_;
  size_t next_ = 0;
};

struct Verb {
  std::string_view address;  // after "/reverie/"
  Kind kind;
  InputSide side = InputSide::kA;
};

constexpr std::array<Verb, 46> kVerbs = {{{"get", Kind::kGet},
                                          {"list", Kind::kList},
                                          {"preset", Kind::kPreset},
                                          {"preset/next", Kind::kNext},
                                          {"preset/previous", Kind::kPrevious},
                                          {"save", Kind::kSave},
                                          {"noise", Kind::kNoise},
                                          {"weights", Kind::kWeights},
                                          {"input", Kind::kInput},
                                          {"input/speed", Kind::kInputSpeed},
                                          {"input/seek", Kind::kInputSeek},
                                          {"input/loop", Kind::kInputLoop},
                                          {"input/in", Kind::kInputIn},
                                          {"input/out", Kind::kInputOut},
                                          {"input/pause", Kind::kInputPause},
                                          {"input/fade", Kind::kInputFade},
                                          {"input/b", Kind::kInput, InputSide::kB},
                                          {"input/b/speed", Kind::kInputSpeed, InputSide::kB},
                                          {"input/b/seek", Kind::kInputSeek, InputSide::kB},
                                          {"input/b/loop", Kind::kInputLoop, InputSide::kB},
                                          {"input/b/in", Kind::kInputIn, InputSide::kB},
                                          {"input/b/out", Kind::kInputOut, InputSide::kB},
                                          {"input/b/pause", Kind::kInputPause, InputSide::kB},
                                          {"randomize", Kind::kRandomize},
                                          {"undo", Kind::kUndo},
                                          {"redo", Kind::kRedo},
                                          {"record", Kind::kRecord},
                                          {"snapshot", Kind::kSnapshot},
                                          {"tempo", Kind::kTempo},
                                          {"fade", Kind::kFade},
                                          {"blackout", Kind::kBlackout},
                                          {"freeze", Kind::kFreeze},
                                          {"part/add", Kind::kAdd},
                                          {"part/remove", Kind::kRemove},
                                          {"part/move", Kind::kMove},
                                          {"part/bypass", Kind::kBypassPart},
                                          {"cue", Kind::kCue},
                                          {"cue/next", Kind::kCueNext},
                                          {"cue/previous", Kind::kCuePrevious},
                                          {"setlist", Kind::kSetlist},
                                          {"setlist/next", Kind::kSetlistNext},
                                          {"setlist/previous", Kind::kSetlistPrevious},
                                          {"panic", Kind::kPanic},
                                          {"tap", Kind::kTap},
                                          {"downbeat", Kind::kDownbeat},
                                          {"quit", Kind::kQuit}}};

void read_preset_name(Arguments& arguments, OscCommand& c) {
  if (arguments.is_text()) {
    c.text = arguments.text();
    if (c.text.empty()) arguments.fail("the name is empty");
  } else {
    c.number = arguments.number(1, kMostPresets);
    if (*c.number != std::floor(*c.number)) arguments.fail("a preset's number must be whole");
  }
}

void read_arguments(Arguments& arguments, OscCommand& c) {
  switch (c.kind) {
    case Kind::kPreset:
      read_preset_name(arguments, c);
      if (arguments.more()) c.fade = arguments.number(0, kLongestFade);
      return;
    case Kind::kCue:
      return read_preset_name(arguments, c);
    case Kind::kSetlist:
      c.number = arguments.whole(1, kMostPresets);
      return;
    case Kind::kGet:
      c.parameter = arguments.text();
      return;
    case Kind::kSave:
    case Kind::kInput:
      c.text = arguments.text();
      return;
    case Kind::kWeights:
      if (arguments.is_text()) {
        c.text = arguments.text();
      } else if (!arguments.pressed()) {
        c.kind = Kind::kNothing;
      }
      return;
    case Kind::kInputSpeed:
      c.play_input.speed = arguments.number(0, kMostInputSpeed);
      return;
    case Kind::kInputSeek:
      c.play_input.seek = arguments.seconds();
      return;
    case Kind::kInputLoop:
      c.play_input = PlayInput::whole(c.side());
      if (!arguments.more()) return;
      c.play_input.from = arguments.seconds();
      c.play_input.to = arguments.seconds();
      return;
    case Kind::kInputIn:
    case Kind::kInputOut:
      (c.kind == Kind::kInputIn ? c.play_input.from : c.play_input.to) = PlayInput::kNow;
      if (!arguments.pressed()) c.kind = Kind::kNothing;
      return;
    case Kind::kInputFade:
      c.number = arguments.number(0, 1);
      return;
    case Kind::kRandomize:
      if (arguments.more()) c.number = arguments.number(0, 1);
      if (c.number == 0) c.kind = Kind::kNothing;
      return;
    case Kind::kBlackout:
    case Kind::kFreeze:
      c.number = arguments.whole(0, 1);
      return;
    case Kind::kAdd:
      c.text = arguments.text();
      if (arguments.more()) c.number = arguments.whole(1, kMostParts + 1);
      return;
    case Kind::kRemove:
      c.part = arguments.text();
      return;
    case Kind::kMove:
      c.part = arguments.text();
      c.number = arguments.whole(1, kMostParts);
      return;
    case Kind::kBypassPart:
      c.part = arguments.text();
      c.number = arguments.whole(0, 1);
      return;
    case Kind::kRecord:
      c.number = arguments.whole(0, 1);
      if (*c.number == 1 && arguments.more()) c.text = arguments.text();
      return;
    case Kind::kTempo:
      c.number = arguments.number(kSlowestTempo, kFastestTempo);
      return;
    case Kind::kFade:
      c.fade = arguments.number(0, kLongestFade);
      return;
    default:
      if (!arguments.pressed()) c.kind = Kind::kNothing;
  }
}

// "zoom", "feedback" and 2 of "/reverie/feedback/zoom/2".
OscCommand read_parameter(const OscMessage& message, const std::vector<std::string>& parts) {
  OscCommand c;
  c.kind = Kind::kSet;
  c.part = parts[0];
  c.parameter = parts[1];
  if (parts.size() == 3) {
    const std::string& level = parts[2];
    const bool digits =
        !level.empty() && level.size() <= 2 && level.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || std::stoi(level) >= kMostListValues)
      throw Error("obey", message.address,
                  fmt::format("a level must be a whole number below {}", kMostListValues));
    c.level = std::stoi(level);
  }
  if (message.arguments.empty() || message.arguments.size() > size_t{kMostListValues})
    throw Error("obey", message.address, fmt::format("it takes 1 to {} values", kMostListValues));
  if (c.level >= 0 && message.arguments.size() != 1)
    throw Error("obey", message.address, "one level takes one value");
  c.values = message.arguments;
  return c;
}

// "/reverie/fader/feedback/zoom/2": the same by share of the way.
OscCommand read_fader(const OscMessage& message, const std::vector<std::string>& parts) {
  OscCommand c = read_parameter(message, parts);
  c.kind = Kind::kFader;
  Arguments arguments(message);
  for (OscArgument& value : c.values) value = arguments.number(0, 1);
  return c;
}

std::string shortest(const Parameter& p, double v, const std::string& written) {
  if (p.kind != ParameterKind::kChoice) return written;
  if (!(v >= 0 && v < static_cast<double>(p.choices.size()) && v == std::floor(v)))
    throw Error("set", p.name, fmt::format("there is no choice number {}", written),
                fmt::format("0 to {}, or the word", p.choices.size() - 1));
  return p.choices[static_cast<size_t>(v)];
}

std::string one_value(const Parameter& p, const OscArgument& value) {
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  if (p.kind == ParameterKind::kText) throw Error("set", p.name, "it takes text, not a number");
  if (const auto* b = std::get_if<bool>(&value)) return shortest(p, *b ? 1 : 0, *b ? "1" : "0");
  // the shortest digits of the float: 0.1, not 0.10000000149
  if (const auto* f = std::get_if<float>(&value)) return shortest(p, *f, fmt::format("{}", *f));
  if (const auto* d = std::get_if<double>(&value)) return shortest(p, *d, fmt::format("{}", *d));
  const int64_t i = std::get<int64_t>(value);
  return shortest(p, static_cast<double>(i), fmt::format("{}", i));
}

}  // namespace

OscCommand parse_osc_command(const OscMessage& message) {
  constexpr std::string_view kRoot = "/reverie/";
  if (message.address.size() > kMostOscText) throw Error("obey", "an OSC message", "its address is too long");
  for (const OscArgument& a : message.arguments) {
    const auto* s = std::get_if<std::string>(&a);
    if (s && s->size() > kMostOscText) throw Error("obey", message.address, "a text is too long");
  }
  if (!message.address.starts_with(kRoot))
    throw Error("obey", message.address, "addresses must begin with /reverie/");
  const std::string_view rest = std::string_view(message.address).substr(kRoot.size());
  for (const Verb& verb : kVerbs) {
    if (verb.address != rest) continue;
    OscCommand c;
    c.kind = verb.kind;
    c.play_input.side = verb.side;
    Arguments arguments(message);
    read_arguments(arguments, c);
    arguments.end();
    return c;
  }
  std::vector<std::string> parts = split(rest, '/');
  if (parts.size() >= 3 && parts.size() <= 4 && parts[0] == "fader") {
    parts.erase(parts.begin());
    return read_fader(message, parts);
  }
  if (parts.size() == 2 || parts.size() == 3) return read_parameter(message, parts);
  std::vector<std::string> known;
  known.reserve(kVerbs.size());
  for (const Verb& verb : kVerbs) known.emplace_back(verb.address);
  throw Error("obey", message.address, "there is no such address" + did_you_mean(rest, known));
}

bool names_a_file(const OscCommand& c) {
  switch (c.kind) {
    case Kind::kSave:
    case Kind::kInput:
      return true;
    case Kind::kWeights:
    case Kind::kRecord:
      return !c.text.empty();
    case Kind::kPreset:
    case Kind::kCue:
    case Kind::kAdd:
      return c.text.ends_with(".toml") || c.text.find_first_of("/\\") != std::string::npos;
    default:
      return false;
  }
}

std::string osc_value(const Parameter& parameter, const std::vector<OscArgument>& values) {
  if (parameter.kind == ParameterKind::kText && values.size() != 1)
    throw Error("set", parameter.name, "it takes one text");
  std::vector<std::string> words;
  words.reserve(values.size());
  for (const OscArgument& v : values) words.push_back(one_value(parameter, v));
  return join(words, ",");
}

OscMessage osc_echo(const std::string& part, const ParameterValues& values, const Parameter& p) {
  OscMessage m;
  m.address = fmt::format("/reverie/{}/{}", part, p.name);
  if (p.kind == ParameterKind::kText) {
    m.arguments.emplace_back(values.text(p.name));
    return m;
  }
  for (const double v : values.list(p.name)) {
    if (p.kind == ParameterKind::kNumber) {
      m.arguments.emplace_back(static_cast<float>(v));
    } else if (p.kind == ParameterKind::kChoice) {
      m.arguments.emplace_back(p.choices[static_cast<size_t>(v)]);
    } else {
      m.arguments.emplace_back(static_cast<int64_t>(std::lround(v)));
    }
  }
  return m;
}

OscMessage osc_fader_echo(const std::string& part, const ParameterValues& values, const Parameter& p) {
  OscMessage m;
  m.address = fmt::format("/reverie/fader/{}/{}", part, p.name);
  const ControlRange range(p);
  for (const double v : values.list(p.name)) m.arguments.emplace_back(static_cast<float>(range.share(v)));
  return m;
}

}  // namespace reverie
