#include "latent/codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/stop.h"
#include "core/text.h"
#include "latent/walk.h"
#include "models/pictures.h"
#include "sheets/sheet.h"
#include "style/embeddings.h"

namespace reverie {
namespace {

constexpr int kColumns = 10;
constexpr int kShownSide = 64;  // that small pictures are magnified to
constexpr int64_t kBeginnings = 64;
constexpr double kRate = 0.05, kFirstMoment = 0.9, kSecondMoment = 0.999, kEpsilon = 1e-8;
constexpr double kLength = 1e-4;  // of the codes' mean square, beside the squared error of numbers near 1

int magnification(const CodeBook& book) {
  return std::clamp(kShownSide / std::max(1, book.model().settings().width), 1, 4);
}

bool is_number(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// [N] of pictures in the network's scale.
torch::Tensor errors(const torch::Tensor& y, const torch::Tensor& x) {
  return (y - x).square().flatten(1).mean(1);
}

double psnr(const VaeModel& model, const torch::Tensor& y, const torch::Tensor& picture) {
  const double error = (unapply(model.input, y).clamp(0, 255) - picture).square().mean().item<double>();
  return 10 * std::log10(255.0 * 255.0 / std::max(error, 1e-9));
}

torch::Tensor mean_of(const CodeBook& book, const CodeTerm& term) {
  std::vector<torch::Tensor> all;
  for (const std::string& name : term.names) all.push_back(book.at(name));
  return torch::cat(all).mean(0, true);
}

}  // namespace

CodeBook::CodeBook(const VaeModel& model, uint64_t seed)
    : model_(model), weights_(model.constant()), seed_(seed) {
  if (model.shrink() > 0)
    throw Error("show the codes of", "this model", "its codes are a grid, not one vector for a picture",
                "reverie shift, or the effect latent");
}

bool CodeBook::has(const std::string& name) const {
  return is_number(name) || added_.contains(name) || labels_of_model(model_).contains(name);
}

torch::Tensor CodeBook::at(const std::string& name) const {
  if (is_number(name)) return draw_codes(model_.codes(), seed_, parse_stops(name).at(0));
  const auto it = added_.find(name);
  if (it != added_.end()) return it->second;
  const auto label =
      std::find(model_.labels().begin(), model_.labels().end(), name) - model_.labels().begin();
  return model_.with_labels(model_.label_statistics(name).mean, torch::full({1}, label, torch::kLong));
}

Planes CodeBook::shown(const torch::Tensor& codes) const {
  torch::NoGradGuard no_grad;
  const VaeSettings& s = model_.settings();
  return to_picture(unapply(model_.input, model_.decode(codes, s.height, s.width, weights_)));
}

std::vector<CodeTerm> parse_code_sum(const std::string& text) {
  std::vector<CodeTerm> terms;
  double sign = 1;
  bool open = true;  // a term is to come
  for (const std::string& word : split(text, ' ')) {
    if (trim(word).empty()) continue;
    if (word == "+" || word == "-") {
      if (open)
        throw Error("understand", fmt::format("the sum '{}'", printable(text)),
                    "a sign stands where codes should");
      sign = word == "+" ? 1 : -1;
      open = true;
      continue;
    }
    if (!open)
      throw Error("understand", fmt::format("the sum '{}'", printable(text)),
                  fmt::format("there is no sign before '{}'", printable(word)), "\"1,2,3 - 4,5 + 6\"");
    CodeTerm term{sign, {}};
    for (const std::string& name : split(word, ',')) {
      if (!name.empty()) term.names.push_back(name);
    }
    if (!term.names.empty()) terms.push_back(std::move(term));
    open = false;
  }
  if (open || terms.empty())
    throw Error("understand", fmt::format("the sum '{}'", printable(text)), "it ends without codes");
  return terms;
}

torch::Tensor sum_of(const CodeBook& book, const std::vector<CodeTerm>& terms) {
  torch::Tensor sum = torch::zeros({1, book.model().codes()});
  for (const CodeTerm& term : terms) sum = sum + term.sign * mean_of(book, term);
  return sum;
}

Inversion invert(const VaeModel& model, const torch::Tensor& picture, int steps, uint64_t seed) {
  const VaeSettings& s = model.settings();
  const VaeWeights weights = model.constant();
  const torch::Tensor x = apply(model.input, picture);
  const auto decoded = [&](const torch::Tensor& z) { return model.decode(z, s.height, s.width, weights); };
  Inversion result;
  {
    torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> some;
    for (int64_t i = 0; i < kBeginnings; ++i) some.push_back(draw_codes(model.codes(), seed, i));
    if (!s.encoder.empty()) {
      const torch::Tensor own = model.encode(x, weights).mean;
      for (int64_t k = 0; k < std::max(s.classes, 1); ++k)
        some.push_back(model.with_labels(own, torch::full({1}, k, torch::kLong)));
    }
    const torch::Tensor all = torch::cat(some);
    result.begin = all.narrow(0, errors(decoded(all), x).argmin().item<int64_t>(), 1).clone();
    result.first = psnr(model, decoded(result.begin), picture);
  }
  torch::Tensor z = result.begin.clone();
  torch::Tensor first = torch::zeros_like(z);
  torch::Tensor second = torch::zeros_like(z);
  for (int t = 1; t <= steps; ++t) {
    if (stop_requested()) throw Stopped();
    const torch::Tensor at = z.detach().requires_grad_(true);
    const torch::Tensor loss = errors(decoded(at), x).sum() + kLength * at.square().mean();
    const torch::Tensor g = torch::autograd::grad({loss}, {at})[0];
    first = kFirstMoment * first + (1 - kFirstMoment) * g;
    second = kSecondMoment * second + (1 - kSecondMoment) * g * g;
    // slower toward the end, so that it settles
    const double rate = kRate * 0.5 * (1 + std::cos(M_PI * t / steps));
    z = z - rate * (first / (1 - std::pow(kFirstMoment, t))) /
                ((second / (1 - std::pow(kSecondMoment, t))).sqrt() + kEpsilon);
  }
  torch::NoGradGuard no_grad;
  result.codes = z;
  result.psnr = psnr(model, decoded(z), picture);
  return result;
}

Planes samples_sheet(const CodeBook& book, int count) {
  std::vector<SheetRow> rows;
  const int64_t classes = book.model().settings().classes;
  for (int64_t k = 0; k < classes; ++k) {  // the same samples of each label
    rows.push_back({book.model().labels()[static_cast<size_t>(k)], {}});
    for (int i = 0; i < std::min(count, kColumns); ++i)
      rows.back().pictures.push_back(book.shown(
          book.model().with_classes(book.at(std::to_string(i)), torch::eye(classes).narrow(0, k, 1))));
  }
  if (classes > 0)
    return labelled_rows(rows, fmt::format("Samples of seed {}, by label", book.seed()), magnification(book));
  for (int i = 0; i < count; ++i) {
    if (i % kColumns == 0) rows.push_back({std::to_string(i), {}});
    rows.back().pictures.push_back(book.shown(book.at(std::to_string(i))));
  }
  return labelled_rows(rows, fmt::format("Samples of seed {}", book.seed()), magnification(book));
}

Planes between_sheet(const CodeBook& book, const std::vector<std::string>& names, int steps) {
  if (names.size() < 2) throw Error("draw", "what lies between", "it takes two names or more");
  std::vector<SheetRow> rows;
  for (size_t i = 0; i + 1 < names.size(); ++i) {
    const torch::Tensor a = book.at(names[i]);
    const torch::Tensor b = book.at(names[i + 1]);
    for (const LatentPath path : {LatentPath::kSpherical, LatentPath::kStraight}) {
      SheetRow row{fmt::format("{} to {}, {}", names[i], names[i + 1],
                               path == LatentPath::kSpherical ? "spherical" : "straight"),
                   {}};
      for (int k = 0; k < steps; ++k)
        row.pictures.push_back(book.shown(along(a, b, static_cast<double>(k) / (steps - 1), path)));
      rows.push_back(std::move(row));
    }
  }
  return labelled_rows(rows, "Between codes", magnification(book));
}

Planes sum_sheet(const CodeBook& book, const std::string& text) {
  const std::vector<CodeTerm> terms = parse_code_sum(text);
  std::vector<SheetRow> rows;
  for (const CodeTerm& term : terms) {
    SheetRow row{fmt::format("{} {}", term.sign > 0 ? "+" : "-", join(term.names, ",")), {}};
    row.pictures.push_back(book.shown(mean_of(book, term)));
    for (const std::string& name : term.names) row.pictures.push_back(book.shown(book.at(name)));
    rows.push_back(std::move(row));
  }
  rows.push_back({"=", {book.shown(sum_of(book, terms))}});
  return labelled_rows(rows, "Sums of codes: the mean of each row, then its codes", magnification(book));
}

}  // namespace reverie
