// The transition of reference_kernel.cc in two passes with a barrier after each (three where a level has
// homeostasis, which must know its sums first):
//   1. everything made from the last state alone: encodings, decodings, moved states; only those with a share
//   2. mix: reads them with the state, blurs, squashes, and writes the next state
// A pass is a list of pieces, bands of rows of one level, that free threads take in turn.  No piece reads
// what another of its pass writes, so that any number of threads gives the same bytes.
#include "feedback/kernels/cpu/cpu_kernel.h"

#include <algorithm>
#include <cmath>

#include "feedback/kernels/cpu/layer.h"
#include "feedback/kernels/cpu/mix.h"
#include "feedback/kernels/cpu/move.h"
#include "feedback/kernels/cpu/pieces.h"
#include "feedback/kernels/cpu/scratch.h"

namespace reverie {
namespace cpu {
namespace {

size_t z(int i) {
  return static_cast<size_t>(i);
}

// What one level's mixing reads besides the state.
struct MixPlan {
  const LevelTransition* t = nullptr;
  Border border = Border::kWrap;
  const Grid* source[kMostTerms] = {};  // of each term that has a share
  const Field* share[kMostTerms] = {};
  bool blurred[kMostTerms] = {};
  int terms = 0;
  const Grid* kept = nullptr;
  Random noise{0};

  void add(const Field& s, const Grid& g, bool blur) {
    if (s.is(0)) return;
    share[terms] = &s;
    source[terms] = &g;
    blurred[terms++] = blur && !t->sblur.is(0);
  }
};

// The rows of factors that all channels of a row share.
struct Factors {
  explicit Factors(int width) : pitch(z(width) + kSlack), rows(scratch(1).get(pitch * kRows)) {}

  static constexpr size_t kRows = 2 * kMostTerms + 6;
  size_t pitch;
  float* rows;

  float* centre(int term) const { return rows + z(term) * 2 * pitch; }
  float* around(int term) const { return centre(term) + pitch; }
  float* bias() const { return centre(kMostTerms); }
  float* noise_level() const { return bias() + pitch; }
  float* noise() const { return bias() + 2 * pitch; }
  float* keep() const { return bias() + 3 * pitch; }
  float* gain() const { return bias() + 4 * pitch; }
  float* sblur() const { return bias() + 5 * pitch; }

  void fill(const MixPlan& plan, int y, int width) const {
    const LevelTransition& t = *plan.t;
    t.bias.row(y, width, bias());
    t.noise.row(y, width, noise_level());
    t.gain.row(y, width, gain());
    t.sblur.row(y, width, sblur());
    t.tblur.row(y, width, keep());
    for (int x = 0; x < width; ++x) keep()[x] = std::clamp(keep()[x], 0.0F, 1.0F);
    for (int i = 0; i < plan.terms; ++i) {
      float* c = centre(i);
      float* a = around(i);
      plan.share[i]->row(y, width, c);
      const float blur = plan.blurred[i] ? 1 : 0;
      for (int x = 0; x < width; ++x) {
        const float share = gain()[x] * c[x];
        c[x] = share * (1 - 0.5F * blur * sblur()[x]);
        a[x] = share * 0.125F * blur * sblur()[x];
      }
    }
  }

  // Whether they are the same in every row.
  static bool uniform(const MixPlan& plan) {
    const LevelTransition& t = *plan.t;
    bool mapped = false;
    for (const Field* f : {&t.bias, &t.noise, &t.gain, &t.sblur, &t.tblur}) mapped = mapped || f->picture;
    for (int i = 0; i < plan.terms; ++i) mapped = mapped || plan.share[i]->picture;
    return !mapped;
  }
};

// Homeostasis of one level; see reference_kernel.cc.
struct Homeostasis {
  float gain = 1;
  std::vector<RowSums> sums;  // [H][C], of u
  std::vector<float> away;    // [C]

  // Row by row, whichever thread was first.
  void follow(const LevelTransition& t, int channels, int height, int width) {
    const double n = static_cast<double>(height) * width;
    double mean_square = 0;
    away.resize(z(channels));
    for (int c = 0; c < channels; ++c) {
      RowSums all;
      for (int y = 0; y < height; ++y) {
        const RowSums& row = sums[z(y) * z(channels) + z(c)];
        all.sum += row.sum;
        all.square += row.square;
      }
      const double mean = all.sum / n;
      const double taken = t.home_centre * mean;
      away[z(c)] = static_cast<float>(taken);
      mean_square += (all.square / n - 2 * taken * mean + taken * taken) / channels;
    }
    const double rms = std::sqrt(std::max(0.0, mean_square));
    gain += t.home_rate * (t.home_level / (static_cast<float>(rms) + 1e-3F) - gain);
    if (!std::isfinite(gain)) gain = 1;
  }
};

class CpuKernel final : public Kernel {
 public:
  CpuKernel(const Hourglass& hourglass, LevelSizes sizes, Threads& threads)
      : sizes_(std::move(sizes)), threads_(threads), rims_(rims_of(hourglass)) {
    for (const Layer& layer : hourglass.layers) {
      encoders_.emplace_back(layer);
      decoders_.emplace_back(layer);
    }
    for (int l = 0; l <= hourglass.levels(); ++l) channels_.push_back(hourglass.channels(l));
    for (int l = 0; l <= top(); ++l) {
      h_.push_back(level_grid(l));
      before_.push_back(level_grid(l));
    }
    e_.resize(z(top()) + 1);
    d_.resize(z(top()) + 1);
    self_.resize(z(top()) + 1);
    e_known_.resize(z(top()) + 1);
    d_known_.resize(z(top()) + 1);
    home_.resize(z(top()) + 1);
  }

  void set_state(int level, const Planes& state) override { h_[z(level)].load(state, border_); }
  Planes state(int level) const override { return h_[z(level)].planes(); }
  Planes state_channel(int level, int channel) const override { return h_[z(level)].planes(channel, 1); }

  // What the last step did not need is made when it is asked for, from the state that it read.
  Planes encoding(int level) const override {
    if (last_.level.empty())
      return Planes(channels_[z(level)], sizes_.height[z(level)], sizes_.width[z(level)]);
    if (level == 0) return before_[0].planes();
    if (!e_known_[z(level)]) {
      prepare(e_, level);
      Pieces pieces;
      encode(before_[z(level) - 1], last_, level - 1, e_[z(level)], pieces);
      run(pieces);
      e_known_[z(level)] = true;
    }
    return e_[z(level)].planes();
  }
  Planes decoding(int level) const override {
    if (last_.level.empty())
      return Planes(channels_[z(level)], sizes_.height[z(level)], sizes_.width[z(level)]);
    if (level == top()) return before_[z(level)].planes();
    if (!d_known_[z(level)]) {
      prepare(d_, level);
      Pieces pieces;
      decode(before_[z(level) + 1], last_, level, d_[z(level)], pieces);
      run(pieces);
      d_known_[z(level)] = true;
    }
    return d_[z(level)].planes();
  }

  void set_input(const Planes& picture, const Transition& t, int highest) override {
    clear_input();
    for (int l = 0; l <= highest; ++l) {
      prepare(input_, l);
      if (l == 0) {
        input_[0].load(picture, t.border);
      } else {
        Pieces pieces;
        encode(input_[z(l) - 1], t, l - 1, input_[z(l)], pieces);
        run(pieces);
      }
    }
    input_levels_ = highest + 1;
  }
  void clear_input() override { input_levels_ = 0; }

  void step(const Transition& t, const Random& noise) override {
    if (t.border != border_) {
      border_ = t.border;
      for (Grid& g : h_) g.finish(border_);
    }
    run(first_pass(t));
    run(mix_pass(t, noise));
    run(squash_pass(t));
    std::swap(h_, before_);
    last_ = t;
    last_.velocity = nullptr;  // the maps and the flow are the caller's: only choices are read later
  }

 private:
  int top() const { return static_cast<int>(channels_.size()) - 1; }

  static std::vector<int> rims_of(const Hourglass& glass) {
    std::vector<int> rims(z(glass.levels()) + 1, kMoveRim);
    for (int l = 0; l < glass.levels(); ++l) {
      const Layer& layer = glass.layers[z(l)];
      rims[z(l)] = std::max(rims[z(l)], Encoder::rim(layer));
      rims[z(l) + 1] = std::max(rims[z(l) + 1], Decoder::rim(layer));
    }
    return rims;
  }

  Grid level_grid(int l) const {
    return Grid(channels_[z(l)], sizes_.height[z(l)], sizes_.width[z(l)], rims_[z(l)]);
  }

  // Makes the grid of a level that is now needed for the first time.
  void prepare(std::vector<Grid>& grids, int level) const {
    if (grids.size() <= z(level)) grids.resize(z(top()) + 1);
    if (grids[z(level)].empty()) grids[z(level)] = level_grid(level);
  }

  void run(const Pieces& pieces) const {
    threads_.each(static_cast<int>(pieces.size()), [&](int i) { pieces[z(i)](); });
  }

  // The encoding of `in`, level l, and the decoding into level l.
  void encode(const Grid& in, const Transition& t, int l, Grid& out, Pieces& pieces) const {
    const LevelTransition& level = t.level[z(l)];
    encoders_[z(l)].add_pieces(in, level.pool, level.activation, t.border, out, pieces);
  }
  void decode(const Grid& in, const Transition& t, int l, Grid& out, Pieces& pieces) const {
    decoders_[z(l)].add_pieces(in, t.level[z(l)].activation, t.border, out, pieces);
  }

  Pieces first_pass(const Transition& t) {
    Pieces pieces;
    for (int l = top(); l >= 0; --l) {  // the dearest first: a late start would keep all waiting
      const LevelTransition& level = t.level[z(l)];
      e_known_[z(l)] = l > 0 && !level.encode.is(0);
      d_known_[z(l)] = l < top() && !level.decode.is(0);
      if (e_known_[z(l)]) {
        prepare(e_, l);
        encode(h_[z(l) - 1], t, l - 1, e_[z(l)], pieces);
      }
      if (d_known_[z(l)]) {
        prepare(d_, l);
        decode(h_[z(l) + 1], t, l, d_[z(l)], pieces);
      }
      if (!needs_self(level)) continue;
      prepare(self_, l);
      in_bands(h_[z(l)].height(), pieces, [this, &t, l](int y, int n) {
        move_and_colour(h_[z(l)], t, l, sizes_.shrink[z(l)], y, n, self_[z(l)]);
      });
    }
    return pieces;
  }

  static bool needs_self(const LevelTransition& t) {
    return (t.moves() || t.colours()) && (!t.self.is(0) || (t.trail == Trail::kSelf && !t.tblur.is(0)));
  }

  static bool has_home(const LevelTransition& t) { return t.home_centre != 0 || t.home_rate != 0; }

  MixPlan plan(const Transition& t, int l, const Random& noise) const {
    const LevelTransition& level = t.level[z(l)];
    MixPlan plan;
    plan.t = &level;
    plan.border = t.border;
    plan.noise = noise.split(static_cast<uint64_t>(l));
    const Grid& h = h_[z(l)];
    const Grid& self = needs_self(level) ? self_[z(l)] : h;
    plan.add(level.self, self, true);
    plan.add(level.encode, l > 0 ? e_[z(l)] : h, true);
    plan.add(level.decode, l < top() ? d_[z(l)] : h, true);
    if (l < input_levels_) plan.add(level.input, input_[z(l)], false);
    plan.kept = level.trail == Trail::kSelf ? &self : &h;
    return plan;
  }

  Pieces mix_pass(const Transition& t, const Random& noise) {
    Pieces pieces;
    for (int l = top(); l >= 0; --l) {
      if (has_home(t.level[z(l)])) home_[z(l)].sums.resize(z(channels_[z(l)]) * z(sizes_.height[z(l)]));
      in_bands(h_[z(l)].height(), pieces,
               [this, l, p = plan(t, l, noise)](int y, int n) { mix_rows(p, l, y, n); });
    }
    return pieces;
  }

  // Calls work(c, y, factors) for rows first .. first + count - 1 of all channels: plane by plane, as they
  // lie in memory, unless a map gives every row its own factors.
  template <class Work>
  void each_row(const MixPlan& plan, const Grid& grid, int first, int count, const Work& work) const {
    const Factors factors(grid.width());
    const int at_once = Factors::uniform(plan) ? count : 1;
    for (int top_row = first; top_row < first + count; top_row += at_once) {
      factors.fill(plan, top_row, grid.width());
      for (int c = 0; c < grid.channels(); ++c) {
        for (int y = top_row; y < top_row + at_once; ++y) work(c, y, factors);
      }
    }
  }

  // Rows of the next state; of u only where homeostasis is still to come.
  void mix_rows(const MixPlan& plan, int l, int first, int count) {
    Grid& next = before_[z(l)];
    const LevelTransition& t = *plan.t;
    const int width = next.width();
    each_row(plan, next, first, count, [&](int c, int y, const Factors& factors) {
      float* out = next.row(c, y);
      mix_row(row_of(plan, factors, c, y, width), width, out);
      if (has_home(t)) {
        home_[z(l)].sums[z(y) * z(next.channels()) + z(c)] = row_sums(out, width);
        return;
      }
      squash_row({t.squash, 1, 0, plan.kept->row(c, y), factors.keep()}, out, width, out);
      next.finish_row(c, y, plan.border);
    });
  }

  static MixRow row_of(const MixPlan& plan, const Factors& factors, int c, int y, int width) {
    MixRow row;
    row.bias = factors.bias();
    row.terms = plan.terms;
    for (int i = 0; i < plan.terms; ++i) {
      row.term[i] = {plan.source[i]->row(c, y), plan.source[i]->pitch(), factors.centre(i),
                     plan.blurred[i] ? factors.around(i) : nullptr};
    }
    if (plan.t->noise.is(0)) return row;
    const Random draws = plan.noise.split(static_cast<uint64_t>(c));
    float* noise = factors.noise();
    for (int x = 0; x < width; ++x)
      noise[x] = factors.noise_level()[x] * draws.signed_at(z(y) * z(width) + z(x));
    row.noise = noise;
    return row;
  }

  Pieces squash_pass(const Transition& t) {
    Pieces pieces;
    for (int l = top(); l >= 0; --l) {
      const LevelTransition& level = t.level[z(l)];
      if (!has_home(level)) continue;
      home_[z(l)].follow(level, channels_[z(l)], sizes_.height[z(l)], sizes_.width[z(l)]);
      in_bands(h_[z(l)].height(), pieces,
               [this, l, p = plan(t, l, Random(0))](int y, int n) { squash_rows(p, l, y, n); });
    }
    return pieces;
  }

  void squash_rows(const MixPlan& plan, int l, int first, int count) {
    Grid& next = before_[z(l)];
    const Homeostasis& home = home_[z(l)];
    each_row(plan, next, first, count, [&](int c, int y, const Factors& factors) {
      float* out = next.row(c, y);
      squash_row({plan.t->squash, home.gain, home.away[z(c)], plan.kept->row(c, y), factors.keep()}, out,
                 next.width(), out);
      next.finish_row(c, y, plan.border);
    });
  }

  LevelSizes sizes_;
  Threads& threads_;
  std::vector<int> rims_, channels_;  // of each level, as everything below
  std::vector<Encoder> encoders_;
  std::vector<Decoder> decoders_;
  std::vector<Grid> h_, before_;  // the state, and the one before it, in which the next is made
  std::vector<Grid> self_, input_;
  mutable std::vector<Grid> e_, d_;
  mutable std::vector<bool> e_known_, d_known_;  // whether they are those of the last step
  std::vector<Homeostasis> home_;
  int input_levels_ = 0;
  Border border_ = Border::kWrap;  // that the rims of h_ hold
  Transition last_;
};

}  // namespace
}  // namespace cpu

std::unique_ptr<Kernel> make_cpu_kernel(const Hourglass& hourglass, const LevelSizes& sizes,
                                        Threads& threads) {
  return std::make_unique<cpu::CpuKernel>(hourglass, sizes, threads);
}

}  // namespace reverie
