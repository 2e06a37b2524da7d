#include <cstdint>
#include <span>
#include <vector>

#include "core/compressed.h"
#include "core/error.h"
#include "data/bytes.h"
#include "data/record_set.h"
#include "data/tfrecord.h"
#include "require.h"

namespace reverie {
namespace {

// A set is either rejected with an Error, or all its pictures are complete and within its bytes.
void check_set(std::vector<uint8_t> bytes) {
  try {
    const size_t most = bytes.size();
    const RecordSet set = RecordSet::parse(std::move(bytes), "fuzz");
    size_t pixels = 0;
    for (const Split split : {Split::kTrain, Split::kTest}) {
      for (size_t i = 0; i < set.size(split); ++i) {
        const Record r = set.record(split, i);
        require(r.height > 0 && r.width > 0);
        require(r.pixels.size() == static_cast<size_t>(r.height) * static_cast<size_t>(r.width) * 3);
        require(r.label >= -1 && r.label < static_cast<int>(set.labels().size()));
        for (const uint8_t v : r.pixels) pixels += v;
      }
    }
    require(pixels <= most * 255);
    for (const double v : set.mean_picture(Split::kTrain)) require(v >= 0 && v <= 255);
  } catch (const Error&) {
  }
}

// As a file, as one record with correct checksums (which no fuzzer would guess), and compressed.
void check(std::span<const uint8_t> bytes) {
  check_set({bytes.begin(), bytes.end()});
  std::vector<uint8_t> framed;
  append_tfrecord(framed, bytes);
  check_set(std::move(framed));
  try {
    constexpr uint64_t kMost = uint64_t{1} << 20U;
    require(inflate_gzip(bytes, "fuzz", kMost).size() <= kMost);
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace reverie

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  reverie::check({data, size});
  return 0;
}
