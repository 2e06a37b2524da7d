// Replays the seeds of the fuzzers, and every input that once broke a reader, in the normal build.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <span>
#include <string>

#include "core/error.h"
#include "core/file.h"
#include "weights/caffe_chain.h"
#include "weights/caffe_model.h"
#include "weights/caffe_recipe.h"
#include "weights/npy.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// Calls parse(bytes, file) on each file of tests/fuzz/corpus/NAME.  Those named valid-* must parse, those
// named broken-* must be refused with an Error, and no file may do anything else.
template <typename Parse>
void replay(const std::string& name, Parse parse) {
  const char* root = std::getenv("REVERIE_ROOT");
  const fs::path folder = fs::path(root != nullptr ? root : ".") / "tests" / "fuzz" / "corpus" / name;
  std::set<fs::path> files;  // in one order on every machine
  for (const auto& f : fs::directory_iterator(folder)) files.insert(f.path());
  ASSERT_FALSE(files.empty()) << folder;
  for (const fs::path& file : files) {
    SCOPED_TRACE(file);
    const std::string stem = file.filename().string();
    bool parsed = false;
    try {
      parse(read_file(file, 1U << 20U), file.string());
      parsed = true;
    } catch (const Error& e) {
      EXPECT_FALSE(stem.starts_with("valid")) << e.what();
    }
    EXPECT_FALSE(parsed && stem.starts_with("broken"));
  }
}

TEST(Corpus, Safetensors) {
  replay("safetensors", parse_safetensors);
}
TEST(Corpus, Npy) {
  replay("npy", parse_npy);
}
TEST(Corpus, CaffeModel) {
  replay("caffemodel", parse_caffemodel);
}
TEST(Corpus, Prototxt) {
  replay("prototxt", [](const std::vector<uint8_t>& bytes, const std::string& file) {
    const std::string text(bytes.begin(), bytes.end());
    const CaffeNet net = parse_caffe_net(text, file);
    const CaffeSolver solver = parse_caffe_solver(text, file);
    if (has_decoder(net)) recipe_from_caffe(net, solver);
  });
}

}  // namespace
}  // namespace reverie
