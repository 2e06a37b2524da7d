// This program holds every module whole, so that a name defined twice does not link, and
// modules_test_headers.cc reads every header at once, so that a type defined twice does not compile.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/file.h"
#include "core/text.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

TEST(Modules, NoneIsLeftOut) {
  const std::vector<std::string> linked = split(REVERIE_MODULES, ' ');
  const std::vector<std::string> optional = split(REVERIE_MODULES_LEFT_OUT, ' ');
  const char* root = std::getenv("REVERIE_ROOT");  // NOLINT(concurrency-mt-unsafe)
  for (const auto& e : fs::directory_iterator(fs::path(root ? root : ".") / "src")) {
    const std::string name = e.path().filename().string();
    EXPECT_NE(
        std::count(linked.begin(), linked.end(), name) + std::count(optional.begin(), optional.end(), name),
        0)
        << name;
  }
}

TEST(Modules, EveryHeaderIsRead) {
  EXPECT_GE(REVERIE_HEADERS, 50);
}

}  // namespace
}  // namespace reverie
