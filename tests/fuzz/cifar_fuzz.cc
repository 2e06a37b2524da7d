#include <cstdint>
#include <span>
#include <vector>

#include "core/error.h"
#include "data/cifar.h"
#include "require.h"

namespace reverie {
namespace {

// A file is either rejected with an Error, or all its records can be read.
void check(std::span<const uint8_t> bytes) {
  try {
    const CifarBatch batch(bytes, "fuzz");
    const auto labels = static_cast<int>(batch.default_names().size());
    const auto side = static_cast<size_t>(batch.side());
    std::vector<uint8_t> pixels;
    for (size_t i = 0; i < batch.size(); ++i) {
      require(batch.label(i) >= 0 && batch.label(i) < labels);
      batch.pixels(i, pixels);
      require(pixels.size() == side * side * 3);
    }
  } catch (const Error&) {
  }
  for (const char* name : {"batches.meta", "batches.meta.txt"}) {
    try {
      cifar_names(bytes, name);
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check({data, size});
  return 0;
}
