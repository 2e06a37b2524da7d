// The JSON header of a safetensors file; used only by safetensors.cc.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weights/element.h"

namespace reverie {

constexpr std::string_view kSafetensorsMetadata = "__metadata__";  // the only key that is not a tensor

struct SafetensorsEntry {
  ElementType type = ElementType::kF32;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  // bytes from the end of the header
};

struct SafetensorsHeader {
  std::map<std::string, SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

// Checks the syntax: JSON, types, fields, no duplicate keys, only non-negative integers as numbers.  Whether
// ranges and shapes fit each other and the file is up to the caller.  Error names file and tensor.
SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file);

}  // namespace reverie
