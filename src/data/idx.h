// MNIST's idx files, and others in the same format (Fashion-MNIST, EMNIST); compressed too.
//
// Format: "THE IDX FILE FORMAT" on Y. LeCun's MNIST page: two zero bytes, a type byte, the number of
// dimensions, each dimension as a 32-bit number with the highest byte first, then the array in C order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/intake.h"

namespace reverie {

// An array of unsigned bytes, in place in the file's bytes.
struct IdxArray {
  std::vector<size_t> shape;
  std::span<const uint8_t> data;
};

// Error naming the file for another type, more than 4 dimensions, or a file that is longer or shorter than
// its header says.
IdxArray parse_idx(std::span<const uint8_t> bytes, const std::string& name);

// Whether a file is named like an idx file: ...-images-idx3-ubyte, ...-labels-idx1-ubyte, also with
// the ending of a compressed file.
bool is_idx_name(const std::string& name);

// Adds the pictures of one file of images, or of all in a folder, grey as R = G = B, with labels from the
// matching file; train-* for training, t10k-* and test-* for test, others undecided.  A file of labels is
// skipped.  Error naming the file.
void import_idx(const std::filesystem::path& path, PictureIntake& intake);

}  // namespace reverie
