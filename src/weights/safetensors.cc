#include "weights/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file.h"
#include "core/file_kind.h"
#include "weights/element.h"
#include "weights/safetensors_header.h"

namespace reverie {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{16} << 30U;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // as in the reference implementation
constexpr size_t kLengthBytes = 8;

using Entry = std::pair<const std::string, SafetensorsEntry>;

std::string_view header_text(std::span<const uint8_t> bytes, const std::string& file) {
  refuse_other_kinds(bytes, file, FileType::kSafetensors, "a safetensors file");
  if (bytes.size() < kLengthBytes) {
    throw Error("read", file, fmt::format("{} bytes are too few for a safetensors file", bytes.size()));
  }
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) length |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  if (length > kMaxHeaderBytes) {
    throw Error("read", file, fmt::format("it claims a header of {} bytes", length),
                "is it a safetensors file?");
  }
  if (length > bytes.size() - kLengthBytes) {
    throw Error("read", file, fmt::format("its header of {} bytes is cut off", length),
                "copy the file again");
  }
  return {reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, static_cast<size_t>(length)};
}

// One tensor whose bytes should begin at `at`, with size bytes in the whole file.
void check_range(const std::string& name, const SafetensorsEntry& e, uint64_t at, uint64_t size,
                 const std::string& file) {
  const auto refuse = [&](const std::string& why) {
    throw Error("read", file, "tensor " + in_quotes(name) + ": " + why);
  };
  const std::optional<size_t> count = element_count(e.shape);
  if (!count) refuse("its shape " + shape_text(e.shape) + " is too large");
  if (e.begin > e.end) refuse(fmt::format("its bytes end ({}) before they begin ({})", e.end, e.begin));
  if (e.end > size) refuse(fmt::format("its bytes end at {}, but there are only {}", e.end, size));
  if (e.begin != at) refuse(fmt::format("its bytes begin at {} instead of {}", e.begin, at));
  const uint64_t given = e.end - e.begin;
  const uint64_t wanted = *count * element_size(e.type);
  if (given != wanted) {
    refuse(fmt::format("it has {} bytes, but its shape {} needs {}", given, shape_text(e.shape), wanted));
  }
}

// The tensors, in the order of their bytes, must cover 0 to size without gap or overlap, each as long as its
// shape says.
void check_ranges(const SafetensorsHeader& header, uint64_t size, const std::string& file) {
  std::vector<const Entry*> order;
  order.reserve(header.entries.size());
  for (const Entry& e : header.entries) order.push_back(&e);
  std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  uint64_t at = 0;
  for (const Entry* entry : order) {
    check_range(entry->first, entry->second, at, size, file);
    at = entry->second.end;
  }
  if (at == size) return;
  throw Error("read", file, fmt::format("{} bytes at its end belong to no tensor", size - at));
}

// A JSON string; a name that is not UTF-8 cannot be one.
std::string json_string(const std::string& text, const std::string& file) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw Error("write", file, "the name or value " + in_quotes(text) + " is not valid UTF-8");
  }
}

// Whether a tensor is written in half precision.
bool is_half(const Tensor& tensor, Stored as) {
  constexpr float kLargest = 65504;
  return as == Stored::kHalf && std::ranges::none_of(tensor.data, [](float v) {
           return std::isfinite(v) && std::abs(v) > kLargest;
         });
}

std::string header_json(const TensorFile& content, const std::string& file, Stored as) {
  std::vector<std::string> parts;
  if (!content.metadata.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : content.metadata) {
      pairs.push_back(json_string(key, file) + ":" + json_string(value, file));
    }
    parts.push_back(fmt::format("\"{}\":{{{}}}", kSafetensorsMetadata, fmt::join(pairs, ",")));
  }
  size_t at = 0;
  for (const auto& [name, tensor] : content.tensors) {
    if (name == kSafetensorsMetadata) throw Error("write", file, "no tensor may be named " + in_quotes(name));
    require_whole(tensor, file, name);
    const bool half = is_half(tensor, as);
    const size_t end = at + tensor.data.size() * element_size(half ? ElementType::kF16 : ElementType::kF32);
    parts.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                                json_string(name, file), half ? "F16" : "F32", fmt::join(tensor.shape, ","),
                                at, end));
    at = end;
  }
  std::string json = fmt::format("{{{}}}", fmt::join(parts, ","));
  json.resize((json.size() + 7) / 8 * 8, ' ');  // aligns the data to 8 bytes
  return json;
}

}  // namespace

TensorFile parse_safetensors(std::span<const uint8_t> bytes, const std::string& file) {
  const std::string_view json = header_text(bytes, file);
  const std::span<const uint8_t> data = bytes.subspan(kLengthBytes + json.size());
  SafetensorsHeader header = parse_safetensors_header(json, file);
  check_ranges(header, data.size(), file);
  TensorFile content{file, {}, std::move(header.metadata)};
  for (auto& [name, e] : header.entries) {
    const std::span<const uint8_t> stored = data.subspan(e.begin, e.end - e.begin);
    content.tensors.emplace_hint(content.tensors.end(), name,
                                 Tensor{std::move(e.shape), to_floats(stored, e.type)});
  }
  return content;
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(read_content(path, kMaxFileBytes), path.string());
}

std::vector<uint8_t> safetensors_bytes(const TensorFile& content, const std::string& file, Stored as) {
  const std::string json = header_json(content, file, as);
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < kLengthBytes; ++i) bytes.push_back(static_cast<uint8_t>(json.size() >> (8 * i)));
  bytes.insert(bytes.end(), json.begin(), json.end());
  for (const auto& [name, tensor] : content.tensors)
    (is_half(tensor, as) ? append_halves : append_floats)(bytes, tensor.data);
  return bytes;
}

void write_safetensors(const std::filesystem::path& path, const TensorFile& content, Stored as) {
  write_file(path, safetensors_bytes(content, path.string(), as));
}

}  // namespace reverie
