// LibTorch's side of the comparison: play_torch FILE THREADS, see player.h.  As fast as its operators allow:
// states are kept padded, sums are written where they are read, tanh comes after the pooling, and of the
// possible ways to lay out, decode and blur, the fastest is used.
#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "core/error.h"
#include "player.h"
#include "weights/safetensors.h"

namespace {

using namespace reverie;
using torch::Tensor;

constexpr double kGain = 1.333;
constexpr int kTrialFrames = 4;

struct Way {
  bool channels_last, shuffle, depthwise;
  std::string text() const {
    return fmt::format("{}, {}, {}", channels_last ? "channels last" : "channels first",
                       shuffle ? "1x1 + pixel_shuffle" : "conv_transpose2d",
                       depthwise ? "depthwise blur" : "blur of slices");
  }
};

Tensor inner(const Tensor& t, int n) {
  return t.slice(2, n, t.size(2) - n).slice(3, n, t.size(3) - n);
}

// A rim of one sample, wrapped around.
void wrap(Tensor& t) {
  const int64_t h = t.size(2);
  const int64_t w = t.size(3);
  t.slice(2, 0, 1).copy_(t.slice(2, h - 2, h - 1));
  t.slice(2, h - 1, h).copy_(t.slice(2, 1, 2));
  t.slice(3, 0, 1).copy_(t.slice(3, w - 2, w - 1));
  t.slice(3, w - 1, w).copy_(t.slice(3, 1, 2));
}

class Player {
 public:
  Player(const TensorFile& file, Way way) : way_(way) {
    format_ = way.channels_last ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
    for (int l = 0; file.has(fmt::format("state.{}", l)); ++l) {
      Tensor h = load(file, fmt::format("state.{}", l));
      const std::vector<int64_t> padded = {1, h.size(1), h.size(2) + 2, h.size(3) + 2};
      h_.push_back(torch::zeros(padded).contiguous(format_));
      inner(h_.back(), 1).copy_(h);
      wrap(h_.back());
      sum_.push_back(torch::zeros(padded).contiguous(format_));
      blur_.push_back(blur_weights(h.size(1)));
    }
    for (size_t l = 1; l < h_.size(); ++l) {
      encode_.push_back(load(file, fmt::format("encode{}.weight", l)).contiguous(format_));
      encode_bias_.push_back(load(file, fmt::format("encode{}.bias", l)));
      Tensor decode = load(file, fmt::format("decode{}.weight", l));
      Tensor bias = load(file, fmt::format("decode{}.bias", l));
      if (way.shuffle) {  // [upper, lower, 2, 2] -> [lower * 4, upper, 1, 1]
        decode = decode.permute({1, 2, 3, 0}).reshape({-1, decode.size(0), 1, 1});
        bias = bias.repeat_interleave(4);
      }
      decode_.push_back(decode.contiguous(format_));
      decode_bias_.push_back(bias);
    }
  }

  void step() {
    const torch::InferenceMode guard;
    const size_t top = h_.size() - 1;
    for (size_t l = 0; l <= top; ++l) {
      const Tensor e = l > 0 ? encoding(l) : inner(h_[l], 1);
      const Tensor d = l < top ? decoding(l) : inner(h_[l], 1);
      Tensor sum = inner(sum_[l], 1);
      at::add_out(sum, e, d);
      wrap(sum_[l]);
    }
    for (size_t l = 0; l <= top; ++l) {
      inner(h_[l], 1).lerp_(blurred(l).tanh_(), 0.5);
      wrap(h_[l]);
    }
  }

  double error(const TensorFile& file) const {
    RelativeError error;
    for (size_t l = 0; l < h_.size(); ++l)
      error.add(inner(h_[l], 1).contiguous().data_ptr<float>(), file.get(fmt::format("expected.{}", l)).data);
    return error.value();
  }

 private:
  static Tensor load(const TensorFile& file, const std::string& name) {
    const auto& t = file.get(name);
    return torch::from_blob(const_cast<float*>(t.data.data()), t.shape).clone();  // read-only
  }

  // gain * (e + d) / 2, blurred
  Tensor blur_weights(int64_t channels) const {
    const auto w = static_cast<float>(kGain / 16);
    return (torch::tensor({0.F, 1.F, 0.F, 1.F, 4.F, 1.F, 0.F, 1.F, 0.F}) * w)
        .reshape({1, 1, 3, 3})
        .repeat({channels, 1, 1, 1})
        .contiguous(format_);
  }

  Tensor encoding(size_t l) const {
    return at::max_pool2d(at::conv2d(h_[l - 1], encode_[l - 1], encode_bias_[l - 1]), {2, 2}).tanh_();
  }

  Tensor decoding(size_t l) const {
    const Tensor& h = h_[l + 1];  // with its rim: decoding a ring in vain costs less than a copy
    if (!way_.shuffle) return inner(at::conv_transpose2d(h, decode_[l], decode_bias_[l], {2, 2}), 2).tanh_();
    return inner(at::pixel_shuffle(at::conv2d(h, decode_[l], decode_bias_[l]).tanh_(), 2), 2);
  }

  Tensor blurred(size_t l) const {
    const Tensor& s = sum_[l];
    if (way_.depthwise) return at::conv2d(s, blur_[l], {}, {1, 1}, at::IntArrayRef{0, 0}, {1, 1}, s.size(1));
    const int64_t h = s.size(2) - 2;
    const int64_t w = s.size(3) - 2;
    const auto at = [&](int64_t y, int64_t x) { return s.narrow(2, y, h).narrow(3, x, w); };
    Tensor u = at(1, 1) * 4;
    u.add_(at(0, 1)).add_(at(2, 1)).add_(at(1, 0)).add_(at(1, 2));
    return u.mul_(kGain / 16);
  }

  Way way_;
  torch::MemoryFormat format_;
  std::vector<Tensor> h_, sum_, blur_;  // [1, C, H + 2, W + 2] with a rim; [C, 1, 3, 3]
  std::vector<Tensor> encode_, encode_bias_, decode_, decode_bias_;
};

int play(const std::string& path, int threads) {
  at::set_num_threads(threads);
  const torch::InferenceMode guard;
  const TensorFile file = read_safetensors(path);
  Way best{};
  double best_ms = 1e9;
  for (int i = 0; i < 8; ++i) {
    const Way way{(i & 1) != 0, (i & 2) != 0, (i & 4) != 0};
    Player player(file, way);
    player.step();
    double ms = 1e9;
    for (int frame = 0; frame < kTrialFrames; ++frame)
      ms = std::min(ms, milliseconds([&] { player.step(); }));
    if (std::getenv("PEERS_VERBOSE")) fmt::print(stderr, "{:8.2f} ms {}\n", ms, way.text());
    if (ms > best_ms) continue;
    best_ms = ms;
    best = way;
  }
  Player player(file, best);
  for (int i = 0; i < kCheckedFrames; ++i) player.step();
  return answer(player.error(file), best.text(), [&] { player.step(); });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw Error("usage: play_torch FILE THREADS");
    return play(argv[1], std::stoi(argv[2]));
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
