#pragma once

namespace reverie {

// Sets how many threads LibTorch uses for this thread's work.  at::set_num_threads() rebuilds its pools even
// if the number stays the same, which costs a tenth of a frame.
void use_torch_threads(int count);

}  // namespace reverie
