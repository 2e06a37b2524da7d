#include <cstdint>
#include <span>
#include <string>

#include "core/error.h"
#include "data/numpy_pickle.h"
#include "require.h"

namespace reverie {
namespace {

// All that can be reached within a few steps lies within the file, or was decoded from it.
size_t look(const PickleValue& value, int depth) {
  size_t sum = value.name.size();
  for (const uint8_t b : value.bytes) sum += b;
  if (value.kind == PickleValue::Kind::kArray && !value.shape.empty()) {
    uint64_t count = 1;
    for (const int64_t side : value.shape) count *= static_cast<uint64_t>(side);
    require(count == 0 ? value.bytes.empty() : value.bytes.size() % count == 0);
  }
  if (depth == 0) return sum;
  for (const PickleValue* item : value.items) sum += look(*item, depth - 1);
  return sum;
}

// A pickle is either rejected with an Error, or holds plain data.
void check(std::span<const uint8_t> bytes) {
  try {
    const Pickle pickle = numpy_pickle(bytes, "fuzz");
    constexpr int kDepth = 3;
    look(pickle.root(), kDepth);
    if (const PickleValue* labels = pickle.root().find("labels"))
      require(pickled_numbers(*labels, "fuzz", "its labels").size() <= bytes.size());
    pickled_texts(pickle.root(), "fuzz", "it");
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check({data, size});
  return 0;
}
