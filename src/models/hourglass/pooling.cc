// LibTorch's pooling keeps an index of 64 bits for each maximum, and mean pooling and tanh each go through
// all samples of a level in both directions.  Here a maximum keeps the number of its sample within the pool,
// and tanh is done a few pictures at a time, which then are still in the cache; tanh and its gradient are
// LibTorch's own, so that all bits stay as they were.  Built with OpenMP, as LibTorch is: at::parallel_for
// needs it.
#include "models/hourglass/pooling.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace reverie {
namespace {

#ifdef _OPENMP
constexpr bool kFast = true;
#else
constexpr bool kFast = false;
#endif

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kSamples = 1 << 14;  // at a time: their tanh, gradient and what they become fit a cache

bool is_plain(const torch::Tensor& u) {
  return kFast && u.dim() == 4 && u.device().is_cpu() && u.scalar_type() == torch::kFloat32 &&
         u.is_contiguous(torch::MemoryFormat::ChannelsLast);
}

// Of a level in channels-last and its pools.
struct Pools {
  int64_t n, c, h, w, p;

  int64_t rows() const { return n * (h / p); }
  int64_t row_samples() const { return (w / p) * c; }
  // The first sample of a pool's row k / p and column k % p, for the pools of a row.
  int64_t begin(int64_t row, int64_t x, int64_t k) const {
    return ((row * p + k / p) * w + x * p + k % p) * c;
  }
  std::vector<int64_t> below() const { return {n, c, h, w}; }
  std::vector<int64_t> above() const { return {n, c, h / p, w / p}; }
};

Pools pools_of(const torch::Tensor& u, int64_t p) {
  return {u.size(0), u.size(1), u.size(2), u.size(3), p};
}

torch::Tensor channels_last(const std::vector<int64_t>& shape, const torch::Tensor& like) {
  return at::empty(shape, like.options().requires_grad(false), torch::MemoryFormat::ChannelsLast);
}

class MaxPool : public torch::autograd::Function<MaxPool> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& u, int64_t p) {
    const Pools pools = pools_of(u, p);
    torch::Tensor out = channels_last(pools.above(), u);
    torch::Tensor which = at::empty({out.numel()}, u.options().dtype(torch::kInt32).requires_grad(false));
    const auto* from = u.data_ptr<float>();
    auto* to = out.data_ptr<float>();
    auto* number = which.data_ptr<int32_t>();
    at::parallel_for(0, pools.rows(), grain(pools), [&](int64_t first, int64_t last) {
      for (int64_t row = first; row < last; ++row) {
        for (int64_t x = 0; x < pools.w / p; ++x) {
          const int64_t at = row * pools.row_samples() + x * pools.c;
          find_most(from, pools, row, x, to + at, number + at);
        }
      }
    });
    context->saved_data["which"] = which;
    context->saved_data["shape"] = pools.below();
    context->saved_data["p"] = p;
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const std::vector<int64_t> shape = context->saved_data["shape"].toIntVector();
    const torch::Tensor which = context->saved_data["which"].toTensor();
    const torch::Tensor above = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
    torch::Tensor below = channels_last(shape, above);
    const Pools pools = pools_of(below, context->saved_data["p"].toInt());
    const auto* g = above.data_ptr<float>();
    const auto* number = which.data_ptr<int32_t>();
    auto* to = below.data_ptr<float>();
    at::parallel_for(0, pools.rows(), grain(pools), [&](int64_t first, int64_t last) {
      for (int64_t row = first; row < last; ++row) {
        for (int64_t x = 0; x < pools.w / pools.p; ++x) {
          const int64_t at = row * pools.row_samples() + x * pools.c;
          give_back(g + at, number + at, pools, row, x, to);
        }
      }
    });
    return {below, {}};
  }

 private:
  static int64_t grain(const Pools& pools) {
    return std::max<int64_t>(1, kSamples / (pools.row_samples() * pools.p * pools.p));
  }

  // The first of the largest, or NaN where there is one.
  static void find_most(const float* from, const Pools& pools, int64_t row, int64_t x, float* __restrict most,
                        int32_t* __restrict number) {
    std::copy_n(from + pools.begin(row, x, 0), pools.c, most);
    std::fill_n(number, pools.c, 0);
    for (int64_t k = 1; k < pools.p * pools.p; ++k) {
      const float* v = from + pools.begin(row, x, k);
      const auto own = static_cast<int32_t>(k);
      for (int64_t c = 0; c < pools.c; ++c) {
        const bool more = (v[c] > most[c]) | (v[c] != v[c]);
        most[c] = more ? v[c] : most[c];
        number[c] = more ? own : number[c];
      }
    }
  }

  static void give_back(const float* g, const int32_t* number, const Pools& pools, int64_t row, int64_t x,
                        float* __restrict to) {
    for (int64_t k = 0; k < pools.p * pools.p; ++k) {
      float* at = to + pools.begin(row, x, k);
      const auto own = static_cast<int32_t>(k);
      for (int64_t c = 0; c < pools.c; ++c) at[c] = 0.0F + (number[c] == own ? g[c] : 0.0F);
    }
  }
};

class MeanPoolOfTanh : public torch::autograd::Function<MeanPoolOfTanh> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& u, int64_t p) {
    const Pools pools = pools_of(u, p);
    const torch::Tensor t = u.detach();
    torch::Tensor out = channels_last(pools.above(), u);
    auto* to = out.data_ptr<float>();
    each_part(pools, [&](int64_t first, int64_t count) {
      torch::Tensor part = t.narrow(0, first, count);
      part.tanh_();
      const auto* from = t.data_ptr<float>();
      const int64_t rows = pools.h / p;
      for (int64_t row = first * rows; row < (first + count) * rows; ++row) {
        for (int64_t x = 0; x < pools.w / p; ++x)
          average(from, pools, row, x, to + row * pools.row_samples() + x * pools.c);
      }
    });
    context->saved_data["tanh"] = t;
    context->saved_data["p"] = p;
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const torch::Tensor t = context->saved_data["tanh"].toTensor();
    const Pools pools = pools_of(t, context->saved_data["p"].toInt());
    const torch::Tensor above = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
    torch::Tensor below = channels_last(pools.below(), t);
    const auto* g = above.data_ptr<float>();
    each_part(pools, [&](int64_t first, int64_t count) {
      torch::Tensor wide = channels_last({count, pools.c, pools.h, pools.w}, t);
      auto* to = wide.data_ptr<float>();
      const int64_t rows = pools.h / pools.p;
      for (int64_t row = 0; row < count * rows; ++row) {
        for (int64_t x = 0; x < pools.w / pools.p; ++x)
          spread(g + (first * rows + row) * pools.row_samples() + x * pools.c, pools, row, x, to);
      }
      torch::Tensor out = below.narrow(0, first, count);
      at::tanh_backward_out(out, wide, t.narrow(0, first, count));
    });
    return {below, {}};
  }

 private:
  // A few pictures at a time, shared by the threads.
  template <class Work>
  static void each_part(const Pools& pools, const Work& work) {
    const int64_t many = std::max<int64_t>(1, kSamples / (pools.c * pools.h * pools.w));
    at::parallel_for(0, pools.n, many, [&](int64_t first, int64_t last) {
      const torch::NoGradGuard no_grad;  // each thread has its own
      for (int64_t i = first; i < last; i += many) work(i, std::min(many, last - i));
    });
  }

  static void average(const float* from, const Pools& pools, int64_t row, int64_t x, float* __restrict mean) {
    std::fill_n(mean, pools.c, 0.0F);
    for (int64_t k = 0; k < pools.p * pools.p; ++k) {
      const float* v = from + pools.begin(row, x, k);
      for (int64_t c = 0; c < pools.c; ++c) mean[c] += v[c];
    }
    const auto count = static_cast<float>(pools.p * pools.p);
    for (int64_t c = 0; c < pools.c; ++c) mean[c] /= count;
  }

  static void spread(const float* g, const Pools& pools, int64_t row, int64_t x, float* __restrict to) {
    const auto count = static_cast<float>(pools.p * pools.p);
    for (int64_t k = 0; k < pools.p * pools.p; ++k) {
      float* at = to + pools.begin(row, x, k);
      for (int64_t c = 0; c < pools.c; ++c) at[c] = 0.0F + g[c] / count;
    }
  }
};

}  // namespace

torch::Tensor pool_max(const torch::Tensor& u, int64_t p) {
  return is_plain(u) ? MaxPool::apply(u, p) : torch::max_pool2d(u, p);
}

torch::Tensor pool_mean_of_tanh(const torch::Tensor& u, int64_t p) {
  return is_plain(u) ? MeanPoolOfTanh::apply(u, p) : torch::avg_pool2d(torch::tanh(u), p);
}

}  // namespace reverie
