// tf.train.Example as record sets use it; internal to data/.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

// The features that are known; others are passed over.
struct PictureExample {
  std::span<const uint8_t> raw;  // [height, width, 3] R, G, B
  int64_t height = 0, width = 0;
  int64_t type = -1;                     // label id, -1: none
  std::string_view split;                // "train", "test", or empty where it is not told
  std::vector<std::string_view> labels;  // of the side record alone
};

// Reads a message where it lies: the views point into bytes.  Nothing is copied, so that a set may be larger
// than memory.  False when the bytes are no Example or a known feature has another kind or more values than
// it should.
bool parse_example(std::span<const uint8_t> bytes, PictureExample& out);

// The message's bytes; the same example gives the same bytes.  Labels are written where there are some.
void serialize_example(const PictureExample& example, std::string& out);

}  // namespace reverie
