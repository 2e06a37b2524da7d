#include "train/probe.h"

#include <fmt/format.h>
#include <torch/optim/lbfgs.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "train/evaluate.h"
#include "train/input.h"

namespace reverie {
namespace {

constexpr size_t kAtOnce = 200;      // pictures encoded together
constexpr int kPassesPerStep = 10;   // of the solver between two progress updates
constexpr double kConverged = 1e-4;  // relative decrease of the loss per step at which it stops
constexpr double kFlatFeature =
    1e-6;  // a standard deviation below this share of the largest one is not a feature

// Labels of a split as far as known; places: which pictures these are.
struct LabelledPictures {
  std::vector<size_t> places;
  std::vector<int64_t> labels;
};

LabelledPictures labelled(const RecordSet& set, Split split, size_t limit) {
  LabelledPictures out;
  for (size_t i = 0; i < set.size(split); ++i) {
    if (limit > 0 && out.places.size() == limit) break;
    const int label = set.record(split, i).label;
    if (label < 0) continue;
    out.places.push_back(i);
    out.labels.push_back(label);
  }
  return out;
}

// [N, F] of the pictures that have a label.
torch::Tensor features_of(const Model& model, const InputTransform& transform, const RecordSet& set,
                          Split split, const LabelledPictures& pictures, const std::string& layer, int grid) {
  torch::Tensor all;
  const auto count = static_cast<int64_t>(pictures.places.size());
  for (int64_t at = 0; at < count;) {
    // neighbours in the file are read together
    const size_t first = pictures.places[static_cast<size_t>(at)];
    size_t run = 1;
    while (run < kAtOnce && at + static_cast<int64_t>(run) < count &&
           pictures.places[static_cast<size_t>(at) + run] == first + run)
      ++run;
    const torch::Tensor x = apply(transform, read_pictures(set, split, first, run));
    const torch::Tensor part = probe_features(layer == kPixels ? x : model.forward(x, {layer})[0], grid);
    if (!all.defined()) all = torch::empty({count, part.size(1)});
    all.narrow(0, at, part.size(0)).copy_(part);
    at += part.size(0);
  }
  return all;
}

void check(const Model& model, const RecordSet& set, const std::string& layer, const LabelledPictures& train,
           const LabelledPictures& test) {
  const auto fail = [&](const std::string& why, const std::string& advice) {
    throw Error("probe with", set.name(), why, advice);
  };
  const auto [least, most] = std::minmax_element(train.labels.begin(), train.labels.end());
  if (train.labels.empty() || *least == *most) {
    fail("its training pictures need at least two labels",
         "import folders of pictures, one per label, or a labelled data set");
  }
  if (test.labels.empty())
    fail("it has no test pictures with labels", "import with --test-fraction 0.2, for example");
  const auto [height, width] = set.common_size();
  if (layer == kPixels) return;
  const std::vector<LayerInfo> layers = model.layers(height, width);
  std::vector<std::string> names;
  for (const LayerInfo& info : layers) names.push_back(info.name);
  // a layer needs no more than its own step; of networks that take any size even that is not asked
  const LayerInfo& info = layers[places_of({layer}, names)[0]];
  const int64_t factor = std::min(model.multiple(), std::max<int64_t>(1, static_cast<int64_t>(info.step)));
  if (height % factor != 0 || width % factor != 0)
    fail(fmt::format("its pictures are {}x{}, {} needs multiples of {}", width, height, layer, factor), "");
}

}  // namespace

torch::Tensor probe_features(const torch::Tensor& made, int grid) {
  torch::Tensor cells = made;
  if (grid > 0 && made.dim() == 4 && (made.size(2) > grid || made.size(3) > grid)) {
    cells = torch::adaptive_avg_pool2d(
        made, {std::min<int64_t>(grid, made.size(2)), std::min<int64_t>(grid, made.size(3))});
  }
  return cells.flatten(1);
}

double LinearClassifier::accuracy(const torch::Tensor& x, const torch::Tensor& labels) const {
  torch::NoGradGuard no_grad;
  const torch::Tensor found = torch::addmm(bias, x, weight).argmax(1);
  return found.eq(labels).to(torch::kFloat64).mean().item<double>();
}

LinearClassifier train_classifier(const torch::Tensor& x, const torch::Tensor& labels, int classes, double l2,
                                  int most_passes, const std::function<bool(int)>& progress) {
  LinearClassifier c;
  c.weight = torch::zeros({x.size(1), classes}, torch::requires_grad());
  c.bias = torch::zeros({classes}, torch::requires_grad());
  torch::optim::LBFGS solver({c.weight, c.bias}, torch::optim::LBFGSOptions(1)
                                                     .max_iter(kPassesPerStep)
                                                     .max_eval(kPassesPerStep)
                                                     .tolerance_grad(1e-7)
                                                     .tolerance_change(1e-9)
                                                     .history_size(20)
                                                     .line_search_fn("strong_wolfe"));
  const torch::Tensor truth = torch::one_hot(labels, classes).to(torch::kFloat32);
  const auto n = static_cast<double>(x.size(0));
  int passes = 0;
  const auto loss = [&] {
    torch::NoGradGuard no_grad;
    ++passes;
    const torch::Tensor log_p = torch::log_softmax(torch::addmm(c.bias, x, c.weight), 1);
    const torch::Tensor error = (log_p.exp() - truth) / n;
    // explicitly, because this order of the factors is twice as fast as autograd's
    c.weight.mutable_grad() = error.t().mm(x).t().contiguous() + l2 * c.weight;
    c.bias.mutable_grad() = error.sum(0);
    return l2 / 2 * c.weight.square().sum() - (log_p * truth).sum() / n;
  };
  double last = INFINITY;
  while (passes < most_passes && !c.converged) {
    const auto now = solver.step(loss).item<double>();  // as it was at the beginning of the step
    c.converged = last - now <= kConverged * now;
    last = now;
    if (!progress(passes)) break;
  }
  return c;
}

double choose_l2(const torch::Tensor& x, const torch::Tensor& labels, int classes, int most_passes,
                 const std::function<bool(int)>& progress) {
  const torch::Tensor held = torch::arange(x.size(0)).remainder(5).eq(4);
  const torch::Tensor kept = held.logical_not();
  const torch::Tensor x_kept = x.index({kept});
  const torch::Tensor x_held = x.index({held});
  double best = 0;
  double best_accuracy = -1;
  int before = 0;
  for (const double l2 : {1.0, 0.1, 0.01, 0.001}) {
    int passes = 0;
    bool going = true;
    const LinearClassifier c =
        train_classifier(x_kept, labels.index({kept}), classes, l2, most_passes, [&](int done) {
          passes = done;
          return going = progress(before + done);
        });
    before += passes;
    const double accuracy = x_held.size(0) > 0 ? c.accuracy(x_held, labels.index({held})) : 0;
    if (!going || accuracy < best_accuracy) break;  // past the best one it only gets worse, and slower
    if (accuracy == best_accuracy) continue;
    best = l2;
    best_accuracy = accuracy;
  }
  return best;
}

ProbeResult probe_layer(const Model& model, const RecordSet& set, const std::string& layer,
                        const ProbeSettings& settings, const std::function<bool(int)>& progress) {
  const LabelledPictures train = labelled(set, Split::kTrain, settings.limit);
  const LabelledPictures test = labelled(set, Split::kTest, 0);
  check(model, set, layer, train, test);
  const InputTransform transform = complete_transform(model, set);
  const auto features = [&](Split split, const LabelledPictures& pictures) {
    torch::NoGradGuard no_grad;
    return features_of(model, transform, set, split, pictures, layer, settings.grid);
  };
  torch::Tensor x = features(Split::kTrain, train);
  torch::Tensor x_test = features(Split::kTest, test);
  const torch::Tensor mean = x.mean(0);
  torch::Tensor deviation = x.std(0, false);
  deviation = torch::where(deviation > kFlatFeature * deviation.max(), deviation, torch::full({}, INFINITY));
  x.sub_(mean).div_(deviation);
  x_test.sub_(mean).div_(deviation);
  const torch::Tensor labels = torch::tensor(train.labels, torch::kInt64);
  const int classes = static_cast<int>(*std::max_element(train.labels.begin(), train.labels.end())) + 1;
  int before = 0;
  const auto choosing = [&](int passes) { return progress(before = passes); };
  const double l2 =
      settings.l2 ? *settings.l2 : choose_l2(x, labels, classes, settings.most_passes, choosing);
  const LinearClassifier c = train_classifier(x, labels, classes, l2, settings.most_passes,
                                              [&](int passes) { return progress(before + passes); });
  return {x.size(1), c.accuracy(x, labels), c.accuracy(x_test, torch::tensor(test.labels, torch::kInt64)), l2,
          c.converged};
}

}  // namespace reverie
