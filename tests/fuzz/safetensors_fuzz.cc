#include <span>

#include "core/error.h"
#include "require.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

// A file is either rejected with an Error, or gives complete tensors, no larger than its bytes, that survive
// a round trip through a file.
void check(std::span<const uint8_t> bytes) {
  TensorFile file;
  try {
    file = parse_safetensors(bytes, "fuzz");
  } catch (const Error&) {
    return;
  }
  size_t numbers = 0;
  for (const auto& [name, tensor] : file.tensors) {
    require(element_count(tensor.shape) == tensor.data.size());
    numbers += tensor.data.size();
  }
  require(numbers <= bytes.size());
  const std::vector<uint8_t> written = safetensors_bytes(file);
  const TensorFile again = parse_safetensors(written, "again");
  require(again.metadata == file.metadata && safetensors_bytes(again) == written);
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check({data, size});
  return 0;
}
