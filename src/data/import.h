// Imports pictures from any source into a record set.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "data/intake.h"

namespace reverie {

// Adds all pictures of
//   CIFAR-10's binary files, or a folder of them      data/cifar.h
//   MNIST's idx files, or a folder of them            data/idx.h
//   a tar or zip archive of pictures, or of CIFAR's binary files
//   a folder of pictures and videos, and the folders in it, in natural order; links to folders are not
//   followed
//   a picture or a video
// A picture's label is the name of its folder; below a folder called train or test, which also sets its
// split, the label is the name of the folder directly below that.  The label of a single video is its name
// without extension.  Pictures that cannot be read are left out (PictureIntake::left_out).  Returns early
// after Ctrl-C.  Error if the source is none of these, or damaged as a whole.
void import_source(const std::string& spec, const Decoders& decoders, PictureIntake& intake);

// Where a picture belongs, from its path: names of folders first, its own last.  Internal to data/.
struct Place {
  std::string label;
  std::optional<Split> split;
};
Place place_of(const std::filesystem::path& path);

// Internal to data/: decodes a picture and adds it, or leaves it out.
void import_picture(std::span<const uint8_t> bytes, const Place& place, const std::string& name,
                    const Decoders& decoders, PictureIntake& intake);

// The largest allowed picture file, in bytes.
inline constexpr uint64_t kMostPictureBytes = uint64_t{1} << 28U;

}  // namespace reverie
