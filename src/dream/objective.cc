#include "dream/objective.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "core/text.h"
#include "models/pictures.h"
#include "weights/npy.h"

namespace reverie {
namespace {

constexpr int64_t kLargestSmallestSide = 512;
constexpr int64_t kGuideSide = 224;
constexpr double kUpAndDown = 1.2;  // of each activation, it or its gradient, and what its layer keeps

const LayerInfo& layer_named(const std::vector<LayerInfo>& all, const DreamTerm& term) {
  for (const LayerInfo& layer : all) {
    if (layer.name == term.layer) return layer;
  }
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const LayerInfo& layer : all) names.push_back(layer.name);
  throw Error("dream at layer", "'" + printable(term.layer) + "'",
              "the model has none of that name" + did_you_mean(term.layer, names),
              "`reverie layers MODEL` lists them");
}

// Whether every one of these layers, and what it is made from, has an activation in a square picture of this
// side.
bool fits(const Model& model, const std::vector<std::string>& wanted, int64_t side) {
  size_t found = 0;
  try {
    for (const LayerInfo& layer : model.layers(side, side)) {
      if (layer.height < 1 || layer.width < 1) return false;
      found += static_cast<size_t>(std::count(wanted.begin(), wanted.end(), layer.name));
      if (found == wanted.size()) return true;
    }
  } catch (const Error&) {
  }
  return false;
}

int64_t smallest_side_of(const Model& model, const std::vector<std::string>& wanted) {
  int64_t low = 0;
  int64_t high = kLargestSmallestSide;
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (fits(model, wanted, middle) ? high : low) = middle;
  }
  return high;
}

torch::Tensor measured(const torch::Tensor& x, Measure measure) {
  switch (measure) {
    case Measure::kL2:
      return 0.5 * x.square().sum();
    case Measure::kMean:
      return x.sum();
    case Measure::kSoftplus:
      return torch::softplus(x).sum();
  }
  return x.sum();
}

// Mean cosine between the Gram matrices of the pictures of a batch.
torch::Tensor likeness(const torch::Tensor& x) {
  const int64_t count = x.size(0);
  if (count < 2) return torch::zeros({});
  const torch::Tensor flat = x.flatten(2);
  const torch::Tensor gram = flat.matmul(flat.transpose(1, 2)).flatten(1);
  const torch::Tensor unit = gram / (gram.norm(2, 1, true) + 1e-10);
  const torch::Tensor all = unit.matmul(unit.t());
  return (all.sum() - all.diagonal().sum()) / static_cast<double>(count * (count - 1));
}

}  // namespace

Objective::Objective(Networks networks, ObjectiveSettings settings,
                     const std::function<std::filesystem::path(const std::string&)>& find_file)
    : settings_(std::move(settings)) {
  for (size_t sum = 0; sum < settings_.sums.size(); ++sum) {
    for (const DreamTerm& asked : settings_.sums[sum]) {
      terms_.push_back(std::make_unique<Term>());
      terms_.back()->asked = asked;
      terms_.back()->sum = sum;
    }
  }
  find_layers(networks);
  for (Used& used : used_) {
    smallest_ = std::max(smallest_, used.whole ? 1 : smallest_side_of(*used.model, used.layers));
    const int64_t side = used.whole ? used.model->trained_side() : std::max<int64_t>(smallest_, kGuideSide);
    const std::vector<LayerInfo> layers = used.model->layers(side, side);
    for (size_t i = 0; i < used.layers.size(); ++i) {
      for (Term* term : used.readers[i]) check_term(*term, layer_named(layers, term->asked), find_file);
    }
  }
  if (!settings_.guide.empty()) look_at_guide();
}

void Objective::find_layers(const Networks& networks) {
  std::map<std::string, size_t> places;
  for (const auto& term : terms_) {
    const auto network = networks.find(term->asked.model);
    if (network == networks.end())
      throw Error("dream", "model " + in_quotes(term->asked.model), "it is not there");
    const auto [place, is_new] = places.try_emplace(term->asked.model, used_.size());
    if (is_new) {
      used_.push_back({network->second, {}, {}, false});
    }
    Used& used = used_[place->second];
    const auto known = std::find(used.layers.begin(), used.layers.end(), term->asked.layer);
    const auto at = static_cast<size_t>(known - used.layers.begin());
    if (known == used.layers.end()) {
      used.layers.push_back(term->asked.layer);
      used.readers.emplace_back();
    }
    used.readers[at].push_back(term.get());
  }
  for (Used& used : used_) {
    const int64_t side = used.model->trained_side();
    used.whole = side > 0 && !fits(*used.model, used.layers, kLargestSmallestSide) &&
                 fits(*used.model, used.layers, side);
    if (used.whole) splits_ = false;
    step_ = std::lcm(step_, used.model->multiple());
  }
}

void Objective::check_term(Term& term, const LayerInfo& layer,
                           const std::function<std::filesystem::path(const std::string&)>& find_file) const {
  const DreamTerm& asked = term.asked;
  for (const int64_t c : asked.channels) {
    if (c >= layer.channels)
      throw Error("dream at layer", "'" + asked.layer + "'",
                  fmt::format("it has no channel {}: they are 0 to {}", c, layer.channels - 1));
  }
  if (!asked.channels.empty()) term.channels = torch::tensor(asked.channels);
  if (asked.pick != DreamTerm::Pick::kDirection) return;
  const Tensor direction = read_npy(find_file(asked.direction));
  if (static_cast<int64_t>(direction.data.size()) != layer.channels)
    throw Error("dream in the direction", asked.direction,
                fmt::format("it has {} numbers, and {} has {} channels", direction.data.size(), asked.layer,
                            layer.channels));
  term.direction = torch::tensor(direction.data);
}

void Objective::measure(const Used& used, int64_t height, int64_t width) {
  const int64_t side = used.model->trained_side();
  const std::vector<LayerInfo> layers =
      used.whole ? used.model->layers(side, side) : used.model->layers(height, width);
  std::vector<std::string> left = used.layers;
  double samples = 0;
  for (const LayerInfo& layer : layers) {
    if (left.empty()) break;
    samples += static_cast<double>(layer.channels * layer.height * layer.width);
    const auto at = std::find(left.begin(), left.end(), layer.name);
    if (at == left.end()) continue;
    left.erase(at);
    const auto place = static_cast<size_t>(std::find(used.layers.begin(), used.layers.end(), layer.name) -
                                           used.layers.begin());
    if (layer.height < 2 && layer.width < 2) splits_ = false;
    receptive_ = std::max(receptive_, layer.receptive);
    step_ = std::lcm(step_, std::max<int64_t>(1, std::llround(layer.step)));
    for (Term* term : used.readers[place]) {
      term->height = layer.height;
      term->width = layer.width;
      const int64_t channels = term->channels.defined() ? term->channels.size(0) : layer.channels;
      term->norm = static_cast<double>(channels * layer.height * layer.width);
      if (term->asked.one_place) {
        term->norm = 1;
        splits_ = false;
      }
    }
  }
  bytes_per_pixel_ += samples * sizeof(float) * kUpAndDown / static_cast<double>(height * width);
}

void Objective::begin(const torch::Tensor& picture) {
  torch::NoGradGuard no_grad;
  bytes_per_pixel_ = 3.0 * sizeof(float) * 8;
  for (const Used& used : used_) {
    measure(used, picture.size(2), picture.size(3));
    bool picks = false;
    for (const auto& readers : used.readers) {
      for (const Term* term : readers) {
        picks |=
            term->asked.pick == DreamTerm::Pick::kStrongest || term->asked.pick == DreamTerm::Pick::kWeakest;
      }
    }
    if (!picks) continue;
    // a large picture is looked at as a small one: what answers most there answers here
    const double shrink =
        std::min(1.0, 512.0 / static_cast<double>(std::max(picture.size(2), picture.size(3))));
    const auto side = [&](int64_t n) {
      return std::max<int64_t>(smallest_, std::llround(static_cast<double>(n) * shrink));
    };
    const auto all = run(used, resized(picture, side(picture.size(2)), side(picture.size(3))), {});
    for (size_t i = 0; i < all.size(); ++i) {
      const torch::Tensor mean = all[i].dim() == 4 ? all[i].mean(at::IntArrayRef({0, 2, 3})) : all[i].mean(0);
      for (Term* term : used.readers[i]) {
        const bool strongest = term->asked.pick == DreamTerm::Pick::kStrongest;
        if (!strongest && term->asked.pick != DreamTerm::Pick::kWeakest) continue;
        const int64_t count = std::min(term->asked.count, mean.size(0));
        term->channels = std::get<1>(mean.topk(count, 0, strongest));
        term->norm = static_cast<double>(count * term->height * term->width);
      }
    }
  }
}

std::vector<torch::Tensor> Objective::run(const Used& used, const torch::Tensor& picture,
                                          const PassOptions& pass) {
  torch::Tensor seen = picture;
  if (used.whole) {
    const int64_t side = used.model->trained_side();
    seen = torch::upsample_bilinear2d(seen, {side, side}, false);
  }
  if (const int64_t m = used.model->multiple(); m > 1) {
    const int64_t bottom = (m - seen.size(2) % m) % m;
    const int64_t right = (m - seen.size(3) % m) % m;
    if (bottom + right > 0) seen = torch::replication_pad2d(seen, {0, right, 0, bottom});
  }
  return used.model->forward(apply(used.model->input, seen), used.layers, pass);
}

torch::Tensor Objective::term_value(const Term& term, const torch::Tensor& activations) const {
  torch::Tensor x = activations.dim() == 2 ? activations.unsqueeze(2).unsqueeze(3) : activations;
  if (term.guide.defined()) {
    // Each place grows along the guide's activations that match it best (google/deepdream).
    torch::Tensor best;
    const torch::Tensor mine = x[0].flatten(1);
    {
      torch::NoGradGuard no_grad;
      best = term.guide.index_select(1, mine.t().matmul(term.guide).argmax(1));
    }
    return (mine * best).sum() / term.norm;
  }
  if (term.direction.defined()) return (x * term.direction.view({1, -1, 1, 1})).sum() / term.norm;
  if (term.channels.defined()) x = x.index_select(1, term.channels);
  if (term.asked.one_place) {
    const auto place = [](double share, int64_t n) {
      return std::min(n - 1, static_cast<int64_t>(share * static_cast<double>(n)));
    };
    return x.select(3, place(term.asked.x, x.size(3))).select(2, place(term.asked.y, x.size(2))).sum();
  }
  // the square of a class or of one channel would rise as it falls below 0, too
  const bool signed_one = term.asked.pick != DreamTerm::Pick::kAll && settings_.measure == Measure::kL2;
  return (signed_one ? x.sum() : measured(x, settings_.measure)) / term.norm;
}

torch::Tensor Objective::value(const torch::Tensor& part, double position, const PassOptions& pass) const {
  torch::Tensor total = torch::zeros({});
  const double last = static_cast<double>(settings_.sums.size() - 1);
  const double place = std::clamp(position, 0.0, last);
  for (const Used& used : used_) {
    const std::vector<torch::Tensor> all = run(used, part, pass);
    for (size_t i = 0; i < all.size(); ++i) {
      for (const Term* term : used.readers[i]) {
        const double share = std::max(0.0, 1 - std::abs(place - static_cast<double>(term->sum)));
        if (share > 0) total = total + share * term->asked.weight * term_value(*term, all[i]);
        if (share > 0 && settings_.diversity > 0 && all[i].dim() == 4)
          total = total - share * settings_.diversity * likeness(all[i]);
      }
    }
  }
  return total;
}

std::vector<torch::Tensor> Objective::activations(const torch::Tensor& picture) const {
  std::vector<torch::Tensor> out;
  for (const Used& used : used_) {
    const std::vector<torch::Tensor> all = run(used, picture, {});
    for (size_t i = 0; i < all.size(); ++i) {
      for (const Term* term : used.readers[i])
        out.push_back(term->channels.defined() ? all[i].index_select(1, term->channels) : all[i]);
    }
  }
  return out;
}

void Objective::look_at_guide() {
  torch::NoGradGuard no_grad;
  const Planes& guide = settings_.guide;
  const double shrink = static_cast<double>(kGuideSide) / std::min(guide.height(), guide.width());
  const auto side = [&](int n) { return std::max<int64_t>(kGuideSide, std::llround(n * shrink)); };
  const torch::Tensor picture = resized(from_picture(guide), side(guide.height()), side(guide.width()));
  for (const Used& used : used_) {
    const auto all = run(used, picture, {});
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].dim() != 4) continue;
      for (Term* term : used.readers[i]) term->guide = all[i][0].flatten(1).contiguous();
    }
  }
}

}  // namespace reverie
