// The transition of reference_kernel.cc on a graphics card.  A frame is one submission: encodings, moved
// states and decodings of all levels; then their mixes; then, where there is homeostasis, its sums, gains and
// squash; then what is shown.  Barriers stand only between these.  Encoding and decoding add up in one buffer
// unless a map weighs them.  Nothing depends on which invocation is first: the same card and driver give the
// same bytes.  Up go parameters, keys of the noise, and the input; down comes level 0, or what is asked for.
#include "feedback/kernels/vulkan/vulkan_kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "feedback/kernels/cycles.h"
#include "feedback/kernels/vulkan/flow.h"
#include "feedback/kernels/vulkan/network.h"
#include "feedback/kernels/vulkan/parameters.h"

namespace reverie {
namespace vulkan {
namespace {

size_t z(int i) {
  return static_cast<size_t>(i);
}

int groups_of(int n, int each) {
  return (n + each - 1) / each;
}

using Held = std::unique_ptr<Buffer>;

constexpr int kChunk = 4096;  // samples that one workgroup adds up

// What one level mixes.
struct Plan {
  const Transition* whole = nullptr;
  const LevelTransition* t = nullptr;
  bool encoded = false, decoded = false, moved = false, home = false;  // what must be computed
  bool together = false;                                               // encoding and decoding in one buffer
  const Buffer *self = nullptr, *encoding = nullptr, *decoding = nullptr, *kept = nullptr;
  int32_t terms = 0;
};

class VulkanKernel final : public Kernel {
 public:
  VulkanKernel(const Hourglass& glass, LevelSizes sizes)
      : card_(Card::shared()),
        sizes_(std::move(sizes)),
        channels_(channels_of(glass)),
        cycles_(glass, sizes_),
        commands_(card_),
        parameters_(card_, sizes_, channels_),
        flow_(card_, sizes_),
        move_(card_->program(Shader::kMove)),
        mix_(card_->program(Shader::kMix)),
        sums_program_(card_->program(Shader::kSums)),
        home_program_(card_->program(Shader::kHome)),
        show_(card_->program(Shader::kShow)) {
    for (const Layer& layer : glass.layers) layers_.push_back(std::make_unique<CardLayer>(card_, layer));
    for (auto* all : {&h_, &goal_, &next_, &e_, &d_, &self_, &input_, &down_}) all->resize(channels_.size());
    down_known_.resize(channels_.size());
    asked_.resize(channels_.size());
    asked_[0] = true;
    e_known_.resize(channels_.size());
    d_known_.resize(channels_.size());
    int home = 0;
    for (int l = 0; l <= top(); ++l) {
      h_[z(l)] = level_buffer(l);
      next_[z(l)] = level_buffer(l);
      home_at_.push_back(home);
      home += 1 + channels_[z(l)];
    }
    home_ = std::make_unique<Buffer>(card_, z(home) * sizeof(float));
    home_seen_ = std::make_unique<Buffer>(card_, z(home) * sizeof(float), Buffer::Kind::kDownload);
    for (const int at : home_at_) home_seen_->host<float>()[at] = 1;
  }

  // Nothing that it uses goes before it is done.
  ~VulkanKernel() override { commands_.drain(); }

  void set_state(int level, const Planes& state) override {
    commands_.open();
    load(state, upload_, *h_[z(level)]);
    if (goal_[z(level)]) commands_.copy(*upload_, *goal_[z(level)], bytes_of(level));
    commands_.barrier();
    commands_.finish();
    cycles_.drop(level);
    forget();
  }

  Planes state(int level) const override {
    const float* from = seen(level);
    Planes out(channels_[z(level)], sizes_.height[z(level)], sizes_.width[z(level)]);
    std::copy(from, from + out.data().size(), out.data().begin());
    return out;
  }
  Planes state_channel(int level, int channel) const override {
    Planes out(1, sizes_.height[z(level)], sizes_.width[z(level)]);
    const float* from = state_row(level, channel, 0);
    std::copy(from, from + out.data().size(), out.data().begin());
    return out;
  }
  const float* state_row(int level, int channel, int y) const override {
    return seen(level) + (z(channel) * z(sizes_.height[z(level)]) + z(y)) * z(sizes_.width[z(level)]);
  }

  float home_gain(int level) const override {
    commands_.wait();
    return home_seen_->host<float>()[home_at_[z(level)]];
  }
  void set_home_gain(int level, float gain) override {
    commands_.wait();
    home_seen_->host<float>()[home_at_[z(level)]] = gain;
  }

  // What the last step did not need is computed on request, from the state that it read.
  Planes encoding(int level) const override {
    if (last_.level.empty()) return nothing(level);
    if (level == 0) return planes_of(*from_[0], 0);
    if (!spread_ && e_known_[z(level)]) return planes_of(*e_[z(level)], level);
    const Held made = level_buffer(level);
    commands_.open();
    encode(spread_ ? *h_[z(level) - 1] : *from_[z(level) - 1], last_, level, whole(level), 1, *made);
    return planes_of(*made, level);
  }
  Planes decoding(int level) const override {
    if (last_.level.empty()) return nothing(level);
    if (level == top()) return planes_of(*from_[z(level)], level);
    if (!spread_ && d_known_[z(level)]) return planes_of(*d_[z(level)], level);
    const Held made = level_buffer(level);
    commands_.open();
    decode(spread_ ? *h_[z(level) + 1] : *from_[z(level) + 1], last_, level, whole(level), 1, false, *made);
    return planes_of(*made, level);
  }

  void set_input(const Planes& picture, const Transition& t, int highest) override {
    commands_.open();
    for (int l = 0; l <= highest; ++l) prepare(input_, l);
    load(picture, upload_input_, *input_[0]);
    for (int l = 1; l <= highest; ++l) {
      commands_.barrier();
      encode(*input_[z(l) - 1], t, l, whole(l), 1, *input_[z(l)]);
    }
    input_levels_ = highest + 1;
  }
  void clear_input() override { input_levels_ = 0; }

  bool makes_velocity() const override { return true; }

  void step(const Transition& t, const Random& noise) override {
    commands_.open();
    forget();
    spread_ = t.schedule == Schedule::kEven;
    if (spread_) begin_goals();
    flow_.follow(t, t.stream.flows() ? h_[z(t.stream.level)].get() : nullptr, commands_);
    cycles_.next(t);
    plans_.clear();
    for (int l = 0; l <= top(); ++l) {
      plans_.push_back(plan(l));
      parameters_.set(l, *plans_.back().whole, noise, commands_);
    }
    parameters_.send(commands_);
    commands_.copy(*home_seen_, *home_, home_->bytes());
    commands_.barrier();
    make_sources();
    commands_.barrier();
    for (int l = top(); l >= 0; --l) mix(l);
    follow_homeostasis();
    finish_levels();
    commands_.copy(*home_, *home_seen_, home_->bytes());
    for (int l = 0; l <= top(); ++l) {
      if (asked_[z(l)]) bring_down(l);
      asked_[z(l)] = false;
    }
    commands_.submit();
    last_ = t;
    last_.velocity = last_.input_flow = nullptr;  // the caller's: only choices are read later
  }

  void measure() override { commands_.measure(); }
  std::vector<Dispatch> dispatches() override { return commands_.costs(); }

  Memory memory() const override {
    Memory m;
    const auto held = [](const std::vector<Held>& all) {
      size_t sum = 0;
      for (const Held& b : all) sum += b ? b->bytes() : 0;
      return sum;
    };
    const auto one = [](const Held& b) { return b ? b->bytes() : 0; };
    m.states = held(h_) + held(goal_) + held(next_);
    m.sources = held(e_) + held(d_) + held(self_) + held(input_) + parameters_.bytes() + cycles_.bytes() +
                flow_.bytes();
    for (const auto& layer : layers_) m.weights += layer->bytes();
    m.scratch = held(down_) + one(upload_) + one(upload_input_) + one(sums_) + one(home_) + one(home_seen_);
    return m;
  }

 private:
  static std::vector<int> channels_of(const Hourglass& glass) {
    std::vector<int> channels;
    for (int l = 0; l <= glass.levels(); ++l) channels.push_back(glass.channels(l));
    return channels;
  }
  int top() const { return static_cast<int>(channels_.size()) - 1; }
  size_t bytes_of(int level) const {
    return sizeof(float) * z(channels_[z(level)]) * z(sizes_.height[z(level)]) * z(sizes_.width[z(level)]);
  }
  Held level_buffer(int level) const { return std::make_unique<Buffer>(card_, bytes_of(level)); }
  Planes nothing(int level) const {
    return Planes(channels_[z(level)], sizes_.height[z(level)], sizes_.width[z(level)]);
  }
  Cycles::Part whole(int level) const {
    const int height = sizes_.height[z(level)];
    return {nullptr, 0, height, height, true, 1};
  }

  // What level l itself starts its step from, and steps to.
  Held& own(int l) { return goal_[z(l)] ? goal_[z(l)] : h_[z(l)]; }

  // Allocates what is now needed for the first time.
  Buffer& prepare(std::vector<Held>& buffers, int level) const {
    if (!buffers[z(level)]) buffers[z(level)] = level_buffer(level);
    return *buffers[z(level)];
  }

  void begin_goals() {
    for (int l = 1; l <= top(); ++l) {
      if (goal_[z(l)]) continue;
      commands_.copy(*h_[z(l)], prepare(goal_, l), bytes_of(l));
    }
  }

  // Records the copying of samples to the card.
  void load(const Planes& planes, Held& staging, const Buffer& to) {
    const size_t bytes = planes.data().size() * sizeof(float);
    if (!staging || staging->bytes() < bytes)
      staging = std::make_unique<Buffer>(card_, bytes, Buffer::Kind::kUpload);
    std::copy(planes.data().begin(), planes.data().end(), staging->host<float>());
    commands_.copy(*staging, to, bytes);
  }
  // What came down is no longer what is shown.
  void forget() const {
    const std::lock_guard lock(mutex_);
    std::fill(down_known_.begin(), down_known_.end(), false);
  }

  // Records the copying of a level's shown state to memory.
  void bring_down(int level) const {
    if (!down_[z(level)])
      down_[z(level)] = std::make_unique<Buffer>(card_, bytes_of(level), Buffer::Kind::kDownload);
    commands_.copy(*h_[z(level)], *down_[z(level)], bytes_of(level));
    down_known_[z(level)] = true;
  }

  // The samples of a level's shown state, in memory; of a lost card, what came down last.
  const float* seen(int level) const {
    const std::lock_guard lock(mutex_);
    asked_[z(level)] = true;
    if (card_->lost() && down_[z(level)]) return down_[z(level)]->host<float>();
    if (!down_known_[z(level)]) {
      commands_.open();
      commands_.barrier();
      bring_down(level);
      commands_.submit();
    }
    commands_.wait();
    return down_[z(level)]->host<float>();
  }

  // Waits for what is recorded, and fetches it.
  Planes planes_of(const Buffer& buffer, int level) const {
    Planes out = nothing(level);
    const Buffer down(card_, bytes_of(level), Buffer::Kind::kDownload);
    commands_.open();
    commands_.barrier();
    commands_.copy(buffer, down, bytes_of(level));
    commands_.finish();
    std::copy(down.host<float>(), down.host<float>() + out.data().size(), out.data().begin());
    return out;
  }

  Plan plan(int l) {
    Plan p;
    p.whole = cycles_[l].transition;
    p.t = &p.whole->level[z(l)];
    const LevelTransition& t = *p.t;
    p.encoded = l > 0 && !t.encode.is(0);
    p.decoded = l < top() && !t.decode.is(0);
    p.moved = (t.moves() || t.colours()) && (!t.self.is(0) || (t.trail == Trail::kSelf && !t.tblur.is(0)));
    p.home = t.home_centre != 0 || t.home_rate != 0;
    p.together = p.encoded && p.decoded && !t.encode.picture && !t.decode.picture;
    const Buffer* h = own(l).get();
    p.self = p.moved ? &prepare(self_, l) : h;
    p.encoding = p.encoded ? &prepare(e_, l) : h;
    p.decoding = p.decoded && !p.together ? &prepare(d_, l) : h;
    p.kept = t.trail == Trail::kSelf ? p.self : h;
    if (!t.self.is(0)) p.terms |= kOfSelf;
    if (p.together) {
      p.terms |= kOfSum;
    } else {
      if (!t.encode.is(0)) p.terms |= kOfEncoding;
      if (!t.decode.is(0)) p.terms |= kOfDecoding;
    }
    if (l < input_levels_ && !t.input.is(0)) p.terms |= kOfInput;
    e_known_[z(l)] = p.encoded && !p.together;
    d_known_[z(l)] = p.decoded && !p.together;
    return p;
  }

  Job job_of(int l, const Transition& t) const {
    Job job;
    job.level = l;
    job.border = static_cast<int32_t>(t.border);
    job.height = sizes_.height[z(l)];
    job.width = sizes_.width[z(l)];
    job.rows = job.height;
    job.channels = channels_[z(l)];
    job.home = home_at_[z(l)];
    job.chunk = kChunk;
    job.chunks = groups_of(job.height * job.width, kChunk);
    job.at = sums_at(l);
    return job;
  }
  Job layer_job(int l, int from, const Transition& t, const Cycles::Part& part, float scale) const {
    Job job = job_of(l, t);
    const LevelTransition& below = t.level[z(std::min(l, from))];
    job.in_height = sizes_.height[z(from)];
    job.in_width = sizes_.width[z(from)];
    job.first = part.first;
    job.rows = part.end - part.first;
    job.pool = static_cast<int32_t>(below.pool);
    job.activation = static_cast<int32_t>(below.activation);
    job.scale = scale;
    return job;
  }
  void encode(const Buffer& in, const Transition& t, int l, const Cycles::Part& part, float scale,
              const Buffer& out) const {
    layers_[z(l) - 1]->encode(commands_, layer_job(l, l - 1, t, part, scale), in, out,
                              fmt::format("encode {}", l));
  }
  void decode(const Buffer& in, const Transition& t, int l, const Cycles::Part& part, float scale, bool add,
              const Buffer& out) const {
    Job job = layer_job(l, l + 1, t, part, scale);
    job.add = add ? 1 : 0;
    layers_[z(l)]->decode(commands_, job, in, out, fmt::format("decode {}", l));
  }

  // A dispatch over rows of one level, for each channel or some of them.
  void over_rows(const Program& program, const Job& job, const Bound& bound, int planes, const char* what,
                 double passes) const {
    Dispatch cost;
    cost.what = fmt::format("{} {}", what, job.level);
    cost.bytes = sizeof(float) * passes * job.rows * job.width * job.channels;
    commands_.dispatch(program, job, bound, {groups_of(job.width, kWide), groups_of(job.rows, kHigh), planes},
                       cost);
  }

  // This frame's rows of all terms.
  void make_sources() {
    for (int l = top(); l >= 0; --l) {
      const Plan& p = plans_[z(l)];
      const Cycles::Part& part = cycles_[l];
      if (part.first == part.end) continue;
      if (p.encoded) encode(*h_[z(l) - 1], *p.whole, l, part, p.together ? p.t->encode.value : 1, *e_[z(l)]);
      if (p.decoded && !p.together) decode(*h_[z(l) + 1], *p.whole, l, part, 1, false, *d_[z(l)]);
      if (p.moved) move(l);
    }
    const auto adds = [](const Plan& p) { return p.together; };
    if (std::none_of(plans_.begin(), plans_.end(), adds)) return;
    commands_.barrier();
    for (int l = top(); l >= 0; --l) {
      const Plan& p = plans_[z(l)];
      const Cycles::Part& part = cycles_[l];
      if (p.together && part.first != part.end)
        decode(*h_[z(l) + 1], *p.whole, l, part, p.t->decode.value, true, *e_[z(l)]);
    }
  }

  void move(int l) {
    const Cycles::Part& part = cycles_[l];
    Job job = job_of(l, *plans_[z(l)].whole);
    job.first = part.first;
    job.rows = part.end - part.first;
    Bound bound{};
    bound[0] = &parameters_.levels();
    bound[1] = parameters_.maps(l);
    bound[2] = own(l).get();
    bound[3] = flow_.velocity();
    bound[4] = self_[z(l)].get();
    bound[5] = flow_.of_input();
    over_rows(move_, job, bound, groups_of(channels_[z(l)], kMoved), "move", 2);
  }

  void mix(int l) {
    const Cycles::Part& part = cycles_[l];
    const int height = sizes_.height[z(l)];
    const int mode = plans_[z(l)].home ? kMixOnly : kMixAndSquash;
    if (part.last && part.first <= 1) return mix_rows(l, 0, height, mode);
    mix_rows(l, std::max(part.first - 1, 1), std::min(part.end, height) - 1, mode);
    if (!part.last) return;
    mix_rows(l, 0, 1, mode);
    if (height > 1) mix_rows(l, height - 1, height, mode);
  }

  void mix_rows(int l, int first, int end, int mode) {
    if (end <= first) return;
    const Plan& p = plans_[z(l)];
    Job job = job_of(l, *p.whole);
    job.first = first;
    job.rows = end - first;
    job.terms = p.terms;
    job.mode = mode;
    Bound bound{};
    bound[0] = &parameters_.levels();
    bound[1] = parameters_.maps(l);
    bound[2] = p.self;
    bound[3] = p.encoding;
    bound[4] = next_[z(l)].get();
    bound[5] = p.decoding;
    bound[6] = input_[z(l)].get();
    bound[7] = p.kept;
    bound[8] = home_.get();
    int read = 0;
    for (const int term : {kOfSelf, kOfEncoding, kOfDecoding, kOfInput, kOfSum})
      read += (p.terms & term) ? 1 : 0;
    const bool keeps = !p.t->tblur.is(0) && mode != kMixOnly;
    over_rows(mix_, job, bound, channels_[z(l)], mode == kSquashOnly ? "squash" : "mix",
              (mode == kSquashOnly ? 2 : 1 + read) + (keeps ? 1 : 0));
  }

  int sums_at(int level) const {
    int at = 0;
    for (int l = 0; l < level; ++l)
      at += channels_[z(l)] * groups_of(sizes_.height[z(l)] * sizes_.width[z(l)], kChunk);
    return at;
  }

  bool ends_with_home(int l) const { return plans_[z(l)].home && cycles_[l].last; }

  template <class Work>
  void each_home(const Work& work) {
    commands_.barrier();
    for (int l = top(); l >= 0; --l) {
      if (ends_with_home(l)) work(l, job_of(l, *plans_[z(l)].whole));
    }
  }

  void follow_homeostasis() {
    bool any = false;
    for (int l = 0; l <= top(); ++l) any = any || ends_with_home(l);
    if (!any) return;
    if (!sums_) sums_ = std::make_unique<Buffer>(card_, 2 * sizeof(float) * z(sums_at(top() + 1)));
    each_home([&](int l, const Job& job) {
      Bound bound{};
      bound[0] = &parameters_.levels();
      bound[2] = next_[z(l)].get();
      bound[4] = sums_.get();
      Dispatch cost{fmt::format("sums {}", l), static_cast<double>(bytes_of(l)), 0, 0};
      commands_.dispatch(sums_program_, job, bound, {job.chunks, 1, job.channels}, cost);
    });
    each_home([&](int l, const Job& job) {
      Bound bound{};
      bound[0] = &parameters_.levels();
      bound[1] = parameters_.maps(l);
      bound[2] = sums_.get();
      bound[4] = home_.get();
      Dispatch cost{fmt::format("home {}", l), 8.0 * job.chunks * job.channels, 0, 0};
      commands_.dispatch(home_program_, job, bound, {1, 1, 1}, cost);
    });
    each_home([&](int l, const Job& job) { mix_rows(l, 0, job.height, kSquashOnly); });
  }

  // What was computed becomes the state, and the shown states move towards their goals.
  void finish_levels() {
    from_.clear();
    for (int l = 0; l <= top(); ++l) {
      if (cycles_[l].last) std::swap(own(l), next_[z(l)]);
      from_.push_back(goal_[z(l)] || !cycles_[l].last ? h_[z(l)].get() : next_[z(l)].get());
    }
    if (spread_) from_ = seen_now();
    commands_.barrier();
    for (int l = 1; l <= top(); ++l) {
      if (!goal_[z(l)]) continue;
      Job job = job_of(l, *plans_[z(l)].whole);
      job.share = cycles_[l].share;
      Bound bound{};
      bound[0] = &parameters_.levels();
      bound[2] = goal_[z(l)].get();
      bound[4] = h_[z(l)].get();
      over_rows(show_, job, bound, channels_[z(l)], "show", 3);
    }
    commands_.barrier();
  }
  std::vector<const Buffer*> seen_now() const {
    std::vector<const Buffer*> all;
    for (const Held& h : h_) all.push_back(h.get());
    return all;
  }

  std::shared_ptr<Card> card_;
  LevelSizes sizes_;
  std::vector<int> channels_;  // of each level, like everything below
  Cycles cycles_;
  mutable Commands commands_;
  CardParameters parameters_;
  CardFlow flow_;
  const Program &move_, &mix_, &sums_program_, &home_program_, &show_;
  std::vector<std::unique_ptr<CardLayer>> layers_;
  std::vector<Held> h_, next_;  // the state, and where the next one is computed
  std::vector<Held> goal_;      // of each level except 0, if steps are spread over frames
  std::vector<Held> e_, d_, self_, input_;
  std::vector<bool> e_known_, d_known_;  // whether they are those of the last step
  std::vector<const Buffer*> from_;      // the states that requested encodings are computed from
  std::vector<Plan> plans_;              // of the current step
  Held sums_, upload_, upload_input_;
  Held home_, home_seen_;  // of each level its gain and means; in memory, as after the last step
  mutable std::vector<Held> down_;
  mutable std::vector<bool> down_known_;
  mutable std::vector<bool> asked_;  // since the last step: such levels come down with the next one
  mutable std::mutex mutex_;         // of what comes down: rows are read by several threads
  std::vector<int> home_at_;
  int input_levels_ = 0;
  bool spread_ = false;
  Transition last_;
};

}  // namespace
}  // namespace vulkan

std::unique_ptr<Kernel> make_vulkan_kernel(const Hourglass& hourglass, const LevelSizes& sizes,
                                           Threads& /*threads*/) {
  return std::make_unique<vulkan::VulkanKernel>(hourglass, sizes);
}

}  // namespace reverie
