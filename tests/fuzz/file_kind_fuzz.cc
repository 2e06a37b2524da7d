#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file_kind.h"
#include "require.h"

namespace reverie {
namespace {

// Any bytes are of some kind; what is compressed unpacks within its limit, or is rejected with an Error.
void check(std::span<const uint8_t> bytes) {
  for (const char* name : {"fuzz", "fuzz.prototxt.gz", "fuzz.solverstate", "fuzz.toml"}) {
    const FileKind kind = kind_of(bytes, name);
    require(kind.what.empty() == (kind.type == FileType::kUnknown));
  }
  constexpr uint64_t kMost = uint64_t{1} << 20U;
  // not xz and zstd: their libraries take the window that a file asks for, up to 1 GB
  const bool small = !bytes.empty() && (bytes[0] == 0x1fU || bytes[0] == 'B');
  try {
    if (small && is_compressed(bytes)) require(decompress(bytes, "fuzz", kMost).size() <= kMost);
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check({data, size});
  return 0;
}
