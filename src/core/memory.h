// What the machine has.
#pragma once

namespace reverie {

// Of main memory, in bytes; 0 where that cannot be known.
double memory_bytes();

}  // namespace reverie
