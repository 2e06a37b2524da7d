// Reads and writes safetensors files.
//
// Format: "Safetensors" by Hugging Face (huggingface/safetensors, README, section Format): an 8-byte
// little-endian header length, a JSON header that gives each tensor's dtype, shape and byte range, then the
// bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "weights/tensor.h"

namespace reverie {

// All tensors, converted to float32.  Checked like in the Rust reference implementation: header of at most
// 100 MB, one valid JSON object, byte ranges that fit the shapes and cover the data without gap or overlap.
// Also: no unknown field in a tensor's entry, at most 100000 tensors and 100000 metadata, at most kMaxRank
// dimensions.  Error names the file and the tensor.
TensorFile read_safetensors(const std::filesystem::path& path);

// The same from memory; file is the name for errors.  Needs at most a small multiple of bytes.size() of
// memory, whatever the header says.
TensorFile parse_safetensors(std::span<const uint8_t> bytes, const std::string& file);

// F32, or F16 (rounded to the nearest); a tensor with a number above 65504, such as a count, stays F32.
enum class Stored { kFloat, kHalf };

// The file as bytes: tensors sorted by name, header padded to 8; the same tensors give the same bytes.
// Error if a tensor's data does not fit its shape, a tensor is named "__metadata__", or a text is not valid
// UTF-8; file is the name for errors.
std::vector<uint8_t> safetensors_bytes(const TensorFile& content, const std::string& file = "",
                                       Stored as = Stored::kFloat);

// Writes to a temporary file, then renames it.
void write_safetensors(const std::filesystem::path& path, const TensorFile& content,
                       Stored as = Stored::kFloat);

}  // namespace reverie
