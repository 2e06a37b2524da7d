// Named tensors in memory, which every weights format is read into and written from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

// shape [d0, d1, ...] in C order (last dimension fastest); empty for a single number.  Files may use other
// element types; in memory it is always float32.
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<float> data;
};

// The contents of one weights file.
struct TensorFile {
  std::string name;  // of the file, for errors
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;

  bool has(const std::string& key) const { return tensors.contains(key); }

  // Error names the file and the nearest existing key.
  const Tensor& get(const std::string& key) const;

  // The same, with the shape the caller is going to rely on; Error names both shapes if they differ.
  const Tensor& get(const std::string& key, const std::vector<int64_t>& shape) const;
};

// No tensor has more dimensions (NumPy's limit is 32 or 64).
constexpr size_t kMaxRank = 64;

// The product of the dimensions; nothing if a dimension is negative, if there are more than kMaxRank, or if
// the product of the nonzero dimensions exceeds 2^56.  So a shape that has a count can be multiplied in any
// order, and by the size of an element, without overflow.
std::optional<size_t> element_count(const std::vector<int64_t>& shape);

// "[3, 5, 5]"
std::string shape_text(const std::vector<int64_t>& shape);

// 'name' for an error line: quoted, and clipped in case it is a hostile megabyte.
std::string in_quotes(std::string_view name);

// Throws Error("write", file, ...) unless the data is as long as the shape says.
void require_whole(const Tensor& tensor, const std::string& file, const std::string& key);

}  // namespace reverie
