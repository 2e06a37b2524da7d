#include "dream/effect.h"

#include <fmt/format.h>

#include <cmath>
#include <future>
#include <optional>

#include "core/error.h"
#include "core/text.h"
#include "dream/picture.h"
#include "models/family.h"
#include "models/pictures.h"
#include "models/tensor_state.h"
#include "models/torch_threads.h"

namespace reverie {
namespace {

constexpr double kMuchChange = 4;    // a mean change of 1/4 is full strength
constexpr double kKeyRadius = 0.25;  // of a colour key, by default
constexpr std::string_view kKey = "key:";
constexpr int64_t kDefaultSide = 224;  // of a network that does not say what it learned from

// A random stream, split off the effect's seed.
constexpr uint64_t kStepsStream = 2;

torch::Tensor view_of(const Planes& planes) {
  return torch::from_blob(const_cast<float*>(planes.data().data()),
                          {1, planes.channels(), planes.height(), planes.width()});
}

// Enlarged about the middle, turned counter-clockwise and shifted; edges are reflected.
torch::Tensor transformed(const torch::Tensor& x, const ParameterValues& values) {
  const double zoom = values.number("zoom");
  const double turn = values.number("rotate") * M_PI / 180;
  const double right = values.number("shift_x");
  const double down = values.number("shift_y");
  if (zoom == 1 && turn == 0 && right == 0 && down == 0) return x;
  const double aspect = static_cast<double>(x.size(2)) / static_cast<double>(x.size(3));
  const double c = std::cos(turn) / zoom;
  const double s = std::sin(turn) / zoom;
  const torch::Tensor theta =
      torch::tensor({c, -s * aspect, -2 * right, s / aspect, c, -2 * down}, torch::kFloat32).view({1, 2, 3});
  const torch::Tensor grid = torch::affine_grid_generator(theta, x.sizes(), false);
  return torch::grid_sampler(x, grid, 2, 2, false);  // bicubic: zooms must not blur
}

torch::Tensor carried(const torch::Tensor& x, const Planes& flow) {
  const int64_t height = x.size(2);
  const int64_t width = x.size(3);
  const torch::Tensor by = view_of(flow)[0];
  const torch::Tensor across = (torch::arange(width) + by[0] + 0.5) * (2.0 / static_cast<double>(width)) - 1;
  const torch::Tensor along =
      (torch::arange(height).view({-1, 1}) + by[1] + 0.5) * (2.0 / static_cast<double>(height)) - 1;
  return torch::grid_sampler(x, torch::stack({across, along}, 2).unsqueeze(0), 0, 1, false);
}

// What a dream of one frame needs, so that it can be made on another thread.
struct Job {
  torch::Tensor base;  // [1, 3, H, W]
  torch::Tensor mask;
  ColourMoments moments;  // that it keeps, by share
  double hold = 1;
  DreamSettings settings;
  Random draw{0};
};

// The process is a layer: what was added to the input, or the whole picture where no input feeds it.  Each
// frame it moves on; each dream starts from it and makes the next one.
class DreamEffect final : public Effect {
 public:
  DreamEffect(const EffectSetup& setup, const ParameterValues& values) : setup_(setup) {
    read_objective(values);
  }

  ~DreamEffect() override {
    if (job_.valid()) job_.wait();
  }

  void follow(const Effect& before) override {
    const auto* other = dynamic_cast<const DreamEffect*>(&before);
    if (!other) return;
    layer_ = other->layer_;
    fed_ = other->fed_;
    input_ = other->input_;
    moments_ = other->moments_;
  }

  void restart(uint64_t seed, const Frame& /*frame*/, const ParameterValues& /*values*/) override {
    forget_job();
    setup_.seed = seed;
    layer_ = torch::Tensor();
    moments_.reset();
  }

  double bytes_ahead(const ParameterValues& values) const override {
    constexpr double kPictures = 16;  // that a dream and its frame hold at once
    const double pixels = static_cast<double>(setup_.height) * setup_.width;
    const auto most = static_cast<double>(dream_settings(values).memory);
    const double gradient = pixels * static_cast<double>(objective_->bytes_per_pixel());
    return (most > 0 ? std::min(gradient, most) : gradient) + kPictures * 3 * sizeof(float) * pixels;
  }

  // Waits for a dream that another thread is at: it is kept with the rest.
  void save(State& to) override {
    to.put_seed("seed", setup_.seed);
    put_tensor(to, "layer", layer_);
    put_tensor(to, "input", input_);
    to.put_whole("fed", fed_ ? 1 : 0);
    if (moments_) {
      put_tensor(to, "mean", moments_->mean);
      put_tensor(to, "deviation", moments_->deviation);
    }
    if (!job_.valid()) return;
    const torch::Tensor dreamed = job_.get();
    job_ = ready(dreamed);
    put_tensor(to, "job/dreamed", dreamed);
    put_tensor(to, "job/input", job_input_);
    to.put_whole("job/due", due_);
    to.put_whole("job/since", static_cast<int64_t>(since_.size()));
    for (size_t i = 0; i < since_.size(); ++i) {
      to.put(fmt::format("job/flow/{}", i), since_[i].first);
      to.put(fmt::format("job/trust/{}", i), since_[i].second);
    }
  }

  void load(const State& from, const ParameterValues& /*values*/) override {
    forget_job();
    setup_.seed = from.seed("seed");
    layer_ = tensor_of(from, "layer");
    input_ = tensor_of(from, "input");
    fed_ = from.whole("fed") != 0;
    moments_.reset();
    if (from.has("mean")) moments_ = {tensor_of(from, "mean"), tensor_of(from, "deviation")};
    const State job = from.part("job");
    if (!job.has("due")) return;
    job_ = ready(tensor_of(job, "dreamed"));
    job_input_ = tensor_of(job, "input");
    due_ = job.whole("due");
    for (int64_t i = 0; i < job.whole("since"); ++i)
      since_.emplace_back(job.planes(fmt::format("flow/{}", i)), job.planes(fmt::format("trust/{}", i)));
  }

  void process(const Frame& frame, const ParameterValues& values, Planes& out, Told& told) override {
    torch::NoGradGuard no_grad;
    if (values.text("layers") != layers_ || values.text("guide") != guide_ ||
        values.choice<Measure>("measure") != measure_) {
      forget_job();
      read_objective(values);
    }
    const double blend = values.number("blend");
    take_input(frame, blend > 0);
    move_on(frame, values);
    const int64_t number = frame.time.frame;
    if (const int every = values.integer("every"); every == 1) {
      forget_job();
      layer_ = eased(layer_of(dream_of(job_for(frame, values)), input_), frame, values);
    } else {
      if (job_.valid() && number >= due_) take_job(frame, values);
      if (!job_.valid()) {
        due_ = number + every;
        job_input_ = input_;
        job_ = std::async(std::launch::async, [this, job = job_for(frame, values)] { return dream_of(job); });
      }
    }
    const torch::Tensor shown = fed_ ? input_ + layer_ : layer_;
    out = to_picture(shown);
    if (told.wants("strength"))
      told.tell("strength", fed_ ? kMuchChange / 255 * layer_.abs().mean().item<double>() : 1);
  }

 private:
  static std::future<torch::Tensor> ready(const torch::Tensor& dreamed) {
    std::promise<torch::Tensor> promise;
    promise.set_value(dreamed);
    return promise.get_future();
  }

  void read_objective(const ParameterValues& values) {
    const auto picture = [&](const std::string& name) { return setup_.read_picture(setup_.find_file(name)); };
    layers_ = values.text("layers");
    guide_ = values.text("guide");
    measure_ = values.choice<Measure>("measure");
    ObjectiveSettings s;
    if (layers_ != "auto") s.sums = parse_dream_layers(layers_);
    const Networks networks = read_networks(values.text("model"), s.sums, setup_.find_file);
    if (layers_ == "auto") s.sums = parse_dream_layers(default_layer(*networks.at("")));
    s.measure = measure_;
    if (!guide_.empty()) s.guide = picture(guide_);
    objective_ = std::make_unique<Objective>(networks, std::move(s), setup_.find_file);
  }

  void take_input(const Frame& frame, bool feeds) {
    const torch::Tensor last = input_;
    input_ = frame.picture ? from_picture(*frame.picture) : torch::Tensor();
    feeds = feeds && input_.defined();
    if (!layer_.defined()) {
      const torch::Tensor start =
          input_.defined() ? input_ : from_picture(dream_noise(setup_.height, setup_.width, setup_.seed));
      layer_ = feeds ? torch::zeros_like(start) : start;
      moments_ = colour_moments(start);
    } else if (feeds != fed_) {
      layer_ = feeds ? layer_ - input_ : layer_ + last;
    }
    fed_ = feeds;
    if (feeds) moments_ = colour_moments(input_);
  }

  // The layer as it lies over this frame.
  torch::Tensor moved_on(const torch::Tensor& layer, const Planes* flow, const Planes* trust, bool follows,
                         const ParameterValues& values) const {
    torch::Tensor moved = transformed(layer, values);
    if (!fed_ || !follows) return moved;
    if (!flow) return torch::zeros_like(moved);  // a cut
    moved = carried(moved, *flow);
    return trust ? moved * view_of(*trust) : moved;
  }

  void move_on(const Frame& frame, const ParameterValues& values) {
    const bool follows = values.integer("carry") == 1;
    layer_ = moved_on(layer_, frame.flow, frame.trust, follows, values);
    if (!job_.valid() || !fed_) return;
    since_.emplace_back(frame.flow ? *frame.flow : Planes(), frame.trust ? *frame.trust : Planes());
  }

  Job job_for(const Frame& frame, const ParameterValues& values) {
    Job job;
    job.base = fed_ ? (input_ + layer_ * (1 - values.number("blend"))).clamp(0, 255) : layer_;
    job.settings = dream_settings(values);
    job.moments = *moments_;
    job.hold = values.number("hold");
    // over an input the same jitter for all frames: what is dreamed alike from one to the next stays
    const auto stream = fed_ ? uint64_t{0} : static_cast<uint64_t>(frame.time.frame);
    job.draw = Random(setup_.seed).split(kStepsStream).split(stream);
    job.mask = mask_for(values.text("mask"), frame);
    return job;
  }

  torch::Tensor mask_for(const std::string& name, const Frame& frame) {
    if (name.empty()) return {};
    if (!name.starts_with(kKey) && name == mask_name_) return mask_;
    mask_name_ = name;
    mask_ = dream_mask(name, frame.picture ? *frame.picture : to_picture(layer_),
                       [&](const std::string& file) { return setup_.read_picture(setup_.find_file(file)); });
    return mask_;
  }

  torch::Tensor dream_of(const Job& job) {
    // here, because each thread has its own number, and the picture depends on it
    if (setup_.threads) use_torch_threads(setup_.threads->count());
    const torch::Tensor dreamed = dream(*objective_, job.base, job.settings, job.draw, job.mask);
    const torch::Tensor held = with_moments(dreamed, job.moments, job.hold);
    if (!job.mask.defined()) return held;
    return job.base + (held - job.base) * resized(job.mask, held.size(2), held.size(3));
  }

  torch::Tensor layer_of(const torch::Tensor& dreamed, const torch::Tensor& input) const {
    return fed_ ? dreamed - input : dreamed;
  }

  // What was dreamed of an earlier frame, carried along to this one.
  void take_job(const Frame& frame, const ParameterValues& values) {
    torch::Tensor layer = layer_of(job_.get(), job_input_);
    const bool follows = values.integer("carry") == 1;
    for (const auto& [flow, trust] : since_) {
      layer =
          moved_on(layer, flow.empty() ? nullptr : &flow, trust.empty() ? nullptr : &trust, follows, values);
    }
    since_.clear();
    layer_ = eased(layer, frame, values);
  }

  // The next layer, nearer to the last one where that could be carried here.
  torch::Tensor eased(const torch::Tensor& next, const Frame& frame, const ParameterValues& values) const {
    const double inertia = values.number("inertia");
    if (inertia == 0 || !fed_ || !frame.flow || values.integer("carry") != 1) return next;
    const torch::Tensor from_last = layer_ - next;
    return next + (frame.trust ? from_last * view_of(*frame.trust) : from_last) * inertia;
  }

  void forget_job() {
    if (job_.valid()) job_.get();
    since_.clear();
  }

  EffectSetup setup_;
  std::string layers_, guide_, mask_name_;
  Measure measure_ = Measure::kL2;
  std::unique_ptr<Objective> objective_;
  torch::Tensor layer_, input_, mask_;
  bool fed_ = false;  // the input feeds it: the layer is what was added
  std::optional<ColourMoments> moments_;
  std::future<torch::Tensor> job_;
  torch::Tensor job_input_;
  int64_t due_ = 0;                               // frame at which the job's dream is shown
  std::vector<std::pair<Planes, Planes>> since_;  // flows and trusts since it began
};

}  // namespace

std::unique_ptr<Effect> make_dream(const EffectSetup& setup, const ParameterValues& values) {
  return std::make_unique<DreamEffect>(setup, values);
}

Networks read_networks(const std::string& model, const std::vector<DreamSum>& sums,
                       const std::function<std::filesystem::path(const std::string&)>& find_file) {
  Networks networks;
  networks[""] = read_model(find_file(model));
  for (const DreamSum& sum : sums) {
    for (const DreamTerm& term : sum) {
      auto& network = networks[term.model];
      if (!network) network = read_model(find_file(term.model));
    }
  }
  return networks;
}

std::string default_layer(const Model& model) {
  const int64_t side = std::max<int64_t>(model.trained_side(), kDefaultSide);
  const std::vector<LayerInfo> layers = model.layers(side, side);
  const LayerInfo* best = nullptr;
  const auto distance = [&](const LayerInfo& l) {
    return std::abs(std::log(2.0 * static_cast<double>(l.receptive) / static_cast<double>(side)));
  };
  for (const LayerInfo& layer : layers) {
    if (layer.height > 1 && (!best || distance(layer) <= distance(*best))) best = &layer;
  }
  if (!best) throw Error("dream with", "this model", "it has no layer with more than one place");
  return best->name;
}

torch::Tensor dream_mask(const std::string& name, const Planes& picture,
                         const std::function<Planes(const std::string&)>& read_picture) {
  if (name.empty()) return {};
  if (!name.starts_with(kKey)) return from_picture(luma(read_picture(name))) / 255;
  const std::vector<std::string> words = split(name.substr(kKey.size()), ':');
  const bool is_hex =
      words[0].size() == 6 && words[0].find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  const auto radius = words.size() == 2 ? to_number(words[1]) : std::optional<double>(kKeyRadius);
  if (!is_hex || words.size() > 2 || !radius || *radius <= 0 || *radius > 2)
    throw Error("use the mask", name, "a colour key is key:RRGGBB or key:RRGGBB:RADIUS");
  const auto colour = static_cast<uint32_t>(std::stoul(words[0], nullptr, 16));
  const torch::Tensor wanted =
      torch::tensor({static_cast<float>(colour >> 16U & 255U), static_cast<float>(colour >> 8U & 255U),
                     static_cast<float>(colour & 255U)})
          .view({1, 3, 1, 1});
  const torch::Tensor apart = (from_picture(picture) - wanted).square().sum(1, true).sqrt() / 255;
  return (2 - 2 * apart / *radius).clamp(0, 1);  // whole up to half the radius
}

}  // namespace reverie
