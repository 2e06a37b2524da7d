// Every fuzz target with its seeds and with what was once found by it (tests/fuzz/corpus/), without
// libFuzzer.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/file.h"

extern "C" {
#define TARGET(name) int name##_fuzz(const uint8_t* data, size_t size);
#include "fuzz_targets.inc"
#undef TARGET
}

namespace reverie {
namespace {

struct Target {
  const char* name;
  int (*run)(const uint8_t*, size_t);
};

void PrintTo(const Target& target, std::ostream* to) {  // NOLINT(readability-identifier-naming): GoogleTest's
  *to << target.name;
}

constexpr Target kTargets[] = {
#define TARGET(name) {#name, name##_fuzz},
#include "fuzz_targets.inc"
#undef TARGET
};

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, HoldsWhatItsTargetRequires) {
  const std::filesystem::path folder = std::filesystem::path("tests/fuzz/corpus") / GetParam().name;
  int inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::fprintf(stderr, "%s\n", entry.path().filename().c_str());  // a target that is not content aborts
    const std::vector<uint8_t> bytes = read_file(entry.path(), 1U << 20U);
    EXPECT_EQ(GetParam().run(bytes.data(), bytes.size()), 0);
    ++inputs;
  }
  EXPECT_GT(inputs, 0);
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, testing::ValuesIn(kTargets),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace reverie
