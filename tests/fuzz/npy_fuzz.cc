#include <span>

#include "core/error.h"
#include "require.h"
#include "weights/npy.h"

namespace reverie {
namespace {

// A file is either rejected with an Error, or gives a complete array, no larger than its bytes, that survives
// a round trip through a file.
void check(std::span<const uint8_t> bytes) {
  Tensor tensor;
  try {
    tensor = parse_npy(bytes, "fuzz");
  } catch (const Error&) {
    return;
  }
  require(element_count(tensor.shape) == tensor.data.size());
  require(tensor.data.size() <= bytes.size());
  const Tensor again = parse_npy(npy_bytes(tensor), "again");
  require(again.shape == tensor.shape && npy_bytes(again) == npy_bytes(tensor));
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check({data, size});
  return 0;
}
