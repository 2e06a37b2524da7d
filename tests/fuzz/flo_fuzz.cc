#include <span>

#include "core/error.h"
#include "motion/flo.h"
#include "require.h"

namespace reverie {
namespace {

// A file is either rejected with an Error, or gives a flow that makes the same file.
void check(std::span<const uint8_t> bytes) {
  Flow flow;
  try {
    flow = parse_flo(bytes, "fuzz");
  } catch (const Error&) {
    return;
  }
  const std::vector<uint8_t> again = flo_bytes(flow);
  require(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check({data, size});
  return 0;
}
