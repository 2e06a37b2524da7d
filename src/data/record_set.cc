#include "data/record_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "core/error.h"
#include "core/file_kind.h"
#include "core/limits.h"
#include "core/parallel.h"
#include "core/text.h"
#include "data/bytes.h"
#include "data/example.h"
#include "data/tfrecord.h"

namespace reverie {
namespace {

constexpr std::array<Split, 2> kSplits = {Split::kTrain, Split::kTest};
constexpr size_t kMostRecords = std::numeric_limits<int32_t>::max();

// Why an example is not a picture of a set; empty if it is.  labels: the number of names, none if unknown.
std::string fault_of(const PictureExample& e, std::optional<size_t> labels) {
  const auto side = [](int64_t v) { return v >= 1 && v <= kLargestSide; };
  if (!side(e.height) || !side(e.width)) {
    return fmt::format("its size is {}x{}, and a side has 1 to {} pixels", e.width, e.height, kLargestSide);
  }
  const auto bytes = static_cast<uint64_t>(e.height) * static_cast<uint64_t>(e.width) * 3;
  if (e.raw.size() != bytes) {
    return fmt::format("it has {} bytes of pixels, but {}x{} needs {}", e.raw.size(), e.width, e.height,
                       bytes);
  }
  const auto most = static_cast<int64_t>(labels.value_or(kMostLabels));
  if (e.type < -1 || e.type >= most) {
    return fmt::format("its label is {}, but there are {}{}", e.type, labels ? "" : "at most ", most);
  }
  if (e.frames < 1 || e.frames > e.height || e.height % e.frames != 0) {
    return fmt::format("its {} rows cannot be those of {} frames", e.height, e.frames);
  }
  if (!e.split.empty() && e.split != "train" && e.split != "test") {
    return fmt::format("its split is '{}', not train or test", e.split.substr(0, 40));
  }
  return "";
}

// Why other features than those of a picture make no set; empty if all are there, or there are no others.
std::string missing_features(std::span<const uint8_t> example) {
  std::vector<std::string_view> there = feature_names(example);
  std::vector<std::string> missing;
  for (const char* name : {"raw", "height", "width"}) {
    if (std::find(there.begin(), there.end(), name) == there.end()) missing.emplace_back(name);
  }
  constexpr std::array<std::string_view, 9> kOwn = {"raw",    "height", "width", "type", "split",
                                                    "labels", "frames", "video", "group"};
  const bool others = std::any_of(there.begin(), there.end(), [&](std::string_view name) {
    return std::find(kOwn.begin(), kOwn.end(), name) == kOwn.end();
  });
  if (!others || missing.empty()) return "";
  std::sort(there.begin(), there.end());
  constexpr size_t kMostNamed = 12;
  std::vector<std::string> named;
  for (const std::string_view name : there) {
    if (named.size() < kMostNamed) named.push_back(printable(std::string(name.substr(0, 40))));
  }
  if (there.size() > kMostNamed) named.emplace_back("...");
  return fmt::format("it is an example of another kind, without {}, but with {}", join(missing, ", "),
                     join(named, ", "));
}

// A decoded record, or why it is invalid.
struct Seen {
  Record record;
  Split split = Split::kTrain;
  std::string fault, advice;
};

Seen look_at(const TFRecord& found, std::optional<size_t> labels) {
  Seen seen;
  PictureExample e;
  if (!found.is_sound()) {
    seen.fault = "its checksum is wrong: the file is damaged here";
  } else if (!parse_example(found.bytes, e)) {
    seen.fault = "it is not a tf.train.Example with raw, height, width and type";
  } else {
    seen.fault = fault_of(e, labels);
  }
  if (!seen.fault.empty()) {
    if (std::string missing = found.is_sound() ? missing_features(found.bytes) : ""; !missing.empty()) {
      seen.fault = std::move(missing);
      seen.advice = "import the pictures themselves: reverie data import FOLDER -o SET.tfrecord";
    }
    return seen;
  }
  seen.record = {e.raw,
                 static_cast<int>(e.height),
                 static_cast<int>(e.width),
                 static_cast<int>(e.type),
                 static_cast<int>(e.frames),
                 e.video,
                 e.group};
  seen.split = e.split == "test" ? Split::kTest : Split::kTrain;
  return seen;
}

}  // namespace

std::string split_name(Split split) {
  return split == Split::kTrain ? "train" : "test";
}

class RecordSet::Content {
 public:
  Content(FileBytes file, std::string of) : name(std::move(of)), file_(std::move(file)) {
    index(file_->bytes());
  }
  Content(std::vector<uint8_t> bytes, std::string of) : name(std::move(of)), own_(std::move(bytes)) {
    index(own_);
  }

  const std::vector<Record>& of(Split split) const { return records_[static_cast<size_t>(split)]; }

  void leave_out(const std::string& group) {
    std::array<std::vector<Record>, 2> sorted;
    for (const auto& records : records_) {
      for (const Record& r : records) sorted.at(r.group == group ? 1 : 0).push_back(r);
    }
    records_ = std::move(sorted);
  }

  std::string name;
  std::vector<std::string> labels;

 private:
  void index(std::span<const uint8_t> bytes);
  bool read_side_record(const TFRecord& first);
  void number_labels();

  std::array<std::vector<Record>, 2> records_;
  std::optional<FileBytes> file_;
  std::vector<uint8_t> own_;
};

// Whether the first record is a side record; if so, takes its names.
bool RecordSet::Content::read_side_record(const TFRecord& first) {
  PictureExample e;
  if (!first.is_sound() || !parse_example(first.bytes, e) || e.height != 0 || e.labels.empty()) return false;
  if (e.labels.size() > kMostLabels) {
    fail_at_record(name, 0, fmt::format("it names {} labels, more than {}", e.labels.size(), kMostLabels));
  }
  labels.assign(e.labels.begin(), e.labels.end());
  return true;
}

// Finds the records one after the other, then decodes them on all cores.
void RecordSet::Content::index(std::span<const uint8_t> bytes) {
  if (!is_tfrecord(bytes)) refuse_other_kinds(bytes, name, FileType::kRecords, "a record set");
  std::vector<TFRecord> found;
  TFRecordReader reader(bytes, name);
  while (const std::optional<TFRecord> r = reader.next_unchecked()) {
    if (found.size() == kMostRecords) fail_at_record(name, found.size(), "a set cannot have more records");
    found.push_back(*r);
  }
  const size_t first = !found.empty() && read_side_record(found[0]) ? 1 : 0;
  const std::optional<size_t> named = first == 1 ? std::optional(labels.size()) : std::nullopt;

  std::vector<Seen> seen(found.size());
  constexpr size_t kPiece = 256;
  const size_t pieces = (found.size() + kPiece - 1) / kPiece;
  Threads(pieces > 1 ? 0 : 1).each(static_cast<int>(pieces), [&](int piece) {
    const size_t begin = static_cast<size_t>(piece) * kPiece;
    const size_t end = std::min(begin + kPiece, found.size());
    for (size_t i = std::max(begin, first); i < end; ++i) seen[i] = look_at(found[i], named);
  });
  for (size_t i = first; i < seen.size(); ++i) {
    if (!seen[i].fault.empty()) fail_at_record(name, i, seen[i].fault, seen[i].advice);
    records_.at(static_cast<size_t>(seen[i].split)).push_back(seen[i].record);
  }
  if (!named) number_labels();
}

void RecordSet::Content::number_labels() {
  int most = -1;
  for (const auto& records : records_) {
    for (const Record& r : records) most = std::max(most, r.label);
  }
  for (int i = 0; i <= most; ++i) labels.push_back(std::to_string(i));
}

RecordSet::RecordSet(std::unique_ptr<Content> content) : content_(std::move(content)) {}
RecordSet::~RecordSet() = default;
RecordSet::RecordSet(RecordSet&&) noexcept = default;
RecordSet& RecordSet::operator=(RecordSet&&) noexcept = default;

RecordSet RecordSet::open(const std::filesystem::path& path) {
  if (std::error_code code; std::filesystem::is_directory(path, code)) {
    throw Error("read", path.string(), "it is a folder, not a record set",
                fmt::format("make one of it: reverie data import {} -o SET.tfrecord", path.string()));
  }
  return RecordSet(std::make_unique<Content>(FileBytes(path), path.string()));
}

RecordSet RecordSet::parse(std::vector<uint8_t> bytes, const std::string& name) {
  return RecordSet(std::make_unique<Content>(std::move(bytes), name));
}

const std::string& RecordSet::name() const {
  return content_->name;
}

size_t RecordSet::size(Split split) const {
  return content_->of(split).size();
}

Record RecordSet::record(Split split, size_t i) const {
  return content_->of(split).at(i);
}

const std::vector<std::string>& RecordSet::labels() const {
  return content_->labels;
}

std::pair<int, int> RecordSet::common_size() const {
  const Record* first = nullptr;
  for (const Split split : kSplits) {
    for (const Record& r : content_->of(split)) {
      if (first == nullptr) first = &r;
      if (r.height == first->height && r.width == first->width) continue;
      throw Error("use", name(),
                  fmt::format("its pictures differ in size: {}x{} and {}x{}", first->width, first->height,
                              r.width, r.height),
                  "import them with --size WxH");
    }
  }
  if (first == nullptr) throw Error("use", name(), "it holds no pictures");
  return {first->height, first->width};
}

int RecordSet::common_frames() const {
  std::optional<int> frames;
  for (const Split split : kSplits) {
    for (const Record& r : content_->of(split)) {
      if (frames.value_or(r.frames) != r.frames)
        throw Error("use", name(), fmt::format("its clips have {} and {} frames", *frames, r.frames));
      frames = r.frames;
    }
  }
  return frames.value_or(1);
}

std::vector<std::string> RecordSet::groups() const {
  std::vector<std::string> names;
  for (const Split split : kSplits) {
    for (const Record& r : content_->of(split)) {
      if (r.frames > 1) names.emplace_back(r.group);
    }
  }
  std::sort(names.begin(), names.end(),
            [](const std::string& a, const std::string& b) { return natural_less(a, b); });
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void RecordSet::leave_out(const std::string& group) {
  const std::vector<std::string> all = groups();
  if (std::find(all.begin(), all.end(), group) == all.end())
    throw Error("leave out", printable(group),
                fmt::format("{} has no such group{}", name(), did_you_mean(group, all)));
  content_->leave_out(group);
}

std::vector<double> RecordSet::mean_picture(Split split) const {
  const auto [height, width] = common_size();
  const std::vector<Record>& records = content_->of(split);
  if (records.empty()) throw Error("use", name(), fmt::format("it has no {} pictures", split_name(split)));
  // whole numbers: the order of summation does not matter
  std::vector<uint64_t> sums(static_cast<size_t>(height) * static_cast<size_t>(width) * 3);
  for (const Record& r : records) {
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += r.pixels[i];
  }
  std::vector<double> mean(sums.size());
  const auto n = static_cast<double>(records.size());
  std::transform(sums.begin(), sums.end(), mean.begin(),
                 [n](uint64_t sum) { return static_cast<double>(sum) / n; });
  return mean;
}

}  // namespace reverie
