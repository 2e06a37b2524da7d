// Record sets: labelled pictures in one file, ready for training.
//
// A record set is a TFRecord file (.tfrecord, or .tfrecord.gz) of tf.train.Example with the features
//   raw     bytes, [height, width, 3] uint8, R, G, B
//   height, width    int64, pixels
//   type    int64, the label's id; -1 if there is none
//   split   bytes, "train" or "test"
// and, of a clip, whose frames stand one below the other in the picture,
//   frames  int64, how many
//   video   int64, the number of the video it is from
//   group   bytes, what must not be on both sides of a split: a person, a place
// Its first record, the side record, also has
//   labels  bytes list, the names of the labels in the order of their ids
// It is recognised by its height of 0.  It has all other features too (raw empty, width 0, type -1), so that
// a reader that expects the same features in every record only has to skip those of height 0.
// Training records are shuffled, test records are in the order of their source.  Sets from other programs,
// without side record or split, can be read: all their records are for training.
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
  std::span<const uint8_t> pixels;  // [height, width, 3]; valid as long as its set
  int height = 0, width = 0;
  int label = -1;  // an index of RecordSet::labels(); -1: none
  int frames = 1;  // of a clip: each has height / frames rows
  int64_t video = 0;
  std::string_view group = {};
};

// A set for reading: memory-mapped, or decompressed into memory if it is compressed.
class RecordSet {
 public:
  // Reads through all records and checks them.  Error names the file and the number of the record, counting
  // from 0 and including the side record.
  static RecordSet open(const std::filesystem::path& path);
  // The same for bytes in memory; name is for errors.
  static RecordSet parse(std::vector<uint8_t> bytes, const std::string& name);

  ~RecordSet();
  RecordSet(const RecordSet&) = delete;
  RecordSet& operator=(const RecordSet&) = delete;
  RecordSet(RecordSet&&) noexcept;
  RecordSet& operator=(RecordSet&&) noexcept;

  const std::string& name() const;
  size_t size(Split split) const;
  // The i-th of a split, in file order.
  Record record(Split split, size_t i) const;
  // Names by label id; "0", "1", ... for a set without a side record.
  const std::vector<std::string>& labels() const;

  // (height, width) of all pictures.  Error if they differ or there are none: training needs pictures of one
  // size.
  std::pair<int, int> common_size() const;

  // Of the clips of a set, 1 of pictures.  Error if they differ.
  int common_frames() const;
  // The groups of clips, in natural order; empty for pictures.
  std::vector<std::string> groups() const;
  // The clips of this group become the test split, all others the training split, whatever the file says.
  // Error with the nearest name if there is no such group.
  void leave_out(const std::string& group);

  // The mean of every sample over a split, [H, W, 3], 0..255, exact up to a single rounding.  Error if sizes
  // differ or the split is empty.
  std::vector<double> mean_picture(Split split) const;

 private:
  class Content;
  explicit RecordSet(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

struct RecordSetOptions {
  uint64_t seed = 1;         // for the order of the training records, and for the choice below
  double test_fraction = 0;  // 0..1: share of each label's pictures without a split that becomes test
};

struct RecordSetCounts {
  size_t train = 0, test = 0;
  size_t undecided = 0;  // of these, pictures whose source gave no split
};

// Writes a set.  Pictures go to a temporary file as they come, so that a set may be larger than memory; the
// set appears under its name only once it is complete.
class RecordSetWriter {
 public:
  // Of a clip, beside its strip of frames.
  struct ClipOrigin {
    int frames = 1;
    int64_t video = 0;
    std::string group;
  };

  explicit RecordSetWriter(const std::filesystem::path& path, const RecordSetOptions& options = {});
  ~RecordSetWriter();
  RecordSetWriter(const RecordSetWriter&) = delete;
  RecordSetWriter& operator=(const RecordSetWriter&) = delete;

  // The id of a label; a new name gets a new id.  Error for too many labels or a name that is too long.
  int label(const std::string& name);
  size_t labels() const;
  // Sorts the labels from id `first` on by name, numbers in them by value, and renumbers them and their
  // pictures: call label() again for ids that are still needed.
  void sort_labels(size_t first);

  // pixels: [height, width, 3].  label: an id, or -1.  split: nothing if the source gives none.  with_last: a
  // piece of the same picture as the last one, so that both get the same split.
  void add(std::span<const uint8_t> pixels, int height, int width, int label, std::optional<Split> split,
           bool with_last = false);
  // A clip, [frames * its height, width, 3].  Without a split, the groups are shared out whole.
  void add_clip(std::span<const uint8_t> pixels, int height, int width, int label, std::optional<Split> split,
                const ClipOrigin& origin);
  size_t pictures() const;

  // Writes the set and gives it its name; after Ctrl-C it writes nothing and leaves no set.
  std::optional<RecordSetCounts> finish();

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace reverie
