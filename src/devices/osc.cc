#include "devices/osc.h"

#include <fmt/format.h>

#include <chrono>

#include "core/error.h"
#include "core/text.h"

namespace reverie {
namespace {

using Kind = OscCommand::Kind;

constexpr int kPacketsInTurn = 256;  // before the echoes get their turn
constexpr std::chrono::seconds kListPause(1);

std::string kind_name(const Parameter& p) {
  switch (p.kind) {
    case ParameterKind::kNumber:
      return "number";
    case ParameterKind::kInteger:
      return "integer";
    case ParameterKind::kChoice:
      return "choice " + join(p.choices, " ");
    case ParameterKind::kFlag:
      return "flag";
    case ParameterKind::kText:
      break;
  }
  return "text";
}

template <class Call, class... Values>
void call(const Call& action, Values&&... values) {
  if (!action) throw Error("this set does not support that");
  action(std::forward<Values>(values)...);
}

}  // namespace

OscServer::OscServer(Desk& desk, const OscSettings& settings, DeviceActions actions)
    : desk_(desk),
      echo_port_(settings.echo_port),
      actions_(std::move(actions)),
      line_(std::make_shared<Line>(settings)) {
  if (echo_port_ < 0 || echo_port_ > 65535)
    throw Error("send OSC to", fmt::format("port {}", echo_port_), "a port must be 0 to 65535");
  // otherwise what is sent to this machine would come back as a command
  if (echo_port_ == port())
    throw Error("listen on", fmt::format("OSC port {}", port()), "values would be sent back to the same port",
                "choose two different ports");
  desk_.watch([line = std::weak_ptr<Line>(line_)](const std::string& address) {
    const auto held = line.lock();
    if (held && held->echo.changed(address)) held->socket.wake();
  });
  thread_ = std::thread([this] { run(); });
}

OscServer::~OscServer() {
  stop_ = true;
  line_->socket.wake();
  thread_.join();
}

int OscServer::port() const {
  return line_->socket.port();
}

OscCounts OscServer::counts() const {
  return {received_, obeyed_, refused_};
}

std::string OscServer::last_refusal() const {
  const std::lock_guard lock(refusal_mutex_);
  return last_refusal_;
}

void OscServer::run() {
  std::vector<uint8_t> buffer(kMostOscBytes);
  while (!stop_) {
    line_->socket.wait(line_->echo.patience(std::chrono::steady_clock::now()));
    for (int i = 0; i < kPacketsInTurn && !stop_; ++i) {
      UdpAddress from;
      const auto size = line_->socket.receive(buffer, from);
      if (!size) break;
      ++received_;
      hear(std::span(buffer).first(*size), from);
    }
    send_echoes();
  }
}

// No packet may end the thread.
void OscServer::hear(std::span<const uint8_t> packet, const UdpAddress& from) {
  std::vector<OscMessage> messages;
  try {
    if (from.port == 0 || (from.is_loopback() && from.port == port())) throw Error("invalid sender");
    messages = parse_osc(packet);
  } catch (const std::exception& e) {
    return refuse(e.what(), from);
  }
  for (const OscMessage& message : messages) {
    try {
      obey(parse_osc_command(message), from);
      ++obeyed_;
      line_->echo.spoke(from.host, std::chrono::steady_clock::now());
    } catch (const std::exception& e) {
      refuse(e.what(), from);
    }
  }
}

void OscServer::refuse(const std::string& why, const UdpAddress& from) {
  ++refused_;
  const std::lock_guard lock(refusal_mutex_);
  last_refusal_ = printable(fmt::format("{}: {}", from.text(), why)).substr(0, 300);
}

void OscServer::obey(const OscCommand& c, const UdpAddress& from) {
  if (!from.is_loopback() && (names_a_file(c) || c.kind == Kind::kQuit))
    throw Error("only senders on this machine may name files or end the set");
  switch (c.kind) {
    case Kind::kSet:
      return obey_set(c, from.is_loopback());
    case Kind::kFader:
      return obey_fader(c);
    case Kind::kGet: {
      const Address a = desk_.find(c.parameter);
      const ParameterValues values = values_of(a.part);
      return answer(from, osc_echo(a.part, values, values.table()[values.table().index(a.parameter)]));
    }
    case Kind::kList:
      return list(from);
    case Kind::kPreset:
      return obey_preset(c);
    case Kind::kNext:
      return desk_.step(1);
    case Kind::kPrevious:
      return desk_.step(-1);
    case Kind::kCue:
      return desk_.cue(preset_of(c));
    case Kind::kCueNext:
      return desk_.cue_step(1);
    case Kind::kCuePrevious:
      return desk_.cue_step(-1);
    case Kind::kSave:
      desk_.save(c.text, true);
      return;
    case Kind::kNoise:
      return desk_.new_noise();
    case Kind::kWeights:
      return c.text.empty() ? desk_.new_weights() : desk_.load_weights(c.text);
    case Kind::kInput:
      return desk_.open_input(c.text, c.side());
    case Kind::kInputSpeed:
    case Kind::kInputSeek:
    case Kind::kInputLoop:
    case Kind::kInputIn:
    case Kind::kInputOut:
      return desk_.play_input(c.play_input);
    case Kind::kInputPause:
      return desk_.pause_input(c.side());
    case Kind::kInputFade:
      return desk_.set("set.input_fade", fmt::format("{}", *c.number));
    case Kind::kRandomize:
      return c.number ? desk_.randomize(*c.number) : desk_.randomize();
    case Kind::kUndo:
      return desk_.undo();
    case Kind::kRedo:
      return desk_.redo();
    case Kind::kFade:
      return desk_.set_fade(*c.fade);
    case Kind::kBlackout:
      return desk_.blackout(*c.number != 0);
    case Kind::kFreeze:
      return desk_.freeze(*c.number != 0);
    case Kind::kAdd:
      return desk_.add_part(c.text, c.number ? static_cast<size_t>(*c.number) - 1 : kMostParts);
    case Kind::kRemove:
      return desk_.remove_part(c.part);
    case Kind::kMove:
      return desk_.move_part(c.part, static_cast<size_t>(*c.number) - 1);
    case Kind::kBypassPart:
      return desk_.bypass(c.part, *c.number != 0);
    default:
      return act(c);
  }
}

void OscServer::act(const OscCommand& c) {
  switch (c.kind) {
    case Kind::kRecord:
      return call(actions_.record, *c.number != 0, c.text);
    case Kind::kSnapshot:
      return call(actions_.snapshot);
    case Kind::kTempo:
      return call(actions_.tempo, *c.number);
    case Kind::kSetlist:
      return call(actions_.setlist_go, static_cast<size_t>(*c.number) - 1);
    case Kind::kSetlistNext:
      return call(actions_.setlist_step, 1);
    case Kind::kSetlistPrevious:
      return call(actions_.setlist_step, -1);
    case Kind::kPanic:
      return call(actions_.panic);
    case Kind::kTap:
      return call(actions_.tap);
    case Kind::kDownbeat:
      return call(actions_.downbeat);
    case Kind::kQuit:
      return call(actions_.quit);
    default:
      return;  // kNothing
  }
}

// Of a part, or of the set.  Tables live as long as the program.
ParameterValues OscServer::values_of(const std::string& part) const {
  return part == kSetPart ? desk_.controls() : desk_.preset(part).values;
}

// trusted: the sender is on this machine.
void OscServer::obey_set(const OscCommand& c, bool trusted) {
  const ParameterValues values = values_of(c.part);
  const ParameterTable& table = values.table();
  const Parameter& p = table[table.index(c.parameter)];
  // texts are file names: palettes, weights, pictures
  if (p.kind == ParameterKind::kText && !trusted) throw Error("only senders on this machine may set text");
  if (c.level >= 0 && !p.per_level) throw Error("set", p.name, "this parameter is not per level");
  const std::string address = fmt::format("{}.{}", c.part, p.name);
  desk_.set(c.level < 0 ? address : fmt::format("{}.{}", address, c.level), osc_value(p, c.values));
}

void OscServer::obey_fader(const OscCommand& c) {
  line_->echo.send_faders();
  const std::string address = fmt::format("{}.{}", c.part, c.parameter);
  const ParameterValues values = values_of(c.part);
  const ParameterTable& table = values.table();
  const Parameter& p = table[table.index(c.parameter)];
  if ((c.level >= 0 || c.values.size() > 1) && !p.per_level)
    throw Error("set", p.name, "this parameter is not per level");
  for (size_t i = 0; i < c.values.size(); ++i) {
    const int level = c.level >= 0 || c.values.size() == 1 ? c.level : static_cast<int>(i);
    desk_.set_share(address, level, std::get<double>(c.values[i]));
  }
}

// By its number or name.
std::string OscServer::preset_of(const OscCommand& c) const {
  if (!c.number) return c.text;
  const auto all = desk_.presets();
  if (*c.number > static_cast<double>(all.size()))
    throw Error(fmt::format("there is no preset number {} (there are {})", *c.number, all.size()));
  return all[static_cast<size_t>(*c.number) - 1].path.string();
}

void OscServer::obey_preset(const OscCommand& c) {
  const std::string name = preset_of(c);
  c.fade ? desk_.load(name, *c.fade) : desk_.load(name);
}

// To the sender's port, and to the echo port: a fader app only listens on the latter.
void OscServer::answer(const UdpAddress& to, const OscMessage& message) {
  const std::vector<uint8_t> packet = format_osc(message);
  line_->socket.send(to, packet);
  if (echo_port_ != 0 && to.port != echo_port_)
    line_->socket.send({to.host, static_cast<uint16_t>(echo_port_)}, packet);
}

void OscServer::list(const UdpAddress& to) {
  // a forged sender must not turn one packet into a hundred for someone else, again and again
  const auto now = std::chrono::steady_clock::now();
  if (!to.is_loopback() && now - last_list_ < kListPause) throw Error("the list was sent a moment ago");
  last_list_ = now;
  const Chain chain = desk_.chain();
  size_t parameters = 0;
  const auto tell = [&](const std::string& part, const ParameterValues& values) {
    const ParameterTable& table = values.table();
    const ParameterValues initial(table);
    parameters += table.size();
    for (size_t i = 0; i < table.size(); ++i) {
      const Parameter& p = table[i];
      answer(to, {"/reverie/list/parameter",
                  {fmt::format("/reverie/{}/{}", part, p.name), kind_name(p), static_cast<float>(p.low),
                   static_cast<float>(p.high), initial.format(i), values.format(i), p.unit, p.help}});
    }
  };
  for (const Part& part : chain.parts) tell(part.name, part.preset.values);
  tell(std::string(kSetPart), desk_.controls());
  const auto presets = desk_.presets();
  for (size_t i = 0; i < presets.size(); ++i)
    answer(to, {"/reverie/list/preset", {static_cast<int64_t>(i + 1), presets[i].name, presets[i].about}});
  answer(to, {"/reverie/list/end", {static_cast<int64_t>(parameters), static_cast<int64_t>(presets.size())}});
}

void OscServer::send_echoes() {
  const auto now = std::chrono::steady_clock::now();
  if (!line_->echo.is_due(now)) return;
  const auto messages = line_->echo.due(desk_.chain(), desk_.controls(), now);
  if (echo_port_ == 0) return;
  for (const uint32_t host : line_->echo.clients(now)) {
    for (const OscMessage& m : messages)
      line_->socket.send({host, static_cast<uint16_t>(echo_port_)}, format_osc(m));
  }
}

}  // namespace reverie
