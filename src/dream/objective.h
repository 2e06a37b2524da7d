// What a dream climbs: a number that rises as a network finds more of what it is asked for in a picture.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/planes.h"
#include "dream/settings.h"
#include "models/model.h"

namespace reverie {

struct ObjectiveSettings {
  std::vector<DreamSum> sums;
  Measure measure = Measure::kL2;
  Planes guide;          // empty: none; else the activations grow towards its best-matching ones
  double diversity = 0;  // how much the pictures of a batch are kept from answering alike (Lucid)
};

// By name: "" is the dream's own.
using Networks = std::map<std::string, std::shared_ptr<const Model>>;

// For pictures of any size; begin() for each size, then value() as often as wanted.
class Objective {
 public:
  // find_file: of directions.  Error names a layer that is not there with the nearest, a channel that the
  // layer does not have, a direction of another length.
  Objective(Networks networks, ObjectiveSettings settings,
            const std::function<std::filesystem::path(const std::string&)>& find_file);

  // Chooses the strongest and weakest channels of this picture, [1, 3, H, W] in 0..255, and remembers its
  // size.
  void begin(const torch::Tensor& picture);

  // The picture of begin() or, where it splits(), a part of it that begins at multiples of step(): [N, 3, h,
  // w] in 0..255; the parts' values add up to the whole's.  position: which sum, from 0; between two of them,
  // both in proportion.  A scalar that carries gradients to `part`.
  torch::Tensor value(const torch::Tensor& part, double position, const PassOptions& pass) const;

  // What the terms ask for, [N, K, h, w] each, of whole pictures.
  std::vector<torch::Tensor> activations(const torch::Tensor& picture) const;

  // Whether parts can be computed on their own: nothing asks for one place of the whole, or for a class.
  bool splits() const { return splits_; }
  // The least common multiple of the layers' steps, in pixels: where parts may begin.
  int64_t step() const { return step_; }
  // Pixels across that an activation asked for depends on, at most.
  int64_t receptive() const { return receptive_; }
  // The smaller side of the smallest pictures in which every layer has an activation.
  int64_t smallest_side() const { return smallest_; }
  // Bytes that one pixel of a picture takes on the way up and down again.
  double bytes_per_pixel() const { return bytes_per_pixel_; }

 private:
  struct Term {
    DreamTerm asked;
    size_t sum = 0;
    torch::Tensor channels;   // [K] int64, undefined: all
    torch::Tensor direction;  // [C]
    torch::Tensor guide;      // [C, M]: the guide's activations
    double norm = 1;          // activations of the whole picture
    int64_t height = 1, width = 1;
  };
  struct Used {  // one of the networks
    std::shared_ptr<const Model> model;
    std::vector<std::string> layers;          // wanted, each once
    std::vector<std::vector<Term*>> readers;  // of each
    bool whole = false;                       // it takes pictures of one size alone
  };

  void find_layers(const Networks& networks);
  void check_term(Term& term, const LayerInfo& layer,
                  const std::function<std::filesystem::path(const std::string&)>& find_file) const;
  void measure(const Used& used, int64_t height, int64_t width);
  static std::vector<torch::Tensor> run(const Used& used, const torch::Tensor& picture,
                                        const PassOptions& pass);
  torch::Tensor term_value(const Term& term, const torch::Tensor& activations) const;
  void look_at_guide();

  ObjectiveSettings settings_;
  std::vector<std::unique_ptr<Term>> terms_;
  std::vector<Used> used_;
  bool splits_ = true;
  int64_t step_ = 1, receptive_ = 1, smallest_ = 1;
  double bytes_per_pixel_ = 0;
};

}  // namespace reverie
