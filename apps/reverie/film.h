// The film of a network's learning.
#pragma once

#include <filesystem>

namespace reverie {

// RUN/film.mp4 of all sheets in the run's film folder, ten a second; says where it is.
void write_film(const std::filesystem::path& run);

}  // namespace reverie
