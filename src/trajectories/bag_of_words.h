// A codebook of descriptors, and clips as histograms of its words.
#pragma once

#include <cstdint>
#include <vector>

#include "core/parallel.h"

namespace reverie {

// Rows of one length, one after the other.
struct Rows {
  int length = 0;
  std::vector<float> values;

  size_t size() const { return length == 0 ? 0 : values.size() / static_cast<size_t>(length); }
  const float* row(size_t i) const { return values.data() + i * static_cast<size_t>(length); }
};

class Codebook {
 public:
  // k-means with k-means++ starts (Arthur and Vassilvitskii 2007) over the rows; fewer words where there are
  // fewer rows.  The same rows and seed give the same words, for any number of threads.  Stopped after
  // Ctrl-C.
  Codebook(const Rows& rows, int words, uint64_t seed, Threads& threads);

  int words() const { return words_; }
  // The nearest word of a row.
  int word(const float* row) const;
  double error() const { return error_; }  // mean squared distance of the rows from their words

 private:
  double assign(const Rows& rows, std::vector<int>& words, Threads& threads) const;
  void find_squares();
  void move_words(const Rows& rows, const std::vector<int>& words);

  int length_ = 0, words_ = 0;
  std::vector<float> centres_;  // [length, words]: value by value, so that all words are compared at once
  std::vector<float> squares_;  // of the words' norms, halved
  double error_ = 0;
};

// How often each word occurs among rows: sums to 1; all 0 without rows.
std::vector<double> word_histogram(const Codebook& book, const Rows& rows, Threads& threads);

}  // namespace reverie
