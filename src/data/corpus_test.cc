// Replays the seeds of the fuzzers, and every input that once broke a reader, in the normal build.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>

#include "core/file.h"
#include "core/test_help.h"
#include "data/cifar.h"
#include "data/idx.h"
#include "data/record_set.h"
#include "data/tfrecord.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// Files of tests/fuzz/corpus/NAME that are called valid-* must parse, and broken-* give an Error.
void replay(const std::string& name, const std::function<void(const std::vector<uint8_t>&)>& parse) {
  const char* root = std::getenv("REVERIE_ROOT");  // NOLINT(concurrency-mt-unsafe)
  std::set<fs::path> files;                        // in one order on every machine
  for (const auto& f :
       fs::directory_iterator(fs::path(root != nullptr ? root : ".") / "tests/fuzz/corpus" / name))
    files.insert(f.path());
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) {
    const std::string message = message_of([&] { parse(read_file(file, 1U << 20U)); });
    const std::string stem = file.filename().string();
    if (stem.starts_with("valid")) {
      EXPECT_EQ(message, "") << file;
    }
    if (stem.starts_with("broken")) {
      EXPECT_NE(message, "") << file;
    }
  }
}

TEST(Corpus, TFRecord) {
  replay("tfrecord", [](const std::vector<uint8_t>& bytes) {
    // as one record too, as the fuzzer gives it
    std::vector<uint8_t> framed;
    append_tfrecord(framed, bytes);
    message_of([&] { RecordSet::parse(framed, "corpus"); });
    RecordSet::parse(bytes, "corpus");
  });
}

TEST(Corpus, Cifar) {
  replay("cifar", [](const std::vector<uint8_t>& bytes) { CifarBatch(bytes, "corpus"); });
}

TEST(Corpus, Idx) {
  replay("idx", [](const std::vector<uint8_t>& bytes) { parse_idx(bytes, "corpus"); });
}

}  // namespace
}  // namespace reverie
