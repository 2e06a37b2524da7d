#include "describe.h"

#include <fmt/format.h>

#include <memory>
#include <numbers>

#include "core/error.h"
#include "models/pictures.h"
#include "models/torch_threads.h"
#include "models/vae/vae.h"
#include "style/embeddings.h"

namespace reverie {
namespace {

// Of the codes of all its labels together; the prior's where it has seen none.
CodeStatistics seen_by(const VaeModel& vae) {
  std::vector<torch::Tensor> means;
  std::vector<torch::Tensor> squares;
  for (const auto& [label, s] : labels_of_model(vae)) {
    means.push_back(s.mean);
    squares.push_back(s.mean.square() + s.deviation.square());
  }
  const int64_t codes = vae.settings().codes;
  if (means.empty()) return {torch::zeros({1, codes}), torch::ones({1, codes})};
  const torch::Tensor mean = torch::cat(means).mean(0, true);
  return {mean, (torch::cat(squares).mean(0, true) - mean.square()).clamp_min(1e-12).sqrt()};
}

}  // namespace

Describer read_describer(const std::filesystem::path& file) {
  const torch::NoGradGuard no_grad;
  const std::shared_ptr<const Model> model = read_model(file);
  const VaeModel& vae = as_vae(*model, "describe pictures with");
  const VaeSettings& s = vae.settings();
  if (s.encoder.empty() || s.spatial || s.codes > kMostCodes)
    throw Error("describe pictures with", file.string(),
                fmt::format("it must be a VAE with one code vector of at most {} numbers", kMostCodes),
                "train vae-finds makes one");
  Describer made;
  made.codes = static_cast<int>(s.codes);
  made.write = [model](const std::filesystem::path& to) { write_model(to, *model); };
  made.describe = [model, &vae, weights = vae.packed(), seen = seen_by(vae)](const Planes& picture) {
    const torch::NoGradGuard without;
    use_torch_threads(1);  // a search has its own
    const VaeSettings& settings = vae.settings();
    const torch::Tensor x = resized(from_picture(picture), settings.height, settings.width);
    const torch::Tensor codes = (vae.encode(apply(vae.input, x), weights).mean - seen.mean) / seen.deviation;
    const torch::Tensor shares = (1 + (codes / std::numbers::sqrt2).erf()) / 2;
    std::vector<double> all;
    for (int64_t i = 0; i < shares.size(1); ++i) all.push_back(shares[0][i].item<double>());
    return all;
  };
  return made;
}

}  // namespace reverie
