#include "devices/artnet.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/folders.h"
#include "core/toml_guard.h"
#include "core/toml_reader.h"
#include "core/toml_tree.h"
#include "devices/midi_map.h"

namespace reverie {
namespace {

constexpr std::string_view kId("Art-Net\0", 8);
constexpr int kDmx = 0x5000, kOldest = 14;  // the operation; the protocol's version
constexpr size_t kHeader = 18, kLeastHeader = 12;
constexpr double kMostOfAny = 1e6;  // no parameter goes further
constexpr int kOn = 128;

const std::vector<std::string>& action_words() {
  static const std::vector<std::string> words = {"parameter", "blackout", "freeze", "preset"};
  return words;
}

DmxBinding read_binding(const TomlNode& node, const std::string& file) {
  const TomlReader reader(node, file,
                          {"channel", "parameter", "action", "level", "fine", "low", "high", "curve"});
  DmxBinding b;
  b.channel = static_cast<int>(reader.whole("channel", 1, kDmxChannels));
  const TomlNode* action = reader.find("action");
  const TomlNode* parameter = reader.find("parameter");
  if ((action == nullptr) == (parameter == nullptr))
    reader.fail(node, "a channel has either a parameter or an action");
  if (action) {
    b.action = static_cast<DmxAction>(reader.word_at(*action, action_words()));
    if (b.action == DmxAction::kParameter) reader.fail(*action, "give the parameter as parameter = \"NAME\"");
    return b;
  }
  b.parameter = reader.text("parameter", {});
  const Parameter& p =
      reader.at(*parameter, [&]() -> const Parameter& { return parameter_of_any_effect(b.parameter); });
  if (p.kind == ParameterKind::kText)
    reader.fail(*parameter, fmt::format("'{}' takes text: a channel cannot set it", p.name));
  if (const TomlNode* level = reader.find("level")) {
    if (!p.per_level) reader.fail(*level, fmt::format("'{}' is not per level", p.name));
    b.level = static_cast<int>(reader.whole("level", 0, kMostListValues - 1));
  }
  b.fine = reader.flag("fine", false);
  if (b.fine && b.channel == static_cast<int>(kDmxChannels))
    reader.fail(node, "the last channel has no next one for its finer half");
  if (reader.find("low")) b.range.low = reader.number("low", -kMostOfAny, kMostOfAny);
  if (reader.find("high")) b.range.high = reader.number("high", -kMostOfAny, kMostOfAny);
  if (const TomlNode* curve = reader.find("curve"))
    b.range.curve = static_cast<Curve>(reader.word_at(*curve, curve_words()));
  if (b.range.curve == Curve::kLog && (b.range.low.value_or(1) <= 0 || b.range.high.value_or(1) <= 0))
    reader.fail(node, "the curve log needs low and high above 0");
  return b;
}

DmxMap read_map(const std::filesystem::path& file) {
  std::error_code code;
  if (file.empty() || !std::filesystem::exists(file, code))
    throw Error("listen to Art-Net", file.string(), "there is no such file, so no channel does anything",
                "docs/control.md shows one");
  return parse_dmx_map(read_text_file(file, kMostTomlBytes), file.string());
}

}  // namespace

std::optional<DmxPacket> parse_artnet(std::span<const uint8_t> bytes) {
  const auto at = [&](size_t i) { return static_cast<int>(bytes[i]); };
  if (bytes.size() < kLeastHeader || !std::equal(kId.begin(), kId.end(), bytes.begin()))
    throw Error("the packet is not Art-Net");
  if ((at(8) | at(9) << 8) != kDmx) return {};
  if ((at(10) << 8 | at(11)) < kOldest) throw Error("the packet's version of Art-Net is unknown");
  if (bytes.size() < kHeader) throw Error("the packet is cut off");
  const auto size = static_cast<size_t>(at(16) << 8 | at(17));
  if (size < 1 || size > kDmxChannels || size > bytes.size() - kHeader)
    throw Error(fmt::format("the packet says that it has {} channels", size));
  return DmxPacket{(at(15) & 127) << 8 | at(14), bytes[12], bytes.subspan(kHeader, size)};
}

DmxMap parse_dmx_map(std::string_view text, const std::string& file_name) {
  const TomlNode root = parse_toml(text, file_name);
  const TomlReader reader(root, file_name, {"universe", "channel"});
  DmxMap map;
  if (reader.find("universe")) map.universe = static_cast<int>(reader.whole("universe", 0, 32767));
  const auto channels = reader.tables("channel");
  if (channels.size() > 2 * kDmxChannels) reader.fail(root, "more than 1024 channels");
  for (const TomlNode* node : channels) map.bindings.push_back(read_binding(*node, file_name));
  return map;
}

std::filesystem::path dmx_map_file() {
  const std::filesystem::path config = config_folder();
  return config.empty() ? config : config / "artnet.toml";
}

bool DmxController::receive(const DmxPacket& packet, Time now) {
  if (packet.universe != map_.universe) return false;
  const bool counted = packet.sequence != 0 && sequence_ != 0 && now - heard_ < std::chrono::seconds(1);
  if (counted && static_cast<int8_t>(packet.sequence - sequence_) < 0) return false;
  sequence_ = packet.sequence;
  heard_ = now;
  const std::array<int, kDmxChannels> before = last_;
  const size_t known = known_;
  for (size_t i = 0; i < packet.channels.size(); ++i) last_[i] = packet.channels[i];
  known_ = std::max(known_, packet.channels.size());
  for (const DmxBinding& b : map_.bindings) {
    const auto first = static_cast<size_t>(b.channel - 1);
    const size_t last = first + (b.fine ? 1 : 0);
    if (last >= known || (last_[first] == before[first] && last_[last] == before[last])) continue;
    const double share = b.fine ? (last_[first] * 256 + last_[last]) / 65535.0 : last_[first] / 255.0;
    try {
      act(b, last_[first], share);
    } catch (const std::exception&) {
      // the parameter belongs to another effect, or there is no such preset: the channel does nothing
    }
  }
  return true;
}

void DmxController::act(const DmxBinding& b, int value, double share) {
  switch (b.action) {
    case DmxAction::kParameter:
      return desk_.set_share(b.parameter, b.level, share, b.range);
    case DmxAction::kBlackout:
      return desk_.is_black() != (value >= kOn) ? desk_.blackout(value >= kOn) : void();
    case DmxAction::kFreeze:
      return desk_.is_frozen() != (value >= kOn) ? desk_.freeze(value >= kOn) : void();
    case DmxAction::kPreset:
      return value > 0 ? desk_.load_number(static_cast<size_t>(value) - 1) : void();
  }
}

ArtNetServer::ArtNetServer(Desk& desk, const ArtNetSettings& settings)
    : socket_(settings.host, settings.port), controller_(desk, read_map(settings.map)) {
  thread_ = std::thread([this] { run(); });
}

ArtNetServer::~ArtNetServer() {
  stop_ = true;
  socket_.wake();
  thread_.join();
}

void ArtNetServer::run() {
  constexpr int kPatience = 1000;  // milliseconds
  std::vector<uint8_t> buffer(kMostArtNetBytes + 1);
  while (!stop_) {
    socket_.wait(kPatience);
    UdpAddress from;
    while (const std::optional<size_t> size = socket_.receive(buffer, from)) {
      ++received_;
      try {
        const std::optional<DmxPacket> packet = parse_artnet(std::span(buffer).first(*size));
        if (packet && controller_.receive(*packet, std::chrono::steady_clock::now())) ++obeyed_;
      } catch (const Error&) {
        ++refused_;
      }
      if (stop_) return;
    }
  }
}

}  // namespace reverie
