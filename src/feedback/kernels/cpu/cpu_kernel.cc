// The transition of reference_kernel.cc, level by level in chunks of rows that free threads pick up.  A chunk
// is computed band by band: the terms of the mix (encoding, decoding, moved state) and, while these are in
// the cache, the next state of the rows whose neighbours are ready (the trick: 5 % less time at 400x400).
// Encoding and decoding add up in one grid unless a map weighs them.  After a barrier follow the rows at the
// chunks' edges, and for a level with homeostasis, which needs its sums first, the squash after another
// barrier.  No piece reads what another piece of its pass writes, and chunks do not depend on the threads:
// any number of them gives the same bytes.  If the schedule spreads a step over frames, each frame computes
// the chunks of its rows, and the terms wait for their neighbours of the next frame as they do for those of
// the next chunk.
#include "feedback/kernels/cpu/cpu_kernel.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "feedback/kernels/cpu/layer.h"
#include "feedback/kernels/cpu/mix.h"
#include "feedback/kernels/cpu/move.h"
#include "feedback/kernels/cpu/pieces.h"
#include "feedback/kernels/cpu/scratch.h"
#include "feedback/kernels/cycles.h"

namespace reverie {
namespace cpu {
namespace {

size_t z(int i) {
  return static_cast<size_t>(i);
}

constexpr int kChunks = 8;           // per level, about
constexpr int kLeastRows = 8;        // of a band: fewer are not worth the overhead,
constexpr int kLeastPlaneRows = 96;  // or this many over all channels

const Field kWhole{1, 0, nullptr};

// What one level mixes, and where it is computed.
struct MixPlan {
  const Transition* whole = nullptr;
  const LevelTransition* t = nullptr;
  bool encoded = false, decoded = false, moved = false;  // what must be computed
  Grid* encoding = nullptr;                              // target; may be the same for both
  Grid* decoding = nullptr;
  float scale_encoding = 1;
  Put put_decoding;
  Border border = Border::kWrap;
  const Grid* source[kMostTerms] = {};  // of each nonzero term
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

// The factors of one row, shared by all channels.
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
      : sizes_(std::move(sizes)), threads_(threads), cycles_(hourglass, sizes_), rims_(rims_of(hourglass)) {
    for (const Layer& layer : hourglass.layers) {
      encoders_.emplace_back(layer, hourglass.precision);
      decoders_.emplace_back(layer, hourglass.precision);
    }
    for (int l = 0; l <= hourglass.levels(); ++l) channels_.push_back(hourglass.channels(l));
    for (int l = 0; l <= top(); ++l) {
      h_.push_back(level_grid(l));
      before_.push_back(level_grid(l));
    }
    e_.resize(z(top()) + 1);
    d_.resize(z(top()) + 1);
    self_.resize(z(top()) + 1);
    sum_.resize(z(top()) + 1);
    e_known_.resize(z(top()) + 1);
    d_known_.resize(z(top()) + 1);
    home_.resize(z(top()) + 1);
  }

  void set_state(int level, const Planes& state) override {
    h_[z(level)].load(state, border_);
    if (!goal_.empty() && level > 0) goal_[z(level)].load(state, border_);
    cycles_.drop(level);
  }
  Planes state(int level) const override { return h_[z(level)].planes(); }
  Planes state_channel(int level, int channel) const override { return h_[z(level)].planes(channel, 1); }
  const float* state_row(int level, int channel, int y) const override {
    return h_[z(level)].row(channel, y);
  }

  float home_gain(int level) const override { return home_[z(level)].gain; }
  void set_home_gain(int level, float gain) override { home_[z(level)].gain = gain; }

  // What the last step did not need is computed on request, from the state that it read.
  Planes encoding(int level) const override {
    if (last_.level.empty())
      return Planes(channels_[z(level)], sizes_.height[z(level)], sizes_.width[z(level)]);
    if (level == 0) return seen()[0].planes();
    if (!goal_.empty()) {
      Grid made = level_grid(level);
      run(encode_all(h_[z(level) - 1], last_, level, made));
      return made.planes();
    }
    if (!e_known_[z(level)]) {
      prepare(e_, level);
      run(encode_all(before_[z(level) - 1], last_, level, e_[z(level)]));
      e_known_[z(level)] = true;
    }
    return e_[z(level)].planes();
  }
  Planes decoding(int level) const override {
    if (last_.level.empty())
      return Planes(channels_[z(level)], sizes_.height[z(level)], sizes_.width[z(level)]);
    if (level == top()) return seen()[z(level)].planes();
    if (!goal_.empty()) {
      Grid made = level_grid(level);
      run(decode_all(h_[z(level) + 1], last_, level, made));
      return made.planes();
    }
    if (!d_known_[z(level)]) {
      prepare(d_, level);
      run(decode_all(before_[z(level) + 1], last_, level, d_[z(level)]));
      d_known_[z(level)] = true;
    }
    return d_[z(level)].planes();
  }

  void set_input(const Planes& picture, const Transition& t, int highest) override {
    clear_input();
    for (int l = 0; l <= highest; ++l) {
      prepare(input_, l, rims_[z(l)]);
      if (l == 0) {
        input_[0].load(picture, t.border);
      } else {
        run(encode_all(input_[z(l) - 1], t, l, input_[z(l)]));
      }
    }
    input_levels_ = highest + 1;
  }
  void clear_input() override { input_levels_ = 0; }

  void step(const Transition& t, const Random& noise) override {
    if (t.schedule == Schedule::kEven && goal_.empty()) begin_goals();
    if (t.border != border_) change_border(t.border);
    cycles_.next(t);
    Pieces chunks;
    Pieces edges;
    plans_.clear();
    for (int l = 0; l <= top(); ++l) plans_.push_back(plan(l, noise));
    for (int l = top(); l >= 0; --l) add_chunks(l, chunks, edges);  // the slowest first: if it started
    run(chunks);                                                    // late, all would wait
    run(edges);
    run(squash_pass());
    for (int l = 0; l <= top(); ++l) {
      if (cycles_[l].last) std::swap(own(l), before_[z(l)]);
    }
    run(show_pass());
    last_ = t;
    // the maps and the flows belong to the caller: only choices are read later
    last_.velocity = last_.input_flow = nullptr;
  }

  Memory memory() const override {
    Memory m;
    const auto grids = [](const std::vector<Grid>& all) {
      return std::accumulate(all.begin(), all.end(), size_t{0},
                             [](size_t sum, const Grid& g) { return sum + g.bytes(); });
    };
    m.states = grids(h_) + grids(before_) + grids(goal_);
    m.sources = grids(self_) + grids(sum_) + grids(input_) + grids(e_) + grids(d_) + cycles_.bytes();
    for (const Encoder& e : encoders_) m.weights += e.bytes();
    for (const Decoder& d : decoders_) m.weights += d.bytes();
    m.scratch = Scratch::bytes();
    for (const Homeostasis& h : home_) m.scratch += h.sums.capacity() * sizeof(RowSums);
    return m;
  }

 private:
  int top() const { return static_cast<int>(channels_.size()) - 1; }

  // What level l itself starts its step from, and steps to.
  Grid& own(int l) { return goal_.empty() || l == 0 ? h_[z(l)] : goal_[z(l)]; }

  // The states from which the requested encodings and decodings are computed.
  const std::vector<Grid>& seen() const { return goal_.empty() ? before_ : h_; }

  void begin_goals() {
    goal_.resize(z(top()) + 1);
    for (int l = 1; l <= top(); ++l) {
      goal_[z(l)] = level_grid(l);
      goal_[z(l)].load(state(l), border_);
    }
  }

  // Steps spread over frames continue with the new border.
  void change_border(Border border) {
    border_ = border;
    for (Grid& g : h_) g.finish_rows(0, g.height(), border_);
    if (goal_.empty()) return;
    for (auto* grids : {&goal_, &before_, &e_, &d_, &self_, &sum_}) {
      for (Grid& g : *grids) g.finish_rows(0, g.height(), border_);
    }
  }

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

  // Allocates the grid of a level that is now needed for the first time; its rim is at least what mixing
  // reads.
  Grid& prepare(std::vector<Grid>& grids, int level, int rim = 1) const {
    if (grids.size() <= z(level)) grids.resize(z(top()) + 1);
    if (grids[z(level)].empty())
      grids[z(level)] = Grid(channels_[z(level)], sizes_.height[z(level)], sizes_.width[z(level)], rim);
    return grids[z(level)];
  }

  void run(const Pieces& pieces) const {
    threads_.each(static_cast<int>(pieces.size()), [&](int i) { pieces[z(i)](); });
  }

  // Rows of level l's encoding, decoding and moved state; without rim.
  void encode(const Grid& in, const Transition& t, int l, float scale, int y, int n, Grid& out) const {
    const LevelTransition& below = t.level[z(l) - 1];
    encoders_[z(l) - 1].rows(in, below.pool, below.activation, scale, y, n, out);
  }
  void decode(const Grid& in, const Transition& t, int l, Put put, int y, int n, Grid& out) const {
    decoders_[z(l)].rows(in, t.level[z(l)].activation, put, y, n, out);
  }

  Pieces encode_all(const Grid& in, const Transition& t, int l, Grid& out) const {
    Pieces pieces;
    in_bands(out.height(), band(l, true, false), pieces, [this, &in, &t, l, &out](int y, int n) {
      encode(in, t, l, 1, y, n, out);
      out.finish_rows(y, n, t.border);
    });
    return pieces;
  }
  Pieces decode_all(const Grid& in, const Transition& t, int l, Grid& out) const {
    Pieces pieces;
    in_bands(out.height(), band(l, false, true), pieces, [this, &in, &t, l, &out](int y, int n) {
      decode(in, t, l, {}, y, n, out);
      out.finish_rows(y, n, t.border);
    });
    return pieces;
  }

  // Rows of level l that are computed together.
  int band(int l, bool encoded, bool decoded) const {
    const int e = encoded ? encoders_[z(l) - 1].rows_at_once(sizes_.width[z(l) - 1]) : 1;
    const int step = std::lcm(e, decoded ? decoders_[z(l)].rows_at_once() : 1);
    const int enough = std::max(kLeastRows, kLeastPlaneRows / channels_[z(l)]);
    return (enough + step - 1) / step * step;
  }

  static bool needs_self(const LevelTransition& t) {
    return (t.moves() || t.colours()) && (!t.self.is(0) || (t.trail == Trail::kSelf && !t.tblur.is(0)));
  }

  static bool has_home(const LevelTransition& t) { return t.home_centre != 0 || t.home_rate != 0; }

  MixPlan plan(int l, const Random& noise) {
    const Transition& t = *cycles_[l].transition;
    const LevelTransition& level = t.level[z(l)];
    MixPlan plan;
    plan.whole = &t;
    plan.t = &level;
    plan.border = t.border;
    plan.noise = noise.split(static_cast<uint64_t>(l));
    plan.encoded = l > 0 && !level.encode.is(0);
    plan.decoded = l < top() && !level.decode.is(0);
    plan.moved = needs_self(level);
    const bool together = !level.encode.picture && !level.decode.picture;
    e_known_[z(l)] = plan.encoded && !together;
    d_known_[z(l)] = plan.decoded && !together;
    const Grid& h = own(l);
    const Grid& self = plan.moved ? prepare(self_, l) : h;
    plan.add(level.self, self, true);
    if (!plan.encoded) plan.add(level.encode, h, true);  // where it is not 0, level 0
    if (!plan.decoded) plan.add(level.decode, h, true);  // the top level
    if (together && (plan.encoded || plan.decoded)) {
      plan.encoding = plan.decoding = &prepare(sum_, l);
      plan.scale_encoding = level.encode.value;
      plan.put_decoding = {level.decode.value, plan.encoded};
      plan.add(kWhole, *plan.encoding, true);
    } else {
      if (plan.encoded) plan.add(level.encode, *(plan.encoding = &prepare(e_, l)), true);
      if (plan.decoded) plan.add(level.decode, *(plan.decoding = &prepare(d_, l)), true);
    }
    if (l < input_levels_) plan.add(level.input, input_[z(l)], false);
    plan.kept = level.trail == Trail::kSelf ? &self : &h;
    if (has_home(level)) home_[z(l)].sums.resize(z(channels_[z(l)]) * z(sizes_.height[z(l)]));
    return plan;
  }

  // The level's chunks, and the rows at their edges: those whose neighbours belong to another chunk, and the
  // one before the last, because vectors read beyond the end of a row into the next.
  void add_chunks(int l, Pieces& chunks, Pieces& edges) {
    const MixPlan& plan = plans_[z(l)];
    const Cycles::Part& part = cycles_[l];
    const int rows = band(l, plan.encoded, plan.decoded);
    const int bands = (part.end - part.first + rows - 1) / rows;
    const int chunk = rows * ((bands + kChunks - 1) / kChunks);
    const auto mix_edge = [this, l, &part](int y) {
      if (part.mixes(y)) mix_rows(l, y, 1);
    };
    for (int first = part.first; first < part.end; first += chunk) {
      const int end = std::min(first + chunk, part.end);
      chunks.emplace_back([this, l, rows, first, end] {
        int mixed = first + 1;
        for (int y = first; y < end; y += rows) {
          const int next = std::min(y + rows, end);
          make(l, y, next - y);
          const int ready = std::min(next - 1, end - 2);
          if (ready <= mixed) continue;
          mix_rows(l, mixed, ready - mixed);
          mixed = ready;
        }
      });
      edges.emplace_back([mix_edge, first, end] {
        mix_edge(first);
        for (int y = std::max(first + 1, end - 2); y < end; ++y) mix_edge(y);
      });
    }
    if (part.first == 0) return;  // left over from earlier frames:
    edges.emplace_back([mix_edge, &part] {
      mix_edge(part.first - 1);
      if (part.first > 1) mix_edge(0);
    });
  }

  // Rows of all terms that level l mixes.
  void make(int l, int y, int n) {
    const MixPlan& plan = plans_[z(l)];
    if (plan.encoded) encode(h_[z(l) - 1], *plan.whole, l, plan.scale_encoding, y, n, *plan.encoding);
    if (plan.decoded) decode(h_[z(l) + 1], *plan.whole, l, plan.put_decoding, y, n, *plan.decoding);
    if (plan.encoding) plan.encoding->finish_rows(y, n, plan.border);
    if (plan.decoding && plan.decoding != plan.encoding) plan.decoding->finish_rows(y, n, plan.border);
    if (plan.moved) move_and_colour(own(l), *plan.whole, l, sizes_.shrink[z(l)], y, n, self_[z(l)]);
  }

  // Calls work(c, y, rows, factors) for rows first .. first + count - 1 of all channels: plane by plane, as
  // in memory, unless a map gives every row its own factors.
  template <class Work>
  void each_block(const MixPlan& plan, const Grid& grid, int first, int count, const Work& work) const {
    const Factors factors(grid.width());
    const int at_once = Factors::uniform(plan) ? count : 1;
    for (int y = first; y < first + count; y += at_once) {
      factors.fill(plan, y, grid.width());
      for (int c = 0; c < grid.channels(); ++c) work(c, y, at_once, factors);
    }
  }

  // Rows of the next state; only of u if homeostasis is still to come.
  void mix_rows(int l, int first, int count) {
    const MixPlan& plan = plans_[z(l)];
    Grid& next = before_[z(l)];
    const LevelTransition& t = *plan.t;
    const int width = next.width();
    each_block(plan, next, first, count, [&](int c, int top_row, int rows, const Factors& factors) {
      const int at_once = has_home(t) || !t.noise.is(0) ? 1 : rows;
      for (int y = top_row; y < top_row + rows; y += at_once) {
        float* out = next.row(c, y);
        const MixRow row = row_of(plan, factors, c, y, width);
        if (has_home(t)) {
          mix_row(row, width, out);
          home_[z(l)].sums[z(y) * z(next.channels()) + z(c)] = row_sums(out, width);
          continue;
        }
        const SquashRow squash{
            t.squash, 1, 0, plan.kept->row(c, y), plan.kept->pitch(), factors.keep(), next.plane_pitch()};
        mix_and_squash_rows(row, squash, at_once, width, out, next.pitch());
        for (int i = 0; i < at_once; ++i) next.finish_row(c, y + i, plan.border);
      }
    });
  }

  static MixRow row_of(const MixPlan& plan, const Factors& factors, int c, int y, int width) {
    MixRow row;
    row.bias = factors.bias();
    row.terms = plan.terms;
    for (int i = 0; i < plan.terms; ++i) {
      const Grid& from = *plan.source[i];
      row.term[i] = {from.row(c, y), from.pitch(), from.plane_pitch(), factors.centre(i),
                     plan.blurred[i] ? factors.around(i) : nullptr};
    }
    if (plan.t->noise.is(0)) return row;
    const Random draws = plan.noise.split(static_cast<uint64_t>(c));
    noise_row(draws, z(y) * z(width), factors.noise_level(), width, factors.noise());
    row.noise = factors.noise();
    return row;
  }

  Pieces squash_pass() {
    Pieces pieces;
    for (int l = top(); l >= 0; --l) {
      const LevelTransition& level = *plans_[z(l)].t;
      if (!has_home(level) || !cycles_[l].last) continue;
      home_[z(l)].follow(level, channels_[z(l)], sizes_.height[z(l)], sizes_.width[z(l)]);
      in_bands(h_[z(l)].height(), 1, pieces, [this, l](int y, int n) { squash_rows(l, y, n); });
    }
    return pieces;
  }

  void squash_rows(int l, int first, int count) {
    const MixPlan& plan = plans_[z(l)];
    Grid& next = before_[z(l)];
    const Homeostasis& home = home_[z(l)];
    each_block(plan, next, first, count, [&](int c, int top_row, int rows, const Factors& factors) {
      for (int y = top_row; y < top_row + rows; ++y) {
        float* out = next.row(c, y);
        squash_row({plan.t->squash, home.gain, home.away[z(c)], plan.kept->row(c, y), 0, factors.keep()}, out,
                   next.width(), out);
        next.finish_row(c, y, plan.border);
      }
    });
  }

  // Moves the shown states towards their goals.
  Pieces show_pass() {
    Pieces pieces;
    for (int l = 1; l < static_cast<int>(goal_.size()); ++l) {
      for (int i = 0; i < kBands; ++i) {
        pieces.emplace_back([this, l, i] { h_[z(l)].approach(goal_[z(l)], cycles_[l].share, i, kBands); });
      }
    }
    return pieces;
  }

  LevelSizes sizes_;
  Threads& threads_;
  Cycles cycles_;
  std::vector<int> rims_, channels_;  // of each level, like everything below
  std::vector<Encoder> encoders_;
  std::vector<Decoder> decoders_;
  std::vector<Grid> h_, before_;  // the state, and the previous one, in which the next is computed
  std::vector<Grid> goal_;        // of each level except 0, if steps are spread over frames; else none
  std::vector<Grid> self_, sum_, input_;
  std::vector<MixPlan> plans_;  // of the current step
  mutable std::vector<Grid> e_, d_;
  mutable std::vector<bool> e_known_, d_known_;  // whether they are those of the last step
  std::vector<Homeostasis> home_;
  int input_levels_ = 0;
  Border border_ = Border::kWrap;  // in the rims of h_
  Transition last_;
};

}  // namespace
}  // namespace cpu

std::unique_ptr<Kernel> make_cpu_kernel(const Hourglass& hourglass, const LevelSizes& sizes,
                                        Threads& threads) {
  return std::make_unique<cpu::CpuKernel>(hourglass, sizes, threads);
}

}  // namespace reverie
