// tf.train.Example as used in record sets; internal to data/.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

// The known features; others are skipped.
struct PictureExample {
  std::span<const uint8_t> raw;  // [height, width, 3] R, G, B
  int64_t height = 0, width = 0;
  int64_t type = -1;                     // label id, -1: none
  int64_t frames = 1;                    // of a clip, one below the other in the picture
  int64_t video = 0;                     // of clips: which video they are from
  std::string_view group;                // of clips
  std::string_view split;                // "train", "test", or empty if not given
  std::vector<std::string_view> labels;  // only in the side record
};

// Reads a message in place: the views point into bytes.  Nothing is copied, so a set may be larger than
// memory.  False if the bytes are not an Example, or a known feature has the wrong kind or too many values.
bool parse_example(std::span<const uint8_t> bytes, PictureExample& out);

// The names of all features, in the message's order.  Empty if the bytes are not an Example.
std::vector<std::string_view> feature_names(std::span<const uint8_t> bytes);

// The message's bytes; the same example gives the same bytes.  Labels are written if there are any.
void serialize_example(const PictureExample& example, std::string& out);

}  // namespace reverie
