#include "data/cifar.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/stop.h"
#include "core/text.h"
#include "data/bytes.h"

namespace reverie {

namespace fs = std::filesystem;

const std::array<std::string_view, kCifarLabels> kCifarNames = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

namespace {

constexpr std::string_view kNamesFile = "batches.meta.txt";

std::vector<std::string> label_names(const fs::path& folder) {
  std::vector<std::string> names;
  const fs::path file = folder / kNamesFile;
  std::error_code code;
  if (!fs::exists(file, code)) return {kCifarNames.begin(), kCifarNames.end()};
  for (const std::string& line : split(read_text_file(file), '\n')) {
    if (!trim(line).empty()) names.push_back(printable(std::string(trim(line))));
  }
  if (names.size() != kCifarLabels) {
    throw Error("read", file.string(), fmt::format("it has {} names, not {}", names.size(), kCifarLabels));
  }
  return names;
}

std::vector<fs::path> batch_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_cifar_name(entry.path().filename().string())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return files;
}

std::optional<Split> split_of(const std::string& name) {
  if (name.starts_with("test_batch")) return Split::kTest;
  if (name.starts_with("data_batch")) return Split::kTrain;
  return std::nullopt;
}

}  // namespace

CifarBatch::CifarBatch(std::span<const uint8_t> bytes, const std::string& name) : bytes_(bytes) {
  if (bytes.empty() || bytes.size() % kRecordBytes != 0) {
    throw Error("read", name,
                fmt::format("its {} bytes are not a whole number of CIFAR-10 records of {}", bytes.size(),
                            kRecordBytes));
  }
  for (size_t i = 0; i < size(); ++i) {
    if (label(i) >= kCifarLabels) {
      throw Error("read", fmt::format("{}, record {}", name, i),
                  fmt::format("its label is {}, but CIFAR-10 has 0 to {}", label(i), kCifarLabels - 1));
    }
  }
}

void CifarBatch::pixels(size_t i, std::vector<uint8_t>& out) const {
  const uint8_t* red = &bytes_[i * kRecordBytes + 1];
  out.resize(3 * kPlaneBytes);
  for (size_t p = 0; p < kPlaneBytes; ++p) {
    for (size_t c = 0; c < 3; ++c) out[3 * p + c] = red[c * kPlaneBytes + p];
  }
}

bool is_cifar_name(const std::string& name) {
  return name.ends_with(".bin") && split_of(name).has_value();
}

void import_cifar_batch(std::span<const uint8_t> bytes, const std::string& path,
                        std::span<const std::string> names, PictureIntake& intake) {
  const CifarBatch batch(bytes, path);
  std::array<int, kCifarLabels> ids = {};
  for (size_t i = 0; i < ids.size(); ++i) ids.at(i) = intake.set().label(names[i]);
  const std::optional<Split> split = split_of(fs::path(path).filename().string());
  std::vector<uint8_t> pixels;
  for (size_t i = 0; i < batch.size() && !stop_requested(); ++i) {
    batch.pixels(i, pixels);
    intake.add(pixels, kCifarSide, kCifarSide, {ids.at(static_cast<size_t>(batch.label(i))), split},
               fmt::format("{}, record {}", path, i));
  }
}

void import_cifar(const fs::path& path, PictureIntake& intake) {
  std::error_code code;
  const bool folder = fs::is_directory(path, code);
  const std::vector<std::string> names = label_names(folder ? path : path.parent_path());
  for (const fs::path& file : folder ? batch_files(path) : std::vector{path}) {
    import_cifar_batch(FileBytes(file).bytes(), file.string(), names, intake);
  }
}

}  // namespace reverie
