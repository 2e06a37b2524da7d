#include "style/embeddings.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

constexpr double kLeastSum = 1e-6;  // of weights
constexpr const char* kKind = "embeddings";

std::vector<int64_t> shape_of(bool spatial, int64_t codes) {
  return spatial ? std::vector<int64_t>{1, codes, 1, 1} : std::vector<int64_t>{1, codes};
}

}  // namespace

LabelStatistics labels_of_model(const VaeModel& model) {
  LabelStatistics all;
  const VaeWeights weights = model.constant();
  for (size_t i = 0; i < model.labels().size(); ++i) {
    if (weights.at("label.seen")[static_cast<int64_t>(i)].item<float>() > 0)
      all[model.labels()[i]] = model.label_statistics(model.labels()[i]);
  }
  return all;
}

void add_codes(Embeddings& e, const torch::Tensor& codes, int64_t label) {
  const bool spatial = codes.dim() == 4;
  const CodeStatistics own = spatial ? statistics_of(codes) : CodeStatistics{codes, torch::zeros_like(codes)};
  const auto append = [](torch::Tensor& to, const torch::Tensor& row) {
    to = to.defined() ? torch::cat({to, row}) : row;
  };
  append(e.mean, own.mean.flatten(1));
  append(e.deviation, own.deviation.flatten(1));
  append(e.label, torch::tensor({label}));
}

LabelStatistics Embeddings::by_label(bool spatial) const {
  LabelStatistics all;
  for (size_t l = 0; l < labels.size(); ++l) {
    const torch::Tensor mine = label.eq(static_cast<int64_t>(l)).nonzero().flatten();
    if (mine.numel() == 0) continue;
    const torch::Tensor means = mean.index_select(0, mine);
    const torch::Tensor spread = spatial ? deviation.index_select(0, mine).mean(0) : means.std(0, false);
    const std::vector<int64_t> shape = shape_of(spatial, mean.size(1));
    all[labels[l]] = {means.mean(0).view(shape), spread.view(shape)};
  }
  return all;
}

void write_embeddings(const std::filesystem::path& path, const Embeddings& e, const VaeModel& model) {
  TensorFile file;
  const LabelStatistics by_label = e.by_label(model.settings().spatial);
  std::vector<std::string> names;
  std::vector<torch::Tensor> means;
  std::vector<torch::Tensor> deviations;
  std::map<std::string, int64_t> places;
  for (const auto& [name, statistics] : by_label) {
    places[name] = static_cast<int64_t>(names.size());
    names.push_back(name);
    means.push_back(statistics.mean.flatten(1));
    deviations.push_back(statistics.deviation.flatten(1));
  }
  torch::Tensor label = torch::full({e.label.size(0)}, -1.0);
  for (size_t l = 0; l < e.labels.size(); ++l) {
    if (places.contains(e.labels[l]))
      label.masked_fill_(e.label.eq(static_cast<int64_t>(l)), static_cast<double>(places[e.labels[l]]));
  }
  if (!means.empty()) {
    file.tensors["label.mean"] = to_plain(torch::cat(means));
    file.tensors["label.deviation"] = to_plain(torch::cat(deviations));
  }
  file.tensors["codes.mean"] = to_plain(e.mean);
  file.tensors["codes.deviation"] = to_plain(e.deviation);
  file.tensors["label"] = to_plain(label);
  file.metadata = {
      {"kind", kKind}, {"labels", join(names, "\n")}, {"codes", std::to_string(model.settings().codes)}};
  write_safetensors(path, file);
}

LabelStatistics read_label_statistics(const std::filesystem::path& path, const VaeModel& model) {
  const TensorFile file = read_safetensors(path);
  const auto kind = file.metadata.find("kind");
  if (kind == file.metadata.end() || kind->second != kKind)
    throw Error("read styles from", file.name, "it is no file of `reverie embed`");
  const auto names = file.metadata.find("labels");
  const std::vector<std::string> labels = names == file.metadata.end() || names->second.empty()
                                              ? std::vector<std::string>{}
                                              : split(names->second, '\n');
  if (labels.empty()) throw Error("read styles from", file.name, "its pictures have no labels");
  const int64_t codes = model.settings().codes;
  const std::vector<size_t> shape = {labels.size(), static_cast<size_t>(codes)};
  const auto read = [&](const char* name) {
    const torch::Tensor t = from_plain(file.get(name));
    if (t.dim() != 2 || t.size(0) != static_cast<int64_t>(labels.size()) || t.size(1) != codes)
      throw Error("read styles from", file.name,
                  fmt::format("it is of another model: '{}' is not [{}, {}]", name, labels.size(), codes));
    if (!torch::isfinite(t).all().item<bool>())
      throw Error("read styles from", file.name,
                  fmt::format("'{}' has a value that is infinite or not a number", name));
    return t;
  };
  const torch::Tensor mean = read("label.mean");
  const torch::Tensor deviation = read("label.deviation");
  LabelStatistics all;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    const std::vector<int64_t> one = shape_of(model.settings().spatial, codes);
    all[printable(labels[i])] = {mean[row].view(one), deviation[row].view(one)};
  }
  return all;
}

CodeStatistics mix_styles(const LabelStatistics& labels, const StyleSum& sum,
                          const std::function<double(size_t)>& multiply) {
  CodeStatistics mixed;
  double total = 0;
  for (size_t i = 0; i < sum.size(); ++i) {
    const auto it = labels.find(sum[i].label);
    if (it == labels.end()) {
      std::vector<std::string> names;
      for (const auto& [name, statistics] : labels) names.push_back(name);
      throw Error("find the style", sum[i].label,
                  fmt::format("there are {}{}", names.empty() ? "none" : join(names, ", "),
                              did_you_mean(sum[i].label, names)));
    }
    const double weight = sum[i].weight * (multiply ? multiply(i) : 1);
    total += weight;
    const auto add = [&](torch::Tensor& to, const torch::Tensor& t) {
      to = to.defined() ? to + t * weight : t * weight;
    };
    add(mixed.mean, it->second.mean);
    add(mixed.deviation, it->second.deviation);
  }
  // a mean, not a sum: two styles half and half are as strong as one
  const double by = std::abs(total) < kLeastSum ? kLeastSum : total;
  return {mixed.mean / by, mixed.deviation / by};
}

CodeStatistics between(const CodeStatistics& a, const CodeStatistics& b, double share) {
  return {a.mean + (b.mean - a.mean) * share, a.deviation + (b.deviation - a.deviation) * share};
}

}  // namespace reverie
