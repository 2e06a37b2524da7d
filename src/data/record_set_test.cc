#include "data/record_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/file.h"
#include "core/test_help.h"
#include "data/bytes.h"
#include "data/example.h"
#include "data/tfrecord.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// Pictures of 1x2 with their number in the first sample.
std::vector<uint8_t> numbered(int n) {
  return {static_cast<uint8_t>(n), 1, 2, 3, 4, static_cast<uint8_t>(255 - n)};
}

std::vector<int> numbers(const RecordSet& set, Split split) {
  std::vector<int> all;
  for (size_t i = 0; i < set.size(split); ++i) all.push_back(set.record(split, i).pixels[0]);
  return all;
}

// 40 pictures for training, 10 for test.
void write_set(const fs::path& path, uint64_t seed = 1) {
  RecordSetWriter writer(path, {seed, 0});
  writer.label("cat");
  writer.label("dog");
  for (int i = 0; i < 50; ++i) {
    writer.add(numbered(i), 1, 2, i % 2, i % 5 == 0 ? Split::kTest : Split::kTrain);
  }
  const std::optional<RecordSetCounts> counts = writer.finish();
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->train, 40U);
  EXPECT_EQ(counts->test, 10U);
}

TEST(RecordSet, ComesBack) {
  const TemporaryFolder folder;
  for (const char* name : {"a.tfrecord", "a.tfrecord.gz"}) {
    const fs::path path = folder.path() / name;
    write_set(path);
    const RecordSet set = RecordSet::open(path);
    EXPECT_EQ(set.labels(), (std::vector<std::string>{"cat", "dog"}));
    EXPECT_EQ(set.common_size(), std::pair(1, 2));
    // test pictures keep their order, training pictures do not
    EXPECT_EQ(numbers(set, Split::kTest), (std::vector<int>{0, 5, 10, 15, 20, 25, 30, 35, 40, 45}));
    std::vector<int> train = numbers(set, Split::kTrain);
    EXPECT_FALSE(std::is_sorted(train.begin(), train.end()));
    EXPECT_EQ(std::set<int>(train.begin(), train.end()).size(), 40U);
    for (const Split split : {Split::kTrain, Split::kTest}) {
      for (size_t i = 0; i < set.size(split); ++i) {
        const Record r = set.record(split, i);
        const int n = r.pixels[0];
        EXPECT_EQ(r.label, n % 2);
        const std::vector<uint8_t> pixels = numbered(n);
        EXPECT_TRUE(std::equal(r.pixels.begin(), r.pixels.end(), pixels.begin(), pixels.end()));
      }
    }
  }
  // no other file is left behind
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 2);
}

TEST(RecordSet, OrderComesFromTheSeed) {
  const TemporaryFolder folder;
  const auto bytes = [&](const char* name, uint64_t seed) {
    write_set(folder.path() / name, seed);
    return read_file(folder.path() / name, 1U << 20U);
  };
  EXPECT_EQ(bytes("a.tfrecord", 1), bytes("b.tfrecord", 1));
  EXPECT_NE(bytes("a.tfrecord", 1), bytes("b.tfrecord", 2));
}

TEST(RecordSet, SideRecordHasTheFeaturesOfTheOthers) {
  const TemporaryFolder folder;
  write_set(folder.path() / "a.tfrecord");
  const FileBytes file(folder.path() / "a.tfrecord");
  PictureExample side;
  ASSERT_TRUE(parse_example(TFRecordReader(file.bytes(), "a").next()->bytes, side));
  EXPECT_EQ(side.height, 0);
  EXPECT_EQ(side.width, 0);
  EXPECT_EQ(side.type, -1);
  EXPECT_NE(side.raw.data(), nullptr);
  EXPECT_TRUE(side.raw.empty());
  EXPECT_EQ(side.split, "train");
}

TEST(RecordSet, TestFractionIsOfEachLabel) {
  const TemporaryFolder folder;
  RecordSetWriter writer(folder.path() / "a.tfrecord", {1, 0.2});
  for (int i = 0; i < 60; ++i) {
    const int label = writer.label(i < 50 ? "many" : "few");
    writer.add(numbered(i), 1, 2, label, std::nullopt);
  }
  writer.add(numbered(60), 1, 2, 0, Split::kTrain);
  const std::optional<RecordSetCounts> counts = writer.finish();
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->undecided, 60U);
  EXPECT_EQ(counts->test, 12U);
  const RecordSet set = RecordSet::open(folder.path() / "a.tfrecord");
  const std::vector<int> test = numbers(set, Split::kTest);
  EXPECT_EQ(std::count_if(test.begin(), test.end(), [](int n) { return n < 50; }), 10);
  EXPECT_TRUE(std::is_sorted(test.begin(), test.end()));
}

TEST(RecordSet, LabelsCanBeSorted) {
  const TemporaryFolder folder;
  RecordSetWriter writer(folder.path() / "a.tfrecord");
  writer.label("zebra");
  for (const char* name : {"s10", "s9", "s1"})
    writer.add(numbered(name[1] - '0' + (name[2] != '\0' ? 9 : 0)), 1, 2, writer.label(name), Split::kTest);
  writer.sort_labels(1);
  EXPECT_EQ(writer.label("s10"), 3);
  writer.finish();
  const RecordSet set = RecordSet::open(folder.path() / "a.tfrecord");
  EXPECT_EQ(set.labels(), (std::vector<std::string>{"zebra", "s1", "s9", "s10"}));
  std::vector<int> labels;
  for (size_t i = 0; i < 3; ++i) labels.push_back(set.record(Split::kTest, i).label);
  EXPECT_EQ(labels, (std::vector<int>{3, 2, 1}));
}

TEST(RecordSet, MeanPictureIsTheMean) {
  const TemporaryFolder folder;
  write_set(folder.path() / "a.tfrecord");
  const RecordSet set = RecordSet::open(folder.path() / "a.tfrecord");
  EXPECT_EQ(set.mean_picture(Split::kTest), (std::vector<double>{22.5, 1, 2, 3, 4, 232.5}));
}

TEST(RecordSet, UnfinishedLeavesNothing) {
  const TemporaryFolder folder;
  {
    RecordSetWriter writer(folder.path() / "a.tfrecord");
    writer.add(numbered(1), 1, 2, -1, std::nullopt);
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(RecordSet, PicturesOfSeveralSizesHaveNoCommonOne) {
  const TemporaryFolder folder;
  RecordSetWriter writer(folder.path() / "a.tfrecord");
  writer.add(numbered(1), 1, 2, -1, Split::kTrain);
  writer.add(numbered(1), 2, 1, -1, Split::kTrain);
  writer.finish();
  const RecordSet set = RecordSet::open(folder.path() / "a.tfrecord");
  EXPECT_NE(message_of([&] { set.common_size(); }).find("differ in size"), std::string::npos);
  EXPECT_NE(message_of([&] { set.mean_picture(Split::kTest); }).find("differ in size"), std::string::npos);
  EXPECT_TRUE(set.labels().empty());
}

TEST(RecordSetWriter, RefusesWhatIsNoPicture) {
  const TemporaryFolder folder;
  RecordSetWriter writer(folder.path() / "a.tfrecord");
  EXPECT_NE(message_of([&] { writer.add(numbered(1), 1, 1, -1, {}); }), "");
  EXPECT_NE(message_of([&] { writer.add(numbered(1), 0, 2, -1, {}); }), "");
  EXPECT_NE(message_of([&] { writer.add(numbered(1), 1, 2, 0, {}); }), "");
  EXPECT_NE(message_of([&] { writer.label(""); }), "");
  EXPECT_NE(message_of([&] { writer.label(std::string(256, 'x')); }), "");
}

// tf.train.Example by hand, with features in an order that another writer may use.
class Foreign {
 public:
  Foreign& number(const std::string& key, uint64_t v, bool packed) {
    const std::string value = varint(v);
    return feature(key, bytes(3, packed ? bytes(1, value) : "\x08" + value));
  }
  Foreign& text(const std::string& key, const std::string& v) { return feature(key, bytes(1, bytes(1, v))); }

  std::vector<uint8_t> set() const {
    std::vector<uint8_t> out;
    const std::string whole = bytes(1, features_);
    append_tfrecord(out, {reinterpret_cast<const uint8_t*>(whole.data()), whole.size()});
    return out;
  }

 private:
  static std::string varint(uint64_t v) {
    std::string s;
    for (; v > 127; v >>= 7U) s += static_cast<char>(v | 128U);
    return s + static_cast<char>(v);
  }
  static std::string bytes(unsigned field, const std::string& s) {
    return varint(field * 8 + 2) + varint(s.size()) + s;
  }
  Foreign& feature(const std::string& key, const std::string& value) {
    features_ += bytes(1, bytes(1, key) + bytes(2, value));
    return *this;
  }
  std::string features_;
};

TEST(RecordSet, ReadsSetsOfOthers) {
  Foreign one;
  one.number("width", 2, false).text("encoding", "raw").number("type", 3, true).number("height", 1, true);
  one.text("raw", "abcdef");
  const RecordSet set = RecordSet::parse(one.set(), "foreign");
  ASSERT_EQ(set.size(Split::kTrain), 1U);
  const Record r = set.record(Split::kTrain, 0);
  EXPECT_EQ(r.label, 3);
  EXPECT_EQ(r.width, 2);
  EXPECT_EQ(r.pixels[5], 'f');
  EXPECT_EQ(set.labels(), (std::vector<std::string>{"0", "1", "2", "3"}));
}

TEST(RecordSet, SaysWhatIsWrongWithARecord) {
  const auto message = [](const Foreign& f) {
    return message_of([&] { RecordSet::parse(f.set(), "a.tfrecord"); });
  };
  const auto sized = [](uint64_t height, uint64_t width) {
    return Foreign().number("height", height, true).number("width", width, true);
  };
  EXPECT_EQ(message(sized(1, 3).text("raw", "abcdef")),
            "cannot read a.tfrecord, record 0: it has 6 bytes of pixels, but 3x1 needs 9");
  EXPECT_NE(message(sized(1, 2)).find("0 bytes of pixels"), std::string::npos);
  EXPECT_NE(message(sized(1U << 31U, 1U << 31U)).find("its size is 2147483648x2147483648"),
            std::string::npos);
  EXPECT_NE(message(sized(1, ~0ULL)).find("its size is -1x1"), std::string::npos);
  EXPECT_NE(message(sized(1, 1).text("raw", "abc").number("type", 1U << 30U, true)).find("its label is"),
            std::string::npos);
  EXPECT_NE(message(sized(1, 1).text("raw", "abc").text("split", "val")).find("its split is 'val'"),
            std::string::npos);
  EXPECT_NE(message(sized(1, 1).text("height", "abc")).find("not a tf.train.Example"), std::string::npos);
}

TEST(Example, ComesBackWhateverItsBytes) {
  PictureExample e;
  const std::vector<uint8_t> raw = {0, 255, 10};
  e.raw = raw;
  e.height = 1;
  e.width = 1;
  e.type = 77777;
  e.split = "test";
  e.labels = {"", "h\xc3\xa9", std::string_view("a\0b", 3)};
  std::string bytes;
  serialize_example(e, bytes);
  PictureExample again;
  ASSERT_TRUE(parse_example({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, again));
  EXPECT_TRUE(std::equal(raw.begin(), raw.end(), again.raw.begin(), again.raw.end()));
  EXPECT_EQ(again.type, 77777);
  EXPECT_EQ(again.labels, e.labels);
  // truncated anywhere, it is whole fields or none
  for (size_t n = 1; n < bytes.size(); ++n)
    EXPECT_FALSE(parse_example({reinterpret_cast<const uint8_t*>(bytes.data()), n}, again)) << n;
}

}  // namespace
}  // namespace reverie
