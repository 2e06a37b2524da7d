// Zip archives in memory, of entries that are stored or deflated.
//
// Format: PKWARE's APPNOTE.TXT 6.3.x, with the 64 bit sizes of 4.5.3.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace reverie {

struct ZipEntry {
  std::span<const uint8_t> packed;
  uint64_t size = 0;  // unpacked
  uint32_t checksum = 0;
  bool deflated = false;
};

bool is_zip(std::span<const uint8_t> bytes);

// By name, in memory that must outlive the result.  Error naming the file where it is cut off or damaged:
// entries that overlap, that stand twice, whose two headers differ, that are encrypted or packed otherwise.
std::map<std::string, ZipEntry> zip_entries(std::span<const uint8_t> bytes, const std::string& file);

// What an entry holds: its own bytes where it is stored, else unpacked into `own`.  Error where it is damaged
// or longer than limit.
std::span<const uint8_t> zip_content(const ZipEntry& entry, const std::string& name, const std::string& file,
                                     uint64_t limit, std::vector<uint8_t>& own);

}  // namespace reverie
