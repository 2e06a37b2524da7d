#include "data/cifar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/compressed.h"
#include "core/error.h"
#include "core/file.h"
#include "core/file_kind.h"
#include "core/limits.h"
#include "core/stop.h"
#include "core/text.h"
#include "data/bytes.h"

namespace reverie {

namespace fs = std::filesystem;

const std::array<std::string_view, kCifarLabels> kCifarNames = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

namespace {

constexpr size_t kPlanesBytes = static_cast<size_t>(kCifarSide) * kCifarSide * 3;
constexpr int kHundredLabels = 100;
constexpr std::array<std::string_view, 4> kNamesFiles = {"batches.meta.txt", "fine_label_names.txt",
                                                         "batches.meta", "meta"};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool is_pickle(std::span<const uint8_t> bytes) {
  return kind_of(bytes, "").type == FileType::kPickle;
}

// "x/data_batch_1.bin.gz" -> "data_batch_1.bin"
std::string plain_name(const std::string& path) {
  return uncompressed_name(fs::path(path).filename().string());
}

bool is_batch_name(const std::string& plain) {
  return has(plain, "data_batch") || has(plain, "test_batch");
}

std::optional<Split> split_of(const std::string& path) {
  const std::string name = plain_name(path);
  const fs::path stem = fs::path(name).stem();
  if (has(name, "test_batch") || stem == "test" || stem == "val_data") return Split::kTest;
  if (has(name, "data_batch") || stem == "train") return Split::kTrain;
  return std::nullopt;
}

// Regular files of a folder, by name in natural order.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file(code)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return files;
}

std::vector<fs::path> batch_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::path& file : files_in(folder)) {
    const std::string plain = plain_name(file.string());
    if (!is_cifar_name(plain)) continue;
    // a packed one beside the same file counts once
    std::error_code code;
    if (plain != file.filename().string() && fs::exists(folder / plain, code)) continue;
    if (plain.ends_with(".bin") || is_cifar(FileBytes(file).bytes(), plain)) files.push_back(file);
  }
  return files;
}

std::vector<std::string> names_beside(const fs::path& folder) {
  std::error_code code;
  for (const std::string_view name : kNamesFiles) {
    const fs::path file = folder / name;
    constexpr uint64_t kMost = 1U << 20U;
    if (!fs::is_regular_file(file, code) || fs::file_size(file, code) > kMost) continue;
    if (auto names = cifar_names(read_file(file, kMost), file.string())) return *names;
  }
  return {};
}

std::vector<std::string> lines_of(std::span<const uint8_t> bytes) {
  std::vector<std::string> names;
  for (const std::string& line : split(std::string(bytes.begin(), bytes.end()), '\n')) {
    if (!trim(line).empty()) names.push_back(printable(std::string(trim(line))));
  }
  return names;
}

[[noreturn]] void fail_label(const std::string& name, size_t record, int64_t label, size_t count) {
  throw Error("read", fmt::format("{}, record {}", name, record),
              fmt::format("its label is {}, but there are 0 to {}", label, count - 1));
}

}  // namespace

CifarBatch::CifarBatch(std::span<const uint8_t> bytes, const std::string& name) {
  if (is_pickle(bytes)) {
    read_pickle(bytes, name);
  } else {
    read_binary(bytes, name);
  }
}

void CifarBatch::read_binary(std::span<const uint8_t> bytes, const std::string& name) {
  constexpr size_t kTen = 1 + kPlanesBytes;
  constexpr size_t kHundred = 2 + kPlanesBytes;
  const bool ten = bytes.size() % kTen == 0;
  const bool hundred = bytes.size() % kHundred == 0 && (!ten || !is_batch_name(plain_name(name)));
  if (bytes.empty() || (!ten && !hundred)) {
    refuse_other_kinds(bytes, name, FileType::kUnknown, "one of CIFAR's");
    throw Error("read", name,
                fmt::format("its {} bytes are not a whole number of CIFAR's records, of {} bytes or, in "
                            "CIFAR-100, {}",
                            bytes.size(), kTen, kHundred));
  }
  skip_ = hundred ? 2 : 1;
  names_ = hundred ? kHundredLabels : kCifarLabels;
  planes_ = bytes;
  for (size_t at = skip_ - 1; at < bytes.size(); at += skip_ + kPlanesBytes) {
    if (bytes[at] >= names_) fail_label(name, labels_.size(), bytes[at], static_cast<size_t>(names_));
    labels_.push_back(bytes[at]);
  }
}

void CifarBatch::read_pickle(std::span<const uint8_t> bytes, const std::string& name) {
  pickle_ = std::make_unique<Pickle>(numpy_pickle(bytes, name));
  const PickleValue& root = pickle_->root();
  const PickleValue* data = root.find("data");
  const PickleValue* labels = root.find("fine_labels");
  const bool hundred = labels != nullptr;
  if (labels == nullptr) labels = root.find("labels");
  if (labels == nullptr) labels = root.find("coarse_labels");
  if (data == nullptr || labels == nullptr)
    throw Error("read", name, "the pickle has no data and labels, as CIFAR's have",
                "save its pictures as PNG");
  const std::vector<int64_t>& shape = data->shape;
  int64_t values = 1;  // of a picture
  for (size_t d = 1; d < shape.size(); ++d) values *= shape[d];
  const auto side = std::lround(std::sqrt(static_cast<double>(values) / 3));
  const bool planes = data->kind == PickleValue::Kind::kArray && data->name == "u1" && !data->fortran &&
                      side >= 1 && side <= kLargestSide && side * side * 3 == values &&
                      (shape.size() == 2 || (shape.size() == 4 && shape[1] == 3 && shape[2] == side));
  if (!planes) {
    throw Error("read", name,
                fmt::format("its data are no array of bytes [count, 3072] but {} [{}]",
                            data->name.empty() ? "something else" : data->name, fmt::join(shape, ", ")));
  }
  side_ = static_cast<int>(side);
  planes_ = data->bytes;
  const std::vector<int64_t> found = pickled_numbers(*labels, name, "its labels");
  if (static_cast<int64_t>(found.size()) != shape[0])
    throw Error("read", name, fmt::format("it has {} pictures, but {} labels", shape[0], found.size()));
  names_ = hundred ? kHundredLabels : kCifarLabels;
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i] < 0 || found[i] >= kMostLabels) fail_label(name, i, found[i], kMostLabels);
    labels_.push_back(static_cast<int>(found[i]));
    names_ = std::max(names_, labels_.back() + 1);
  }
}

std::vector<std::string> CifarBatch::default_names() const {
  if (names_ == kCifarLabels) return {kCifarNames.begin(), kCifarNames.end()};
  std::vector<std::string> numbers;
  for (int i = 0; i < names_; ++i) numbers.push_back(std::to_string(i));
  return numbers;
}

void CifarBatch::pixels(size_t i, std::vector<uint8_t>& out) const {
  const size_t plane = static_cast<size_t>(side_) * static_cast<size_t>(side_);
  const uint8_t* red = planes_.data() + i * (skip_ + 3 * plane) + skip_;
  out.resize(3 * plane);
  for (size_t p = 0; p < plane; ++p) {
    for (size_t c = 0; c < 3; ++c) out[3 * p + c] = red[c * plane + p];
  }
}

bool is_cifar_name(const std::string& name) {
  const std::string plain = uncompressed_name(name);
  const fs::path stem = fs::path(plain).stem();
  if (plain.ends_with(".bin")) return is_batch_name(plain) || stem == "train" || stem == "test";
  return !fs::path(plain).has_extension() &&
         (is_batch_name(plain) || plain == "train" || plain == "test" || plain == "val_data");
}

bool is_cifar(std::span<const uint8_t> bytes, const std::string& name) {
  return is_cifar_name(name) && (uncompressed_name(name).ends_with(".bin") || is_pickle(bytes));
}

bool is_cifar_names_name(const std::string& name) {
  return std::find(kNamesFiles.begin(), kNamesFiles.end(), name) != kNamesFiles.end();
}

std::optional<std::vector<std::string>> cifar_names(std::span<const uint8_t> bytes, const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  if (!is_cifar_names_name(name)) return {};
  std::vector<std::string> names;
  if (name.ends_with(".txt")) {
    names = lines_of(bytes);
  } else if (is_pickle(bytes)) {
    const Pickle pickle = numpy_pickle(bytes, path);
    const PickleValue* list = pickle.root().find("fine_label_names");
    if (list == nullptr) list = pickle.root().find("label_names");
    if (list == nullptr) throw Error("read", path, "the pickle has no label_names, as CIFAR's has");
    names = pickled_texts(*list, path, "its label_names");
    for (std::string& n : names) n = printable(n);
  } else {
    return {};
  }
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) return {};
  return names;
}

void import_cifar_batch(std::span<const uint8_t> bytes, const std::string& path,
                        const std::vector<std::string>& names, PictureIntake& intake) {
  const CifarBatch batch(bytes, path);
  const std::vector<std::string> called = names.empty() ? batch.default_names() : names;
  std::vector<int> ids;
  for (const std::string& name : called) ids.push_back(intake.set().label(name));
  const std::optional<Split> split = split_of(path);
  std::vector<uint8_t> pixels;
  for (size_t i = 0; i < batch.size() && !stop_requested(); ++i) {
    const auto label = static_cast<size_t>(batch.label(i));
    if (label >= ids.size()) fail_label(path, i, batch.label(i), ids.size());
    batch.pixels(i, pixels);
    intake.add(pixels, batch.side(), batch.side(), {ids[label], split},
               fmt::format("{}, record {}", path, i));
  }
}

bool is_cifar_folder(const fs::path& folder) {
  return !batch_files(folder).empty();
}

void import_cifar(const fs::path& path, PictureIntake& intake) {
  std::error_code code;
  const bool folder = fs::is_directory(path, code);
  const std::vector<std::string> names = names_beside(folder ? path : path.parent_path());
  for (const fs::path& file : folder ? batch_files(path) : std::vector{path}) {
    import_cifar_batch(FileBytes(file).bytes(), file.string(), names, intake);
  }
}

}  // namespace reverie
