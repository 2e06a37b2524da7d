// Working memory for the current piece of work of a thread.
#pragma once

#include <atomic>
#include <cstddef>

#include "feedback/kernels/cpu/memory.h"

namespace reverie::cpu {

// Grows to the largest size requested; its thread keeps it from piece to piece.
class Scratch {
 public:
  Scratch() = default;
  ~Scratch() { all() -= size_; }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // n samples, undefined, valid until the next call.
  float* get(size_t n) {
    if (n > size_) {
      data_ = allocate_samples(n);
      all() += n - size_;
      size_ = n;
      for (size_t i = 0; i < n; ++i) data_[i] = 0;  // samples beyond a row's end are read, never used
    }
    return data_.get();
  }

  // Of all threads of the process.
  static size_t bytes() { return all() * sizeof(float); }

 private:
  static std::atomic<size_t>& all();

  size_t size_ = 0;
  Samples data_;
};

// This thread's; if several are in use, each has its own number.
Scratch& scratch(int number);

}  // namespace reverie::cpu
