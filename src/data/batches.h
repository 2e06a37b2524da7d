// Batches of a record set, prepared ahead in the background.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "data/record_set.h"

namespace reverie {

// Random changes made to a picture each time it is used.
struct Augmentation {
  bool flip = false;  // mirrors left and right, one time in two
  int shift = 0;      // shifts by up to this many pixels either way, across and down; the border is repeated
  double noise = 0;   // standard deviation of normal noise on each sample, in units of 0..255; kept in range
};

struct BatchOptions {
  int batch_size = 1;  // across all ranks
  uint64_t seed = 1;
  Augmentation augmentation;
  bool shuffle = true;  // otherwise in file order
  uint64_t first_batch = 0;
  int threads = 1;  // that prepare batches
  // The slots of each batch to return: in a data-parallel run every rank takes its share.
  int slot_begin = 0, slot_end = -1;  // -1: batch_size
};

struct Batch {
  std::vector<float> pixels;  // [N, H, W, 3], R, G, B in 0..255; N = slot_end - slot_begin
  std::vector<int> labels;    // [N]
  uint64_t number = 0;
};

// An endless sequence of batches.  Slot s of batch b has position p = b * batch_size + s, and its content
// depends only on the seed and p: epoch p / n shows all n pictures in an order of its own, and its last batch
// continues into the next epoch.  So a resumed run, and ranks that share the batches, see the same pictures
// as a single uninterrupted run.
class Batches {
 public:
  // Error if the split is empty or pictures differ in size.  The set must outlive this.
  Batches(const RecordSet& set, Split split, const BatchOptions& options);
  ~Batches();
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;
  Batches(Batches&&) noexcept;
  Batches& operator=(Batches&&) noexcept;

  int height() const;
  int width() const;

  // The next batch; waits until it is ready.
  Batch next();

 private:
  class Assembly;
  std::unique_ptr<Assembly> assembly_;
};

}  // namespace reverie
