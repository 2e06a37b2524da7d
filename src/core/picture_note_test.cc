#include "core/picture_note.h"

#include <gtest/gtest.h>

namespace reverie {
namespace {

using Bytes = std::vector<uint8_t>;

// A PNG as far as its chunks go: IHDR, one of data, IEND; sums are not looked at.
Bytes png() {
  Bytes file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  const auto chunk = [&](const std::string& name, size_t size) {
    for (const uint8_t byte : {size_t{0}, size_t{0}, size_t{0}, size})
      file.push_back(static_cast<uint8_t>(byte));
    file.insert(file.end(), name.begin(), name.end());
    file.resize(file.size() + size + 4, 7);
  };
  chunk("IHDR", 13);
  chunk("IDAT", 5);
  chunk("IEND", 0);
  return file;
}

Bytes jpeg() {
  return {0xff, 0xd8, 0xff, 0xe0, 0, 4, 'J', 'F', 0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9};
}

TEST(PictureNote, ComesBackFromBothKinds) {
  const std::string text = "# reverie dream 1\n[dream]\ninput = \"h\u00e9.jpg\"\n";
  for (const Bytes& file : {png(), jpeg()}) {
    EXPECT_EQ(note_of(file), std::nullopt);
    const Bytes noted = with_note(file, text);
    EXPECT_EQ(note_of(noted), text);
    EXPECT_GT(noted.size(), file.size() + text.size());
  }
}

TEST(PictureNote, StandsBehindTheHeaderOfAPng) {
  const Bytes noted = with_note(png(), "abc");
  const Bytes plain = png();
  EXPECT_TRUE(std::equal(noted.begin(), noted.begin() + 33, plain.begin()));
  EXPECT_TRUE(std::equal(noted.end() - 29, noted.end(), plain.end() - 29));
  // the sum over its name and data, by another program
  EXPECT_EQ(Bytes(noted.begin() + 56, noted.begin() + 60), (Bytes{0x20, 0x7b, 0x80, 0xd4}));
}

TEST(PictureNote, LeavesOtherFilesAndWhatIsTooLong) {
  const Bytes other = {'G', 'I', 'F', '8'};
  EXPECT_EQ(with_note(other, "abc"), other);
  EXPECT_EQ(with_note(jpeg(), std::string(70000, 'a')), jpeg());
  EXPECT_EQ(note_of(other), std::nullopt);
}

TEST(PictureNote, AnyBytesAreSafe) {
  for (const Bytes& file : {with_note(png(), "abc"), with_note(jpeg(), "abc")}) {
    for (size_t n = 0; n < file.size(); ++n)
      note_of(Bytes(file.begin(), file.begin() + static_cast<long>(n)));
    for (size_t i = 0; i < file.size(); ++i) {
      for (const uint8_t byte : {0, 1, 127, 255}) {
        Bytes damaged = file;
        damaged[i] = byte;
        note_of(damaged);
      }
    }
  }
}

}  // namespace
}  // namespace reverie
