// Reads and writes Caffe's weights (.caffemodel).
//
// Format: BVLC Caffe 1.0, src/caffe/proto/caffe.proto: a NetParameter in protobuf's binary form whose layers
// carry their blobs; also the V1 layers of 2014 and the V0 layers before them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "weights/tensor.h"

namespace reverie {

// The blobs of each layer as tensors LAYER.weight, LAYER.bias, LAYER.2, ... Blobs in the form used before
// 2014 have four dimensions; those of [1, 1, 1, N] become [N], those of [1, 1, M, N] (inner products) become
// [M, N], others keep four.  At most 2 GB.  Error names the file and the layer: truncated, counts that do not
// fit the shape, two layers with the same name.
TensorFile read_caffemodel(const std::filesystem::path& path);

// The same from memory; file is the name for errors.  Needs at most a small multiple of bytes.size() of
// memory.
TensorFile parse_caffemodel(std::span<const uint8_t> bytes, const std::string& file);

// The file as bytes: one layer for each LAYER of the tensors LAYER.weight, LAYER.bias, LAYER.2, ..., which
// Caffe matches by name.  Metadata cannot be stored.  Error if a name does not end like this or the blobs of
// a layer have a gap; file is the name for errors.
std::vector<uint8_t> caffemodel_bytes(const TensorFile& content, const std::string& file = "");

// Writes to a temporary file, then renames it.
void write_caffemodel(const std::filesystem::path& path, const TensorFile& content);

}  // namespace reverie
