// Small pictures of presets, clips and pictures: made once, and kept in the cache.
#pragma once

#include <filesystem>
#include <functional>

#include "control/chain.h"

namespace reverie {

inline constexpr int kThumbnailWidth = 160, kThumbnailHeight = 90;
inline constexpr int kThumbnailFrames = 12;  // of a preset's, a tenth of a second apart

// The file of a chain's picture in the cache, by what the chain is; empty if the system has no home folder.
std::filesystem::path thumbnail_file(const Chain& chain, InputNeed input);

// What the chain looks like from a second and a half on, kThumbnailFrames pictures below one another: [3,
// kThumbnailFrames * kThumbnailHeight, kThumbnailWidth], from the cache, or made on one thread and put there.
// One that needs an input is shown a painting.  go_on: asked before each frame; where it says no the result
// is empty. Error if the chain cannot be played.
Planes thumbnail_film(const Chain& chain, InputNeed input, const std::function<bool()>& go_on = nullptr);
// The first of those pictures, or of any film's; empty of nothing.
Planes first_picture(const Planes& film);
Planes thumbnail(const Chain& chain, InputNeed input, const std::function<bool()>& go_on = nullptr);

// Likewise of a picture or clip: its first frame that shows something, not black or another even colour.
std::filesystem::path clip_thumbnail_file(const std::filesystem::path& clip);
Planes clip_thumbnail(const std::filesystem::path& clip, const std::function<bool()>& go_on = nullptr);

}  // namespace reverie
