// CIFAR-10 and CIFAR-100, in their binary and Python versions, compressed or not.
//
// Format: "CIFAR-10 and CIFAR-100 datasets" by A. Krizhevsky.  Binary: records of one label byte (CIFAR-100:
// two, the coarse and the fine label) and 3072 bytes of pixels, the planes red, green, blue of 32 x 32 each.
// Python: a pickle of a dictionary with data, an array [count, 3072] of the same planes, and labels
// (CIFAR-100: fine_labels).  ImageNet's downsampled sets are like CIFAR's Python version, with other sides.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/intake.h"
#include "data/numpy_pickle.h"

namespace reverie {

inline constexpr int kCifarSide = 32;
inline constexpr int kCifarLabels = 10;

// The names listed in CIFAR-10's batches.meta.txt.
extern const std::array<std::string_view, kCifarLabels> kCifarNames;

// One file in memory, decompressed, which must outlive this.
class CifarBatch {
 public:
  // Error naming the file if it is damaged or none of CIFAR's, or the record if its label is out of range.
  CifarBatch(std::span<const uint8_t> bytes, const std::string& name);

  size_t size() const { return labels_.size(); }
  int side() const { return side_; }
  int label(size_t i) const { return labels_[i]; }  // CIFAR-100: the fine one
  // What the labels are called where no file says: CIFAR-10's names, else numbers.  More than any label.
  std::vector<std::string> default_names() const;
  // As [side, side, 3].
  void pixels(size_t i, std::vector<uint8_t>& out) const;

 private:
  void read_binary(std::span<const uint8_t> bytes, const std::string& name);
  void read_pickle(std::span<const uint8_t> bytes, const std::string& name);

  std::unique_ptr<Pickle> pickle_;  // holds what planes_ points into
  std::span<const uint8_t> planes_;
  size_t skip_ = 0;  // bytes before the planes of each record
  int side_ = kCifarSide;
  int names_ = kCifarLabels;
  std::vector<int> labels_;
};

// Whether a file is named like CIFAR's: data_batch_1.bin, test_batch, train.bin, train; also with the ending
// of a compressed file.  Names without .bin are common ones: see is_cifar().
bool is_cifar_name(const std::string& name);

// The same for a file in memory, where a name without .bin must be a pickle's.
bool is_cifar(std::span<const uint8_t> bytes, const std::string& name);

// Names of labels from a file of that name: batches.meta.txt, fine_label_names.txt, batches.meta, meta.
// Nothing for other files, and where a name is there twice, as it tells nothing apart; Error if it is
// damaged.
std::optional<std::vector<std::string>> cifar_names(std::span<const uint8_t> bytes, const std::string& path);
bool is_cifar_names_name(const std::string& name);

// Adds the pictures of one file; those of data_batch and train are for training, of test and val for test,
// others undecided.  names: of the labels; empty: the default ones.
void import_cifar_batch(std::span<const uint8_t> bytes, const std::string& path,
                        const std::vector<std::string>& names, PictureIntake& intake);

// Whether a folder holds such files.
bool is_cifar_folder(const std::filesystem::path& folder);

// One file, or all files in a folder; the names come from a file next to it, if there is one.
void import_cifar(const std::filesystem::path& path, PictureIntake& intake);

}  // namespace reverie
