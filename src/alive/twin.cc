#include "alive/twin.h"

#include <fmt/format.h>

#include <numbers>

#include "alive/stream.h"
#include "core/error.h"
#include "feedback/flow.h"
#include "feedback/warp.h"
#include "models/hourglass/layers.h"
#include "models/hourglass/pooling.h"

namespace reverie {
namespace {

constexpr double kSmall = 1e-12;  // below the roots of mean squares: their slope at 0 is infinite

size_t z(int i) {
  return static_cast<size_t>(i);
}

// n more samples on each side, as the border says.
torch::Tensor extend(const torch::Tensor& x, int64_t n, Border border) {
  if (n == 0) return x;
  if (border == Border::kZero) return at::constant_pad_nd(x, {n, n, n, n});
  return at::pad(x, {n, n, n, n}, border == Border::kWrap ? "circular" : "replicate");
}

ActivationKind kind_of(Activation a) {
  return a == Activation::kTanh ? ActivationKind::kTanh : ActivationKind::kRelu;
}

torch::Tensor pooled(const torch::Tensor& u, Pool how, Activation activation, int64_t p) {
  // these are monotonic: the same to the bit for a quarter of the work
  if (how == Pool::kMax) return activate(pool_max(u, p), kind_of(activation));
  if (how == Pool::kMean && activation == Activation::kTanh) return pool_mean_of_tanh(u, p);
  if (how == Pool::kMean) return at::avg_pool2d(activate(u, kind_of(activation)), p);
  if (how == Pool::kStride)
    return activate(u.slice(2, 0, at::nullopt, p).slice(3, 0, at::nullopt, p), kind_of(activation));
  const torch::Tensor a = activate(u, kind_of(activation));
  const torch::Tensor most = pool_max(a, p);
  const torch::Tensor least = -pool_max(-a, p);
  return torch::where(least.abs() > most.abs(), least, most);
}

torch::Tensor encoded(const torch::Tensor& h, const TwinWeights::Layer& w, const LevelTransition& t,
                      int pool_size, Border border) {
  const torch::Tensor u =
      at::conv2d(extend(h, w.encode_weight.size(2) / 2, border), w.encode_weight, w.encode_bias);
  return pooled(u, t.pool, t.activation, pool_size);
}

torch::Tensor decoded(const torch::Tensor& h, const TwinWeights::Layer& w, const LevelTransition& t,
                      int pool_size, Border border) {
  const int64_t reach = decode_reach(static_cast<int>(w.decode_weight.size(2)), pool_size);
  return activate(decode_extended(extend(h, reach, border), w.decode_weight, w.decode_bias, pool_size),
                  kind_of(t.activation));
}

// K: blurs (above 0) or sharpens.
torch::Tensor blurred(const torch::Tensor& x, float amount, Border border) {
  if (amount == 0) return x;
  const torch::Tensor wide = extend(x, 1, border);
  const int64_t h = x.size(2);
  const int64_t w = x.size(3);
  const torch::Tensor beside = wide.narrow(2, 1, h).narrow(3, 0, w) + wide.narrow(2, 1, h).narrow(3, 2, w) +
                               wide.narrow(2, 0, h).narrow(3, 1, w) + wide.narrow(2, 2, h).narrow(3, 1, w);
  return x * (1 - 0.5 * amount) + beside * (amount / 8);
}

torch::Tensor squashed(const torch::Tensor& u, Squash how) {
  switch (how) {
    case Squash::kTanh:
      return u.tanh();
    case Squash::kSin:
      return u.sin();
    case Squash::kWrap:
      return u - 2 * ((u.detach() + 1) / 2).floor();
    case Squash::kFold: {
      const torch::Tensor v = u + 1 - 4 * ((u.detach() + 1) / 4).floor();
      return torch::where(v < 2, v - 1, 3 - v);
    }
    case Squash::kClip:
      return u.clamp(-1, 1);
    case Squash::kRational:
      return u / (u * u + 0.25);
  }
  return u;
}

// Turns every triple of channels about the grey axis.
torch::Tensor turned_hue(const torch::Tensor& h, float degrees) {
  const int64_t triples = h.size(1) / 3;
  const float angle = degrees * std::numbers::pi_v<float> / 180;
  const float c = std::cos(angle);
  const float s = std::sin(angle) / std::numbers::sqrt3_v<float>;
  const float m = (1 - c) / 3;
  const torch::Tensor matrix =
      torch::tensor({c + m, m - s, m + s, m + s, c + m, m - s, m - s, m + s, c + m}, h.options())
          .view({3, 3});
  const torch::Tensor head = h.narrow(1, 0, 3 * triples);
  const torch::Tensor turned =
      at::matmul(matrix, head.reshape({h.size(0), triples, 3, h.size(2) * h.size(3)})).view(head.sizes());
  if (3 * triples == h.size(1)) return turned;
  return at::cat({turned, h.narrow(1, 3 * triples, h.size(1) - 3 * triples)}, 1);
}

// Source positions in samples, [1, H, W, 2], as at::grid_sampler wants them for what `border` extends.
torch::Tensor grid_of(const Transition& t, int level, int height, int width, int shrink) {
  torch::Tensor grid = torch::empty({1, height, width, 2});
  std::vector<float> x(z(width));
  std::vector<float> y(z(width));
  auto* out = grid.data_ptr<float>();
  for (int row = 0; row < height; ++row) {
    warp_row(t, level, height, width, shrink, row, x.data(), y.data());
    for (size_t i = 0; i < z(width); ++i) {
      const auto place = [&](float v, int n) {  // -1 and 1 are the centres of the first and last sample
        const auto side = static_cast<float>(n);
        if (t.border == Border::kWrap) return 2 * (v - side * std::floor(v / side)) / side - 1;
        return n > 1 ? 2 * v / (side - 1) - 1 : v;
      };
      *out++ = place(x[i], width);
      *out++ = place(y[i], height);
    }
  }
  return grid;
}

// Velocities of level 0, [N, 2, H, W], as differences of what grid_of makes for another level.
torch::Tensor at_level(const torch::Tensor& v, int height, int width, int shrink, Border border) {
  const auto chosen = [&](int count, int64_t of) {
    return (torch::arange(count, torch::kLong) * shrink + shrink / 2).clamp_max(of - 1).to(v.device());
  };
  const torch::Tensor there =
      v.index_select(2, chosen(height, v.size(2))).index_select(3, chosen(width, v.size(3)));
  const auto sides = [&](int n) { return border == Border::kWrap ? n : std::max(1, n - 1); };
  return at::stack({there.select(1, 0) * (2.0 / sides(width)), there.select(1, 1) * (2.0 / sides(height))},
                   3);
}

// out[n] = a per item scaled: [N] -> [N, 1, 1, 1]
torch::Tensor per_item(const torch::Tensor& v) {
  return v.view({-1, 1, 1, 1});
}

torch::Tensor homeostasis(const torch::Tensor& u, const LevelTransition& t, torch::Tensor& gain) {
  const torch::Tensor away = u.mean(at::IntArrayRef({2, 3}), true) * t.home_centre;
  const torch::Tensor centred = u - away;
  const torch::Tensor rms = (centred.square().mean(at::IntArrayRef({1, 2, 3})) + kSmall).sqrt();
  gain = gain + t.home_rate * (t.home_level / (rms + 1e-3) - gain);
  return centred * per_item(gain);
}

[[noreturn]] void refuse(const std::string& what) {
  throw Error("learn", "this transition", fmt::format("{} cannot be learned with", what),
              "set it back to its default in the preset, and change it in what was learned");
}

}  // namespace

torch::Tensor drawn_noise(const std::vector<Random>& streams, int channels, int height, int width) {
  torch::Tensor out = torch::empty({static_cast<int64_t>(streams.size()), channels, height, width});
  auto* v = out.data_ptr<float>();
  const uint64_t plane = static_cast<uint64_t>(height) * static_cast<uint64_t>(width);
  for (const Random& stream : streams) {
    for (int c = 0; c < channels; ++c) {
      const Random draws = stream.split(static_cast<uint64_t>(c));
      for (uint64_t i = 0; i < plane; ++i) *v++ = draws.signed_at(i);
    }
  }
  return out;
}

TwinWeights twin_weights(const Hourglass& hourglass, const Transition& transition) {
  TwinWeights w;
  for (const Layer& l : hourglass.layers) {
    const int64_t e = l.encode_kernel;
    const int64_t d = l.decode_kernel;
    w.layers.push_back(
        {torch::tensor(l.encode_weight).view({l.upper, l.lower, e, e}), torch::tensor(l.encode_bias),
         torch::tensor(l.decode_weight).view({l.upper, l.lower, d, d}), torch::tensor(l.decode_bias)});
  }
  std::vector<float> self;
  std::vector<float> encode;
  std::vector<float> decode;
  for (const LevelTransition& t : transition.level) {
    self.push_back(t.self.value);
    encode.push_back(t.encode.value);
    decode.push_back(t.decode.value);
  }
  w.self = torch::tensor(self);
  w.encode = torch::tensor(encode);
  w.decode = torch::tensor(decode);
  return w;
}

Twin::Twin(const Hourglass& hourglass, LevelSizes sizes, torch::Device device)
    : precision_(hourglass.precision), sizes_(std::move(sizes)), device_(device) {
  for (int l = 0; l <= hourglass.levels(); ++l) channels_.push_back(hourglass.channels(l));
  for (const Layer& l : hourglass.layers) pool_size_.push_back(l.pool_size);
}

void Twin::check(const Transition& transition) const {
  if (precision_ != Precision::kFp32) refuse("precision = \"bf16\"");
  if (transition.schedule != Schedule::kEvery) refuse("schedule = \"even\"");
  for (LevelTransition t : transition.level) {
    for (const Field* f : t.fields()) {
      if (f->picture) refuse("a map");
    }
    if (!t.input.is(0)) refuse("an input");
    if (!t.warp_by_flow.is(0)) refuse("warp_by_flow");
    if (t.moves() && transition.sampling != Sampling::kLinear) refuse("sampling other than linear");
  }
}

torch::Tensor Twin::moved(const torch::Tensor& h, const TwinFrame& frame, int level) const {
  const Transition& t = *frame.transition;
  const LevelTransition& l = t.level[z(level)];
  torch::Tensor out = l.permute == 0 ? h : at::roll(h, {-(l.permute % h.size(1))}, {1});
  if (l.moves()) {
    const auto height = static_cast<int>(h.size(2));
    const auto width = static_cast<int>(h.size(3));
    const int shrink = sizes_.shrink[z(level)];
    std::vector<torch::Tensor> grids;
    Transition one = t;
    const size_t count = frame.velocity ? frame.velocity->size() : 1;
    for (size_t n = 0; n < count; ++n) {
      one.velocity = frame.velocity ? &(*frame.velocity)[n] : nullptr;
      grids.push_back(grid_of(one, level, height, width, shrink).to(device_));
    }
    torch::Tensor grid = count > 1 ? at::cat(grids) : grids[0].expand({h.size(0), height, width, 2});
    if (frame.stream.defined() && !l.advect.is(0))  // adds 0, and a gradient
      grid = grid -
             l.advect.value * at_level(frame.stream - frame.stream.detach(), height, width, shrink, t.border);
    // the sample behind the last one is the first
    const torch::Tensor wide = t.border == Border::kWrap ? at::pad(out, {0, 1, 0, 1}, "circular") : out;
    constexpr int64_t kLinear = 0;
    constexpr int64_t kBeyondIsZero = 0;
    constexpr int64_t kBeyondIsEdge = 1;
    out = at::grid_sampler_2d(wide, grid, kLinear, t.border == Border::kZero ? kBeyondIsZero : kBeyondIsEdge,
                              true);
  }
  return l.hue.is(0) ? out : turned_hue(out, l.hue.value);
}

TwinState Twin::step(const TwinState& state, const TwinWeights& weights, const TwinFrame& frame,
                     torch::Tensor* overflow) const {
  const Transition& transition = *frame.transition;
  const Border border = transition.border;
  TwinState next = state;
  double samples = 0;
  torch::Tensor beyond;
  for (int l = 0; l <= levels(); ++l) {
    const LevelTransition& t = transition.level[z(l)];
    const torch::Tensor& h = state.h[z(l)];
    const torch::Tensor self = moved(h, frame, l);
    const torch::Tensor e = l == 0 ? h
                                   : encoded(state.h[z(l) - 1], weights.layers[z(l) - 1],
                                             transition.level[z(l) - 1], pool_size_[z(l) - 1], border);
    const torch::Tensor d =
        l == levels() ? h : decoded(state.h[z(l) + 1], weights.layers[z(l)], t, pool_size_[z(l)], border);
    const torch::Tensor sum = weights.self[l] * self + weights.encode[l] * e + weights.decode[l] * d;
    torch::Tensor u = blurred(sum, t.sblur.value, border) * t.gain.value + t.bias.value;
    if (!t.noise.is(0)) {
      std::vector<Random> streams;
      for (const Random& r : frame.noise) streams.push_back(r.split(static_cast<uint64_t>(l)));
      u = u + t.noise.value *
                  drawn_noise(streams, channels(l), sizes_.height[z(l)], sizes_.width[z(l)]).to(device_);
    }
    if (t.home_centre != 0 || t.home_rate != 0) u = homeostasis(u, t, next.home_gain[z(l)]);
    if (overflow) {
      const torch::Tensor more = (u.abs() - 1).clamp_min(0).sum();
      beyond = beyond.defined() ? beyond + more : more;
      samples += static_cast<double>(u.numel());
    }
    const float keep = std::clamp(t.tblur.value, 0.0F, 1.0F);
    const torch::Tensor fresh = squashed(u, t.squash);
    next.h[z(l)] = keep == 0 ? fresh : (1 - keep) * fresh + keep * (t.trail == Trail::kSelf ? self : h);
  }
  if (overflow) *overflow = beyond / samples;
  return next;
}

torch::Tensor Twin::stream(const TwinState& state, const Transition& transition,
                           const ParameterValues& values) const {
  const auto& all = transition.level;
  if (std::none_of(all.begin(), all.end(), [](const LevelTransition& t) { return !t.advect.is(0); }))
    return {};
  const int level = std::min(values.integer("advect_level"), levels());
  const int channel = values.integer("advect_channel") % channels(level);
  return stream_of(state.h[z(level)].select(1, channel), values.number("advect_smooth"), sizes_.height[0],
                   sizes_.width[0], transition.border == Border::kWrap);
}

std::optional<std::vector<Planes>> Twin::velocity(const TwinState& state, const Transition& transition,
                                                  const ParameterValues& values, Threads& threads) const {
  const auto& all = transition.level;
  if (std::none_of(all.begin(), all.end(), [](const LevelTransition& t) { return !t.advect.is(0); }))
    return {};
  const int level = std::min(values.integer("advect_level"), levels());
  const int channel = values.integer("advect_channel") % channels(level);
  const torch::Tensor psi = state.h[z(level)].detach().select(1, channel).contiguous().to(torch::kCPU);
  std::vector<Planes> out;
  for (int64_t n = 0; n < psi.size(0); ++n) {
    Planes one(1, sizes_.height[z(level)], sizes_.width[z(level)]);
    const torch::Tensor row = psi[n];
    std::copy_n(row.data_ptr<float>(), one.data().size(), one.data().begin());
    out.push_back(stream_velocity(one, static_cast<float>(values.number("advect_smooth")), sizes_.height[0],
                                  sizes_.width[0], transition.border == Border::kWrap, threads));
  }
  return out;
}

TwinState Twin::start(const ParameterValues& values, const std::vector<Random>& streams) const {
  TwinState state;
  for (int l = 0; l <= levels(); ++l) {
    const auto count = static_cast<int64_t>(streams.size());
    const int64_t height = sizes_.height[z(l)];
    const int64_t width = sizes_.width[z(l)];
    torch::Tensor h = torch::empty({count, channels(l), height, width});
    auto* v = h.data_ptr<float>();
    for (const Random& stream : streams) {
      const Random draws = stream.split(static_cast<uint64_t>(l));
      for (int64_t i = 0; i < channels(l) * height * width; ++i)
        *v++ = draws.signed_at(static_cast<uint64_t>(i));
    }
    state.h.push_back(h.to(device_) * values.number("init_scale", l));
    state.home_gain.push_back(torch::ones({count}, device_));
  }
  return state;
}

TwinState Twin::start(const torch::Tensor& pictures) const {
  TwinState state;
  const int64_t count = pictures.size(0);
  for (int l = 0; l <= levels(); ++l) {
    state.h.push_back(l == 0 ? pictures.to(device_)
                             : torch::zeros({count, channels(l), sizes_.height[z(l)], sizes_.width[z(l)]},
                                            torch::TensorOptions(device_)));
    state.home_gain.push_back(torch::ones({count}, device_));
  }
  return state;
}

}  // namespace reverie
