// Shared by the tests of searches.
#pragma once

#include "core/error.h"
#include "core/test_help.h"
#include "discover/search.h"
#include "sheets/png.h"

namespace reverie {

// Pictures are PNG here: codecs are another module's.
inline PictureFiles plain_files() {
  return {[](const std::filesystem::path& file) -> Planes {
            throw Error("read", file.string(), "no test needs it");
          },
          png_bytes};
}

inline constexpr const char* kLively = R"(
[parameters]
levels = 2
channels = [3, 6, 8]
filters = "smooth"
decode_kernel = 4
home_centre = 1
home_level = 0.45
home_rate = 0.1
gain = 1.2
self = 0.85
encode = -0.3
decode = 0.3
sblur = 0.3
tblur = 0.2
noise = [0, 0.05, 0.1]
)";

// Begins from kLively.
inline SearchSettings small_search(const TemporaryFolder& folder) {
  SearchSettings settings;
  settings.from = {folder.write("presets/toy.toml", kLively).string()};
  settings.cells = 4;
  settings.life.size = 32;
  settings.life.frames = 120;
  return settings;
}

}  // namespace reverie
