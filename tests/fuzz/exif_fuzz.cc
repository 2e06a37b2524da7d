#include <cstdint>
#include <optional>
#include <span>

#include "core/exif.h"
#include "require.h"

// Nothing, or one of the eight orientations.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::optional<int> tag = reverie::exif_orientation({data, size});
  reverie::require(!tag || (*tag >= 1 && *tag <= 8));
  return 0;
}
