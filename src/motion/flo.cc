#include "motion/flo.h"

#include <fmt/format.h>

#include <bit>
#include <string_view>

#include "core/error.h"
#include "core/file.h"
#include "core/limits.h"

namespace reverie {
namespace {

constexpr std::string_view kMagic = "PIEH";
constexpr size_t kHeader = 12, kPixel = 8;  // bytes
constexpr uint64_t kLargest = kHeader + kPixel * kLargestSide * kLargestSide;

uint32_t load(const uint8_t* at) {
  uint32_t v = 0;
  for (unsigned i = 0; i < 4; ++i) v |= static_cast<uint32_t>(at[i]) << (8 * i);
  return v;
}

void store(std::vector<uint8_t>& to, uint32_t v) {
  for (unsigned i = 0; i < 4; ++i) to.push_back(static_cast<uint8_t>(v >> (8 * i)));
}

}  // namespace

Flow parse_flo(std::span<const uint8_t> bytes, const std::string& file) {
  const auto fail = [&](const std::string& why) { throw Error("read", file, why); };
  if (bytes.size() < kHeader || !std::equal(kMagic.begin(), kMagic.end(), bytes.begin()))
    fail("it is not a .flo file: it does not begin with PIEH");
  const uint32_t width = load(bytes.data() + 4);
  const uint32_t height = load(bytes.data() + 8);
  if (width < 1 || height < 1 || width > kLargestSide || height > kLargestSide)
    fail(fmt::format("its size, {}x{}, is not within 1 to {}", width, height, kLargestSide));
  const uint64_t expected = kHeader + kPixel * width * height;
  if (bytes.size() != expected)
    fail(fmt::format("{}x{} pixels take {} bytes, and it has {}", width, height, expected, bytes.size()));
  Flow flow(2, static_cast<int>(height), static_cast<int>(width));
  const uint8_t* at = bytes.data() + kHeader;
  for (size_t i = 0; i < flow.plane_size(); ++i, at += kPixel) {
    flow.plane(0)[i] = std::bit_cast<float>(load(at));
    flow.plane(1)[i] = std::bit_cast<float>(load(at + 4));
  }
  return flow;
}

Flow read_flo(const std::filesystem::path& path) {
  return parse_flo(read_file(path, kLargest), path.string());
}

std::vector<uint8_t> flo_bytes(const Flow& flow) {
  std::vector<uint8_t> bytes(kMagic.begin(), kMagic.end());
  bytes.reserve(kHeader + kPixel * flow.plane_size());
  store(bytes, static_cast<uint32_t>(flow.width()));
  store(bytes, static_cast<uint32_t>(flow.height()));
  for (size_t i = 0; i < flow.plane_size(); ++i) {
    store(bytes, std::bit_cast<uint32_t>(flow.plane(0)[i]));
    store(bytes, std::bit_cast<uint32_t>(flow.plane(1)[i]));
  }
  return bytes;
}

void write_flo(const std::filesystem::path& path, const Flow& flow) {
  write_file(path, flo_bytes(flow));
}

}  // namespace reverie
