#include "sheets/png.h"

#include <gtest/gtest.h>
#include <png.h>

#include <limits>

#include "core/file.h"
#include "core/test_help.h"

namespace reverie {
namespace {

struct Decoded {
  int width = 0, height = 0, format = 0;
  std::vector<uint8_t> pixels;
};

Decoded decode(const std::vector<uint8_t>& bytes) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()), 0);
  Decoded d{
      static_cast<int>(image.width), static_cast<int>(image.height), static_cast<int>(image.format), {}};
  d.pixels.resize(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, d.pixels.data(), 0, nullptr), 0);
  return d;
}

TEST(Png, KeepsEveryPixelOfAPicture) {
  Planes picture(3, 5, 7);
  for (size_t i = 0; i < picture.data().size(); ++i) picture.data()[i] = static_cast<float>(i) / 104.0F;
  const Decoded d = decode(png_bytes(picture));
  ASSERT_EQ(d.width, 7);
  ASSERT_EQ(d.height, 5);
  ASSERT_EQ(d.format, static_cast<int>(PNG_FORMAT_RGB));
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 7; ++x) {
      for (int c = 0; c < 3; ++c) {
        const auto expected = static_cast<uint8_t>(picture.at(c, y, x) * 255 + 0.5F);
        EXPECT_EQ(d.pixels[static_cast<size_t>((y * 7 + x) * 3 + c)], expected) << c << " " << y << " " << x;
      }
    }
  }
}

TEST(Png, ClipsAndRounds) {
  Planes grey(1, 1, 6);
  grey.data() = {
      -1, 2, 0.5F, 0.001F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  const Decoded d = decode(png_bytes(grey));
  EXPECT_EQ(d.format, static_cast<int>(PNG_FORMAT_GRAY));
  EXPECT_EQ(d.pixels, (std::vector<uint8_t>{0, 255, 128, 0, 0, 255}));
}

TEST(Png, TheSamePictureGivesTheSameBytesAndFile) {
  const TemporaryFolder folder;
  const Planes picture(3, 20, 30, 0.25F);
  EXPECT_EQ(png_bytes(picture), png_bytes(picture));
  write_png(folder.path() / "new" / "a.png", picture);
  EXPECT_EQ(read_file(folder.path() / "new" / "a.png", 1U << 20U), png_bytes(picture));
}

TEST(Png, RefusesOtherShapes) {
  EXPECT_NE(message_of([] { png_bytes(Planes(2, 3, 4)); }).find("[2, 3, 4]"), std::string::npos);
  EXPECT_NE(message_of([] { png_bytes(Planes()); }), "");
}

}  // namespace
}  // namespace reverie
