// Compressed files: gzip (RFC 1952), bzip2, xz and zstd (RFC 8878), known by their first bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace reverie {

// The most bytes a compressed file may expand to.
inline constexpr uint64_t kMostInflated = uint64_t{16} << 30U;

bool is_compressed(std::span<const uint8_t> bytes);

// "a.bin.gz" -> "a.bin"; a name without the ending of a compressed file stays as it is.
std::string uncompressed_name(const std::string& name);

// Decompresses gzip data of one or more members.  Error naming the file if it is damaged, truncated, or
// expands to more than limit.
std::vector<uint8_t> inflate_gzip(std::span<const uint8_t> bytes, const std::string& name,
                                  uint64_t limit = kMostInflated);

// The same for each of the kinds that is_compressed() knows.
std::vector<uint8_t> decompress(std::span<const uint8_t> bytes, const std::string& name,
                                uint64_t limit = kMostInflated);

// read_file() (core/file.h), decompressed if it is compressed; limit is for both.
std::vector<uint8_t> read_content(const std::filesystem::path& path, uint64_t limit);

}  // namespace reverie
