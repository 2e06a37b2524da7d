// Where importers deliver pictures: each is brought to size and added to the set.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/fit.h"
#include "core/planes.h"
#include "core/progress.h"
#include "data/record_set.h"

namespace reverie {

// Pixels to cut off at the four sides.
struct Margins {
  int top = 0, right = 0, bottom = 0, left = 0;

  bool any() const { return top != 0 || right != 0 || bottom != 0 || left != 0; }
};

// Random pieces of every picture, at its own resolution, or scaled down to this smaller side.
struct Crops {
  int width = 0, height = 0, count = 0;  // count: per picture; 0: whole pictures
  uint64_t seed = 1;
  int side = 0;  // 0: as they are
};

inline constexpr int kMostClipFrames = 1000;

// What each clip is beside, once more with the same frames: a test that no single frame can pass.
enum class ClipPair { kNone, kBackward, kShuffled };  // labels: forward, backward; ordered, shuffled

// Pieces of videos, whose frames stay together.
struct Clips {
  int frames = 0;     // of each; 0: single frames
  int64_t every = 0;  // frames from the beginning of one to that of the next
  ClipPair pair = ClipPair::kNone;
  uint64_t seed = 1;  // of the order of shuffled frames
};

// A picture that is a sheet of so many pictures of the same size.
struct Tiles {
  int columns = 1, rows = 1;
};

struct ImportOptions {
  int width = 0, height = 0;  // of the pictures in the set; 0: their own, which must all be the same
  Fit fit = Fit::kCrop;
  Tiles tiles;           // of every picture; each is then a picture of its own
  Margins crop;          // applied before anything else but the cutting into tiles
  Crops crops;           // instead of whole pictures; then width and height are 0
  int64_t step = 1;      // every this many frames of a video, one is taken
  Clips clips;           // instead of single frames of videos
  std::string label;     // for all pictures and videos, instead of their folders' names; empty: use those
  size_t per_label = 0;  // most pictures or clips of each label that are not for testing; 0: all
};

// The decoders, provided by the caller: this module knows no codecs.
struct Decoders {
  // Whether a file is a picture, judging by its name.
  std::function<bool(const std::string& name)> is_picture;
  // A picture file in memory as [3, H, W] in 0..1; Error if it cannot be read.
  std::function<Planes(std::span<const uint8_t> bytes, const std::string& name)> picture;
  // Passes the first of every `step` frames of a video, [3, H, W] in 0..1, to take, until that returns false;
  // Error if it cannot be read.
  std::function<void(const std::string& path, int64_t step, const std::function<bool(const Planes&)>& take)>
      video;
};

// Label id and split of an incoming picture.
struct Belonging {
  int label = -1;
  std::optional<Split> split;
};

class PictureIntake {
 public:
  // progress may be null.  set and progress must outlive this.
  PictureIntake(RecordSetWriter& set, ImportOptions options, Progress* progress = nullptr);

  // name: for errors.  Error if sizes differ and no size was requested, or if nothing is left after cropping.
  // Tiles and crops of one picture are all for training or all for testing; a picture smaller than its crops
  // is left out.
  void add(const Planes& picture, const Belonging& to, const std::string& name);  // [3, H, W] in 0..1
  void add(std::span<const uint8_t> pixels, int height, int width, const Belonging& to,
           const std::string& name);  // [height, width, 3]

  // All of one size.
  void add_clip(const std::vector<Planes>& frames, const Belonging& to, int64_t video,
                const std::string& group, const std::string& name);

  // For a picture that cannot be read among others that can; why: a complete line that names it.
  void leave_out(const std::string& why);
  size_t left_out() const { return left_out_; }
  const std::vector<std::string>& why_left_out() const { return why_left_out_; }  // only the first few

  // Pictures smaller than a crop.
  size_t small() const { return small_; }
  const std::vector<std::string>& named_small() const { return named_small_; }  // only the first few

  // From now on: instead of folders' names, and of whole pictures.
  void label_all(std::string label) { options_.label = std::move(label); }
  void crop_all(const Crops& crops) { options_.crops = crops; }

  // A number for each video that clips are cut from.
  int64_t next_video() { return videos_++; }

  size_t taken() const { return taken_; }  // whole pictures that are in the set, or crops of them

  const ImportOptions& options() const { return options_; }
  RecordSetWriter& set() const { return *set_; }

 private:
  void store(std::span<const uint8_t> pixels, int height, int width, const Belonging& to,
             const std::string& name, bool with_last = false);
  void add_tile(const Planes& tile, const Belonging& to, const std::string& name, bool with_last);
  void add_crops(const Planes& picture, const Belonging& to, const std::string& name, bool with_last);
  // Cut and brought to size.
  const Planes& prepared(const Planes& picture, const std::string& name);
  // Counts it; false where there are enough of its label.
  bool wanted(const Belonging& to);
  void check_size(int height, int width, const std::string& name);

  RecordSetWriter* set_;
  ImportOptions options_;
  Progress* progress_;
  int64_t videos_ = 0;
  int height_ = 0, width_ = 0;  // of the first picture
  std::string first_;           // its name
  size_t left_out_ = 0, small_ = 0, taken_ = 0;
  std::vector<std::string> why_left_out_, named_small_;
  std::map<int, size_t> of_label_;
  std::vector<uint8_t> bytes_;  // buffer
  Planes planes_;               // buffer
};

// [3, H, W] in 0..1 to [H, W, 3] bytes, and back.
void to_bytes(const Planes& picture, std::vector<uint8_t>& out);
Planes to_planes(std::span<const uint8_t> pixels, int height, int width);

}  // namespace reverie
