// Record sets: labelled pictures in one file, ready for training.
//
// A record set is a TFRecord file (.tfrecord, or .tfrecord.gz) of tf.train.Example with the features
//   raw     bytes, [height, width, 3] uint8, R, G, B
//   height, width    int64, pixels
//   type    int64, the label's id; -1 where there is none
//   split   bytes, "train" or "test"
// Its first record, the side record, has in addition
//   labels  bytes list, the names of the labels in the order of their ids
// and is told from the others by its height of 0; it has all other features too (raw empty, width 0, type
// -1), so that a reader that wants the same features of every record needs but leave out those of height 0.
// Training records lie shuffled, test records in the order of their source.  Sets of others, without side
// record or split, can be read: all their records are for training.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace reverie {

enum class Split : uint8_t { kTrain, kTest };

// "train", "test"
std::string split_name(Split split);

inline constexpr int kMostLabels = 100000;

struct Record {
  std::span<const uint8_t> pixels;  // [height, width, 3]; lives as long as its set
  int height = 0, width = 0;
  int label = -1;  // an index of RecordSet::labels(); -1: none
};

// A set that is read: memory-mapped, or inflated into memory where it is compressed.
class RecordSet {
 public:
  // Goes once over all records and checks them.  Error names the file and the record, from 0, the side record
  // among them.
  static RecordSet open(const std::filesystem::path& path);
  // The same of bytes in memory; name is for errors.
  static RecordSet parse(std::vector<uint8_t> bytes, const std::string& name);

  ~RecordSet();
  RecordSet(const RecordSet&) = delete;
  RecordSet& operator=(const RecordSet&) = delete;
  RecordSet(RecordSet&&) noexcept;
  RecordSet& operator=(RecordSet&&) noexcept;

  const std::string& name() const;
  size_t size(Split split) const;
  // The i-th of a split, in the order of the file.
  Record record(Split split, size_t i) const;
  // Names by label id; of a set without side record "0", "1", ...
  const std::vector<std::string>& labels() const;

  // (height, width) of all pictures.  Error where they differ, or where there are none: training needs
  // pictures of one size.
  std::pair<int, int> common_size() const;

  // The mean of every sample over a split, [H, W, 3], 0..255, exact to rounding once.  Error where sizes
  // differ or the split is empty.
  std::vector<double> mean_picture(Split split) const;

 private:
  class Content;
  explicit RecordSet(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

struct RecordSetOptions {
  uint64_t seed = 1;         // of the order of the training records, and of the choice below
  double test_fraction = 0;  // 0..1: of each label's pictures whose source tells no split, so many are test
};

struct RecordSetCounts {
  size_t train = 0, test = 0;
  size_t undecided = 0;  // of these, pictures whose source told no split
};

// Writes a set.  Pictures go to a file beside it as they come, so that a set may be larger than memory; the
// set appears under its name only when it is whole.
class RecordSetWriter {
 public:
  explicit RecordSetWriter(const std::filesystem::path& path, const RecordSetOptions& options = {});
  ~RecordSetWriter();
  RecordSetWriter(const RecordSetWriter&) = delete;
  RecordSetWriter& operator=(const RecordSetWriter&) = delete;

  // The id of a label, a new one for a new name.  Error for too many or endless names.
  int label(const std::string& name);
  size_t labels() const;
  // Sorts the labels from id `first` on by name, numbers in them by value, and gives them and their pictures
  // new ids: ask label() again for those that are still needed.
  void sort_labels(size_t first);

  // pixels: [height, width, 3].  label: an id, or -1.  split: nothing where the source does not tell.
  void add(std::span<const uint8_t> pixels, int height, int width, int label, std::optional<Split> split);
  size_t pictures() const;

  // Writes the set and gives it its name; nothing after Ctrl-C, and no set is then left.
  std::optional<RecordSetCounts> finish();

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace reverie
