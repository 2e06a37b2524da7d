#include "data/tfrecord.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/compressed.h"
#include "core/file.h"
#include "core/test_help.h"
#include "data/bytes.h"

namespace reverie {
namespace {

std::vector<uint8_t> bytes_of(std::string_view s) {
  return {s.begin(), s.end()};
}

std::vector<std::string> records_of(std::span<const uint8_t> bytes) {
  std::vector<std::string> all;
  TFRecordReader reader(bytes, "set");
  while (const std::optional<TFRecord> r = reader.next()) all.emplace_back(r->bytes.begin(), r->bytes.end());
  return all;
}

// RFC 3720, B.4, and the check value of the CRC catalogue.
TEST(TFRecord, ChecksumIsThatOfTheStandard) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0)), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0xff)), 0x62a8ab43U);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(TFRecord, IsFramedAsTensorFlowFramesIt) {
  std::vector<uint8_t> bytes;
  append_tfrecord(bytes, bytes_of("abc"));
  ASSERT_EQ(bytes.size(), 19U);
  EXPECT_EQ(load_little<uint64_t>(bytes.data()), 3U);
  const uint32_t crc = crc32c({bytes.data() + 12, 3});
  EXPECT_EQ(load_little<uint32_t>(bytes.data() + 15), ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U);
}

TEST(TFRecord, ComesBackFromFilesPackedAndPlain) {
  const TemporaryFolder folder;
  const std::vector<std::string> records = {"one", "", std::string(100000, 'x')};
  for (const char* name : {"a.tfrecord", "a.tfrecord.gz"}) {
    const auto path = folder.path() / name;
    TFRecordWriter writer(path);
    writer.write(records[0]);
    writer.write(records[1]);
    writer.close();
    TFRecordWriter more(path, TFRecordWriter::Begin::kAtEnd);
    more.write(records[2]);
    more.close();
    EXPECT_EQ(records_of(FileBytes(path).bytes()), records) << name;
  }
  EXPECT_LT(std::filesystem::file_size(folder.path() / "a.tfrecord.gz"), 1000U);
}

TEST(TFRecord, WhatIsFlushedCanBeRead) {
  const TemporaryFolder folder;
  TFRecordWriter writer(folder.path() / "events");
  writer.write("first");
  writer.flush();
  EXPECT_EQ(records_of(read_file(folder.path() / "events", 1000)), std::vector<std::string>{"first"});
}

TEST(TFRecord, SaysWhereAFileIsDamaged) {
  std::vector<uint8_t> bytes;
  append_tfrecord(bytes, bytes_of("abc"));
  append_tfrecord(bytes, bytes_of("defg"));
  const auto message = [](std::vector<uint8_t> b) { return message_of([&] { records_of(b); }); };
  std::vector<uint8_t> b = bytes;
  b.at(b.size() - 1) ^= 1U;
  EXPECT_EQ(message(b), "cannot read set, record 1: its checksum is wrong: the file is damaged here");
  b = bytes;
  b.at(20) ^= 1U;
  EXPECT_NE(message(b).find("record 1: the checksum of its length"), std::string::npos);
  b = bytes;
  b.pop_back();
  EXPECT_NE(message(b).find("record 1: it is cut off"), std::string::npos);
  EXPECT_NE(message(bytes_of("GIF89a")).find("cut off"), std::string::npos);
  EXPECT_NE(message(bytes_of("this is some text and no records")).find("not a TFRecord file"),
            std::string::npos);
}

TEST(TFRecord, WritingToNowhereIsAnError) {
  EXPECT_NE(message_of([] { TFRecordWriter("/nowhere/a"); }).find("cannot write /nowhere/a"),
            std::string::npos);
}

TEST(Gzip, HasBoundsAndTakesSeveralMembers) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "zeros.gz";
  TFRecordWriter writer(path);
  writer.write(std::string(1 << 20U, '\0'));
  writer.close();
  std::vector<uint8_t> packed = read_file(path, 1U << 20U);
  EXPECT_NE(message_of([&] { inflate_gzip(packed, "zeros", 1000); }).find("more than the 1000"),
            std::string::npos);
  packed.resize(packed.size() / 2);
  EXPECT_NE(message_of([&] { inflate_gzip(packed, "zeros"); }).find("cut off"), std::string::npos);
  EXPECT_NE(message_of([&] { inflate_gzip(bytes_of("plain"), "zeros"); }).find("not a gzip file"),
            std::string::npos);
  EXPECT_NE(message_of([&] { inflate_gzip({}, "zeros"); }).find("cut off"), std::string::npos);
}

}  // namespace
}  // namespace reverie
