// Training of variational autoencoders, alone or with the look of styles.
#pragma once

#include "train/task.h"

namespace reverie {

// Kullback-Leibler divergence of the codes from normal numbers of mean 0 and deviation 1, a number per
// picture and code, [N, C], summed over a grid's places.
torch::Tensor kl_divergence(const torch::Tensor& mean, const torch::Tensor& log_sigma);

TaskKind vae_task();

}  // namespace reverie
