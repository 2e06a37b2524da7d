#include "data/idx.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file_kind.h"
#include "core/limits.h"
#include "core/stop.h"
#include "core/text.h"
#include "data/bytes.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostDimensions = 4;
constexpr uint8_t kUnsignedByte = 0x08;

void replace_once(std::string& s, std::string_view from, std::string_view to) {
  if (const size_t at = s.find(from); at != std::string::npos) s.replace(at, from.size(), to);
}

// The file of labels for a file of images, compressed or not.
fs::path labels_of(const fs::path& images) {
  std::string name = images.filename().string();
  replace_once(name, "images", "labels");
  replace_once(name, "idx3", "idx1");
  for (const char* ending : {"", ".gz", ".xz", ".zst", ".bz2"}) {
    fs::path file = images.parent_path() / (uncompressed_name(name) + ending);
    std::error_code code;
    if (file.filename() != images.filename() && fs::exists(file, code)) return file;
  }
  throw Error("import", images.string(), fmt::format("its labels, {}, are not in the same folder", name));
}

std::optional<Split> split_of(const std::string& name) {
  if (name.find("t10k") != std::string::npos || name.find("test") != std::string::npos) return Split::kTest;
  if (name.find("train") != std::string::npos) return Split::kTrain;
  return std::nullopt;
}

bool is_images_name(const std::string& name) {
  return is_idx_name(name) && name.find("images") != std::string::npos;
}

void import_images(const fs::path& path, PictureIntake& intake) {
  const FileBytes image_bytes(path);
  const IdxArray images = parse_idx(image_bytes.bytes(), path.string());
  if (images.shape.size() != 3 || images.shape[1] < 1 || images.shape[1] > kLargestSide ||
      images.shape[2] < 1 || images.shape[2] > kLargestSide) {
    throw Error("read", path.string(), "it holds no pictures [count, height, width]");
  }
  const fs::path labels_path = labels_of(path);
  const FileBytes label_bytes(labels_path);
  const IdxArray labels = parse_idx(label_bytes.bytes(), labels_path.string());
  if (labels.shape.size() != 1 || labels.shape[0] != images.shape[0]) {
    throw Error("read", labels_path.string(),
                fmt::format("it does not hold one label for each of the {} pictures", images.shape[0]));
  }
  // all labels up to the largest, so that ids equal labels
  const int count = labels.data.empty() ? 0 : 1 + *std::max_element(labels.data.begin(), labels.data.end());
  std::vector<int> ids;
  ids.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) ids.push_back(intake.set().label(std::to_string(i)));

  const std::optional<Split> split = split_of(path.filename().string());
  const size_t samples = images.shape[1] * images.shape[2];
  std::vector<uint8_t> pixels(samples * 3);
  for (size_t i = 0; i < images.shape[0] && !stop_requested(); ++i) {
    const uint8_t* grey = images.data.data() + i * samples;
    for (size_t p = 0; p < samples; ++p) std::fill_n(&pixels[3 * p], 3, grey[p]);
    intake.add(pixels, static_cast<int>(images.shape[1]), static_cast<int>(images.shape[2]),
               {ids[labels.data[i]], split}, fmt::format("{}, picture {}", path.string(), i));
  }
}

}  // namespace

IdxArray parse_idx(std::span<const uint8_t> bytes, const std::string& name) {
  constexpr size_t kMagicBytes = 4;
  if (bytes.size() < kMagicBytes || bytes[0] != 0 || bytes[1] != 0) {
    refuse_other_kinds(bytes, name, FileType::kIdx, "an idx file");
    throw Error("read", name, "it is not an idx file");
  }
  if (bytes[2] != kUnsignedByte) {
    throw Error("read", name, fmt::format("its values are of type {}, not unsigned bytes (8)", bytes[2]));
  }
  const size_t dimensions = bytes[3];
  if (dimensions < 1 || dimensions > kMostDimensions) {
    throw Error("read", name, fmt::format("it has {} dimensions, not 1 to {}", dimensions, kMostDimensions));
  }
  const size_t head = kMagicBytes + 4 * dimensions;
  if (bytes.size() < head) throw Error("read", name, "it is cut off within its header");
  IdxArray array;
  array.data = bytes.subspan(head);
  uint64_t count = 1;
  for (size_t d = 0; d < dimensions; ++d) {
    const uint8_t* at = &bytes[kMagicBytes + 4 * d];
    const uint64_t size = uint64_t{at[0]} << 24U | uint64_t{at[1]} << 16U | uint64_t{at[2]} << 8U | at[3];
    array.shape.push_back(static_cast<size_t>(size));
    // no more than the number of bytes, so that no product overflows
    if (size != 0 && count > array.data.size() / size) {
      throw Error("read", name, fmt::format("it is shorter than its header says: {} bytes", bytes.size()));
    }
    count *= size;
  }
  if (count != array.data.size()) {
    throw Error("read", name,
                fmt::format("its header says {} values, but it has {}", count, array.data.size()));
  }
  return array;
}

bool is_idx_name(const std::string& name) {
  return name.find("idx") != std::string::npos && uncompressed_name(name).ends_with("ubyte");
}

void import_idx(const fs::path& path, PictureIntake& intake) {
  std::error_code code;
  std::vector<fs::path> files;
  if (fs::is_directory(path, code)) {
    for (const auto& entry : fs::directory_iterator(path)) {
      const std::string name = entry.path().filename().string();
      if (!is_images_name(name)) continue;
      // the same file, compressed and not, counts once
      const std::string plain = uncompressed_name(name);
      if (plain != name && fs::exists(path / plain, code)) continue;
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
  } else if (path.filename().string().find("labels") == std::string::npos) {
    files.push_back(path);
  }
  for (const fs::path& file : files) import_images(file, intake);
}

}  // namespace reverie
