#include "core/exif.h"

#include <algorithm>
#include <string_view>

namespace reverie {
namespace {

using Bytes = std::span<const uint8_t>;

Bytes part(Bytes b, size_t from, size_t size) {
  return from > b.size() ? Bytes() : b.subspan(from, std::min(size, b.size() - from));
}

bool begins(Bytes b, std::string_view word) {
  return b.size() >= word.size() && std::equal(word.begin(), word.end(), b.begin(), [](char c, uint8_t v) {
           return static_cast<uint8_t>(c) == v;
         });
}

// 0 beyond the end.
uint32_t number(Bytes b, size_t at, int size, bool big) {
  uint32_t value = 0;
  const Bytes digits = part(b, at, static_cast<size_t>(size));
  if (digits.size() < static_cast<size_t>(size)) return 0;
  for (int i = 0; i < size; ++i) {
    value = value << 8U | digits[static_cast<size_t>(big ? i : size - 1 - i)];
  }
  return value;
}

// TIFF 6.0, section 2: the first directory.
std::optional<uint32_t> orientation_tag(Bytes tiff) {
  const bool big = begins(tiff, "MM");
  if (!big && !begins(tiff, "II")) return std::nullopt;
  const size_t directory = number(tiff, 4, 4, big);
  const size_t count = number(tiff, directory, 2, big);
  constexpr uint32_t kOrientation = 0x0112;
  for (size_t i = 0; i < count; ++i) {
    const size_t entry = directory + 2 + 12 * i;
    if (number(tiff, entry, 2, big) == kOrientation) return number(tiff, entry + 8, 2, big);
  }
  return std::nullopt;
}

// The data of the first chunk of this name; nothing if there is none.
Bytes png_chunk(Bytes file, std::string_view name) {
  for (size_t at = 8; at + 12 <= file.size();) {
    const size_t size = number(file, at, 4, true);
    if (begins(part(file, at + 4, 4), name)) return part(file, at + 8, size);
    at += 12 + size;
  }
  return {};
}

Bytes webp_chunk(Bytes file, std::string_view name) {
  for (size_t at = 12; at + 8 <= file.size();) {
    const size_t size = number(file, at + 4, 4, false);
    if (begins(part(file, at, 4), name)) return part(file, at + 8, size);
    at += 8 + size + size % 2;
  }
  return {};
}

Bytes exif_of(Bytes file) {
  if (begins(file, "\x89PNG")) return png_chunk(file, "eXIf");
  if (begins(file, "II*") || begins(file, "MM")) return file;
  if (!begins(file, "RIFF") || !begins(part(file, 8, 4), "WEBP")) return {};
  const Bytes exif = webp_chunk(file, "EXIF");
  constexpr std::string_view kJpegHeader = "Exif";  // and two zeros, which some writers leave in
  return begins(exif, kJpegHeader) ? part(exif, 6, exif.size()) : exif;
}

}  // namespace

std::optional<int> exif_orientation(std::span<const uint8_t> file) {
  const std::optional<uint32_t> tag = orientation_tag(exif_of(file));
  if (!tag || *tag < 1 || *tag > 8) return std::nullopt;
  return static_cast<int>(*tag);
}

}  // namespace reverie
