#include <cstdint>
#include <span>

#include "core/error.h"
#include "data/idx.h"
#include "require.h"

namespace reverie {
namespace {

// A file is either rejected with an Error, or its array has as many values as its shape says, all within the
// file.
void check(std::span<const uint8_t> bytes) {
  try {
    const IdxArray array = parse_idx(bytes, "fuzz");
    size_t count = 1;
    for (const size_t size : array.shape) count *= size;
    require(count == array.data.size() && count < bytes.size());
    size_t sum = 0;
    for (const uint8_t v : array.data) sum += v;
    require(sum <= count * 255);
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check({data, size});
  return 0;
}
