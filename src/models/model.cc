#include "models/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace reverie {

namespace fs = std::filesystem;

const std::vector<std::string>& Model::labels() const {
  static const std::vector<std::string> none;
  return none;
}

std::vector<size_t> places_of(const std::vector<std::string>& wanted, const std::vector<std::string>& all) {
  std::vector<size_t> places;
  for (const std::string& name : wanted) {
    const auto it = std::find(all.begin(), all.end(), name);
    if (it == all.end()) {
      throw Error("use layer " + in_quotes(name) + " of", "the model",
                  fmt::format("it has none of that name{}", did_you_mean(name, all)));
    }
    places.push_back(static_cast<size_t>(it - all.begin()));
  }
  return places;
}

size_t layers_for(const std::vector<size_t>& places) {
  return places.empty() ? 0 : *std::max_element(places.begin(), places.end()) + 1;
}

std::vector<torch::Tensor> at_places(const std::vector<torch::Tensor>& all,
                                     const std::vector<size_t>& places) {
  std::vector<torch::Tensor> out;
  out.reserve(places.size());
  for (const size_t place : places) out.push_back(all[place]);
  return out;
}

Tensor to_plain(const torch::Tensor& t) {
  const torch::Tensor c = t.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const auto* p = c.data_ptr<float>();
  return {c.sizes().vec(), std::vector<float>(p, p + c.numel())};
}

torch::Tensor from_plain(const Tensor& t) {
  return torch::tensor(t.data).view(t.shape);
}

fs::path model_path(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path, code) ? path / "model.safetensors" : path;
}

}  // namespace reverie
