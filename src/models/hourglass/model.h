// An hourglass with its input: what `train` writes, `evaluate` reads and the feedback effect plays.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "models/hourglass/net.h"
#include "models/model.h"

namespace reverie {

// Its layers are encode1, encode2, ... up to the top, and decodeN ... decode1 down from there.  Its file is
// that of weights/hourglass_file.h; what the metadata leave out is pool size 2, max, tanh, 1/256, mean
// subtracted.  Tied weights are written out.
class HourglassModel : public Model {
 public:
  explicit HourglassModel(HourglassNet hourglass, InputTransform transform = {})
      : Model(std::move(transform)), net(std::move(hourglass)) {}

  const std::string& family() const override;
  Parameters& parameters() override { return net.parameters(); }
  const Parameters& parameters() const override { return net.parameters(); }
  std::vector<LayerInfo> layers(int64_t height, int64_t width) const override;
  int64_t multiple() const override { return net.config().shrink(net.config().count()); }
  std::vector<torch::Tensor> forward(const torch::Tensor& x, const std::vector<std::string>& wanted,
                                     const PassOptions& options) const override;
  using Model::forward;
  TensorFile tensors() const override;

  HourglassNet net;
};

HourglassModel hourglass_from_tensors(const TensorFile& file);

// A model file, or a run's folder, as an hourglass; Error names the family of another one.
HourglassModel read_hourglass(const std::filesystem::path& path);
// The model as an hourglass; Error `doing` it names its family where it is another one.
const HourglassModel& as_hourglass(const Model& model, std::string_view doing);

// Copies the parameters that have the same name and shape in both; gives how many levels were taken whole,
// from the lowest.
int take_levels(HourglassNet& to, const Parameters& from);

}  // namespace reverie
