// Work that leaves the processor to whatever else wants it.
#pragma once

namespace reverie {

// Of this thread, where the system has such a thing for threads.
void lower_priority();

}  // namespace reverie
