// What is done with interlaced video.
#pragma once

#include <string>
#include <vector>

namespace reverie {

enum class Deinterlace {
  kAuto,  // pictures that say that they are interlaced become whole ones
  kOn,    // all do
  kOff,   // shown as stored, with combs where something moves
};

// "auto", "on", "off", in the order of Deinterlace.
const std::vector<std::string>& deinterlace_words();
std::string deinterlace_word(Deinterlace d);
// Error for any other word.
Deinterlace deinterlace_of(const std::string& word);

}  // namespace reverie
