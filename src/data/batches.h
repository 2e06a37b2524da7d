// Batches of a record set, assembled ahead in the background.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "data/record_set.h"

namespace reverie {

// What is done to a picture each time it is seen.
struct Augmentation {
  bool flip = false;  // left and right exchanged, one time in two
  int shift = 0;      // moved by up to so many pixels either way, across and down; the border is repeated
  double noise = 0;   // deviation of the normal noise added to each sample, in units of 0..255; kept in range
};

struct BatchOptions {
  int batch_size = 1;  // of all ranks together
  uint64_t seed = 1;
  Augmentation augmentation;
  bool shuffle = true;  // else the order of the file
  uint64_t first_batch = 0;
  int threads = 1;  // that assemble
  // The slots of every batch that are given out: a rank of a data-parallel run takes a part of them.
  int slot_begin = 0, slot_end = -1;  // -1: batch_size
};

struct Batch {
  std::vector<float> pixels;  // [N, H, W, 3], R, G, B in 0..255; N = slot_end - slot_begin
  std::vector<int> labels;    // [N]
  uint64_t number = 0;
};

// An endless row of batches.  Slot s of batch b stands at position p = b * batch_size + s, and what is there
// depends only on the seed and p: epoch p / n shows all n pictures in an order of its own, its last batch
// running on into the next epoch.  So a run that is resumed, and ranks that share the batches out, see the
// same pictures as one run in one go.
class Batches {
 public:
  // Error where the split is empty or pictures differ in size.  The set must outlive this.
  Batches(const RecordSet& set, Split split, const BatchOptions& options);
  ~Batches();
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;
  Batches(Batches&&) noexcept;
  Batches& operator=(Batches&&) noexcept;

  int height() const;
  int width() const;

  // The next batch; waits until it is assembled.
  Batch next();

 private:
  class Assembly;
  std::unique_ptr<Assembly> assembly_;
};

}  // namespace reverie
