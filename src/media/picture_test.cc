#include "media/picture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

extern "C" {
#include <libavutil/crc.h>
}

#include "core/file.h"
#include "core/test_help.h"
#include "media/media_testing.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMost = uint64_t{1} << 28U;

TEST(ParsePicture, GivesWhatReadPictureGives) {
  const TemporaryFolder folder;
  Planes picture(3, 7, 5);
  for (size_t i = 0; i < picture.data().size(); ++i) picture.data()[i] = static_cast<float>(i % 256) / 255;
  for (const char* name : {"a.png", "a.jpg"}) {
    const fs::path path = folder.path() / name;
    write_picture(path, picture);
    const Planes seen = parse_picture(read_file(path, kMost), name);
    EXPECT_EQ(seen.data(), read_picture(path).data()) << name;
    if (path.extension() == ".png") {
      EXPECT_LT(mean_absolute_difference(seen, picture), 1e-6);
    }
  }
  const std::string text = "P5\n3 2\n255\n\x01\x02\x03\x04\x05\xff";
  const Planes grey = parse_picture({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, "a.pgm");
  EXPECT_EQ(grey.width(), 3);
  EXPECT_EQ(grey.at(2, 1, 2), 1);
}

TEST(ParsePicture, SaysWhatItCannotRead) {
  const auto message = [](std::string_view text, const char* name) {
    return message_of([&] {
      parse_picture({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, name);
    });
  };
  EXPECT_EQ(message("", "a.png"), "cannot read a.png: it is empty");
  EXPECT_NE(message("this is no picture", "a.png").find("a.png"), std::string::npos);
  EXPECT_NE(message("\xff\xd8\xff\xe0 cut off", "a.jpg").find("a.jpg"), std::string::npos);
  // a list of other files is not opened
  const std::string file = fs::absolute("CMakeLists.txt").string();
  EXPECT_NE(message("ffconcat version 1.0\nfile '" + file + "'\n", "a.png"), "");
  EXPECT_NE(message("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + file + "\n", "a.png"), "");
}

// Their headers are enough to say so.
TEST(ParsePicture, ATooLargeOneIsNotCalledDamaged) {
  std::vector<uint8_t> png = {0x89, 'P', 'N', 'G',  0x0D, 0x0A, 0x1A, 0x0A, 0,    0, 0, 13, 'I', 'H', 'D',
                              'R',  0,   0,   0x4E, 0x20, 0,    0,    0x4E, 0x20, 8, 2, 0,  0,   0};
  const uint32_t crc = ~av_crc(av_crc_get_table(AV_CRC_32_IEEE_LE), ~0U, png.data() + 12, 17);
  for (int shift = 24; shift >= 0; shift -= 8) png.push_back(static_cast<uint8_t>(crc >> shift));
  for (const uint8_t b : {0, 0, 0, 1}) png.push_back(b);
  for (const char c : std::string("IDATx....")) png.push_back(static_cast<uint8_t>(c));
  EXPECT_EQ(message_of([&] { parse_picture(png, "a.png"); }),
            "cannot read a.png: it is too large, 20000x20000 (make it smaller first)");
  const TemporaryFolder folder;
  write_picture(folder.path() / "a.jpg", Planes(3, 16, 16));
  std::vector<uint8_t> jpeg = read_file(folder.path() / "a.jpg", kMost);
  const std::array<uint8_t, 2> sof = {0xFF, 0xC0};
  const auto at = std::search(jpeg.begin(), jpeg.end(), sof.begin(), sof.end());
  ASSERT_LT(at + 9, jpeg.end());
  for (const int i : {5, 7}) at[i] = 0x4E, at[i + 1] = 0x20;
  EXPECT_EQ(message_of([&] { parse_picture(jpeg, "a.jpg"); }),
            "cannot read a.jpg: it is too large, 20000x20000 (make it smaller first)");
}

TEST(ParsePicture, RealPictures) {
  const std::optional<fs::path> data = testing_media::data_folder();
  if (!data) GTEST_SKIP() << "no shared data";
  for (const char* name :
       {"photos/01.png", "photos/parrot.jpg", "faces_att/s1/1.pgm", "flow/Venus/frame10.png"}) {
    const fs::path path = *data / name;
    EXPECT_EQ(parse_picture(read_file(path, kMost), name).data(), read_picture(path).data()) << name;
  }
}

}  // namespace
}  // namespace reverie
