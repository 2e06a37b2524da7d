// Pictures go to a spool file as they come; finish() knows them all, and can shuffle, split and renumber.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <numeric>

#include "core/error.h"
#include "core/file.h"
#include "core/limits.h"
#include "core/random.h"
#include "core/stop.h"
#include "core/text.h"
#include "data/bytes.h"
#include "data/example.h"
#include "data/record_set.h"
#include "data/shuffle.h"
#include "data/tfrecord.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostLabelBytes = 255;  // of one name, as for a folder's name

// Random streams, split off the seed.
enum : uint64_t { kTrainOrder = 0x747261696e, kTestChoice = 0x74657374 };

fs::path spool_path(const fs::path& path) {
  return path.parent_path() / (path.filename().string() + ".pictures");
}

}  // namespace

class RecordSetWriter::Work {
 public:
  Work(const fs::path& path, const RecordSetOptions& options)
      : options_(options), file_(path), spool_(spool_path(path)), out_(spool_.partial(), std::ios::binary) {
    if (!out_) throw Error("write", spool_.partial().string(), std::strerror(errno));
    if (!(options.test_fraction >= 0 && options.test_fraction <= 1)) {
      throw Error("write", path.string(), "the test fraction must be 0 to 1");
    }
  }

  struct Picture {
    uint64_t begin = 0;  // in the spool file
    int height = 0, width = 0, label = -1;
    std::optional<Split> split;
    bool with_last = false;
    ClipOrigin clip = {};
  };

  int label(const std::string& name) {
    if (const auto known = ids_.find(name); known != ids_.end()) return known->second;
    if (name.empty() || name.size() > kMostLabelBytes) {
      throw Error("add", fmt::format("the label '{:.40}'", name),
                  fmt::format("a label must have 1 to {} bytes", kMostLabelBytes));
    }
    if (names_.size() == kMostLabels) {
      throw Error("add", fmt::format("the label '{:.40}'", name),
                  fmt::format("there are already {}", kMostLabels));
    }
    const int id = static_cast<int>(names_.size());
    ids_.emplace(name, id);
    names_.push_back(name);
    return id;
  }

  size_t labels() const { return names_.size(); }
  size_t pictures() const { return pictures_.size(); }

  void sort_labels(size_t first) {
    std::vector<int> order(names_.size());  // old ids in their new order
    std::iota(order.begin(), order.end(), 0);
    const auto from = static_cast<ptrdiff_t>(std::min(first, order.size()));
    std::stable_sort(order.begin() + from, order.end(), [this](int a, int b) {
      return natural_less(names_[static_cast<size_t>(a)], names_[static_cast<size_t>(b)]);
    });
    std::vector<int> new_id(order.size());
    std::vector<std::string> sorted;
    for (const int old : order) {
      new_id[static_cast<size_t>(old)] = static_cast<int>(sorted.size());
      ids_[names_[static_cast<size_t>(old)]] = static_cast<int>(sorted.size());
      sorted.push_back(names_[static_cast<size_t>(old)]);
    }
    names_ = std::move(sorted);
    for (Picture& p : pictures_) {
      if (p.label >= 0) p.label = new_id[static_cast<size_t>(p.label)];
    }
  }

  void add(std::span<const uint8_t> pixels, Picture picture) {
    const auto side = [](int v) { return v >= 1 && v <= kLargestSide; };
    if (!side(picture.height) || !side(picture.width) || pixels.size() != bytes_of(picture) ||
        picture.label < -1 || picture.label >= static_cast<int>(names_.size())) {
      throw Error("write", file_.path().string(),
                  fmt::format("picture {} has {}x{} pixels in {} bytes and label {}", pictures_.size(),
                              picture.width, picture.height, pixels.size(), picture.label));
    }
    picture.begin = spooled_;
    out_.write(reinterpret_cast<const char*>(pixels.data()), static_cast<std::streamsize>(pixels.size()));
    if (!out_) fail_to_spool();
    spooled_ += pixels.size();
    pictures_.push_back(picture);
  }

  std::optional<RecordSetCounts> finish() {
    out_.close();
    if (!out_) fail_to_spool();
    RecordSetCounts counts = decide_splits();
    const FileBytes spool(spool_.partial(), FileBytes::As::kStored);
    TFRecordWriter writer(file_.partial());
    write_side_record(writer);
    std::vector<size_t> train;
    for (size_t i = 0; i < pictures_.size(); ++i) {
      if (pictures_[i].split == Split::kTrain) train.push_back(i);
    }
    for (const uint32_t i : shuffled(train.size(), Random(options_.seed).split(kTrainOrder))) {
      if (stop_requested()) return std::nullopt;
      write_picture(writer, pictures_[train[i]], spool.bytes());
    }
    for (const Picture& p : pictures_) {
      if (stop_requested()) return std::nullopt;
      if (p.split == Split::kTest) write_picture(writer, p, spool.bytes());
    }
    writer.close();
    file_.keep();
    counts.train = train.size();
    counts.test = pictures_.size() - train.size();
    return counts;
  }

 private:
  static size_t bytes_of(const Picture& p) {
    return static_cast<size_t>(p.height) * static_cast<size_t>(p.width) * 3;
  }

  [[noreturn]] void fail_to_spool() const {
    const int code = errno;
    throw Error("write", spool_.partial().string(), code != 0 ? std::strerror(code) : "the write failed",
                code == ENOSPC ? "the disk is full" : "");
  }

  // Of each label's pictures without a split, the requested share becomes test, drawn by seed.
  RecordSetCounts decide_splits() {
    RecordSetCounts counts;
    counts.undecided += share_out_groups();
    std::map<int, std::vector<size_t>> open;
    for (size_t i = 0; i < pictures_.size(); ++i) {
      const Picture& p = pictures_[i];
      if (!p.split && !p.with_last) open[p.label].push_back(i);
    }
    for (const auto& [id, places] : open) {
      counts.undecided += places.size();
      const auto tests =
          static_cast<size_t>(std::llround(options_.test_fraction * static_cast<double>(places.size())));
      const std::vector<uint32_t> order = shuffled(
          places.size(), Random(options_.seed).split(kTestChoice).split(static_cast<uint64_t>(id) + 1));
      for (size_t i = 0; i < order.size(); ++i) {
        pictures_[places[order[i]]].split = i < tests ? Split::kTest : Split::kTrain;
      }
    }
    for (size_t i = 1; i < pictures_.size(); ++i) {
      if (pictures_[i].with_last) pictures_[i].split = pictures_[i - 1].split;
    }
    return counts;
  }

  // Whole groups of clips without a split become test.
  size_t share_out_groups() {
    std::map<std::string, std::vector<size_t>> open;
    size_t clips = 0;
    for (size_t i = 0; i < pictures_.size(); ++i) {
      if (pictures_[i].split || pictures_[i].clip.frames == 1) continue;
      open[pictures_[i].clip.group].push_back(i);
      ++clips;
    }
    const auto tests =
        static_cast<size_t>(std::llround(options_.test_fraction * static_cast<double>(open.size())));
    const std::vector<uint32_t> order = shuffled(open.size(), Random(options_.seed).split(kTestChoice));
    size_t at = 0;
    for (const auto& [group, places] : open) {
      const bool test = order[at++] < tests;
      for (const size_t place : places) pictures_[place].split = test ? Split::kTest : Split::kTrain;
    }
    return clips;
  }

  void write_side_record(TFRecordWriter& writer) {
    PictureExample side;
    side.split = "train";
    // without a single label the list would be empty, and the side record not recognised
    if (names_.empty()) return;
    side.labels.assign(names_.begin(), names_.end());
    serialize_example(side, message_);
    writer.write(message_);
  }

  void write_picture(TFRecordWriter& writer, const Picture& p, std::span<const uint8_t> spool) {
    PictureExample e;
    e.raw = spool.subspan(static_cast<size_t>(p.begin), bytes_of(p));
    e.height = p.height;
    e.width = p.width;
    e.type = p.label;
    const std::string split = split_name(*p.split);
    e.split = split;
    e.frames = p.clip.frames;
    e.video = p.clip.video;
    e.group = p.clip.group;
    serialize_example(e, message_);
    writer.write(message_);
  }

  RecordSetOptions options_;
  PartialFile file_, spool_;
  std::ofstream out_;  // to the spool file
  uint64_t spooled_ = 0;
  std::vector<Picture> pictures_;
  std::vector<std::string> names_;
  std::map<std::string, int> ids_;
  std::string message_;
};

RecordSetWriter::RecordSetWriter(const fs::path& path, const RecordSetOptions& options)
    : work_(std::make_unique<Work>(path, options)) {}
RecordSetWriter::~RecordSetWriter() = default;

int RecordSetWriter::label(const std::string& name) {
  return work_->label(name);
}
size_t RecordSetWriter::labels() const {
  return work_->labels();
}
void RecordSetWriter::sort_labels(size_t first) {
  work_->sort_labels(first);
}
void RecordSetWriter::add(std::span<const uint8_t> pixels, int height, int width, int label,
                          std::optional<Split> split, bool with_last) {
  work_->add(pixels, {0, height, width, label, split, with_last});
}
void RecordSetWriter::add_clip(std::span<const uint8_t> pixels, int height, int width, int label,
                               std::optional<Split> split, const ClipOrigin& origin) {
  work_->add(pixels, {0, height, width, label, split, false, origin});
}
size_t RecordSetWriter::pictures() const {
  return work_->pictures();
}
std::optional<RecordSetCounts> RecordSetWriter::finish() {
  return work_->finish();
}

}  // namespace reverie
