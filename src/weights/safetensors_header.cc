#include "weights/safetensors_header.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/error.h"
#include "weights/tensor.h"

namespace reverie {
namespace {

constexpr size_t kMaxTensors = 100'000;
constexpr size_t kMaxMetadata = 100'000;

std::optional<ElementType> dtype(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, ElementType>, 13> kTypes{{{"BOOL", ElementType::kBool},
                                                                             {"U8", ElementType::kU8},
                                                                             {"I8", ElementType::kI8},
                                                                             {"U16", ElementType::kU16},
                                                                             {"I16", ElementType::kI16},
                                                                             {"U32", ElementType::kU32},
                                                                             {"I32", ElementType::kI32},
                                                                             {"U64", ElementType::kU64},
                                                                             {"I64", ElementType::kI64},
                                                                             {"F16", ElementType::kF16},
                                                                             {"BF16", ElementType::kBF16},
                                                                             {"F32", ElementType::kF32},
                                                                             {"F64", ElementType::kF64}}};
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  return std::nullopt;
}

// Turns the parser's events (nlohmann's SAX interface, which gives the names) directly into a
// SafetensorsHeader.  No tree of values is built, duplicate keys are detected, and anything nested deeper
// than the format allows is rejected as soon as it opens.  Rejecting means throwing: no function here returns
// false.
class HeaderReader {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool start_object(size_t /*count*/);
  bool end_object();
  bool start_array(size_t /*count*/);
  bool end_array();
  bool key(std::string& name);
  bool string(std::string& value);
  bool number_unsigned(uint64_t value);

  bool null() { unexpected("null"); }
  bool boolean(bool /*value*/) { unexpected("true or false"); }
  bool number_integer(int64_t /*value*/) { unexpected("a negative number"); }
  bool number_float(double /*value*/, const std::string& /*text*/) {
    unexpected("a number that is not a count");
  }
  bool binary(std::vector<uint8_t>& /*value*/) { unexpected("binary data"); }
  bool parse_error(size_t position, const std::string& /*token*/, const nlohmann::json::exception& /*why*/) {
    refuse(fmt::format("its header is not valid JSON (at byte {})", position));
  }

 private:
  enum class Place { kStart, kFile, kMetadata, kTensor, kShape, kOffsets, kEnd };

  [[noreturn]] void refuse(const std::string& why) const { throw Error("read", file_, why); }
  [[noreturn]] void unexpected(const std::string& what) const;
  void begin_tensor();
  void end_tensor();
  void field(std::string& name);

  const std::string& file_;
  SafetensorsHeader header_;
  Place place_ = Place::kStart;
  std::string name_;   // the tensor's name, or "__metadata__"
  std::string field_;  // the key in that entry
  SafetensorsEntry entry_;
  std::vector<uint64_t> offsets_;
  bool has_metadata_ = false;
  bool has_type_ = false, has_shape_ = false, has_offsets_ = false;
};

void HeaderReader::unexpected(const std::string& what) const {
  switch (place_) {
    case Place::kStart:
    case Place::kEnd:
      refuse("its header is " + what + ", not a JSON object");
    case Place::kFile:
      refuse("tensor " + in_quotes(name_) + " is described by " + what + " instead of an object");
    case Place::kMetadata:
      refuse("metadata " + in_quotes(field_) + " is " + what + " instead of a string");
    case Place::kTensor:
    case Place::kShape:
    case Place::kOffsets:
      break;
  }
  refuse("tensor " + in_quotes(name_) + ": " + field_ + " holds " + what);
}

bool HeaderReader::start_object(size_t /*count*/) {
  if (place_ == Place::kStart) {
    place_ = Place::kFile;
  } else if (place_ == Place::kFile) {
    if (name_ == kSafetensorsMetadata) {
      place_ = Place::kMetadata;
    } else {
      begin_tensor();
    }
  } else {
    unexpected("an object");
  }
  return true;
}

bool HeaderReader::end_object() {
  if (place_ == Place::kTensor) end_tensor();
  place_ = place_ == Place::kFile ? Place::kEnd : Place::kFile;
  return true;
}

bool HeaderReader::start_array(size_t /*count*/) {
  if (place_ == Place::kTensor && field_ == "shape") {
    place_ = Place::kShape;
  } else if (place_ == Place::kTensor && field_ == "data_offsets") {
    place_ = Place::kOffsets;
  } else {
    unexpected("an array");
  }
  return true;
}

bool HeaderReader::end_array() {
  if (place_ == Place::kOffsets) {
    if (offsets_.size() != 2) {
      refuse(fmt::format("tensor {}: data_offsets are {} numbers, not 2", in_quotes(name_), offsets_.size()));
    }
    entry_.begin = offsets_[0];
    entry_.end = offsets_[1];
  }
  place_ = Place::kTensor;
  return true;
}

bool HeaderReader::key(std::string& name) {
  if (place_ == Place::kFile) {
    const bool metadata_again = name == kSafetensorsMetadata && has_metadata_;
    if (metadata_again || header_.entries.contains(name)) refuse(in_quotes(name) + " is in its header twice");
    if (name == kSafetensorsMetadata) has_metadata_ = true;
    name_ = std::move(name);
  } else if (place_ == Place::kMetadata) {
    if (header_.metadata.contains(name)) refuse("metadata " + in_quotes(name) + " is in its header twice");
    if (header_.metadata.size() == kMaxMetadata)
      refuse(fmt::format("it holds more than {} metadata", kMaxMetadata));
    field_ = std::move(name);
  } else {
    field(name);
  }
  return true;
}

// A key of a tensor's entry.
void HeaderReader::field(std::string& name) {
  bool* seen = nullptr;
  if (name == "dtype") seen = &has_type_;
  if (name == "shape") seen = &has_shape_;
  if (name == "data_offsets") seen = &has_offsets_;
  if (seen == nullptr) refuse("tensor " + in_quotes(name_) + " has the unknown field " + in_quotes(name));
  if (*seen) refuse("tensor " + in_quotes(name_) + " has " + name + " twice");
  *seen = true;
  field_ = std::move(name);
}

bool HeaderReader::string(std::string& value) {
  if (place_ == Place::kMetadata) {
    header_.metadata.emplace(field_, std::move(value));
  } else if (place_ == Place::kTensor && field_ == "dtype") {
    const std::optional<ElementType> type = dtype(value);
    if (!type) refuse("tensor " + in_quotes(name_) + " has the unknown dtype " + in_quotes(value));
    entry_.type = *type;
  } else {
    unexpected("a string");
  }
  return true;
}

bool HeaderReader::number_unsigned(uint64_t value) {
  if (place_ == Place::kShape) {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) unexpected("too large a number");
    if (entry_.shape.size() == kMaxRank) unexpected("too many dimensions");
    entry_.shape.push_back(static_cast<int64_t>(value));
  } else if (place_ == Place::kOffsets) {
    if (offsets_.size() == 2) unexpected("more than 2 numbers");
    offsets_.push_back(value);
  } else {
    unexpected("a number");
  }
  return true;
}

void HeaderReader::begin_tensor() {
  if (header_.entries.size() == kMaxTensors)
    refuse(fmt::format("it holds more than {} tensors", kMaxTensors));
  place_ = Place::kTensor;
  entry_ = {};
  offsets_.clear();
  has_type_ = has_shape_ = has_offsets_ = false;
}

void HeaderReader::end_tensor() {
  const char* missing = !has_type_      ? "dtype"
                        : !has_shape_   ? "shape"
                        : !has_offsets_ ? "data_offsets"
                                        : nullptr;
  if (missing != nullptr) refuse("tensor " + in_quotes(name_) + " has no " + missing);
  header_.entries.emplace(name_, std::move(entry_));
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file) {
  // The parser would skip a byte order mark and treat a zero byte as the end.
  if (!json.starts_with('{')) throw Error("read", file, "its header is not a JSON object");
  if (json.find('\0') != std::string_view::npos)
    throw Error("read", file, "its header is not valid JSON (it contains a zero byte)");
  HeaderReader reader(file);
  nlohmann::json::sax_parse(json.data(), json.data() + json.size(), &reader);
  return reader.take();
}

}  // namespace reverie
