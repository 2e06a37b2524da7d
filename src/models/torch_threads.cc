#include "models/torch_threads.h"

#include "models/torch.h"

namespace reverie {

void use_torch_threads(int count) {
  if (at::get_num_threads() != count) at::set_num_threads(count);
}

}  // namespace reverie
