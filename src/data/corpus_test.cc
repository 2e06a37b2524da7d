// Replays the fuzzers' seeds, and every input that once broke a reader, in the normal build.
#include <gtest/gtest.h>

#include "core/corpus_test_help.h"
#include "data/cifar.h"
#include "data/idx.h"
#include "data/record_set.h"
#include "data/tfrecord.h"

namespace reverie {
namespace {

TEST(Corpus, TFRecord) {
  replay_corpus("tfrecord", [](const std::vector<uint8_t>& bytes, const std::string& /*file*/) {
    // also as a single record, as the fuzzer does
    std::vector<uint8_t> framed;
    append_tfrecord(framed, bytes);
    message_of([&] { RecordSet::parse(framed, "corpus"); });
    RecordSet::parse(bytes, "corpus");
  });
}

TEST(Corpus, Cifar) {
  replay_corpus("cifar", [](const std::vector<uint8_t>& bytes, const std::string& /*file*/) {
    for (const char* name : {"batches.meta", "batches.meta.txt"})
      message_of([&] { cifar_names(bytes, name); });
    CifarBatch(bytes, "corpus");
  });
}

TEST(Corpus, Pickle) {
  replay_corpus("pickle", [](const std::vector<uint8_t>& bytes, const std::string& /*file*/) {
    numpy_pickle(bytes, "corpus");
  });
}

TEST(Corpus, Idx) {
  replay_corpus("idx", [](const std::vector<uint8_t>& bytes, const std::string& /*file*/) {
    parse_idx(bytes, "corpus");
  });
}

}  // namespace
}  // namespace reverie
