#include "train/classifier_task.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/random.h"
#include "models/classifier/classifier.h"
#include "sheets/sheet.h"
#include "train/evaluate.h"
#include "train/input.h"
#include "train/inspect.h"

namespace reverie {
namespace {

constexpr size_t kAtOnce = 250;
constexpr int64_t kShown = 5;  // labels that count as found for top5

class ClassifierStage : public StageSettings {
 public:
  std::string text() const override { return fmt::format("label_smoothing = {}\n", label_smoothing); }

  double label_smoothing = 0;
};

const ClassifierStage& own(const Stage& stage) {
  return dynamic_cast<const ClassifierStage&>(*stage.own);
}

std::vector<Stage> read_stage(const TomlReader& reader, const NetworkSettings&, const InputSettings&,
                              const Stage& common) {
  auto settings = std::make_shared<ClassifierStage>();
  settings->label_smoothing = reader.number("label_smoothing", 0, 0.9, 0.0);
  Stage stage = common;
  stage.own = settings;
  return {stage};
}

// Pictures without a label count as found nowhere, and cost nothing.
torch::Tensor cross_entropy(const torch::Tensor& scores, const torch::Tensor& labels, double smoothing) {
  return torch::cross_entropy_loss(scores, labels, {}, at::Reduction::Sum, -1, smoothing);
}

torch::Tensor found(const torch::Tensor& scores, const torch::Tensor& labels, int64_t among) {
  const auto best = std::get<1>(scores.topk(std::min(among, scores.size(1)), 1));
  return best.eq(labels.unsqueeze(1)).any(1);
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
    const double smoothing = sight.learning ? own(stage).label_smoothing : 0;
    Losses losses;
    losses.total = cross_entropy(scores, sight.labels, smoothing) / count;
    losses.parts.push_back({"top1", found(scores.detach(), sight.labels, 1).sum() / count});
    return losses;
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

// The places of the model's labels among the set's: sets may number them otherwise.  -1: the set has none.
std::vector<int64_t> label_places(const ClassifierModel& model, const RecordSet& set) {
  std::vector<int64_t> places;
  for (const std::string& label : set.labels()) {
    const auto it = std::find(model.labels().begin(), model.labels().end(), label);
    places.push_back(it == model.labels().end() ? -1 : it - model.labels().begin());
  }
  return places;
}

std::vector<Figure> evaluate_classifier(const Model& any, const RecordSet& set, Split split, size_t limit) {
  torch::NoGradGuard no_grad;
  const ClassifierModel& model = as_classifier(any, "evaluate");
  const std::vector<int64_t> places = label_places(model, set);
  const size_t pictures = limit == 0 ? set.size(split) : std::min(limit, set.size(split));
  double loss = 0;
  double labelled = 0;
  double top1 = 0;
  double top5 = 0;
  for (size_t first = 0; first < pictures; first += kAtOnce) {
    const size_t count = std::min(kAtOnce, pictures - first);
    torch::Tensor labels = read_labels(set, split, first, count);
    auto* l = labels.data_ptr<int64_t>();
    for (size_t i = 0; i < count; ++i) l[i] = l[i] < 0 ? -1 : places[static_cast<size_t>(l[i])];
    const torch::Tensor scores = model.scores(apply(model.input, read_pictures(set, split, first, count)));
    labelled += labels.ge(0).sum().item<double>();
    loss += cross_entropy(scores, labels, 0).item<double>();
    top1 += found(scores, labels, 1).sum().item<double>();
    top5 += found(scores, labels, kShown).sum().item<double>();
  }
  if (labelled == 0)
    throw Error("evaluate on", set.name(), "no picture of that split has a label that the model knows");
  return {{"pictures", labelled, 15},
          {"cross_entropy", loss / labelled, 4},
          {"top1", top1 / labelled, 4},
          {"top5", top5 / labelled, 4}};
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
  return {"classifier", {"label_smoothing"}, read_stage, make, evaluate_classifier, "answers", sheet};
}

}  // namespace reverie
