#include "control/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/limits.h"
#include "core/toml_tree.h"

namespace reverie {
namespace {

using json = nlohmann::ordered_json;  // keys in the order of the docs

constexpr uint64_t kMostBytes = 1U << 30U;
constexpr int kVersion = 2;

json preset_to_json(const Preset& preset) {
  std::vector<std::string> folders = {preset.folder.string()};
  for (const auto& folder : preset.parent_folders) folders.push_back(folder.string());
  return {{"name", preset.name}, {"folders", folders}, {"toml", format_preset(preset)}};
}

json chain_to_json(const Chain& chain) {
  std::vector<std::string> seeds;
  for (const Part& part : chain.parts) seeds.push_back(std::to_string(part.seed));
  return {{"name", chain.name()}, {"seeds", seeds}, {"toml", format_chain(chain)}};
}

std::string line(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

json time_to_json(const InputTime& time) {
  if (time.kind == InputTime::Kind::kNow) return "now";
  if (time.kind == InputTime::Kind::kShare) return {{"share", time.at}};
  return time.at;
}

// What is said of input B has names of its own: a version that knows only one input must not take it for
// that.
std::string of_side(const char* key, InputSide side) {
  return side == InputSide::kB ? fmt::format("{}_b", key) : key;
}

struct ToJson {
  json& j;
  void of_part(const std::string& part) const {
    if (!part.empty()) j["part"] = part;
  }
  void operator()(const SetParameter& e) const { j["set"] = e.name, j["to"] = e.value, of_part(e.part); }
  void operator()(const ChangePreset& e) const {
    j["change"] = preset_to_json(e.preset), j["seed"] = std::to_string(e.seed), j["fade"] = e.fade;
    of_part(e.part);
  }
  void operator()(const BeginProcess& e) const { j["begin"] = true, of_part(e.part); }
  void operator()(const AbandonProcess& e) const { j["abandon"] = true, of_part(e.part); }
  void operator()(const NewNoise& e) const { j["noise"] = std::to_string(e.seed), of_part(e.part); }
  void operator()(const AddPart& e) const {
    j["add"] = preset_to_json(e.part.preset), j["place"] = e.place, j["seed"] = std::to_string(e.part.seed);
    j["fade"] = e.fade, of_part(e.part.name);
  }
  void operator()(const RemovePart& e) const { j["remove"] = true, j["fade"] = e.fade, of_part(e.part); }
  void operator()(const MovePart& e) const { j["move"] = e.place, j["fade"] = e.fade, of_part(e.part); }
  void operator()(const ChangeChain& e) const { j["chain"] = chain_to_json(e.chain), j["fade"] = e.fade; }
  void operator()(const BeginChain& /*e*/) const { j["begin_chain"] = true; }
  void operator()(const AbandonChain& /*e*/) const { j["abandon_chain"] = true; }
  void operator()(const CueChain& e) const { j["cue"] = chain_to_json(e.chain); }
  void operator()(const BeginCue& /*e*/) const { j["begin_cue"] = true; }
  void operator()(const AbandonCue& /*e*/) const { j["abandon_cue"] = true; }
  void operator()(const Crossfade& e) const { j["crossfade"] = e.share; }
  void operator()(const Blackout& e) const { j["blackout"] = e.on, j["fade"] = e.fade; }
  void operator()(const Freeze& e) const { j["freeze"] = e.on; }
  void operator()(const OpenInput& e) const { j[of_side("input", e.side)] = e.spec; }
  void operator()(const FadeInput& e) const { j["fade_input"] = e.share; }
  void operator()(const KeepSound& e) const { j["sound"] = e.file; }
  void operator()(const ShowInput& e) const { j[of_side("show", e.side)] = e.index; }
  void operator()(const PlayInput& e) const {
    json& how = j[of_side("play_input", e.side)] = json::object();
    if (e.speed) how["speed"] = *e.speed;
    for (const auto& [key, time] : {std::pair("seek", e.seek), {"from", e.from}, {"to", e.to}}) {
      if (time) how[key] = time_to_json(*time);
    }
  }
  void operator()(const SkipTicks& e) const { j["skip"] = e.ticks; }
  void operator()(const Signals& e) const {
    j["hear"] = {e.level, e.bass, e.mid, e.treble, e.onset, e.tempo, e.beats};
  }
};

// One line of a session: every access checks the type; errors name the line.
class Line {
 public:
  Line(std::string_view text, std::string file, int number) : file_(std::move(file)), number_(number) {
    // deep nesting would need a deep stack: no line of ours has more than three levels
    const auto shallow = [](int depth, json::parse_event_t, json&) {
      if (depth > 4) throw Error("it is nested too deeply");
      return true;
    };
    try {
      j_ = json::parse(text, shallow);
    } catch (const std::exception&) {
      fail("it is not a line of JSON");
    }
    if (!j_.is_object()) fail("it is not a JSON object");
  }

  [[noreturn]] void fail(const std::string& why) const { fail_at_line(file_, number_, why); }
  bool has(const char* key) const { return j_.contains(key); }

  std::string text(const char* key) const {
    const json& v = at(j_, key);
    if (!v.is_string()) fail(fmt::format("'{}' must be a string", key));
    return v.get<std::string>();
  }
  double number(const char* key, double low, double high) const { return check(at(j_, key), key, low, high); }
  int64_t whole(const char* key, int64_t low, int64_t high) const {
    const json& v = at(j_, key);
    if (!v.is_number_integer() || (v.is_number_unsigned() && v.get<uint64_t>() > uint64_t{1} << 62U))
      fail(fmt::format("'{}' must be a whole number", key));
    const auto n = v.get<int64_t>();
    if (n < low || n > high) fail(fmt::format("'{}' must be {} to {}", key, low, high));
    return n;
  }
  bool flag(const char* key) const {
    const json& v = at(j_, key);
    if (!v.is_boolean()) fail(fmt::format("'{}' must be true or false", key));
    return v.get<bool>();
  }
  uint64_t seed(const char* key) const { return seed_of(text(key), key); }
  // "part"; empty where the line names none.
  std::string part() const { return has("part") ? text("part") : ""; }
  std::string named_part() const {
    std::string name = text("part");
    try {
      check_part_name(name);
    } catch (const Error& e) {
      fail(e.what());
    }
    return name;
  }
  // C of session.h.
  Chain chain(const char* key) const {
    const json& v = at(j_, key);
    if (!v.is_object() || !v.contains("toml") || !v["toml"].is_string())
      fail(fmt::format("'{}' must be a chain", key));
    const auto no_other = [](const std::string& name) -> Chain {
      throw Error(fmt::format("a session's chain is whole, but this one names '{}'", name));
    };
    Chain c = parse_chain(v["toml"].get<std::string>(), fmt::format("{}:{}", file_, number_), no_other);
    c.path.clear();
    const std::string name = v.contains("name") && v["name"].is_string() ? v["name"].get<std::string>() : "";
    (c.plain() ? c.parts.front().preset.name : c.given_name) = name;
    if (!v.contains("seeds") || !v["seeds"].is_array() || v["seeds"].size() != c.parts.size())
      fail(fmt::format("'{}' must have a seed for each part", key));
    for (size_t i = 0; i < c.parts.size(); ++i) {
      if (!v["seeds"][i].is_string()) fail("a seed must be a text");
      c.parts[i].seed = seed_of(v["seeds"][i].get<std::string>(), "seeds");
    }
    return c;
  }
  Signals signals(const char* key) const {
    const json& v = at(j_, key);
    if (!v.is_array() || v.size() != 7) fail("'hear' must be seven numbers");
    Signals s;
    float* const heard[] = {&s.level, &s.bass, &s.mid, &s.treble, &s.onset};
    for (size_t i = 0; i < 5; ++i) *heard[i] = static_cast<float>(check(v[i], key, 0, 1));
    s.tempo = check(v[5], key, kSlowestTempo, kFastestTempo);
    s.beats = check(v[6], key, -1e12, 1e12);
    return s;
  }
  PlayInput play_input(const char* key) const {
    const json& how = at(j_, key);
    if (!how.is_object()) fail(fmt::format("'{}' must be an object", key));
    PlayInput e;
    if (how.contains("speed")) e.speed = check(how["speed"], "speed", 0, kMostInputSpeed);
    for (const auto& [name, time] : {std::pair("seek", &e.seek), {"from", &e.from}, {"to", &e.to}}) {
      if (how.contains(name)) *time = input_time(how[name], name);
    }
    return e;
  }
  Preset preset(const char* key) const {
    const json& v = at(j_, key);
    if (!v.is_object() || !v.contains("toml") || !v["toml"].is_string())
      fail(fmt::format("'{}' must be a preset", key));
    const auto no_parent = [](const std::string& name) -> Preset {
      throw Error(fmt::format("a session's preset has no parent, but it names '{}'", name));
    };
    Preset p = parse_preset(v["toml"].get<std::string>(), fmt::format("{}:{}", file_, number_), no_parent);
    p.path.clear();
    p.name = v.contains("name") && v["name"].is_string() ? v["name"].get<std::string>() : "";
    p.folder.clear();
    std::vector<std::filesystem::path> folders;
    if (v.contains("folders") && v["folders"].is_array()) {
      for (const json& f : v["folders"]) {
        if (f.is_string()) folders.emplace_back(f.get<std::string>());
      }
    }
    if (folders.empty()) return p;
    p.folder = folders.front();
    p.parent_folders.assign(folders.begin() + 1, folders.end());
    return p;
  }

 private:
  InputTime input_time(const json& v, const char* key) const {
    if (v == "now") return {InputTime::Kind::kNow};
    if (v.is_object() && v.contains("share")) return {InputTime::Kind::kShare, check(v["share"], key, 0, 1)};
    return {InputTime::Kind::kSeconds, check(v, key, 0, kLongestInput)};
  }
  uint64_t seed_of(const std::string& digits, const char* key) const {
    uint64_t seed = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
    if (code != std::errc() || end != digits.data() + digits.size() || digits.empty())
      fail(fmt::format("'{}' is not a seed", key));
    return seed;
  }
  const json& at(const json& j, const char* key) const {
    const auto it = j.find(key);
    if (it == j.end()) fail(fmt::format("'{}' is missing", key));
    return *it;
  }
  double check(const json& v, const char* key, double low, double high) const {
    if (!v.is_number()) fail(fmt::format("'{}' must be a number", key));
    const auto n = v.get<double>();
    if (!(n >= low && n <= high)) fail(fmt::format("'{}' must be {} to {}", key, low, high));
    return n;
  }

  std::string file_;
  int number_;
  json j_;
};

SessionStart read_start(const Line& line) {
  if (!line.has("reverie_session")) line.fail("it is not a Reverie session");
  if (line.whole("reverie_session", 1, INT32_MAX) > kVersion) line.fail("it is a session of a newer Reverie");
  SessionStart s(line.has("chain") ? line.chain("chain") : Chain(line.preset("preset")));
  s.version = line.has("version") ? line.text("version") : "";
  s.fps = line.number("fps", kLowestFps, kHighestFps);
  s.width = static_cast<int>(line.whole("width", 1, kLargestSide));
  s.height = static_cast<int>(line.whole("height", 1, kLargestSide));
  s.seed = line.seed("seed");
  s.kernel = line.text("kernel");
  if (line.has("fit")) {
    const std::string word = line.text("fit");
    if (std::find(fit_words().begin(), fit_words().end(), word) == fit_words().end())
      line.fail("'fit' must be crop, pad or stretch");
    s.fit = fit_of(word);
  }
  if (line.has("deinterlace")) {
    const std::string word = line.text("deinterlace");
    if (std::find(deinterlace_words().begin(), deinterlace_words().end(), word) == deinterlace_words().end())
      line.fail("'deinterlace' must be auto, on or off");
    s.deinterlace = deinterlace_of(word);
  }
  return s;
}

std::optional<Event> read_input_event(const Line& line, InputSide side) {
  const std::string input = of_side("input", side), play = of_side("play_input", side),
                    show = of_side("show", side);
  if (line.has(input.c_str())) return OpenInput{line.text(input.c_str()), side};
  if (line.has(show.c_str())) return ShowInput{line.whole(show.c_str(), 0, kMostFrames), side};
  if (!line.has(play.c_str())) return {};
  PlayInput how = line.play_input(play.c_str());
  how.side = side;
  return how;
}

Event read_event(const Line& line) {
  const auto fade = [&] { return line.number("fade", 0, kLongestFade); };
  const auto place = [&](const char* key) { return static_cast<int>(line.whole(key, 0, kMostParts)); };
  if (line.has("set")) return SetParameter{line.text("set"), line.text("to"), line.part()};
  if (line.has("change")) return ChangePreset{line.preset("change"), line.seed("seed"), fade(), line.part()};
  if (line.has("begin")) return BeginProcess{line.part()};
  if (line.has("abandon")) return AbandonProcess{line.part()};
  if (line.has("noise")) return NewNoise{line.seed("noise"), line.part()};
  if (line.has("add"))
    return AddPart{{line.named_part(), line.preset("add"), line.seed("seed")}, place("place"), fade()};
  if (line.has("remove")) return RemovePart{line.named_part(), fade()};
  if (line.has("move")) return MovePart{line.named_part(), place("move"), fade()};
  if (line.has("chain")) return ChangeChain{line.chain("chain"), fade()};
  if (line.has("begin_chain")) return BeginChain{};
  if (line.has("abandon_chain")) return AbandonChain{};
  if (line.has("cue")) return CueChain{line.chain("cue")};
  if (line.has("begin_cue")) return BeginCue{};
  if (line.has("abandon_cue")) return AbandonCue{};
  if (line.has("crossfade")) return Crossfade{line.number("crossfade", 0, 1)};
  if (line.has("blackout")) return Blackout{line.flag("blackout"), fade()};
  if (line.has("freeze")) return Freeze{line.flag("freeze")};
  if (line.has("fade_input")) return FadeInput{line.number("fade_input", 0, 1)};
  if (line.has("sound")) return KeepSound{line.text("sound")};
  if (line.has("skip")) return SkipTicks{line.whole("skip", 1, kMostFrames)};
  if (line.has("hear")) return line.signals("hear");
  for (const InputSide side : {InputSide::kA, InputSide::kB}) {
    if (const auto event = read_input_event(line, side)) return *event;
  }
  line.fail("it is not an event of a set");
}

}  // namespace

std::string format_session_start(const SessionStart& s) {
  json j = {{"reverie_session", kVersion},
            {"version", s.version},
            {"fps", s.fps},
            {"width", s.width},
            {"height", s.height},
            {"seed", std::to_string(s.seed)},
            {"kernel", s.kernel},
            {"fit", fit_word(s.fit)},
            {"deinterlace", deinterlace_word(s.deinterlace)}};
  if (s.chain.plain()) {
    j["preset"] = preset_to_json(s.chain.parts.front().preset);
  } else {
    j["chain"] = chain_to_json(s.chain);
  }
  return line(j);
}

std::string format_event(const TimedEvent& event) {
  json j = {{"frame", event.frame}};
  std::visit(ToJson{j}, event.event);
  return line(j);
}

std::string format_reached(int64_t frames) {
  return line({{"frame", frames}, {"reached", true}});
}

Session parse_session(std::string_view text, const std::string& file_name) {
  std::optional<Session> session;
  int number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    ++number;
    if (end == std::string_view::npos && session) break;  // truncated in the middle of a line
    const Line line(text.substr(0, end), file_name, number);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!session) {
      session.emplace(Session{read_start(line), {}, 0});
      continue;
    }
    const int64_t frame = line.whole("frame", 0, kMostFrames);
    if (frame < session->frames) line.fail("its frame comes before the one of the line above");
    session->frames = frame;
    if (!line.has("reached")) session->events.push_back({frame, read_event(line)});
  }
  if (!session) throw Error("read", file_name, "it is empty", "a session begins with a line of JSON");
  return std::move(*session);
}

Session read_session(const std::filesystem::path& path) {
  return parse_session(read_text_file(path, kMostBytes), path.string());
}

}  // namespace reverie
