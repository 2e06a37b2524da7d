#include "discover/messages.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "core/toml_reader.h"

namespace reverie {
namespace {

constexpr const char* kTry = "a try";
constexpr const char* kLife = "a life";

struct Parts {
  std::string_view head, bytes;
};

// A head ends with a zero, which TOML cannot have.
Parts parts_of(const std::string& message, const char* what) {
  const size_t end = message.find('\0');
  if (end == std::string::npos) throw Error("read", what, "it is cut off");
  const std::string_view all = message;
  return {all.substr(0, end), all.substr(end + 1)};
}

std::string pixels_of(const std::vector<Planes>& strip) {
  std::string pixels;
  for (const Planes& p : strip) {
    for (const float v : p.data())
      pixels += static_cast<char>(std::lround(255 * (v > 0 ? std::min(v, 1.0F) : 0)));
  }
  return pixels;
}

std::vector<Planes> strip_of(std::string_view pixels, int size) {
  std::vector<Planes> strip(kStripFrames, Planes(3, size, size));
  const size_t each = strip.front().data().size();
  if (pixels.size() != each * strip.size()) throw Error("read", kLife, "its pictures have another size");
  for (size_t i = 0; i < pixels.size(); ++i)
    strip[i / each].data()[i % each] = static_cast<float>(static_cast<uint8_t>(pixels[i])) / 255;
  return strip;
}

}  // namespace

std::string SearchKeys::hello(int64_t number) {
  return fmt::format("hello/{}", number);
}
std::string SearchKeys::beat(int64_t number) {
  return fmt::format("beat/{}", number);
}
std::string SearchKeys::left(int64_t number) {
  return fmt::format("left/{}", number);
}
std::string SearchKeys::gone(int64_t number) {
  return fmt::format("gone/{}", number);
}
std::string SearchKeys::next_try(int64_t number, int thread) {
  return fmt::format("try/{}/{}", number, thread);
}
std::string SearchKeys::life(int64_t number, int thread) {
  return fmt::format("life/{}/{}", number, thread);
}

std::string format_try(const Preset& preset, const std::vector<double>& bars) {
  return fmt::format("bars = [{}]\n", fmt::join(bars, ", ")) + '\0' +
         format_preset(found_from_anywhere(preset));
}

SentTry parse_try(const std::string& message, size_t cells) {
  const Parts parts = parts_of(message, kTry);
  const TomlNode root = parse_toml(parts.head, kTry);
  const TomlReader reader(root, kTry, {"bars"});
  std::vector<double> bars;
  for (const TomlNode* bar : reader.list("bars")) bars.push_back(reader.number_at(*bar));
  if (bars.size() != cells) throw Error("read", kTry, "it has another number of cells");
  Preset preset = parse_preset(
      parts.bytes, kTry, [](const std::string&) -> Preset { throw Error("read", kTry, "it has a parent"); });
  preset.path.clear();  // it is in no folder
  return {std::move(preset), std::move(bars)};
}

std::string format_life(const Life& life) {
  const std::string head = fmt::format("death = {}\n", quote_toml(life.death));
  if (!life.death.empty()) return head + '\0';
  return head + format_figures(life) + '\0' + pixels_of(life.strip);
}

Life parse_life(const std::string& message, int size) {
  const Parts parts = parts_of(message, kLife);
  const TomlNode root = parse_toml(parts.head, kLife);
  std::vector<std::string> keys = figure_keys();
  keys.emplace_back("death");
  const TomlReader reader(root, kLife, keys);
  Life life;
  life.death = reader.text("death");
  if (!life.death.empty()) return life;
  read_figures(reader, life);
  life.strip = strip_of(parts.bytes, size);
  return life;
}

}  // namespace reverie
