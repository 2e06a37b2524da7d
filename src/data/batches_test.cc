#include "data/batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/test_help.h"

namespace reverie {
namespace {

constexpr int kPictures = 10, kHeight = 3, kWidth = 4;

// Ten pictures; sample (x, y) of picture n is 20 n + 4 y + x in red, 0 in green, n in blue.
class BatchesTest : public testing::Test {
 protected:
  BatchesTest() : set_(make()) {}

  RecordSet make() const {
    RecordSetWriter writer(folder_.path() / "a.tfrecord");
    writer.label("all");
    for (int n = 0; n < kPictures; ++n) {
      std::vector<uint8_t> pixels;
      for (int i = 0; i < kHeight * kWidth; ++i)
        pixels.insert(pixels.end(), {static_cast<uint8_t>(20 * n + i), 0, static_cast<uint8_t>(n)});
      writer.add(pixels, kHeight, kWidth, 0, Split::kTest);
    }
    writer.finish();
    return RecordSet::open(folder_.path() / "a.tfrecord");
  }

  std::vector<Batch> batches(const BatchOptions& options, int count) const {
    Batches all(set_, Split::kTest, options);
    std::vector<Batch> out(static_cast<size_t>(count));
    for (Batch& b : out) b = all.next();
    return out;
  }

  static float red(const Batch& b, int slot, int x, int y) {
    const int i = ((slot * kHeight + y) * kWidth + x) * 3;
    return b.pixels.at(static_cast<size_t>(i));
  }
  static int picture(const Batch& b, int slot) {
    const int i = slot * kHeight * kWidth * 3 + 2;
    return static_cast<int>(b.pixels.at(static_cast<size_t>(i)));
  }

  TemporaryFolder folder_;
  RecordSet set_;
};

BatchOptions plain(int size) {
  BatchOptions o;
  o.batch_size = size;
  return o;
}

BatchOptions everything(int size) {
  BatchOptions o = plain(size);
  o.seed = 7;
  o.augmentation = {true, 2, 3.0};
  return o;
}

TEST_F(BatchesTest, EveryEpochShowsEveryPictureOnceInItsOwnOrder) {
  // 4 does not divide 10: epochs continue within batches
  const std::vector<Batch> all = batches(plain(4), 10);
  std::vector<int> seen;
  for (const Batch& b : all) {
    EXPECT_EQ(b.number, static_cast<uint64_t>(&b - all.data()));
    for (int s = 0; s < 4; ++s) seen.push_back(picture(b, s));
  }
  std::set<std::vector<int>> orders;
  for (size_t e = 0; e < 4; ++e) {
    const auto begin = seen.begin() + static_cast<ptrdiff_t>(e * kPictures);
    EXPECT_EQ(std::set<int>(begin, begin + kPictures).size(), 10U);
    orders.insert(std::vector<int>(begin, begin + kPictures));
  }
  EXPECT_EQ(orders.size(), 4U);
}

TEST_F(BatchesTest, FileOrderIsThatOfTheFile) {
  BatchOptions o = plain(7);
  o.shuffle = false;
  const std::vector<Batch> all = batches(o, 2);
  for (int i = 0; i < 14; ++i) EXPECT_EQ(picture(all[static_cast<size_t>(i / 7)], i % 7), i % 10);
  EXPECT_EQ(red(all[0], 1, 2, 1), 26);
  EXPECT_EQ(all[0].labels, std::vector<int>(7, 0));
}

TEST_F(BatchesTest, ContentsDependOnTheirNumberAlone) {
  const std::vector<Batch> whole = batches(everything(6), 12);
  for (const int threads : {1, 3}) {
    BatchOptions later = everything(6);
    later.first_batch = 5;
    later.threads = threads;
    const std::vector<Batch> rest = batches(later, 7);
    for (size_t i = 0; i < rest.size(); ++i) {
      EXPECT_EQ(rest[i].number, i + 5);
      EXPECT_EQ(rest[i].pixels, whole[i + 5].pixels);
    }
  }
  BatchOptions other = everything(6);
  other.seed = 8;
  EXPECT_NE(batches(other, 1)[0].pixels, whole[0].pixels);
}

TEST_F(BatchesTest, RanksShareABatchOut) {
  const std::vector<Batch> whole = batches(everything(6), 5);
  std::vector<std::vector<float>> joined(5);
  for (const auto& [begin, end] : std::vector<std::pair<int, int>>{{0, 4}, {4, 6}}) {
    BatchOptions part = everything(6);
    part.slot_begin = begin;
    part.slot_end = end;
    const std::vector<Batch> parts = batches(part, 5);
    for (size_t i = 0; i < 5; ++i)
      joined[i].insert(joined[i].end(), parts[i].pixels.begin(), parts[i].pixels.end());
  }
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(joined[i], whole[i].pixels);
}

TEST_F(BatchesTest, FlipsHalfOfThem) {
  BatchOptions o = plain(100);
  o.augmentation.flip = true;
  const Batch b = batches(o, 1)[0];
  int flipped = 0;
  for (int s = 0; s < 100; ++s) {
    const int first = static_cast<int>(red(b, s, 0, 0)) % 20;
    ASSERT_TRUE(first == 0 || first == kWidth - 1);
    flipped += first == 0 ? 0 : 1;
    EXPECT_EQ(static_cast<int>(red(b, s, kWidth - 1, 2)) % 20, 8 + kWidth - 1 - first);
  }
  EXPECT_GT(flipped, 30);
  EXPECT_LT(flipped, 70);
}

TEST_F(BatchesTest, ShiftsRepeatTheBorder) {
  BatchOptions o = plain(400);
  o.augmentation.shift = 1;
  const Batch b = batches(o, 1)[0];
  std::map<std::pair<int, int>, int> shifts;
  for (int s = 0; s < 400; ++s) {
    // the middle reveals the shift, and the shift determines the rest
    const int middle = static_cast<int>(red(b, s, 1, 1)) % 20;
    const int dx = 1 - middle % kWidth;
    const int dy = 1 - middle / kWidth;
    ++shifts[{dx, dy}];
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        const int from = kWidth * std::clamp(y - dy, 0, kHeight - 1) + std::clamp(x - dx, 0, kWidth - 1);
        ASSERT_EQ(static_cast<int>(red(b, s, x, y)) % 20, from);
      }
    }
  }
  EXPECT_EQ(shifts.size(), 9U);
}

TEST_F(BatchesTest, NoiseHasItsDeviationAndStaysInRange) {
  BatchOptions o = plain(200);
  o.augmentation.noise = 5;
  BatchOptions clean = plain(200);
  const Batch noisy = batches(o, 1)[0];
  const Batch still = batches(clean, 1)[0];
  double sum = 0;
  double square = 0;
  int count = 0;
  for (size_t i = 0; i < noisy.pixels.size(); ++i) {
    ASSERT_GE(noisy.pixels[i], 0);
    ASSERT_LE(noisy.pixels[i], 255);
    if (still.pixels[i] < 40) continue;  // only where nothing is clipped
    const double d = noisy.pixels[i] - still.pixels[i];
    sum += d;
    square += d * d;
    ++count;
  }
  EXPECT_NEAR(sum / count, 0, 0.5);
  EXPECT_NEAR(std::sqrt(square / count), 5, 0.5);
}

TEST_F(BatchesTest, RefusesWhatCannotBe) {
  const auto message = [&](Split split, const BatchOptions& o) {
    return message_of([&] { Batches(set_, split, o); });
  };
  EXPECT_NE(message(Split::kTrain, plain(2)).find("no train pictures"), std::string::npos);
  EXPECT_NE(message(Split::kTest, plain(0)), "");
  BatchOptions o = plain(4);
  o.slot_begin = 4;
  EXPECT_NE(message(Split::kTest, o), "");
}

}  // namespace
}  // namespace reverie
