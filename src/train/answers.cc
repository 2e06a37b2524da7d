#include "train/answers.h"

#include <fmt/format.h>

#include <algorithm>

#include "train/input.h"

namespace reverie {

std::string AnswerStage::text() const {
  return fmt::format("label_smoothing = {}\n", label_smoothing);
}

std::vector<Stage> read_answer_stage(const TomlReader& reader, const NetworkSettings& /*network*/,
                                     const InputSettings& /*input*/, const Stage& common) {
  auto settings = std::make_shared<AnswerStage>();
  settings->label_smoothing = reader.number("label_smoothing", 0, 0.9, 0.0);
  Stage stage = common;
  stage.own = settings;
  return {stage};
}

double label_smoothing(const Stage& stage) {
  return dynamic_cast<const AnswerStage&>(*stage.own).label_smoothing;
}

torch::Tensor cross_entropy(const torch::Tensor& scores, const torch::Tensor& labels, double smoothing) {
  return torch::cross_entropy_loss(scores, labels, {}, at::Reduction::Sum, -1, smoothing);
}

torch::Tensor found(const torch::Tensor& values, const torch::Tensor& labels, int64_t among) {
  const auto best = std::get<1>(values.topk(std::min(among, values.size(1)), 1));
  return best.eq(labels.unsqueeze(1)).any(1);
}

torch::Tensor labels_for(const std::vector<std::string>& known, const RecordSet& set, Split split,
                         size_t first, size_t count) {
  std::vector<int64_t> places;
  for (const std::string& label : set.labels()) {
    const auto it = std::find(known.begin(), known.end(), label);
    places.push_back(it == known.end() ? -1 : it - known.begin());
  }
  torch::Tensor labels = read_labels(set, split, first, count);
  auto* l = labels.data_ptr<int64_t>();
  for (size_t i = 0; i < count; ++i) l[i] = l[i] < 0 ? -1 : places[static_cast<size_t>(l[i])];
  return labels;
}

}  // namespace reverie
