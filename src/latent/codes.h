// What codes know: places among the codes of a model that has one code vector for a picture, and sheets of
// what lies there.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/planes.h"
#include "models/vae/vae.h"

namespace reverie {

// Codes by name: "17" is the stop of that number that `latent` has for the same seed (draw_codes()), a label
// of the model the mean of that label's pictures, and other names are those of add().
class CodeBook {
 public:
  // Error for a model whose codes are a grid.
  CodeBook(const VaeModel& model, uint64_t seed);

  void add(const std::string& name, torch::Tensor codes) { added_[name] = std::move(codes); }
  bool has(const std::string& name) const;
  // [1, C].  Error with the nearest name for one that is not there.
  torch::Tensor at(const std::string& name) const;
  // The picture of codes [1, C].
  Planes shown(const torch::Tensor& codes) const;

  const VaeModel& model() const { return model_; }
  uint64_t seed() const { return seed_; }

 private:
  const VaeModel& model_;
  VaeWeights weights_;
  uint64_t seed_;
  std::map<std::string, torch::Tensor> added_;
};

// "1,2,3 - 4,5 + 6": the mean of each term's codes, added and subtracted.  Signs have blanks on both sides.
struct CodeTerm {
  double sign = 1;
  std::vector<std::string> names;
};
std::vector<CodeTerm> parse_code_sum(const std::string& text);
torch::Tensor sum_of(const CodeBook& book, const std::vector<CodeTerm>& terms);

// Codes whose picture is nearest to a given one.
struct Inversion {
  torch::Tensor codes;         // [1, C]
  torch::Tensor begin;         // where it began: the encoder's, or the nearest of some samples
  double psnr = 0, first = 0;  // dB, of both
};
// picture: [1, 3, H, W] of the model's size, 0..255.  Adam on the squared error and, slightly, the codes'
// length (Lipton and Tripathi 2017, "Precise Recovery of Latent Vectors from Generative Adversarial
// Networks", without its clipping).
Inversion invert(const VaeModel& model, const torch::Tensor& picture, int steps, uint64_t seed);

// The first samples, ten in a row; of a conditional model the first ten of each label.
Planes samples_sheet(const CodeBook& book, int count);
// From each name to the next in so many pictures, over the sphere and straight.
Planes between_sheet(const CodeBook& book, const std::vector<std::string>& names, int steps);
// A row for each term with its mean at the end, and what they come to.
Planes sum_sheet(const CodeBook& book, const std::string& text);

}  // namespace reverie
