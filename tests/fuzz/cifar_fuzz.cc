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
    require(batch.size() > 0);
    std::vector<uint8_t> pixels;
    for (size_t i = 0; i < batch.size(); ++i) {
      require(batch.label(i) >= 0 && batch.label(i) < kCifarLabels);
      batch.pixels(i, pixels);
      require(pixels.size() == static_cast<size_t>(kCifarSide) * kCifarSide * 3);
    }
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check({data, size});
  return 0;
}
