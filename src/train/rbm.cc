#include "train/rbm.h"

#include <algorithm>

#include "core/error.h"
#include "models/vae/vae.h"
#include "train/likelihood.h"
#include "train/vae_stage.h"
#include "train/vae_task.h"

namespace reverie {
namespace {

constexpr uint64_t kHiddenDraws = 0x72626d;

// Where a layer's parameters stand, and those of the decoder's layer that undoes it.
struct LayerPlaces {
  size_t weight = 0, bias = 0, visible = 0;
  std::optional<size_t> back;  // its weights turned round; a tied decoder has none
};

// Hands everything on to the task of VAEs but the stages of machines.
class PretrainedTask : public Task {
 public:
  PretrainedTask(const Recipe& recipe, const BuildOptions& options)
      : settings_(vae_settings(recipe.network())),
        input_(options.input),
        vae_(vae_task().make(recipe, options)) {
    input_.grey = settings_.grey;
    const bool pretrains = std::any_of(recipe.stages.begin(), recipe.stages.end(),
                                       [](const Stage& stage) { return !vae_stage(stage).rbm.empty(); });
    if (pretrains && recipe.networks.size() > 1)
      throw Error("train", "the recipe", "machines are trained without a discriminator",
                  "a recipe of its own, and start = \"RUN\"");
  }

  std::vector<TaskNetwork> networks() override { return vae_->networks(); }
  std::vector<Turn> turns() const override { return vae_->turns(); }
  void take(const Model& from, const std::string& name) override { vae_->take(from, name); }
  std::unique_ptr<Model> model() const override { return vae_->model(); }
  int64_t multiple() const override { return vae_->multiple(); }
  bool spreads_test() const override { return vae_->spreads_test(); }

  std::optional<NamedLoss> mean_loss(const Sight& sight, const Stage& stage) override {
    return vae_stage(stage).rbm.empty() ? vae_->mean_loss(sight, stage) : std::nullopt;
  }

  std::vector<std::string> frozen(const Stage& stage) const override {
    std::vector<std::string> names = vae_->frozen(stage);
    const std::string& layer = vae_stage(stage).rbm;
    if (layer.empty()) return names;
    const LayerPlaces own = places_of_layer(layer);
    const auto& slices = parameters().slices();
    for (size_t i = 0; i < slices.size(); ++i) {
      if (i != own.weight && i != own.bias && i != own.visible && i != own.back)
        names.push_back(slices[i].name);
    }
    return names;
  }

  Losses losses(const Sight& sight, const Stage& stage, const Turn& turn) override {
    const std::string& layer = vae_stage(stage).rbm;
    if (layer.empty()) return vae_->losses(sight, stage, turn);
    if (sight.learning && layer != unrolled_) unroll(layer);
    const BoltzmannMachine machine = machine_of(layer, sight.learning);
    const torch::Tensor v = below(layer, apply(input_, sight.pictures));
    const torch::Tensor normal = normal_draws(sight, kHiddenDraws, {v.size(0), machine.hidden.size(0)});
    const torch::Tensor again = machine.reconstruction(v, normal);
    const torch::Tensor energy = machine.free_energy(v);
    const auto count = static_cast<double>(sight.count);
    Losses losses;
    losses.total = (energy - machine.free_energy(again)).sum() / count;
    losses.parts = {{"free_energy", energy.detach().sum() / count},
                    {"reconstruction", (v - again).square().sum() / count}};
    return losses;
  }

 private:
  const Parameters& parameters() const { return *vae_->networks()[0].parameters; }

  std::optional<size_t> find(const std::string& name) const {
    const auto& all = parameters().slices();
    const auto it =
        std::find_if(all.begin(), all.end(), [&](const ParameterSlice& s) { return s.name == name; });
    if (it == all.end()) return {};
    return static_cast<size_t>(it - all.begin());
  }

  LayerPlaces places_of_layer(const std::string& layer) const {
    const std::vector<std::string> layers = machine_layers(settings_);
    const auto place = std::find(layers.begin(), layers.end(), layer) - layers.begin();
    const std::string undone =
        "decode" + std::to_string(static_cast<std::ptrdiff_t>(layers.size()) - 1 - place);
    return {find(layer + ".weight").value(), find(layer + ".bias").value(), find(undone + ".bias").value(),
            find(undone + ".weight")};
  }

  // From here on the decoder's layer has the machine's weights: both get the same changes.
  void unroll(const std::string& layer) {
    const LayerPlaces at = places_of_layer(layer);
    const std::vector<torch::Tensor> all = parameters().cut_slots();
    if (at.back) all[*at.back].copy_(all[at.weight].t());
    unrolled_ = layer;
  }

  BoltzmannMachine machine_of(const std::string& layer, bool learning) const {
    const LayerPlaces at = places_of_layer(layer);
    const std::vector<torch::Tensor> all = learning ? parameters().cut() : parameters().cut_constant();
    torch::Tensor weight = all[at.weight];
    if (learning && at.back) weight = weight + (all[*at.back] - all[*at.back].detach()).t();
    return {weight, all[at.visible], all[at.bias], layer == machine_layers(settings_).back()};
  }

  // What the layer sees: probabilities of the one below, or the pictures.
  torch::Tensor below(const std::string& layer, const torch::Tensor& x) const {
    torch::Tensor v = x.flatten(1);
    for (const std::string& under : machine_layers(settings_)) {
      if (under == layer) break;
      v = machine_of(under, false).up(v);
    }
    return v;
  }

  VaeSettings settings_;
  InputTransform input_;
  std::unique_ptr<Task> vae_;
  std::string unrolled_;  // the layer
};

std::unique_ptr<Task> make(const Recipe& recipe, const BuildOptions& options) {
  return std::make_unique<PretrainedTask>(recipe, options);
}

}  // namespace

torch::Tensor BoltzmannMachine::up(const torch::Tensor& v) const {
  const torch::Tensor x = torch::linear(v, weight, hidden);
  return linear ? x : torch::sigmoid(x);
}

torch::Tensor BoltzmannMachine::down(const torch::Tensor& h) const {
  return torch::sigmoid(torch::linear(h, weight.t(), visible));
}

torch::Tensor BoltzmannMachine::free_energy(const torch::Tensor& v) const {
  const torch::Tensor x = torch::linear(v, weight, hidden);
  const torch::Tensor hiddens = linear ? x.square() / 2 : torch::softplus(x);
  return -torch::mv(v, visible) - hiddens.sum(1);
}

torch::Tensor BoltzmannMachine::reconstruction(const torch::Tensor& v, const torch::Tensor& normal) const {
  torch::NoGradGuard no_grad;
  const torch::Tensor h = up(v);
  return down(linear ? h + normal : binarised(h, normal));
}

TaskKind pretrained_vae_task() {
  TaskKind kind = vae_task();
  kind.make = make;
  return kind;
}

}  // namespace reverie
