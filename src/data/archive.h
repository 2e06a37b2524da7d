// Archives of picture folders.
#pragma once

#include <filesystem>

#include "data/intake.h"

namespace reverie {

// Adds the pictures of a tar (plain, or compressed with gzip, bzip2, xz or zstd) or zip archive, in its
// order, and those of CIFAR's files in it; read twice, first for the names in it.  Nothing is unpacked to
// disk; links, hidden files and everything else are skipped.  Error if the archive is damaged, or a file in
// it is larger than a picture may be.
void import_archive(const std::filesystem::path& path, const Decoders& decoders, PictureIntake& intake);

}  // namespace reverie
