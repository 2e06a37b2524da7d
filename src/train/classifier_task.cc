#include "train/classifier_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/random.h"
#include "models/classifier/classifier.h"
#include "models/vae/vae.h"
#include "sheets/sheet.h"
#include "train/answers.h"
#include "train/input.h"
#include "train/inspect.h"

namespace reverie {
namespace {

constexpr size_t kAtOnce = 250;
constexpr int64_t kShown = 5;  // labels that count as found for top5

using Named = std::map<std::string, torch::Tensor>;

// Views of all that a network learns and keeps, to be written.
Named named(Parameters& parameters) {
  Named all;
  const std::vector<torch::Tensor> learned = parameters.cut_slots();
  for (size_t i = 0; i < learned.size(); ++i) all[parameters.slices()[i].name] = learned[i];
  const std::vector<torch::Tensor> buffers = parameters.cut_buffers();
  for (size_t i = 0; i < buffers.size(); ++i) all[parameters.buffer_slices()[i].name] = buffers[i];
  return all;
}

// Whether that layer of an encoder could become this one.
bool take_layer(const Named& own, const std::string& layer, const VaeWeights& theirs, const std::string& up) {
  torch::NoGradGuard no_grad;
  const auto weight = theirs.learned.find(up + ".weight");
  const torch::Tensor& to = own.at(layer + ".weight");
  if (weight == theirs.learned.end() || weight->second.sizes() != to.sizes()) return false;
  const bool normalised = theirs.learned.count(up + ".norm.weight") > 0;
  if (to.dim() == 4 && !normalised) return false;
  to.copy_(weight->second);
  const torch::Tensor& bias = theirs.at(up + ".bias");
  if (to.dim() == 4) {
    // a bias before the normalisation is a part of the mean that it takes away
    own.at(layer + ".norm.mean").copy_(theirs.at(up + ".norm.mean") - bias);
    for (const char* part : {".norm.variance", ".norm.weight", ".norm.bias"})
      own.at(layer + part).copy_(theirs.at(up + part));
    return true;
  }
  own.at(layer + ".bias").copy_(bias);
  if (normalised) {  // which dense layers of classifiers are not
    const torch::Tensor gain =
        theirs.at(up + ".norm.weight") * torch::rsqrt(theirs.at(up + ".norm.variance") + kVaeEpsilon);
    to.mul_(gain.unsqueeze(1));
    own.at(layer + ".bias").sub_(theirs.at(up + ".norm.mean")).mul_(gain).add_(theirs.at(up + ".norm.bias"));
  }
  return true;
}

class ClassifierTask : public Task {
 public:
  ClassifierTask(const Recipe& recipe, const BuildOptions& options)
      : options_(options),
        network_(recipe.networks.front().second),
        model_(dynamic_cast<ClassifierModel*>(network_->build(options).release())) {}

  std::vector<TaskNetwork> networks() override { return {{"", &model_->parameters()}}; }

  Losses losses(const Sight& sight, const Stage& stage, const Turn&) override {
    const torch::Tensor x = apply(model_->input, sight.pictures);
    const uint64_t place = Random(sight.seed).split(static_cast<uint64_t>(sight.iteration)).bits();
    const torch::Tensor scores =
        sight.learning ? model_->learn(x, {place, sight.first, sight.count}) : model_->scores(x);
    const auto count = static_cast<double>(sight.count);
    const double smoothing = sight.learning ? label_smoothing(stage) : 0;
    Losses losses;
    losses.total = cross_entropy(scores, sight.labels, smoothing) / count;
    losses.parts.push_back({"top1", found(scores.detach(), sight.labels, 1).sum() / count});
    return losses;
  }

  // Of an autoencoder the encoder's layers, in their order, as far as they are of the same shape.
  void take(const Model& from, const std::string& name) override {
    if (from.family() != "vae") return Task::take(from, name);
    const VaeWeights theirs = as_vae(from, "start from").constant();
    const Named own = named(model_->parameters());
    int taken = 0;
    for (const ParameterSlice& slice : model_->parameters().slices()) {
      const std::string layer = slice.name.substr(0, slice.name.rfind('.'));
      if (slice.name != layer + ".weight" || layer.ends_with(".norm")) continue;
      if (is_within(model_->scores_layer(), slice.name)) continue;
      if (!take_layer(own, layer, theirs, fmt::format("encode{}", taken + 1))) break;
      ++taken;
    }
    if (taken == 0) {
      throw Error("start from", name, "its encoder's first layer is not like the recipe's",
                  "the same channels and kernel; convolutions have norm = \"batch\"");
    }
  }

  bool spreads_test() const override { return true; }

  std::unique_ptr<Model> model() const override { return copy_of(*model_, *network_, options_); }

 private:
  BuildOptions options_;
  std::shared_ptr<const NetworkSettings> network_;
  std::unique_ptr<ClassifierModel> model_;
};

std::unique_ptr<Task> make(const Recipe& recipe, const BuildOptions& options) {
  return std::make_unique<ClassifierTask>(recipe, options);
}

std::vector<Figure> evaluate_classifier(const Model& any, const RecordSet& set, Split split, size_t limit) {
  torch::NoGradGuard no_grad;
  const ClassifierModel& model = as_classifier(any, "evaluate");
  const size_t pictures = limit == 0 ? set.size(split) : std::min(limit, set.size(split));
  double loss = 0;
  double labelled = 0;
  double top1 = 0;
  double top5 = 0;
  double mirrored = 0;
  for (size_t first = 0; first < pictures; first += kAtOnce) {
    const size_t count = std::min(kAtOnce, pictures - first);
    const torch::Tensor labels = labels_for(model.labels(), set, split, first, count);
    const torch::Tensor x = apply(model.input, read_pictures(set, split, first, count));
    const torch::Tensor scores = model.scores(x);
    const torch::Tensor both = torch::softmax(scores, 1) + torch::softmax(model.scores(x.flip({3})), 1);
    labelled += labels.ge(0).sum().item<double>();
    loss += cross_entropy(scores, labels, 0).item<double>();
    top1 += found(scores, labels, 1).sum().item<double>();
    top5 += found(scores, labels, kShown).sum().item<double>();
    mirrored += found(both, labels, 1).sum().item<double>();
  }
  if (labelled == 0)
    throw Error("evaluate on", set.name(), "no picture of that split has a label that the model knows");
  return {{"pictures", labelled, 15},
          {"cross_entropy", loss / labelled, 4},
          {"top1", top1 / labelled, 4},
          {"top5", top5 / labelled, 4},
          // of the mean of its answers to the picture and to its mirror image
          {"top1_mirrored", mirrored / labelled, 4}};
}

// Pictures from all over the split, each with its label and what the model takes it for.
Planes sheet(const Model& any, const RecordSet& set, Split split, size_t limit) {
  torch::NoGradGuard no_grad;
  const ClassifierModel& model = as_classifier(any, "draw");
  std::vector<SheetRow> rows;
  const size_t count = std::min(limit, set.size(split));
  for (size_t i = 0; i < count; ++i) {
    const size_t place = i * set.size(split) / count;
    const torch::Tensor picture = read_pictures(set, split, place, 1);
    const auto best = torch::softmax(model.scores(apply(model.input, picture)), 1)[0].max(0);
    const int label = set.record(split, place).label;
    const std::string truth = label < 0 ? "no label" : set.labels()[static_cast<size_t>(label)];
    const std::string& answer = model.labels()[static_cast<size_t>(std::get<1>(best).item<int64_t>())];
    rows.push_back({fmt::format("{}{} {:.2f}", truth == answer ? "" : truth + ", taken for ", answer,
                                std::get<0>(best).item<double>()),
                    {to_planes(picture[0] / 255)}});
  }
  constexpr int kShownSide = 64;
  const int side = rows.empty() ? kShownSide : rows[0].pictures[0].width();
  return labelled_rows(rows, "What pictures are taken for", std::max(1, kShownSide / side));
}

}  // namespace

TaskKind classifier_task() {
  return {"classifier", {"label_smoothing"}, read_answer_stage, make, evaluate_classifier, "answers", sheet};
}

}  // namespace reverie
