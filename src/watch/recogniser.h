// What a moving picture shows, frame by frame.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/planes.h"
#include "core/state.h"
#include "models/family.h"

namespace reverie {

// A label as the name of a signal: lower case, what stands before a comma, other signs as _.
std::string signal_name(const std::string& label);

class Recogniser {
 public:
  // A network of clips (family video), or one of pictures that gives scores.  Error for others, and where the
  // labels or the size of its pictures are not known.
  explicit Recogniser(std::unique_ptr<Model> model);

  const std::vector<std::string>& labels() const { return model_->labels(); }
  // Frames that it sees at once.
  int frames() const { return frames_; }

  // The next frame, [3, H, W] in 0..1, of any size: its middle is looked at.
  void see(const Planes& picture);
  // Whether there have been as many frames as it looks at.
  bool ready() const { return static_cast<int>(seen_.size()) == frames_; }
  // How likely each label is for the last frames; they add up to 1.  Only where it is ready.
  std::vector<double> answer() const;
  // As if nothing had been seen.
  void forget() { seen_.clear(); }

  // As Effect::save() and load().
  void save(State& to) const;
  void load(const State& from);

 private:
  std::unique_ptr<Model> model_;
  int frames_ = 1, height_ = 0, width_ = 0;
  std::vector<torch::Tensor> seen_;  // [3, H, W], 0..255, the oldest first
};

}  // namespace reverie
