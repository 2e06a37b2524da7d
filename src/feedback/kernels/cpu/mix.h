// The last part of the transition, row by row: the sum of its terms, the sums for homeostasis, squash and
// trail.  All rows may be read up to a whole vector beyond their end.
#pragma once

#include <cstddef>

#include "core/random.h"
#include "feedback/parameters.h"

namespace reverie::cpu {

// share * K(x) of one row as centre * x + around * (sum of the four neighbours): K = x + sblur * (B(x) - x),
// B(x) = (4 x + neighbours) / 8.
struct MixTerm {
  const float* x = nullptr;       // with a rim of 1 if around is set
  ptrdiff_t pitch = 0;            // of x's rows
  ptrdiff_t ahead = 0;            // from x to what is mixed next, to prefetch it
  const float* centre = nullptr;  // gain * share * (1 - sblur / 2)
  const float* around = nullptr;  // gain * share * sblur / 8, or null: none
};

constexpr int kMostTerms = 4;

struct MixRow {
  MixTerm term[kMostTerms];
  int terms = 0;
  const float* bias = nullptr;
  const float* noise = nullptr;  // added, or null
};

// out[x] = bias + noise + all terms
void mix_row(const MixRow& row, int width, float* out);

struct RowSums {
  double sum = 0, square = 0;
};
// out[x] = level[x] * random.signed_at(first + x), with the same bits as one by one; 2 to 4 times as fast.
void noise_row(const Random& random, uint64_t first, const float* level, int width, float* out);

// Of row[0..width).
RowSums row_sums(const float* row, int width);

// out[x] = mix(squash(gain * (u[x] - away)), kept[x], keep[x]); out may be u.
struct SquashRow {
  Squash squash = Squash::kTanh;
  float gain = 1, away = 0;
  const float* kept = nullptr;
  ptrdiff_t kept_pitch = 0;     // of its rows, if there are several
  const float* keep = nullptr;  // share of kept, 0..1
  ptrdiff_t ahead = 0;          // from kept, and from the result, to those that come next
};
void squash_row(const SquashRow& row, const float* u, int width, float* out);

// Both in one pass: squash_row of mix_row, for one or more consecutive rows that share their factors and, if
// there are several, have no noise; `pitch` between those of out.
void mix_and_squash_rows(const MixRow& mix, const SquashRow& squash, int rows, int width, float* out,
                         ptrdiff_t pitch);

}  // namespace reverie::cpu
