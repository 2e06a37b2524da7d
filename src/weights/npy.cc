#include "weights/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <utility>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file.h"
#include "weights/element.h"
#include "weights/npy_header.h"

namespace reverie {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{16} << 30U;

// From first dimension fastest to last dimension fastest; the shape does not change.
std::vector<float> from_fortran_order(const std::vector<float>& in, const std::vector<int64_t>& shape) {
  if (shape.size() < 2 || in.empty()) return in;
  std::vector<size_t> stride(shape.size());  // of each dimension in the input
  size_t product = 1;
  for (size_t d = 0; d < shape.size(); ++d) {
    stride[d] = product;
    product *= static_cast<size_t>(shape[d]);
  }
  std::vector<float> out;
  out.reserve(in.size());
  std::vector<int64_t> index(shape.size(), 0);
  size_t from = 0;
  while (out.size() < in.size()) {
    out.push_back(in[from]);
    for (size_t d = shape.size(); d-- > 0;) {
      from += stride[d];
      if (++index[d] < shape[d]) break;
      from -= stride[d] * static_cast<size_t>(shape[d]);
      index[d] = 0;
    }
  }
  return out;
}

}  // namespace

Tensor parse_npy(std::span<const uint8_t> bytes, const std::string& file) {
  NpyHeader header = parse_npy_header(bytes, file);
  const std::optional<size_t> count = element_count(header.shape);
  if (!count) throw Error("read", file, "its shape " + shape_text(header.shape) + " is too large");
  const std::span<const uint8_t> data = bytes.subspan(header.data_begin);
  const size_t wanted = *count * element_size(header.type);
  if (data.size() != wanted) {
    throw Error(
        "read", file,
        fmt::format("its shape {} needs {} bytes, it has {}", shape_text(header.shape), wanted, data.size()),
        data.size() < wanted ? "copy the file again" : "");
  }
  std::vector<float> values = to_floats(data, header.type, header.order);
  if (header.fortran_order) values = from_fortran_order(values, header.shape);
  return {std::move(header.shape), std::move(values)};
}

Tensor read_npy(const std::filesystem::path& path) {
  return parse_npy(read_content(path, kMaxFileBytes), path.string());
}

std::vector<uint8_t> npy_bytes(const Tensor& tensor, const std::string& file) {
  require_whole(tensor, file, "array");
  const std::string shape =
      fmt::format("({}{})", fmt::join(tensor.shape, ", "), tensor.shape.size() == 1 ? "," : "");
  std::string dict = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': {}, }}", shape);
  const size_t before = kNpyMagic.size() + 4;  // magic, version, length
  const size_t begin = (before + dict.size() + kNpyAlignment) / kNpyAlignment * kNpyAlignment;
  dict.resize(begin - before - 1, ' ');
  dict += '\n';
  std::vector<uint8_t> bytes;
  bytes.reserve(begin + tensor.data.size() * sizeof(float));
  bytes.assign(kNpyMagic.begin(), kNpyMagic.end());
  bytes.push_back(1);  // version 1.0
  bytes.push_back(0);
  bytes.push_back(static_cast<uint8_t>(dict.size()));
  bytes.push_back(static_cast<uint8_t>(dict.size() >> 8U));
  bytes.insert(bytes.end(), dict.begin(), dict.end());
  append_floats(bytes, tensor.data);
  return bytes;
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  write_file(path, npy_bytes(tensor, path.string()));
}

}  // namespace reverie
