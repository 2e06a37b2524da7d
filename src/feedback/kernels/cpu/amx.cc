// The only file with intrinsics.  A tile instruction is 16 x 16 x 32 multiply-adds in 16 cycles (the trick:
// 16 times the fp32 vectors of the same CPU); see tiles.h for the loop.
#include "feedback/kernels/cpu/amx.h"

#if defined(REVERIE_WITH_AMX) && defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace reverie::cpu {
namespace {

// For the calling thread, during its lifetime.  The configuration is a constant: the compiler does not know
// how much of it is read, nor that tiles read memory, so no store may still be pending.
class Tiles {
 public:
  Tiles() {
    static constexpr TileConfig kConfig;
    asm volatile("" ::: "memory");
    _tile_loadconfig(&kConfig);
  }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;

  // The intrinsics accept only literals.
  template <int T>
  void load(const void* from, ptrdiff_t pitch) {
    if constexpr (T == 0) _tile_loadd(0, from, pitch);
    if constexpr (T == 1) _tile_loadd(1, from, pitch);
    if constexpr (T == 2) _tile_loadd(2, from, pitch);
    if constexpr (T == 3) _tile_loadd(3, from, pitch);
    if constexpr (T == 4) _tile_loadd(4, from, pitch);
    if constexpr (T == 5) _tile_loadd(5, from, pitch);
    if constexpr (T == 6) _tile_loadd(6, from, pitch);
    if constexpr (T == 7) _tile_loadd(7, from, pitch);
  }

  template <int T>
  void store(void* to, ptrdiff_t pitch) {
    static_assert(T < kWeightTile);
    if constexpr (T == 0) _tile_stored(0, to, pitch);
    if constexpr (T == 1) _tile_stored(1, to, pitch);
    if constexpr (T == 2) _tile_stored(2, to, pitch);
    if constexpr (T == 3) _tile_stored(3, to, pitch);
  }

  template <int C, int A, int B>
  void multiply_add() {
    static_assert(C == kBlockTiles * (A - kWeightTile) + B - kSampleTile);
    if constexpr (C == 0) _tile_dpbf16ps(0, 4, 6);
    if constexpr (C == 1) _tile_dpbf16ps(1, 4, 7);
    if constexpr (C == 2) _tile_dpbf16ps(2, 5, 6);
    if constexpr (C == 3) _tile_dpbf16ps(3, 5, 7);
  }
};

// "Intel Architecture Instruction Set Extensions Programming Reference", CPUID leaf 7 and XCR0; Linux grants
// the 8 KB of tile state per thread only to processes that request it.
bool ask_for_amx() {
  constexpr unsigned kOsXsave = 1U << 27U;
  constexpr unsigned kBf16 = 1U << 22U;
  constexpr unsigned kTiles = 1U << 24U;
  constexpr unsigned kTileState = 3U << 17U;
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kOsXsave) == 0) return false;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & kBf16) == 0 || (d & kTiles) == 0) return false;
  asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  if ((a & kTileState) != kTileState) return false;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

bool has_amx() {
  static const bool has = ask_for_amx();
  return has;
}

void multiply_with_amx(const TileProduct& product) {
  multiply_tiles<Tiles>(product);
}

}  // namespace reverie::cpu

#else

namespace reverie::cpu {

bool has_amx() {
  return false;
}
void multiply_with_amx(const TileProduct& /*product*/) {}

}  // namespace reverie::cpu

#endif
