// Restricted Boltzmann machines that a VAE's dense layers begin as, one above the other (Hinton and
// Salakhutdinov 2006, "Reducing the Dimensionality of Data with Neural Networks").
#pragma once

#include "train/task.h"

namespace reverie {

// A layer as a machine: v are 0 or 1, or the probability of 1; so are h, or they are normal numbers of
// deviation 1 (linear).
struct BoltzmannMachine {
  torch::Tensor weight;           // [H, V]
  torch::Tensor visible, hidden;  // biases, [V], [H]
  bool linear = false;

  // [N, V] -> [N, H] and back: probabilities, or means.
  torch::Tensor up(const torch::Tensor& v) const;
  torch::Tensor down(const torch::Tensor& h) const;
  // -log of the sum over all h of exp(-energy), but for a constant: [N].
  torch::Tensor free_energy(const torch::Tensor& v) const;
  // What v becomes on the way up, with h drawn, and down again; no gradient.
  torch::Tensor reconstruction(const torch::Tensor& v, const torch::Tensor& normal) const;
};

// The task of VAEs; stages with `rbm` train the machine of one layer by contrastive divergence of one step
// (Hinton 2002): what its free energy is of the pictures above that of what they become, whose gradient is
// the change of 2006.
TaskKind pretrained_vae_task();

}  // namespace reverie
