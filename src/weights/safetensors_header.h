// The JSON header of a safetensors file; used by safetensors.cc only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weights/element.h"

namespace reverie {

constexpr std::string_view kSafetensorsMetadata = "__metadata__";  // the one key that is no tensor

struct SafetensorsEntry {
  ElementType type = ElementType::kF32;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  // bytes from the end of the header
};

struct SafetensorsHeader {
  std::map<std::string, SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

// Checks the form: JSON, types, fields, no duplicate key, no number but counts.  Whether ranges and shapes
// fit each other and the file is the caller's matter.  Error names file and tensor.
SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file);

}  // namespace reverie
