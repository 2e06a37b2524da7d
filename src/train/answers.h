// What tasks with labelled pictures or clips share: the loss of answers, and how many are right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/record_set.h"
#include "models/torch.h"
#include "train/task.h"

namespace reverie {

// A stage's own key of such tasks.
class AnswerStage : public StageSettings {
 public:
  std::string text() const override;

  double label_smoothing = 0;  // Szegedy et al. 2016
};
std::vector<Stage> read_answer_stage(const TomlReader& reader, const NetworkSettings& network,
                                     const InputSettings& input, const Stage& common);
double label_smoothing(const Stage& stage);

// Of scores [N, L] before the softmax and labels [N]; the sum.  Those without a label, -1, cost nothing.
torch::Tensor cross_entropy(const torch::Tensor& scores, const torch::Tensor& labels, double smoothing);
// [N] bool: whether the label is one of the `among` largest of values [N, L].
torch::Tensor found(const torch::Tensor& values, const torch::Tensor& labels, int64_t among);

// Labels of a set's records in the model's numbers: sets may number them otherwise; -1: it does not know
// them.
torch::Tensor labels_for(const std::vector<std::string>& known, const RecordSet& set, Split split,
                         size_t first, size_t count);

}  // namespace reverie
