#include "weights/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "core/text.h"

namespace reverie {

const Tensor& TensorFile::get(const std::string& key) const {
  const auto found = tensors.find(key);
  if (found != tensors.end()) return found->second;
  std::vector<std::string> keys;
  keys.reserve(tensors.size());
  for (const auto& [k, tensor] : tensors) keys.push_back(k);
  std::string hint = did_you_mean(key, keys);
  if (hint.size() > 120) hint.clear();
  throw Error("find tensor " + in_quotes(key) + " in", name,
              fmt::format("no such name among its {} tensors{}", tensors.size(), hint));
}

const Tensor& TensorFile::get(const std::string& key, const std::vector<int64_t>& shape) const {
  const Tensor& tensor = get(key);
  if (tensor.shape != shape) {
    throw Error("use tensor " + in_quotes(key) + " of", name,
                "its shape is " + shape_text(tensor.shape) + ", expected " + shape_text(shape));
  }
  return tensor;
}

std::optional<size_t> element_count(const std::vector<int64_t>& shape) {
  constexpr int64_t kMost = int64_t{1} << 56;
  if (shape.size() > kMaxRank) return std::nullopt;
  int64_t product = 1;
  bool none = false;
  for (const int64_t d : shape) {
    if (d < 0) return std::nullopt;
    if (d == 0) {
      none = true;
    } else if (d > kMost / product) {
      return std::nullopt;
    } else {
      product *= d;
    }
  }
  return none ? 0 : static_cast<size_t>(product);
}

std::string shape_text(const std::vector<int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::string in_quotes(std::string_view name) {
  constexpr size_t kLongest = 80;
  if (name.size() <= kLongest) return fmt::format("'{}'", name);
  return fmt::format("'{}...'", name.substr(0, kLongest));
}

void require_whole(const Tensor& tensor, const std::string& file, const std::string& key) {
  const std::optional<size_t> count = element_count(tensor.shape);
  if (count && *count == tensor.data.size()) return;
  throw Error("write", file,
              fmt::format("tensor {} has shape {} but {} numbers", in_quotes(key), shape_text(tensor.shape),
                          tensor.data.size()));
}

}  // namespace reverie
