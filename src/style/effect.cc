#include "style/effect.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/random.h"
#include "models/pictures.h"
#include "models/tensor_state.h"
#include "models/torch_threads.h"
#include "models/vae/vae.h"
#include "motion/warp.h"
#include "style/chosen_style.h"
#include "style/kind.h"

namespace reverie {
namespace {

constexpr double kMuchChange = 4;  // times the mean difference of samples: 1 as a signal
constexpr int kInsetMargin = 10;   // pixels
constexpr int64_t kBlurred = 7;    // pixels that fine detail is finer than

// Y of BT.709, [1, 1, H, W].
torch::Tensor luma_of(const torch::Tensor& picture) {
  const torch::Tensor share = torch::tensor({0.2126F, 0.7152F, 0.0722F}).view({1, 3, 1, 1});
  return (picture * share).sum(1, true);
}

torch::Tensor blurred(const torch::Tensor& picture) {
  constexpr int64_t kBorder = kBlurred / 2;
  const torch::Tensor wide = torch::replication_pad2d(picture, {kBorder, kBorder, kBorder, kBorder});
  return torch::avg_pool2d(wide, kBlurred, 1);
}

class MogrifyEffect final : public Effect {
 public:
  MogrifyEffect(const EffectSetup& setup, const ParameterValues& values)
      : setup_(setup),
        threads_(setup.threads ? setup.threads : std::make_shared<Threads>(0)),
        model_(read_model(setup.find_file(values.text("model")))),
        vae_(as_vae(*model_, "mogrify with")),
        weights_(vae_.packed()),
        style_(all_labels(setup, values), values.text("toward")) {}

  void follow(const Effect& before) override {
    if (const auto* other = dynamic_cast<const MogrifyEffect*>(&before)) last_ = other->last_;
  }

  void restart(uint64_t seed, const Frame& /*frame*/, const ParameterValues& /*values*/) override {
    setup_.seed = seed;
    last_ = Planes();
    if (ahead_) return;  // the clip is still the same
    own_.reset();
    seen_ = 0;
  }

  double bytes_ahead(const ParameterValues& values) const override {
    constexpr double kPictures = 12;  // that a frame holds at once
    const auto [height, width] = seen_size(setup_.height, setup_.width, values);
    return vae_.pass_bytes(height, width) + kPictures * 3 * sizeof(float) * setup_.height * setup_.width;
  }

  // With one code vector for a picture, what is taken away is the mean of the whole clip.
  bool looks_ahead(const ParameterValues& values) const override {
    return vae_.shrink() == 0 && values.text("from").empty() && !ahead_;
  }

  void look_ahead(const Planes& picture, const ParameterValues& values) override {
    const torch::NoGradGuard no_grad;
    use_torch_threads(threads_->count());
    const torch::Tensor input = from_picture(picture);
    const torch::Tensor z = codes_of(input, values).mean;
    const CodeStatistics mine{z, torch::ones_like(z)};
    ++seen_;
    own_ = own_ ? between(*own_, mine, 1 / static_cast<double>(seen_)) : mine;
    ahead_ = true;
  }

  void save(State& to) override {
    to.put_seed("seed", setup_.seed);
    to.put_whole("ahead", ahead_ ? 1 : 0);
    to.put_whole("seen", seen_);
    to.put("last", last_);
    if (!own_) return;
    put_tensor(to, "own/mean", own_->mean);
    put_tensor(to, "own/deviation", own_->deviation);
  }

  void load(const State& from, const ParameterValues& /*values*/) override {
    setup_.seed = from.seed("seed");
    ahead_ = from.whole("ahead") != 0;
    seen_ = from.whole("seen");
    last_ = from.planes("last");
    own_.reset();
    const State own = from.part("own");
    if (own.has("mean")) own_ = {tensor_of(own, "mean"), tensor_of(own, "deviation")};
  }

  void process(const Frame& frame, const ParameterValues& values, Planes& out, Told& told) override {
    torch::NoGradGuard no_grad;
    if (!frame.picture) throw Error("mogrify", "", "there is no picture to carry a style onto");
    use_torch_threads(threads_->count());
    style_.change(values.text("toward"));
    const torch::Tensor input = from_picture(*frame.picture);
    torch::Tensor made = styled(input, frame, values);
    made = resized_to(made, input);
    made = finished(made, input, values);
    out = to_picture(made);
    if (told.wants("change"))
      told.tell("change", kMuchChange / 255 * (made - input).abs().mean().item<double>());
    ease(frame, values, out);
    last_ = out;
    if (const double share = values.number("inset"); share > 0) add_inset(*frame.picture, share, out);
  }

 private:
  LabelStatistics all_labels(const EffectSetup& setup, const ParameterValues& values) const {
    LabelStatistics labels = labels_of_model(vae_);
    if (const std::string& file = values.text("styles"); !file.empty()) {
      for (auto& [name, statistics] : read_label_statistics(setup.find_file(file), vae_))
        labels[name] = statistics;
    }
    return labels;
  }

  CodeStatistics target(const ParameterValues& values) const {
    return style_.at(values.number("position"), [&](size_t i) {
      return i < kStyleWeights ? values.number("weight" + std::to_string(i + 1)) : 1.0;
    });
  }

  // What the network makes of the picture, at the size it sees: [1, 3, h, w], 0..255.
  torch::Tensor styled(const torch::Tensor& input, const Frame& frame, const ParameterValues& values) {
    const Codes codes = codes_of(input, values);
    torch::Tensor z = codes.mean;
    if (values.flag("sample")) {
      const uint64_t place = Random(setup_.seed).split(static_cast<uint64_t>(frame.time.frame)).bits();
      z = z + torch::randn(z.sizes(), at::detail::createCPUGenerator(place)) * codes.log_sigma.exp();
    }
    const auto [height, width] = seen_size(input.size(2), input.size(3), values);
    torch::Tensor y = vae_.decode(moved(z, frame.flow == nullptr, values), height, width, weights_);
    if (const double share = values.number("refine"); share > 0 && vae_.settings().refiner > 0)
      y = y + (vae_.refine(y, weights_) - y) * share;
    return unapply(vae_.input, y).clamp(0, 255);
  }

  // At the size that the network sees.
  Codes codes_of(const torch::Tensor& input, const ParameterValues& values) const {
    const auto [height, width] = seen_size(input.size(2), input.size(3), values);
    return vae_.encode(apply(vae_.input, resized(input, height, width)), weights_);
  }

  // Height and width.
  std::pair<int64_t, int64_t> seen_size(int64_t height, int64_t width, const ParameterValues& values) const {
    if (vae_.shrink() == 0) return {vae_.settings().height, vae_.settings().width};
    const int64_t wanted = values.integer("side");
    const int64_t smaller = std::min(height, width);
    if (wanted == 0 || wanted >= smaller) return {height, width};
    const auto scaled = [&](int64_t side) {
      const double exact =
          static_cast<double>(side) * static_cast<double>(wanted) / static_cast<double>(smaller);
      return std::max<int64_t>(1, std::lround(exact));
    };
    return {scaled(height), scaled(width)};
  }

  torch::Tensor moved(const torch::Tensor& z, bool at_cut, const ParameterValues& values) {
    const bool spatial = z.dim() == 4;
    const auto by = values.choice<MoveBy>("move");
    const CodeStatistics to = target(values);
    const double beta = values.number("beta");
    const CodeStatistics mine = spatial ? statistics_of(z) : CodeStatistics{z, torch::ones_like(z)};
    follow_own(mine, at_cut, values);
    if (by == MoveBy::kStatistics || (by == MoveBy::kAuto && spatial)) {
      if (!spatial)
        throw Error("move by statistics", "the codes", "this model has one code vector for a picture",
                    "move = \"means\"");
      return moved_to(z, *own_, between(*own_, to, beta));
    }
    const std::string& from = values.text("from");
    const torch::Tensor away =
        from.empty() ? own_->mean : mix_styles(style_.labels(), parse_styles(from).front()).mean;
    return z - values.number("alpha") * away + beta * to.mean;
  }

  // What counts as the picture's own look: a mean over the frames since the last cut that forgets.
  void follow_own(const CodeStatistics& mine, bool at_cut, const ParameterValues& values) {
    if (ahead_) return;
    const bool afresh = !own_ || own_->mean.sizes() != mine.mean.sizes() || (at_cut && mine.mean.dim() == 4);
    seen_ = afresh ? 1 : seen_ + 1;
    // the first frames weigh the same, so that the look does not hang on the very first one
    const double share = std::max(1 - values.number("inertia"), 1.0 / static_cast<double>(seen_));
    own_ = afresh || share == 1 ? mine : between(*own_, mine, share);
  }

  static torch::Tensor resized_to(const torch::Tensor& made, const torch::Tensor& input) {
    if (made.sizes() == input.sizes()) return made;
    if (made.size(2) > input.size(2)) return resized(made, input.size(2), input.size(3));
    return enlarged(made, input.size(2), input.size(3)).clamp(0, 255);
  }

  static torch::Tensor finished(torch::Tensor made, const torch::Tensor& input,
                                const ParameterValues& values) {
    if (const double share = values.number("colours"); share > 0) {
      const torch::Tensor coloured = input + luma_of(made) - luma_of(input);
      made = made + (coloured - made) * share;
    }
    if (const double detail = values.number("detail"); detail > 0) {
      const torch::Tensor grey = luma_of(input);
      made = made + (grey - blurred(grey)) * detail;
    }
    if (const double black = values.number("black"); black != 0) made = (made - 255 * black) / (1 - black);
    return made.clamp(0, 255);
  }

  // Nearer to the last frame, carried along where that can be trusted.
  void ease(const Frame& frame, const ParameterValues& values, Planes& out) {
    const auto share = static_cast<float>(values.number("smooth"));
    const bool same = last_.height() == out.height() && last_.width() == out.width();
    if (share == 0 || !same) return;
    const bool follows = values.integer("carry") == 1;
    if (follows && !frame.flow) return;  // a cut
    const Planes* last = &last_;
    if (follows) {
      warp(last_, *frame.flow, carried_, *threads_);
      last = &carried_;
    }
    const float* trust = follows && frame.trust ? frame.trust->data().data() : nullptr;
    const size_t samples = static_cast<size_t>(out.height()) * static_cast<size_t>(out.width());
    for (size_t i = 0; i < out.data().size(); ++i) {
      const float by = trust ? share * trust[i % samples] : share;
      out.data()[i] += by * (last->data()[i] - out.data()[i]);
    }
  }

  static void add_inset(const Planes& picture, double share, Planes& out) {
    const int width = static_cast<int>(std::lround(share * out.width()));
    const int height = static_cast<int>(std::lround(share * out.height()));
    if (width < 1 || height < 1) return;
    const Planes small = to_picture(resized(from_picture(picture), height, width));
    const int left = std::min(kInsetMargin, out.width() - width);
    const int top = std::min(kInsetMargin, out.height() - height);
    for (int c = 0; c < out.channels(); ++c) {
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) out.at(c, top + y, left + x) = small.at(c, y, x);
      }
    }
  }

  EffectSetup setup_;
  std::shared_ptr<Threads> threads_;
  std::unique_ptr<Model> model_;
  const VaeModel& vae_;
  VaeWeights weights_;
  ChosenStyle style_;
  std::optional<CodeStatistics> own_;
  int64_t seen_ = 0;    // frames
  bool ahead_ = false;  // own_ is that of the whole clip
  Planes last_, carried_;
};

}  // namespace

std::unique_ptr<Effect> make_mogrify(const EffectSetup& setup, const ParameterValues& values) {
  return std::make_unique<MogrifyEffect>(setup, values);
}

}  // namespace reverie
