// A matrix product with one factor read directly from the planes: tap k of a filter is the same row, shifted
// by offset[k].  No patches are copied, any kernel size and output stride is a table of offsets, and kTile x
// kWidth sums stay in registers: about 85 % of the machine's peak from L1.
#include "feedback/kernels/cpu/product.h"

#include <algorithm>

#include "feedback/kernels/cpu/scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "feedback/kernels/cpu/product.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "feedback/kernels/cpu/product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace reverie::cpu::HWY_NAMESPACE {

void Multiply(const float* w, const float* bias, int count, int taps, const ptrdiff_t* offset,
              const ProductPlace& place) {
  multiply_by(w, bias, count, taps, offset, place);
}

}  // namespace reverie::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reverie::cpu {

HWY_EXPORT(Multiply);

Weights::Weights(int output_count, int tap_count, int group, const std::function<float(int, int)>& weight,
                 const std::function<float(int)>& bias_of, Precision precision)
    : outputs(output_count), taps(tap_count) {
  if (precision == Precision::kBf16) {
    const int each = kMostTileOutputs / group * group;
    for (int n = 0; n < outputs; n += each) blocks.push_back({n, std::min(each, outputs - n)});
    bf16.emplace(outputs, taps, each, weight, bias_of);
    return;
  }
  packed_size = static_cast<size_t>(outputs) * static_cast<size_t>(taps) + kMostBlock;
  packed = allocate_samples(packed_size);
  // as few blocks as possible, as equal as possible
  const int groups = outputs / group;
  const int most = kMostBlock / group;
  const int count = (groups + most - 1) / most;
  for (int b = 0; b < count; ++b) {
    const int first = groups * b / count;
    const int last = groups * (b + 1) / count;
    blocks.push_back({first * group, (last - first) * group});
  }
  float* to = packed.get();
  for (const Block& b : blocks) {
    for (int k = 0; k < taps; ++k) {
      for (int n = 0; n < b.count; ++n) *to++ = weight(b.first + n, k);
    }
  }
  for (int n = 0; n < outputs; ++n) bias.push_back(bias_of(n));
}

size_t Weights::bytes() const {
  return packed_size * sizeof(float) + bias.capacity() * sizeof(float) + blocks.capacity() * sizeof(Block) +
         (bf16 ? bf16->bytes() : 0);
}

int Weights::out_planes() const {
  return bf16 ? kMostTileOutputs : kMostBlock;
}

Taps gather(const Weights& weights, const ptrdiff_t* offset, const ProductPlace& p) {
  Taps taps(offset);
  if (!weights.bf16) return taps;
  const auto tiles =
      static_cast<size_t>(p.rows * groups_of(p.width)) * static_cast<size_t>(weights.bf16->tap_tiles());
  auto* pairs = reinterpret_cast<Pair*>(scratch(3).get(tiles * kTileSize));
  gather_pairs(p.in, p.in_pitch, p.rows, p.width, offset, weights.taps, pairs);
  taps.pairs = pairs;
  return taps;
}

void multiply(const Weights& weights, const Weights::Block& block, const Taps& taps,
              const ProductPlace& place) {
  if (weights.bf16) {
    TileProduct product = weights.bf16->block(block.first);
    product.samples = taps.pairs;
    product.row_groups = groups_of(place.width);
    product.groups = place.rows * product.row_groups;
    product.out = place.out;
    product.out_pitch = place.out_pitch;
    product.out_plane = place.out_plane;
    return multiply(product);
  }
  HWY_DYNAMIC_DISPATCH(Multiply)
  (weights.of(block), weights.bias.data() + block.first, block.count, weights.taps, taps.offset, place);
}

}  // namespace reverie::cpu
#endif  // HWY_ONCE
