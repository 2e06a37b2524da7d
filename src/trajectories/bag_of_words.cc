#include "trajectories/bag_of_words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/random.h"
#include "core/stop.h"

namespace reverie {
namespace {

constexpr int kPasses = 25;
constexpr double kSettled = 1e-3;  // a pass that betters the error by less is the last
constexpr int kBlock = 256;        // rows a thread takes at a time

size_t z(int i) {
  return static_cast<size_t>(i);
}

int blocks_of(size_t rows) {
  return static_cast<int>((rows + kBlock - 1) / kBlock);
}

double squared_distance(const float* a, const float* b, int length) {
  double sum = 0;
  for (int i = 0; i < length; ++i)
    sum += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
  return sum;
}

// The rows that words start as: each far from those before.
std::vector<size_t> starts(const Rows& rows, int words, Random draws, Threads& threads) {
  std::vector<size_t> chosen = {static_cast<size_t>(draws.bits() % rows.size())};
  std::vector<double> away(rows.size(), std::numeric_limits<double>::infinity());
  while (static_cast<int>(chosen.size()) < words) {
    if (stop_requested()) throw Stopped();
    threads.each(blocks_of(rows.size()), [&](int block) {
      const size_t end = std::min(rows.size(), z(block + 1) * kBlock);
      for (size_t i = z(block) * kBlock; i < end; ++i)
        away[i] = std::min(away[i], squared_distance(rows.row(i), rows.row(chosen.back()), rows.length));
    });
    double sum = 0;
    for (const double d : away) sum += d;
    double place = draws.uniform() * sum;
    size_t next = 0;
    while (next + 1 < rows.size() && place >= away[next]) place -= away[next++];
    chosen.push_back(next);
  }
  return chosen;
}

}  // namespace

Codebook::Codebook(const Rows& rows, int words, uint64_t seed, Threads& threads)
    : length_(rows.length), words_(static_cast<int>(std::min(rows.size(), z(words)))) {
  if (words_ == 0) return;
  centres_.resize(z(length_) * z(words_));
  const std::vector<size_t> first = starts(rows, words_, Random(seed), threads);
  std::vector<int> word_of(rows.size());
  for (int w = 0; w < words_; ++w) {
    for (int d = 0; d < length_; ++d) centres_[z(d) * z(words_) + z(w)] = rows.row(first[z(w)])[d];
  }
  find_squares();
  double before = std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < kPasses; ++pass) {
    if (stop_requested()) throw Stopped();
    error_ = assign(rows, word_of, threads);
    if (!(error_ < before * (1 - kSettled))) break;
    before = error_;
    move_words(rows, word_of);
  }
  error_ = assign(rows, word_of, threads);
}

int Codebook::word(const float* row) const {
  // the word w with the least |w|^2 / 2 - row . w
  std::array<float, 64> sums;
  int best = 0;
  float least = std::numeric_limits<float>::infinity();
  for (int first = 0; first < words_; first += static_cast<int>(sums.size())) {
    const int count = std::min(static_cast<int>(sums.size()), words_ - first);
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (int d = 0; d < length_; ++d) {
      const float v = row[d];
      const float* centre = centres_.data() + z(d) * z(words_) + z(first);
      for (int w = 0; w < count; ++w) sums[z(w)] += v * centre[w];
    }
    for (int w = 0; w < count; ++w) {
      const float away = squares_[z(first + w)] - sums[z(w)];
      if (away < least) least = away, best = first + w;
    }
  }
  return best;
}

double Codebook::assign(const Rows& rows, std::vector<int>& words, Threads& threads) const {
  std::vector<double> errors(z(blocks_of(rows.size())));
  threads.each(static_cast<int>(errors.size()), [&](int block) {
    const size_t end = std::min(rows.size(), z(block + 1) * kBlock);
    for (size_t i = z(block) * kBlock; i < end; ++i) {
      words[i] = word(rows.row(i));
      for (int d = 0; d < length_; ++d) {
        const double away = static_cast<double>(rows.row(i)[d]) - centres_[z(d) * z(words_) + z(words[i])];
        errors[z(block)] += away * away;
      }
    }
  });
  double sum = 0;
  for (const double e : errors) sum += e;
  return sum / static_cast<double>(rows.size());
}

void Codebook::find_squares() {
  squares_.assign(z(words_), 0);
  for (int d = 0; d < length_; ++d) {
    for (int w = 0; w < words_; ++w) {
      const float v = centres_[z(d) * z(words_) + z(w)];
      squares_[z(w)] += v * v / 2;
    }
  }
}

void Codebook::move_words(const Rows& rows, const std::vector<int>& words) {
  std::vector<double> sums(centres_.size());
  std::vector<int64_t> counts(z(words_));
  for (size_t i = 0; i < rows.size(); ++i) {
    ++counts[z(words[i])];
    for (int d = 0; d < length_; ++d) sums[z(d) * z(words_) + z(words[i])] += rows.row(i)[d];
  }
  for (int w = 0; w < words_; ++w) {
    if (counts[z(w)] == 0) continue;  // it stays where it is
    for (int d = 0; d < length_; ++d) {
      const size_t at = z(d) * z(words_) + z(w);
      centres_[at] = static_cast<float>(sums[at] / static_cast<double>(counts[z(w)]));
    }
  }
  find_squares();
}

std::vector<double> word_histogram(const Codebook& book, const Rows& rows, Threads& threads) {
  std::vector<double> histogram(z(book.words()));
  if (book.words() == 0 || rows.size() == 0) return histogram;
  std::vector<int> words(rows.size());
  threads.each(blocks_of(rows.size()), [&](int block) {
    const size_t end = std::min(rows.size(), z(block + 1) * kBlock);
    for (size_t i = z(block) * kBlock; i < end; ++i) words[i] = book.word(rows.row(i));
  });
  for (const int w : words) histogram[z(w)] += 1.0 / static_cast<double>(rows.size());
  return histogram;
}

}  // namespace reverie
