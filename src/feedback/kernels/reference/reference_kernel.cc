// One frame, everything read from the last frame's state h[0..L]:
//
//   e[l+1] = pool(act(conv(h[l]; We, be)))           encode, e[0] = h[0]
//   d[l]   = act(convT(h[l+1]; Wd, bd))              decode, d[L] = h[L]
//   self   = colour(warp(h[l]))
//   u      = gain * (self_l K(self) + encode_l K(e[l]) + decode_l K(d[l]) + input_l input[l]) + bias + noise
//   u      = homeostasis(u)
//   h'[l]  = mix(squash(u), h[l] or self, tblur)
//
// K = blur .. identity .. sharpen by sblur.  Homeostasis, per channel: u -= centre * mean(u); per level: the
// gain g follows, g += rate * (level / (RMS(u) + 1e-3) - g), u *= g.
//
// With Schedule::kEven a frame computes only the rows given by Cycles; h[l] above then means the goal of
// level l for level l itself, and the shown state for its neighbours.
#include "feedback/kernels/reference/reference_kernel.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "feedback/kernels/cycles.h"
#include "feedback/kernels/reference/operators.h"

namespace reverie {
namespace {

using reference::blur_row;
using reference::decode;
using reference::encode;
using reference::move_and_colour;
using reference::squash;

size_t z(int i) {
  return static_cast<size_t>(i);
}

class ReferenceKernel final : public Kernel {
 public:
  ReferenceKernel(const Hourglass& hourglass, LevelSizes sizes, Threads& threads)
      : glass_(hourglass), sizes_(std::move(sizes)), threads_(threads), cycles_(hourglass, sizes_) {
    for (int l = 0; l <= glass_.levels(); ++l) {
      h_.emplace_back(glass_.channels(l), sizes_.height[z(l)], sizes_.width[z(l)]);
      home_gain_.push_back(1);
    }
    goal_ = e_ = d_ = self_ = next_ = h_;
  }

  void set_state(int level, const Planes& state) override {
    h_[z(level)] = goal_[z(level)] = state;
    cycles_.drop(level);
  }
  Planes state(int level) const override { return h_[z(level)]; }
  float home_gain(int level) const override { return home_gain_[z(level)]; }
  void set_home_gain(int level, float gain) override { home_gain_[z(level)] = gain; }
  Planes encoding(int level) const override {
    if (last_.schedule == Schedule::kEvery || last_.level.empty()) return e_[z(level)];
    return level == 0 ? h_[0] : encode_level(h_[z(level) - 1], last_, level - 1);
  }
  Planes decoding(int level) const override {
    if (last_.schedule == Schedule::kEvery || last_.level.empty()) return d_[z(level)];
    return level == glass_.levels() ? h_[z(level)] : decode_level(h_[z(level) + 1], last_, level);
  }

  Planes state_channel(int level, int channel) const override {
    const Planes& h = h_[z(level)];
    Planes out(1, h.height(), h.width());
    std::copy(h.plane(channel), h.plane(channel) + h.plane_size(), out.plane(0));
    return out;
  }
  const float* state_row(int level, int channel, int y) const override {
    return h_[z(level)].row(channel, y);
  }

  void set_input(const Planes& picture, const Transition& t, int top) override {
    input_ = {picture};
    for (int l = 0; l < top; ++l) input_.push_back(encode_level(input_.back(), t, l));
  }
  void clear_input() override { input_.clear(); }

  void step(const Transition& t, const Random& noise) override {
    cycles_.next(t);
    for (int l = 0; l <= glass_.levels(); ++l) make_sources(l);
    for (int l = 0; l <= glass_.levels(); ++l) step_level(l, noise.split(static_cast<uint64_t>(l)));
    for (int l = 0; l <= glass_.levels(); ++l) show(l);
    last_ = t;
    last_.velocity = last_.input_flow = nullptr;  // the caller's: only choices are read later
  }

  Memory memory() const override {
    Memory m;
    const auto bytes = [](const std::vector<Planes>& all) {
      return std::accumulate(all.begin(), all.end(), size_t{0},
                             [](size_t sum, const Planes& p) { return sum + p.bytes(); });
    };
    m.states = bytes(h_) + bytes(goal_) + bytes(next_);
    m.sources = bytes(e_) + bytes(d_) + bytes(self_) + bytes(input_) + cycles_.bytes();
    return m;
  }

 private:
  Planes encode_level(const Planes& in, const Transition& t, int l) const {
    return encode(in, glass_.layers[z(l)], t.level[z(l)].pool, t.level[z(l)].activation, t.border, threads_);
  }
  Planes decode_level(const Planes& in, const Transition& t, int l) const {
    return decode(in, glass_.layers[z(l)], t.level[z(l)].activation, t.border, threads_);
  }

  // This frame's rows of e, d and self.
  void make_sources(int l) {
    const Cycles::Part& part = cycles_[l];
    const Transition& t = *part.transition;
    const Planes& own = goal_[z(l)];
    if (part.first == part.end) return;
    take_rows(part, l > 0 ? encode_level(h_[z(l) - 1], t, l - 1) : own, e_[z(l)]);
    take_rows(part, l < glass_.levels() ? decode_level(h_[z(l) + 1], t, l) : own, d_[z(l)]);
    const bool needs_self = t.level[z(l)].moves() || t.level[z(l)].colours();
    take_rows(part, needs_self ? move_and_colour(own, t, l, sizes_.shrink[z(l)], threads_) : own,
              self_[z(l)]);
  }

  static void take_rows(const Cycles::Part& part, const Planes& from, Planes& to) {
    for (int c = 0; c < to.channels(); ++c)
      std::copy(from.row(c, part.first), from.row(c, part.first) + (part.end - part.first) * to.width(),
                to.row(c, part.first));
  }

  void step_level(int l, const Random& noise) {
    const Cycles::Part& part = cycles_[l];
    const LevelTransition& t = part.transition->level[z(l)];
    Planes& next = next_[z(l)];
    const bool home = t.home_centre != 0 || t.home_rate != 0;
    const Planes& kept = t.trail == Trail::kSelf ? self_[z(l)] : goal_[z(l)];
    threads_.each(next.height(), [&](int y) {
      if (!part.mixes(y)) return;
      mix_row(*part.transition, l, noise, y, next);
      if (!home) squash_row(t, kept, y, next);
    });
    if (!part.last) return;
    if (home) {
      homeostasis(t, next, home_gain_[z(l)]);
      threads_.each(next.height(), [&](int y) { squash_row(t, kept, y, next); });
    }
    std::swap(goal_[z(l)], next);
  }

  // Moves the shown state towards the goal.
  void show(int l) {
    const float share = cycles_[l].share;
    Planes& h = h_[z(l)];
    const Planes& goal = goal_[z(l)];
    if (share == 1) {
      h = goal;
      return;
    }
    for (size_t i = 0; i < h.data().size(); ++i) h.data()[i] += share * (goal.data()[i] - h.data()[i]);
  }

  // u = gain * (sum of the terms) + bias + noise, row y of all channels.
  void mix_row(const Transition& transition, int l, const Random& noise, int y, Planes& u) const {
    const LevelTransition& t = transition.level[z(l)];
    const int width = u.width();
    const auto row_of = [&](const Field& f) {
      std::vector<float> row(z(width));
      f.row(y, width, row.data());
      return row;
    };
    const std::vector<float> sblur = row_of(t.sblur);
    const std::vector<float> gain = row_of(t.gain);
    const std::vector<float> bias = row_of(t.bias);
    const std::vector<float> noise_level = row_of(t.noise);
    std::vector<float> blurred(z(width));
    const auto add_term = [&](const Field& share, const Planes& x, int c, float* sum) {
      if (share.is(0)) return;
      blur_row(x, c, y, transition.border, sblur.data(), blurred.data());
      for (int i = 0; i < width; ++i) sum[i] += share.at(y, i) * blurred[z(i)];
    };
    for (int c = 0; c < u.channels(); ++c) {
      float* out = u.row(c, y);
      std::fill(out, out + width, 0.0F);
      add_term(t.self, self_[z(l)], c, out);
      add_term(t.encode, e_[z(l)], c, out);
      add_term(t.decode, d_[z(l)], c, out);
      if (z(l) < input_.size() && !t.input.is(0)) {
        const float* in = input_[z(l)].row(c, y);
        for (int i = 0; i < width; ++i) out[i] += t.input.at(y, i) * in[i];
      }
      for (int i = 0; i < width; ++i) out[i] = gain[z(i)] * out[i] + bias[z(i)];
      if (t.noise.is(0)) continue;
      const Random draws = noise.split(static_cast<uint64_t>(c));
      for (int i = 0; i < width; ++i) out[i] += noise_level[z(i)] * draws.signed_at(z(y) * z(width) + z(i));
    }
  }

  void homeostasis(const LevelTransition& t, Planes& u, float& gain) const {
    const int channels = u.channels();
    std::vector<double> sums(z(u.height()) * z(channels));
    std::vector<double> squares(sums.size());
    threads_.each(u.height(), [&](int y) {
      for (int c = 0; c < channels; ++c) {
        const float* row = u.row(c, y);
        double sum = 0;
        double square = 0;
        for (int x = 0; x < u.width(); ++x) {
          sum += row[x];
          square += static_cast<double>(row[x]) * row[x];
        }
        sums[z(y) * z(channels) + z(c)] = sum;
        squares[z(y) * z(channels) + z(c)] = square;
      }
    });
    // Row by row, whichever thread was first: the same sum for any number of threads.
    const auto n = static_cast<double>(u.plane_size());
    std::vector<float> away(z(channels));
    double mean_square = 0;
    for (int c = 0; c < channels; ++c) {
      double sum = 0;
      double square = 0;
      for (int y = 0; y < u.height(); ++y) {
        sum += sums[z(y) * z(channels) + z(c)];
        square += squares[z(y) * z(channels) + z(c)];
      }
      const double mean = sum / n;
      const double taken = t.home_centre * mean;
      away[z(c)] = static_cast<float>(taken);
      mean_square += (square / n - 2 * taken * mean + taken * taken) / channels;  // of u - taken
    }
    const double rms = std::sqrt(std::max(0.0, mean_square));
    gain += t.home_rate * (t.home_level / (static_cast<float>(rms) + 1e-3F) - gain);
    if (!std::isfinite(gain)) gain = 1;
    threads_.each(u.height(), [&](int y) {
      for (int c = 0; c < channels; ++c) {
        float* row = u.row(c, y);
        for (int x = 0; x < u.width(); ++x) row[x] = gain * (row[x] - away[z(c)]);
      }
    });
  }

  static void squash_row(const LevelTransition& t, const Planes& kept, int y, Planes& u) {
    for (int c = 0; c < u.channels(); ++c) {
      float* row = u.row(c, y);
      const float* old = kept.row(c, y);
      for (int x = 0; x < u.width(); ++x) {
        const float keep = std::clamp(t.tblur.at(y, x), 0.0F, 1.0F);
        row[x] = (1 - keep) * squash(t.squash, row[x]) + keep * old[x];
      }
    }
  }

  const Hourglass& glass_;
  LevelSizes sizes_;
  Threads& threads_;
  Cycles cycles_;
  std::vector<Planes> h_, goal_;  // the shown state, and the result of the last step
  std::vector<Planes> e_, d_, self_, next_, input_;
  Transition last_;
  std::vector<float> home_gain_;  // per level
};

}  // namespace

std::unique_ptr<Kernel> make_reference_kernel(const Hourglass& hourglass, const LevelSizes& sizes,
                                              Threads& threads) {
  return std::make_unique<ReferenceKernel>(hourglass, sizes, threads);
}

}  // namespace reverie
