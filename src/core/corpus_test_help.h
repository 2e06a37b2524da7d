// Replays the fuzzers' seeds, and every input that once broke a reader, in the normal build.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/test_help.h"

namespace reverie {

// Calls parse(bytes, file) on each file of tests/fuzz/corpus/NAME.  Files named valid-* must parse, those
// named broken-* must be rejected with an Error, and the others may do either.
inline void replay_corpus(
    const std::string& name,
    const std::function<void(const std::vector<uint8_t>& bytes, const std::string& file)>& parse) {
  const char* root = std::getenv("REVERIE_ROOT");  // NOLINT(concurrency-mt-unsafe)
  const std::filesystem::path folder =
      std::filesystem::path(root != nullptr ? root : ".") / "tests" / "fuzz" / "corpus" / name;
  std::set<std::filesystem::path> files;  // in one order on every machine
  for (const auto& f : std::filesystem::directory_iterator(folder)) files.insert(f.path());
  ASSERT_FALSE(files.empty()) << folder;
  for (const std::filesystem::path& file : files) {
    SCOPED_TRACE(file);
    const std::string stem = file.filename().string();
    const std::string refused = message_of([&] { parse(read_file(file, 1U << 20U), file.string()); });
    EXPECT_FALSE(stem.starts_with("valid") && !refused.empty()) << refused;
    EXPECT_FALSE(stem.starts_with("broken") && refused.empty());
  }
}

}  // namespace reverie
