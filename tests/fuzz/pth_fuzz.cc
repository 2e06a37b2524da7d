#include "weights/pth.h"

#include <cstdint>
#include <span>

#include "core/error.h"
#include "require.h"

namespace reverie {
namespace {

// A file is either rejected with an Error, or holds whole tensors that a small multiple of it fills.
void check(std::span<const uint8_t> bytes) {
  try {
    size_t values = 0;
    for (const auto& [name, tensor] : parse_pth(bytes, "fuzz").tensors) {
      require(element_count(tensor.shape) == tensor.data.size());
      values += tensor.data.size();
    }
    constexpr size_t kSlack = size_t{1} << 20U, kMostRatio = 1032;
    require(values <= kSlack + 2 * kMostRatio * bytes.size());
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check({data, size});
  return 0;
}
