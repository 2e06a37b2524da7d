// Reads PyTorch's state files (.pth, .pt): what torch.save(model.state_dict(), FILE) writes.
//
// Format: torch/serialization.py.  Since 1.6 a zip archive: NAME/data.pkl, a pickle that describes the
// tensors, and NAME/data/KEY, the storages they lie in.  Before, pickles in a row (a magic number, a version,
// the machine, the tensors, the keys of the storages) and the storages.  Nothing in a file is run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "weights/tensor.h"

namespace reverie {

// All tensors of the dictionary that holds them, at the top or one or two dictionaries down ("state_dict"),
// converted to float32, in C order whatever their strides are.  Error naming the file for one that is damaged
// or needs more than tensors, dictionaries, lists, numbers and text: whole modules and TorchScript.
TensorFile read_pth(const std::filesystem::path& path);

// The same from memory; file is the name for errors.  Needs at most a small multiple of what the file unpacks
// to, whatever it says.
TensorFile parse_pth(std::span<const uint8_t> bytes, const std::string& file);

}  // namespace reverie
