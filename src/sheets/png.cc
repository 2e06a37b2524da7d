#include "sheets/png.h"

#include <fmt/format.h>
#include <png.h>

#include <cmath>

#include "core/error.h"
#include "core/file.h"

namespace reverie {
namespace {

uint8_t to_byte(float v) {
  if (!(v > 0)) return 0;  // NaN too
  return v >= 1 ? 255 : static_cast<uint8_t>(std::lround(v * 255.0F));
}

// Row by row, the channels of a pixel side by side.
std::vector<uint8_t> interleaved(const Planes& picture) {
  std::vector<uint8_t> pixels;
  pixels.reserve(picture.data().size());
  for (size_t i = 0; i < picture.plane_size(); ++i) {
    for (int c = 0; c < picture.channels(); ++c) pixels.push_back(to_byte(picture.plane(c)[i]));
  }
  return pixels;
}

}  // namespace

std::vector<uint8_t> png_bytes(const Planes& picture) {
  const auto fail = [](const std::string& why) -> Error { return {"make a PNG", "picture", why}; };
  if (picture.empty() || (picture.channels() != 1 && picture.channels() != 3)) {
    throw fail(
        fmt::format("its shape is [{}, {}, {}]", picture.channels(), picture.height(), picture.width()));
  }
  const std::vector<uint8_t> pixels = interleaved(picture);
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width());
  image.height = static_cast<png_uint_32>(picture.height());
  image.format = picture.channels() == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<uint8_t> bytes(size);
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr) == 0)
    throw fail(static_cast<const char*>(image.message));
  bytes.resize(size);
  return bytes;
}

void write_png(const std::filesystem::path& path, const Planes& picture) {
  write_file(path, png_bytes(picture));
}

}  // namespace reverie
