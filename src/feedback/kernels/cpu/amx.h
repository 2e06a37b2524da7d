// Intel's Advanced Matrix Extensions: products of tiles.
#pragma once

#include "feedback/kernels/cpu/tiles.h"

namespace reverie::cpu {

// Whether this CPU has them for bf16, and the system lets this process use them.
bool has_amx();

// multiply_tiles() with AMX: only if has_amx().
void multiply_with_amx(const TileProduct& product);

}  // namespace reverie::cpu
