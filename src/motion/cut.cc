#include "motion/cut.h"

#include <algorithm>
#include <cmath>

#include "motion/flow.h"
#include "motion/warp.h"

namespace reverie {
namespace {

constexpr int kLongSide = 96;         // of the small pictures, pixels
constexpr int kBlock = 8, kStep = 4;  // pixels
constexpr double kDeviation = 0.02;   // of a block with structure
constexpr double kStructure = 0.05;   // share of such blocks that a picture needs
// Of the unexplained share less the trusted one.  At cuts of real clips at least 0.85, and 0.35 where their
// likeliest shift is allowed for; without a cut at most 0.3, in fast pans -0.9 after the shift.
constexpr double kCut = 0.45, kCutAfterShift = 0;
constexpr int kCoarse = 4;  // small pixels to one in which whole pictures are shifted

Planes small(const Planes& picture) {
  const Planes bright = picture.channels() == 1 ? picture : luma(picture);
  const double scale = static_cast<double>(kLongSide) / std::max(picture.height(), picture.width());
  const auto side = [&](int n) { return std::max(kBlock, static_cast<int>(std::lround(n * scale))); };
  return resize(bright, side(picture.height()), side(picture.width()));
}

// Mean and spread do not depend on exposure.
Planes levelled(const Planes& bright) {
  const auto n = static_cast<double>(bright.data().size());
  double mean = 0;
  double variance = 0;
  for (const float v : bright.data()) mean += v / n;
  for (const float v : bright.data()) variance += (v - mean) * (v - mean) / n;
  const double gain = 0.2 / (std::sqrt(variance) + kDeviation);
  Planes out = bright;
  for (float& v : out.data()) v = static_cast<float>(std::clamp(0.5 + gain * (v - mean), 0.0, 1.0));
  return out;
}

struct Block {
  double deviation_a = 0, deviation_b = 0;
  double correlation = 0;
};

Block compare(const Planes& a, const Planes& b, int top, int left) {
  constexpr double kCount = kBlock * kBlock;
  double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
  for (int y = top; y < top + kBlock; ++y) {
    for (int x = left; x < left + kBlock; ++x) {
      const double va = a.at(0, y, x);
      const double vb = b.at(0, y, x);
      sum_a += va, sum_b += vb;
      aa += va * va, bb += vb * vb, ab += va * vb;
    }
  }
  const double variance_a = std::max(0.0, (aa - sum_a * sum_a / kCount) / kCount);
  const double variance_b = std::max(0.0, (bb - sum_b * sum_b / kCount) / kCount);
  const double both = (ab - sum_a * sum_b / kCount) / kCount;
  return {std::sqrt(variance_a), std::sqrt(variance_b), both / std::sqrt(variance_a * variance_b + 1e-12)};
}

// Calls work(top, left) for every block, and returns how many there are.
template <class Work>
int each_block(const Planes& p, const Work& work) {
  int count = 0;
  for (int y = 0; y + kBlock <= p.height(); y += kStep) {
    for (int x = 0; x + kBlock <= p.width(); x += kStep, ++count) work(y, x);
  }
  return count;
}

bool has_structure(const Planes& p) {
  int with = 0;
  const int count =
      each_block(p, [&](int y, int x) { with += compare(p, p, y, x).deviation_a > kDeviation; });
  return with >= kStructure * count;
}

// The share of a's structure that is not found in b, 0..1; 0 where they have structure at no common place.
double unexplained(const Planes& a, const Planes& b) {
  double sum = 0;
  int with = 0;
  const int count = each_block(a, [&](int y, int x) {
    const Block block = compare(a, b, y, x);
    if (block.deviation_a < kDeviation || block.deviation_b < kDeviation) return;
    sum += 1 - std::max(0.0, block.correlation);
    ++with;
  });
  return with > 0.02 * count ? sum / with : 0;
}

double mean(const Planes& p) {
  double sum = 0;
  for (const float v : p.data()) sum += v;
  return sum / static_cast<double>(p.data().size());
}

// The flow explains what moves, up to where it loses it.
double evidence(const Planes& a, const Planes& b, Threads& threads) {
  const FlowPair flows = find_flows(a, b, kLiveFlow, threads);
  Planes moved;
  warp(a, flows.backward, moved, threads);
  return unexplained(b, moved) - mean(consistency(flows.backward, flows.forward, threads));
}

struct Shift {
  int x = 0, y = 0;  // b at p is a at p + shift
};

// Calls work with each sample of a and b where both are, b shifted.
template <class Work>
void overlap(const Planes& a, const Planes& b, const Shift& s, const Work& work) {
  for (int y = std::max(0, -s.y); y < std::min(b.height(), b.height() - s.y); ++y) {
    for (int x = std::max(0, -s.x); x < std::min(b.width(), b.width() - s.x); ++x)
      work(a.at(0, y + s.y, x + s.x), b.at(0, y, x));
  }
}

// By how much a picture moved as a whole, up to half of its size: flows lose a fast pan.
Shift whole_shift(const Planes& a, const Planes& b) {
  const Planes small_a = resize(a, std::max(1, a.height() / kCoarse), std::max(1, a.width() / kCoarse));
  const Planes small_b = resize(b, small_a.height(), small_a.width());
  Shift best;
  double nearest = 1e9;
  for (int y = -small_a.height() / 2; y <= small_a.height() / 2; ++y) {
    for (int x = -small_a.width() / 2; x <= small_a.width() / 2; ++x) {
      double sum = 0;
      int count = 0;
      overlap(small_a, small_b, {x, y}, [&](float va, float vb) {
        sum += (va - vb) * (va - vb);
        ++count;
      });
      if (count == 0 || sum / count >= nearest) continue;
      nearest = sum / count;
      best = {x * kCoarse, y * kCoarse};
    }
  }
  return best;
}

Planes cropped(const Planes& p, int top, int left, int height, int width) {
  Planes out(1, height, width);
  for (int y = 0; y < height; ++y) std::copy_n(p.row(0, top + y) + left, width, out.row(0, y));
  return out;
}

// The same of the part that both show.
double evidence_after_shift(const Planes& a, const Planes& b, Threads& threads) {
  const Shift s = whole_shift(a, b);
  const int height = a.height() - std::abs(s.y);
  const int width = a.width() - std::abs(s.x);
  if (height < kBlock || width < kBlock) return 1;
  return evidence(cropped(a, std::max(0, s.y), std::max(0, s.x), height, width),
                  cropped(b, std::max(0, -s.y), std::max(0, -s.x), height, width), threads);
}

}  // namespace

bool CutFinder::next(const Planes& picture, Threads& threads) {
  Planes now = small(picture);
  if (!has_structure(now)) return false;
  const Planes before = std::move(last_);
  last_ = std::move(now);
  if (!before.same_shape(last_)) return !before.empty();
  const Planes a = levelled(before);
  const Planes b = levelled(last_);
  // most frames end here: little has changed
  return unexplained(b, a) > kCut && evidence(a, b, threads) > kCut &&
         evidence_after_shift(a, b, threads) > kCutAfterShift;
}

bool is_cut(const Planes& before, const Planes& after) {
  Threads threads(1);
  CutFinder finder;
  finder.next(before, threads);
  return finder.next(after, threads);
}

}  // namespace reverie
