#pragma once

namespace reverie {

// For what this thread does next.  at::set_num_threads() makes pools of threads anew even where nothing
// changes, which costs a tenth of a frame.
void use_torch_threads(int count);

}  // namespace reverie
