// MNIST's idx files, and others of their form (Fashion-MNIST, EMNIST); gzipped too.
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

// An array of unsigned bytes, where it lies in the file's bytes.
struct IdxArray {
  std::vector<size_t> shape;
  std::span<const uint8_t> data;
};

// Error naming the file for another type, more than 4 dimensions, and a file longer or shorter than its
// header says.
IdxArray parse_idx(std::span<const uint8_t> bytes, const std::string& name);

// Whether a file is called as idx files are: ...-images-idx3-ubyte, ...-labels-idx1-ubyte, with .gz or not.
bool is_idx_name(const std::string& name);

// Hands in the pictures of one file of images, or all of a folder, grey as R = G = B, with the labels of the
// file of labels that is called alike; train-* for training, t10k-* and test-* for test, others untold.
// A file of labels is passed over.  Error naming the file.
void import_idx(const std::filesystem::path& path, PictureIntake& intake);

}  // namespace reverie
