// Imports pictures from any source into a record set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "data/intake.h"

namespace reverie {

// Adds all pictures of
//   CIFAR's binary or Python files, or a folder of them   data/cifar.h
//   MNIST's idx files, or a folder of them                data/idx.h
//   a tar or zip archive of pictures, or of CIFAR's files
//   a folder of pictures and videos, and the folders in it, in natural order; links are followed, also those
//   that git writes as text where it cannot make links
//   a picture or a video
// CIFAR's and MNIST's files and single pictures may be compressed (core/compressed.h).  A picture's label is
// the name of its folder; below a folder that names a split (Places), it is the name of the folder directly
// below that.  The label of a single video is its name without extension.  Pictures that cannot be read are
// left out (PictureIntake::left_out).  Returns early after Ctrl-C.  Error if the source is none of these,
// saying what it is, or damaged as a whole.
void import_source(const std::string& spec, const Decoders& decoders, PictureIntake& intake);

// Where a picture belongs, from its path: names of folders first, its own last.  Internal to data/.
struct Place {
  std::string label;
  std::optional<Split> split;
  bool spare = false;  // in a folder of validation beside those of training and testing: not imported
};

// Tells where pictures belong, once it has seen all their paths.  train, test, val and validation are splits
// anywhere; training, testing and valid, and all of them in capitals, where there is another split beside
// them. Validation is for testing, unless there is a folder for testing, too.
class Places {
 public:
  void see(const std::filesystem::path& path);
  Place of(const std::filesystem::path& path) const;

 private:
  enum class Part : uint8_t { kNone, kTrain, kTest, kValidation };
  static Part part_of(const std::string& name);
  Part split_at(const std::string& above, const std::string& name) const;
  bool has(const std::string& above, Part part) const;

  std::map<std::string, std::set<Part>> parts_;  // by the folder they are in
};

// Internal to data/: decodes a picture and adds it, or leaves it out.
void import_picture(std::span<const uint8_t> bytes, const Place& place, const std::string& name,
                    const Decoders& decoders, PictureIntake& intake);

// Internal to data/: says that pictures of validation were left out, if any were.
void warn_of_spare(size_t count, const std::string& source);

// The largest allowed picture file, in bytes.
inline constexpr uint64_t kMostPictureBytes = uint64_t{1} << 28U;

}  // namespace reverie
