// What a model makes of labelled pictures: the statistics that stand for styles.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "models/vae/vae.h"
#include "style/kind.h"

namespace reverie {

// Of labels, by name: [1, C, 1, 1] each, or [1, C] of models with one code vector.
using LabelStatistics = std::map<std::string, CodeStatistics>;

// The labels that the model saw while it learned.
LabelStatistics labels_of_model(const VaeModel& model);

// Writes and reads the file of `reverie embed`: tensors label.mean and label.deviation [L, C], metadata
// labels and codes; `codes.mean` and `codes.deviation` [N, C] of every picture (of one code vector its codes
// and zeros), `label` [N], the place of its label or -1.
struct Embeddings {
  std::vector<std::string> labels;
  torch::Tensor mean, deviation;  // [N, C]
  torch::Tensor label;            // [N]

  // Of a label's pictures: the mean of what each has, of one code vector their mean and deviation.
  LabelStatistics by_label(bool spatial) const;
};
void write_embeddings(const std::filesystem::path& path, const Embeddings& embeddings, const VaeModel& model);
// Error for another kind of file, or one of a model with other codes.
LabelStatistics read_label_statistics(const std::filesystem::path& path, const VaeModel& model);

// Codes of one picture more, [1, C, h, w] or [1, C].
void add_codes(Embeddings& embeddings, const torch::Tensor& codes, int64_t label);

// A weighted mean of labels.  multiply: a factor for the i-th term.  Error with the nearest name for a label
// that is not there.
CodeStatistics mix_styles(const LabelStatistics& labels, const StyleSum& sum,
                          const std::function<double(size_t)>& multiply = nullptr);

// From a to b; statistics of the same shape.
CodeStatistics between(const CodeStatistics& a, const CodeStatistics& b, double share);

}  // namespace reverie
