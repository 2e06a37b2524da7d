#include "weights/npy_folder.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <system_error>

#include "core/error.h"
#include "core/file.h"
#include "weights/caffe_hourglass.h"
#include "weights/npy.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostFiles = 100'000;
constexpr size_t kLongestFileName = 200;  // file systems allow 255, the partial name needs some
constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

// "fire2/conv.weight" -> "fire2%2Fconv.weight.npy"
std::string file_name(const std::string& tensor, const fs::path& folder) {
  std::string name;
  for (const char c : tensor) {
    const bool plain = kPlain.find(c) != std::string_view::npos && !(name.empty() && c == '.');
    name += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  if (name.empty() || name.size() > kLongestFileName)
    throw Error("write", folder.string(),
                fmt::format("the name of tensor {} is not a valid file name", in_quotes(tensor)));
  return name + ".npy";
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string tensor_name(const std::string& stem) {
  std::string name;
  for (size_t i = 0; i < stem.size(); ++i) {
    const int high = stem[i] == '%' && i + 2 < stem.size() ? hex_digit(stem[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(stem[i + 2]) : -1;
    if (low < 0) {
      name += stem[i];
    } else {
      name += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return name;
}

// [out, y, x, in] -> [a, b, y, x] with (a, b) = (out, in), or (in, out) if swap is set.
Tensor from_2015(const Tensor& t, bool swap) {
  const int64_t out = t.shape[0];
  const int64_t h = t.shape[1];
  const int64_t w = t.shape[2];
  const int64_t in = t.shape[3];
  Tensor to{{swap ? in : out, swap ? out : in, h, w}, std::vector<float>(t.data.size())};
  for (int64_t o = 0; o < out; ++o) {
    for (int64_t i = 0; i < in; ++i) {
      const int64_t pair = swap ? i * out + o : o * in + i;
      for (int64_t y = 0; y < h; ++y) {
        for (int64_t x = 0; x < w; ++x) {
          to.data[static_cast<size_t>((pair * h + y) * w + x)] =
              t.data[static_cast<size_t>(((o * h + y) * w + x) * in + i)];
        }
      }
    }
  }
  return to;
}

Tensor read_filters(const fs::path& path, bool swap) {
  const Tensor t = read_npy(path);
  if (t.shape.size() != 4) {
    throw Error("read", path.string(),
                fmt::format("its shape {} is not that of filters [out, y, x, in]", shape_text(t.shape)));
  }
  return from_2015(t, swap);
}

TensorFile read_hourglass_of_2015(const fs::path& folder) {
  TensorFile file;
  file.name = folder.string();
  const auto path = [&folder](const char* part, int n, const char* what) {
    return folder / fmt::format("{}{}-{}.npy", part, n, what);
  };
  std::error_code code;
  for (int n = 1; fs::exists(path("encode", n, "filters"), code); ++n) {
    const auto add = [&](const char* part, const char* suffix, Tensor tensor) {
      file.tensors[fmt::format("{}{}.{}", part, n, suffix)] = std::move(tensor);
    };
    add("encode", "weight", read_filters(path("encode", n, "filters"), false));
    add("encode", "bias", read_npy(path("encode", n, "biases")));
    // a decoder's `out` is the lower level
    add("decode", "weight", read_filters(path("decode", n, "filters"), true));
    add("decode", "bias", read_npy(path("decode", n, "biases")));
  }
  return file;
}

// Deleted with everything in it unless it was renamed.
struct PartialFolder {
  explicit PartialFolder(fs::path p) : path(std::move(p)) {}
  ~PartialFolder() {
    std::error_code code;
    fs::remove_all(path, code);
  }
  PartialFolder(const PartialFolder&) = delete;
  PartialFolder& operator=(const PartialFolder&) = delete;
  fs::path path;
};

}  // namespace

bool is_npy_hourglass(const fs::path& folder) {
  std::error_code code;
  return fs::exists(folder / "encode1-filters.npy", code);
}

TensorFile read_npy_folder(const fs::path& folder) {
  if (is_npy_hourglass(folder)) return read_hourglass_of_2015(folder);
  TensorFile file;
  file.name = folder.string();
  std::error_code code;
  fs::directory_iterator it(folder, code);
  for (; !code && it != fs::directory_iterator(); it.increment(code)) {
    if (it->path().extension() != ".npy") continue;
    if (file.tensors.size() >= kMostFiles)
      throw Error("read", file.name, fmt::format("it has more than {} files", kMostFiles));
    const std::string name = tensor_name(it->path().stem().string());
    if (!file.tensors.emplace(name, read_npy(it->path())).second)
      throw Error("read", file.name, fmt::format("two of its files hold the tensor {}", in_quotes(name)));
  }
  if (code) throw Error("read", file.name, code.message());
  if (file.tensors.empty()) throw Error("read the weights", file.name, "there is no .npy file in it");
  if (!fs::exists(folder / kNpyNet, code)) return file;
  TensorFile model = hourglass_from_caffe(read_caffe_net(folder / kNpyNet), file).model;
  model.name = file.name;
  return model;
}

void write_npy_folder(const fs::path& folder, const TensorFile& content,
                      const std::map<std::string, std::string>& texts) {
  // "out/" and "out" are the same folder
  const fs::path target = folder.has_filename() ? folder : folder.parent_path();
  std::error_code code;
  if (fs::exists(target, code) && !(fs::is_directory(target, code) && fs::is_empty(target, code)))
    throw Error("write", target.string(), "it already exists and is not empty", "use another name");
  std::map<std::string, const Tensor*> files;
  for (const auto& [name, tensor] : content.tensors) {
    require_whole(tensor, target.string(), name);
    files[file_name(name, target)] = &tensor;
  }
  const PartialFolder partial(partial_name(target));
  for (const auto& [name, tensor] : files) write_npy(partial.path / name, *tensor);
  for (const auto& [name, text] : texts)
    write_file(partial.path / name, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  fs::remove(target, code);  // if it is empty
  fs::rename(partial.path, target, code);
  if (code) throw Error("write", target.string(), code.message());
}

}  // namespace reverie
