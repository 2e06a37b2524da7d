// CIFAR-10's binary files: data_batch_1.bin to data_batch_5.bin, test_batch.bin.
//
// Format: "CIFAR-10 and CIFAR-100 datasets" by A. Krizhevsky, section "Binary version": records of one label
// byte and 3072 bytes of pixels, the planes red, green, blue of 32 x 32 each.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/intake.h"

namespace reverie {

inline constexpr int kCifarSide = 32;
inline constexpr int kCifarLabels = 10;

// The names listed in CIFAR-10's batches.meta.txt.
extern const std::array<std::string_view, kCifarLabels> kCifarNames;

// One file in memory, which must outlive this.
class CifarBatch {
 public:
  // Error naming the file if its length is not a whole number of records, or the record if its label is above
  // 9.
  CifarBatch(std::span<const uint8_t> bytes, const std::string& name);

  size_t size() const { return bytes_.size() / kRecordBytes; }
  int label(size_t i) const { return bytes_[i * kRecordBytes]; }
  // As [32, 32, 3].
  void pixels(size_t i, std::vector<uint8_t>& out) const;

 private:
  static constexpr size_t kPlaneBytes = static_cast<size_t>(kCifarSide) * kCifarSide;
  static constexpr size_t kRecordBytes = 1 + 3 * kPlaneBytes;
  std::span<const uint8_t> bytes_;
};

// Whether a file is named like CIFAR's.
bool is_cifar_name(const std::string& name);

// Adds the pictures of one file; data_batch_* for training, test_batch for test, others undecided.  names: of
// the ten labels.
void import_cifar_batch(std::span<const uint8_t> bytes, const std::string& path,
                        std::span<const std::string> names, PictureIntake& intake);

// One file, or all files in a folder; the names come from a batches.meta.txt next to it, if there is one.
void import_cifar(const std::filesystem::path& path, PictureIntake& intake);

}  // namespace reverie
