#include "core/deinterlace.h"

#include <algorithm>

#include "core/error.h"

namespace reverie {

const std::vector<std::string>& deinterlace_words() {
  static const std::vector<std::string> words = {"auto", "on", "off"};
  return words;
}

std::string deinterlace_word(Deinterlace d) {
  return deinterlace_words()[static_cast<size_t>(d)];
}

Deinterlace deinterlace_of(const std::string& word) {
  const auto it = std::find(deinterlace_words().begin(), deinterlace_words().end(), word);
  if (it == deinterlace_words().end())
    throw Error("deinterlace a video", "'" + word + "'", "it must be auto, on or off");
  return static_cast<Deinterlace>(it - deinterlace_words().begin());
}

}  // namespace reverie
