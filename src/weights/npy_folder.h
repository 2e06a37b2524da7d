// Reads and writes a folder of .npy files as named tensors.
#pragma once

#include <filesystem>

#include <map>
#include <string>

#include "weights/tensor.h"

namespace reverie {

// The net of Caffe in a folder that says what its hourglass is.
inline constexpr const char* kNpyNet = "hourglass.prototxt";

// Whether a folder has the files of an hourglass of 2015, encode1-filters.npy and so on.
bool is_npy_hourglass(const std::filesystem::path& folder);

// Every NAME.npy of the folder as the tensor NAME (%2F and the like in a file name stand for the character
// with that code).  A folder of 2015 (encodeN-filters.npy [out, y, x, in], encodeN-biases.npy,
// decodeN-filters.npy [out, y, x, in], decodeN-biases.npy, N = 1..) becomes encodeN.weight [upper, lower, k,
// k], encodeN.bias, decodeN.weight [upper, lower, k, k], decodeN.bias; its other files are ignored.  With
// kNpyNet in it, a folder is the model that hourglass_from_caffe() makes.  Error names the file; also for a
// folder without any .npy file.
TensorFile read_npy_folder(const std::filesystem::path& folder);

// Creates the folder with one NAME.npy for each tensor; characters that may trouble a file system become %2F
// and the like.  texts: further files, by name.  Metadata cannot be stored.  Written under a temporary name,
// then renamed.  Error if the folder already exists and is not empty.
void write_npy_folder(const std::filesystem::path& folder, const TensorFile& content,
                      const std::map<std::string, std::string>& texts = {});

}  // namespace reverie
