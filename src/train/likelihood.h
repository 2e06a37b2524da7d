// How likely pictures are to a variational autoencoder, by importance sampling, and beside the samples of any
// generator.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "models/vae/vae.h"
#include "train/task.h"

namespace reverie {

// 1 where a normal number has come out so low that it does so with probability x, else 0: x in 0..1 becomes
// black and white.  Both of one shape.
torch::Tensor binarised(const torch::Tensor& x, const torch::Tensor& normal);

// log 1/K sum_k p(x | z_k) p(z_k) / q(z_k | x), z_k drawn from q, the encoder's: below log p(x), and the
// nearer the more samples (Burda, Grosse and Salakhutdinov 2016, "Importance Weighted Autoencoders", equation
// 8). x: one picture as the network sees it, [1, C, H, W]; label: [1], of a conditional model: then of the
// picture given its label, log p(x | y).
double log_likelihood(const VaeModel& model, const torch::Tensor& x, int64_t samples, uint64_t seed,
                      const torch::Tensor& label = {});

// nll: the mean of -log p(x) over pictures, in nats, and its standard error.  Where the decoder ends in a
// sigmoid and has no variance, pictures are binarised by draws of their own and p is Bernoulli's; else it is
// normal in the scale that the network sees, of the decoder's variance or 1.
std::vector<Figure> likelihood_figures(const Model& model, const RecordSet& set, Split split, size_t limit,
                                       int64_t samples);

// Of points [N, D] under normal distributions of that deviation about each of the samples [M, D]: the mean of
// log p, and its standard error (Breuleux, Bengio and Vincent 2011, "Quickly Generating Representative
// Samples from an RBM-Derived Process"; of generators Goodfellow et al. 2014).
std::pair<double, double> parzen_log_likelihood(const torch::Tensor& points, const torch::Tensor& samples,
                                                double deviation);

// parzen, parzen_error: of the split's first `limit` pictures (0: all) in 0..1, beside so many samples of the
// model; parzen_deviation: the one of ten from 0.05 to 1 under which pictures of training are likeliest.  For
// families vae and gan.
std::vector<Figure> parzen_figures(const Model& model, const RecordSet& set, Split split, size_t limit,
                                   int64_t samples);

}  // namespace reverie
