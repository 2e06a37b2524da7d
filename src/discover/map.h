// The map of a search, to look at.
#pragma once

#include <filesystem>
#include <string>

#include "core/planes.h"
#include "discover/archive.h"

namespace reverie {

// The last picture of each find in its cell; the first axis to the right, the second upwards.
Planes map_sheet(const std::filesystem::path& folder, const Archive& archive, const PictureFiles& files);

// The same as a page in one file, moving: a click copies the command that plays the find.
std::string map_page(const std::filesystem::path& folder, const Archive& archive);

}  // namespace reverie
