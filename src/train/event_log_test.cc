#include "train/event_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>

#include "core/file.h"
#include "core/test_help.h"
#include "data/tfrecord.h"
#include "reverie_event.pb.h"
#include "sheets/png.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

std::vector<tb::Event> events_of(const fs::path& file) {
  const std::vector<uint8_t> bytes = read_file(file, 1U << 24U);
  TFRecordReader reader(bytes, file.string());
  std::vector<tb::Event> events;
  while (const auto record = reader.next()) {
    events.emplace_back();
    EXPECT_TRUE(events.back().ParseFromArray(record->bytes.data(), static_cast<int>(record->bytes.size())));
  }
  return events;
}

TEST(EventLog, WritesWhatTensorBoardReads) {
  const TemporaryFolder folder;
  const Planes picture(3, 4, 6, 0.5F);
  fs::path file;
  {
    EventLog log(folder.path() / "run", 7);
    log.scalar("loss/train", 8, 2.5);
    log.image("sheets/filters", 9, picture);
    log.flush();
    file = log.path();
    EXPECT_EQ(events_of(file).size(), 4U);  // while the log is open
  }
  EXPECT_TRUE(file.filename().string().starts_with("events.out.tfevents."));
  const std::vector<tb::Event> events = events_of(file);
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_GT(events[0].wall_time(), 1.7e9);
  EXPECT_EQ(events[1].session_log().status(), tb::SessionLog::START);
  EXPECT_EQ(events[1].step(), 7);
  EXPECT_EQ(events[2].summary().value(0).tag(), "loss/train");
  EXPECT_EQ(events[2].summary().value(0).simple_value(), 2.5F);
  EXPECT_EQ(events[2].step(), 8);
  const tb::Summary::Image& image = events[3].summary().value(0).image();
  EXPECT_EQ(image.width(), 6);
  EXPECT_EQ(image.height(), 4);
  EXPECT_EQ(image.colorspace(), 3);
  const std::vector<uint8_t> png = png_bytes(picture);
  EXPECT_EQ(image.encoded_image_string(), std::string(png.begin(), png.end()));
}

// The bytes themselves, so that a wrong field number cannot hide: encoded by hand from TensorFlow's schema.
TEST(EventLog, FieldNumbersAreTensorFlows) {
  tb::Event event;
  event.set_step(3);
  tb::Summary::Value& v = *event.mutable_summary()->add_value();
  v.set_tag("a");
  v.set_simple_value(1);
  EXPECT_EQ(event.SerializeAsString(), std::string("\x10\x03\x2a\x0a\x0a\x08\x0a\x01"
                                                   "a\x15\x00\x00\x80\x3f",
                                                   14));
  tb::HistogramProto h;
  h.add_bucket_limit(1);
  h.add_bucket(2);
  EXPECT_EQ(h.SerializeAsString(), std::string("\x32\x08\x00\x00\x00\x00\x00\x00\xf0\x3f"
                                               "\x3a\x08\x00\x00\x00\x00\x00\x00\x00\x40",
                                               20));
}

TEST(EventLog, HistogramsCountEveryFiniteValueOnce) {
  const TemporaryFolder folder;
  EventLog log(folder.path());
  const std::vector<float> values = {-1, 0, 0.5F, 0.5F, 2, 1e30F, std::numeric_limits<float>::quiet_NaN()};
  log.histogram("w", 1, values);
  log.histogram("none", 1, {});
  log.flush();
  const std::vector<tb::Event> events = events_of(log.path());
  const tb::HistogramProto& h = events[2].summary().value(0).histo();
  EXPECT_EQ(h.num(), 6);
  EXPECT_EQ(h.min(), -1);
  EXPECT_EQ(h.max(), 1e30F);
  EXPECT_EQ(h.bucket_size(), h.bucket_limit_size());
  EXPECT_EQ(std::accumulate(h.bucket().begin(), h.bucket().end(), 0.0), 6);
  EXPECT_LT(h.bucket_size(), 20);
  double below = -std::numeric_limits<double>::infinity();
  double halves = 0;
  for (int i = 0; i < h.bucket_size(); ++i) {
    EXPECT_GT(h.bucket_limit(i), below);
    if (below <= 0.5 && 0.5 < h.bucket_limit(i)) {
      halves = h.bucket(i);
      EXPECT_LT(h.bucket_limit(i), 0.5 * 1.11);
    }
    below = h.bucket_limit(i);
  }
  EXPECT_EQ(halves, 2);
  EXPECT_EQ(below, std::numeric_limits<double>::max());
  EXPECT_EQ(events[3].summary().value(0).histo().num(), 0);
}

TEST(EventLog, AResumedRunGoesOnInANewFileFromItsStep) {
  const TemporaryFolder folder;
  {
    EventLog log(folder.path());
    for (int step = 0; step <= 50; step += 10) log.scalar("loss", step, step);
    log.scalar("rate", 0, 0.5);
  }
  {
    EventLog log(folder.path(), 30);
    for (int step = 30; step <= 70; step += 20) log.scalar("loss", step, -step);
  }
  const std::vector<ScalarSeries> series = read_scalars(folder.path());
  ASSERT_EQ(series.size(), 2U);
  EXPECT_EQ(series[0].tag, "loss");
  EXPECT_EQ(series[0].steps, (std::vector<int64_t>{0, 10, 20, 30, 50, 70}));
  EXPECT_EQ(series[0].values, (std::vector<double>{0, 10, 20, -30, -50, -70}));
  EXPECT_EQ(series[1].tag, "rate");
}

TEST(EventLog, ACutOffOrDamagedFileCountsUpToThere) {
  const TemporaryFolder folder;
  fs::path file;
  {
    EventLog log(folder.path());
    log.scalar("loss", 1, 4);
    log.scalar("loss", 2, 3);
    file = log.path();
  }
  const std::vector<uint8_t> whole = read_file(file, 1U << 20U);
  for (size_t length = 0; length < whole.size(); ++length) {
    std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    write_file(file, cut);
    const std::vector<ScalarSeries> series = read_scalars(folder.path());
    EXPECT_LE(series.size(), 1U);
    if (!series.empty()) {
      EXPECT_EQ(series[0].values[0], 4);
    }
  }
  std::vector<uint8_t> damaged = whole;
  damaged[damaged.size() - 6] ^= 1U;
  write_file(file, damaged);
  EXPECT_EQ(read_scalars(folder.path()).at(0).values.size(), 1U);
}

TEST(EventLog, NoFilesNoSeriesNoFolderNoLog) {
  const TemporaryFolder folder;
  EXPECT_TRUE(read_scalars(folder.path() / "nothing").empty());
  const fs::path file = folder.write("file", "x");
  EXPECT_NE(message_of([&] { EventLog log(file / "run"); }), "");
}

}  // namespace
}  // namespace reverie
