// Small pictures of presets, clips and pictures: made once, and kept in the cache.
#pragma once

#include <filesystem>
#include <functional>

#include "control/chain.h"

namespace reverie {

inline constexpr int kThumbnailWidth = 160, kThumbnailHeight = 90;

// The file of a chain's picture in the cache, by what the chain is; empty if the system has no home folder.
std::filesystem::path thumbnail_file(const Chain& chain, InputNeed input);

// What the chain looks like after a second and a half, [3, kThumbnailHeight, kThumbnailWidth]: from the
// cache, or made on one thread and put there.  One that needs an input is shown a painting.  go_on: asked
// before each frame; where it says no the result is empty.  Error if the chain cannot be played.
Planes thumbnail(const Chain& chain, InputNeed input, const std::function<bool()>& go_on = nullptr);

// Likewise of a picture or clip: its first frame that shows something, not black or another even colour.
std::filesystem::path clip_thumbnail_file(const std::filesystem::path& clip);
Planes clip_thumbnail(const std::filesystem::path& clip, const std::function<bool()>& go_on = nullptr);

}  // namespace reverie
