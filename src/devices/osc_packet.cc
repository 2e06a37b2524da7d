#include "devices/osc_packet.h"

#include <fmt/format.h>
#include <lo/lo.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/error.h"
#include "core/utf8.h"

namespace reverie {
namespace {

constexpr int kMostDepth = 8;
constexpr size_t kMostMessages = 1024;
constexpr int kMostArguments = 64;
constexpr std::string_view kBundle("#bundle\0", 8);
constexpr size_t kBundleHead = 16;  // the word and the time tag

[[noreturn]] void fail(const std::string& why) {
  throw Error("read", "an OSC packet", why);
}

struct FreeMessage {
  void operator()(lo_message m) const { lo_message_free(m); }
};
using MessagePointer = std::unique_ptr<std::remove_pointer_t<lo_message>, FreeMessage>;

// No text from outside may control the terminal or break a file format.
std::string checked_text(const char* text) {
  std::string_view rest(text);
  while (!rest.empty()) {
    const Utf8Letter letter = front_letter(rest);
    if (letter.bytes == 0) fail("a string is not UTF-8");
    if (letter.code < 0x20 || (letter.code >= 0x7f && letter.code < 0xa0))
      fail("a string has control characters");
    rest.remove_prefix(letter.bytes);
  }
  return text;
}

template <class Number>
Number checked_number(Number v) {
  if (!std::isfinite(v)) fail("a number is NaN or infinite");
  return v;
}

OscArgument argument(char type, lo_arg* value) {
  switch (type) {
    case LO_INT32:
    case LO_INT64:
      return static_cast<int64_t>(lo_hires_val(static_cast<lo_type>(type), value));
    case LO_FLOAT:
      return checked_number(static_cast<float>(lo_hires_val(LO_FLOAT, value)));
    case LO_DOUBLE:
      return checked_number(static_cast<double>(lo_hires_val(LO_DOUBLE, value)));
    case LO_STRING:
    case LO_SYMBOL:
      return checked_text(reinterpret_cast<const char*>(value));  // aligned to 4 bytes, a lo_arg to 8
    case LO_TRUE:
      return true;
    case LO_FALSE:
      return false;
    default:
      fail(fmt::format("arguments of type {} are not supported", static_cast<int>(type)));
  }
}

OscMessage parse_message(std::span<const uint8_t> bytes) {
  // liblo takes a non-const pointer, but copies
  auto* data = const_cast<uint8_t*>(bytes.data());
  int result = 0;
  const MessagePointer m(lo_message_deserialise(data, bytes.size(), &result));
  if (!m) fail("it is not an OSC message");
  OscMessage message;
  message.address = checked_text(reinterpret_cast<const char*>(data));  // it ends in time: liblo has checked
  const int count = lo_message_get_argc(m.get());
  if (count > kMostArguments) fail(fmt::format("more than {} arguments", kMostArguments));
  const char* types = lo_message_get_types(m.get());
  lo_arg** values = lo_message_get_argv(m.get());
  for (int i = 0; i < count; ++i) message.arguments.push_back(argument(types[i], values[i]));
  return message;
}

uint32_t big_endian(const uint8_t* p) {
  return uint32_t{p[0]} << 24U | uint32_t{p[1]} << 16U | uint32_t{p[2]} << 8U | uint32_t{p[3]};
}

void parse_element(std::span<const uint8_t> bytes, int depth, std::vector<OscMessage>& out) {
  if (bytes.empty() || bytes.size() % 4 != 0) fail("its length is not a multiple of 4 bytes");
  if (bytes.size() < kBundle.size() || std::memcmp(bytes.data(), kBundle.data(), kBundle.size()) != 0) {
    if (out.size() >= kMostMessages) fail(fmt::format("more than {} messages", kMostMessages));
    out.push_back(parse_message(bytes));
    return;
  }
  if (depth >= kMostDepth) fail(fmt::format("more than {} nested bundles", kMostDepth));
  if (bytes.size() < kBundleHead) fail("a bundle is cut off");
  bytes = bytes.subspan(kBundleHead);
  while (!bytes.empty()) {
    const size_t size = big_endian(bytes.data());  // 4 bytes are left: all sizes are multiples of 4
    bytes = bytes.subspan(4);
    if (size > bytes.size()) fail("a bundle is cut off");
    parse_element(bytes.first(size), depth + 1, out);
    bytes = bytes.subspan(size);
  }
}

struct Add {
  lo_message m;
  void operator()(int64_t v) const {
    if (v == static_cast<int32_t>(v)) {
      lo_message_add_int32(m, static_cast<int32_t>(v));
    } else {
      lo_message_add_int64(m, v);
    }
  }
  void operator()(float v) const { lo_message_add_float(m, v); }
  void operator()(double v) const { lo_message_add_double(m, v); }
  void operator()(const std::string& v) const { lo_message_add_string(m, v.c_str()); }
  void operator()(bool v) const { v ? lo_message_add_true(m) : lo_message_add_false(m); }
};

}  // namespace

std::vector<OscMessage> parse_osc(std::span<const uint8_t> packet) {
  if (packet.size() > kMostOscBytes) fail("it is too long");
  std::vector<OscMessage> messages;
  parse_element(packet, 0, messages);
  return messages;
}

std::vector<uint8_t> format_osc(const OscMessage& message) {
  const MessagePointer m(lo_message_new());
  for (const OscArgument& a : message.arguments) std::visit(Add{m.get()}, a);
  size_t size = lo_message_length(m.get(), message.address.c_str());
  std::vector<uint8_t> packet(size);
  lo_message_serialise(m.get(), message.address.c_str(), packet.data(), &size);
  return packet;
}

}  // namespace reverie
