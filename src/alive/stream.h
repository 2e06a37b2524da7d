// The flow that a channel of the state makes, with gradients.
#pragma once

#include "models/torch.h"

namespace reverie {

// As stream_velocity (feedback/flow.h), for channels [N, h, w]: [N, 2, height, width].
torch::Tensor stream_of(const torch::Tensor& channels, double smooth, int height, int width, bool wraps);

}  // namespace reverie
