// What the machine has.
#pragma once

namespace reverie {

// Of main memory, in bytes; 0 where that cannot be known.
double memory_bytes();

// What a program can still take without hurting others, in bytes: of main memory, and of what the system's
// group of processes is allowed; 0 where that cannot be known.
double available_memory_bytes();

}  // namespace reverie
