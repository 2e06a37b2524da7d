#include "core/picture_note.h"

#include <zlib.h>

#include <algorithm>

namespace reverie {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpeg = "\xff\xd8";
constexpr size_t kHeaderEnd = 8 + 12 + 13;  // the signature and IHDR
constexpr size_t kMostComment = 65533;
constexpr uint8_t kCommentSegment = 0xfe;
// keyword, not compressed, neither language nor a translated keyword
constexpr std::string_view kBeforeText{"iTXtComment\0\0\0\0\0", 16};

bool begins(Bytes bytes, std::string_view with) {
  return bytes.size() >= with.size() &&
         std::equal(with.begin(), with.end(), bytes.begin(),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

// Most significant byte first.
void put(std::vector<uint8_t>& to, uint64_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<uint8_t>(number >> (8 * i)));
}
uint64_t get(Bytes from, size_t at, size_t bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < bytes; ++i) number = number << 8U | from[at + i];
  return number;
}

std::vector<uint8_t> png_chunk_of(std::string_view text) {
  std::vector<uint8_t> chunk;
  put(chunk, kBeforeText.size() - 4 + text.size(), 4);
  chunk.insert(chunk.end(), kBeforeText.begin(), kBeforeText.end());
  chunk.insert(chunk.end(), text.begin(), text.end());
  put(chunk, crc32(0, chunk.data() + 4, static_cast<uInt>(chunk.size() - 4)), 4);
  return chunk;
}

std::string text_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

std::optional<std::string> png_note(Bytes file) {
  for (size_t at = kPng.size(); file.size() - at >= 12;) {
    const size_t size = get(file, at, 4);
    if (size > file.size() - at - 12) return std::nullopt;
    const Bytes named = file.subspan(at + 4, size + 4);
    if (begins(named, kBeforeText)) return text_of(named.subspan(kBeforeText.size()));
    at += 12 + size;
  }
  return std::nullopt;
}

std::optional<std::string> jpeg_note(Bytes file) {
  constexpr uint8_t kScan = 0xda;
  for (size_t at = kJpeg.size(); file.size() - at >= 4 && file[at] == 0xff;) {
    const uint8_t kind = file[at + 1];
    const size_t size = get(file, at + 2, 2);
    if (kind == kScan || size < 2 || size > file.size() - at - 2) return std::nullopt;
    if (kind == kCommentSegment) return text_of(file.subspan(at + 4, size - 2));
    at += 2 + size;
  }
  return std::nullopt;
}

}  // namespace

std::vector<uint8_t> with_note(std::vector<uint8_t> file, std::string_view text) {
  std::vector<uint8_t> added;
  size_t at = 0;
  if (begins(file, kPng) && file.size() >= kHeaderEnd) {
    added = png_chunk_of(text);
    at = kHeaderEnd;
  } else if (begins(file, kJpeg) && text.size() <= kMostComment) {
    added = {0xff, kCommentSegment};
    put(added, text.size() + 2, 2);
    added.insert(added.end(), text.begin(), text.end());
    at = kJpeg.size();
  }
  file.insert(file.begin() + static_cast<std::ptrdiff_t>(at), added.begin(), added.end());
  return file;
}

std::optional<std::string> note_of(Bytes file) {
  if (begins(file, kPng)) return png_note(file);
  if (begins(file, kJpeg)) return jpeg_note(file);
  return std::nullopt;
}

}  // namespace reverie
