// Inputs that public reports say broke tools: ../shared/cases, beside the shared data.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "core/test_help.h"
#include "data/import.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// Takes every picture for one grey pixel: no codecs here.
Decoders grey_decoders() {
  Decoders d;
  d.is_picture = [](const std::string& name) { return name.ends_with(".jpg"); };
  d.picture = [](std::span<const uint8_t> /*bytes*/, const std::string& /*name*/) {
    return Planes(3, 1, 1, 0.5F);
  };
  d.video = [](const std::string& path, int64_t /*step*/, const auto& /*take*/) {
    throw Error("read", path, "no codecs");
  };
  return d;
}

class Cases : public testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("REVERIE_DATA");  // NOLINT(concurrency-mt-unsafe)
    cases_ = (fs::path(data != nullptr ? data : "../shared/data") / "../cases").lexically_normal();
    if (!fs::exists(cases_)) GTEST_SKIP() << "no " << cases_;
  }

  // "train N, test N, LABELS labels" of a case, or why it is none.
  std::string import(const std::string& name) const { return import_path(cases_ / name); }
  std::string import_path(const fs::path& source) const {
    std::string counts;
    const std::string error = message_of([&] {
      RecordSetWriter writer(folder_.path() / "set.tfrecord");
      PictureIntake intake(writer, {});
      import_source(source.string(), grey_decoders(), intake);
      const auto labels = writer.labels();
      const std::optional<RecordSetCounts> c = writer.finish();
      counts = fmt::format("train {}, test {}, {} labels", c->train, c->test, labels);
    });
    return error.empty() ? counts : error;
  }

  TemporaryFolder folder_;
  fs::path cases_;
};

TEST_F(Cases, RecordsOfOtherFeatures) {
  for (const std::string& message :
       {import("22-tfds.tfrecord"), message_of([&] { RecordSet::open(cases_ / "22-tfds.tfrecord"); })}) {
    EXPECT_NE(message.find("without raw, height, width, but with id, image, label"), std::string::npos)
        << message;
    EXPECT_NE(message.find("reverie data import"), std::string::npos) << message;
  }
}

TEST_F(Cases, CifarOfPythonAndCompressed) {
  EXPECT_EQ(import("23-cifar-10-batches-py"), "train 40, test 20, 10 labels");
  EXPECT_EQ(import("24-data_batch_1.bin.gz"), "train 20, test 0, 10 labels");
}

TEST_F(Cases, ValidationIsNotForTraining) {
  EXPECT_EQ(import("25-train-val"), "train 1, test 1, 1 labels");
}

TEST_F(Cases, ClassesThatAreLinks) {
  EXPECT_EQ(import("32-linked-classes"), "train 1, test 0, 1 labels");
  fs::create_directory_symlink(fs::absolute(cases_) / "25-train-val/train/a", folder_.path() / "a");
  EXPECT_EQ(import_path(folder_.path()), "train 1, test 0, 1 labels");
}

}  // namespace
}  // namespace reverie
