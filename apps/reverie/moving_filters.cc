#include "moving_filters.h"

#include <cmath>

#include "core/error.h"
#include "core/planes.h"
#include "media/sink.h"
#include "models/video/video.h"
#include "motion/colours.h"
#include "sheets/sheet.h"

namespace reverie {
namespace {

constexpr double kFps = 4;
constexpr int kRounds = 10;
constexpr int kShownSide = 80;  // of a kernel, about

// One frame of one kernel [3 or 2, K, K]; 0 is mid grey, or black of flow.
Planes picture_of(const torch::Tensor& kernel, float largest) {
  const torch::Tensor values = kernel.contiguous();
  const auto side = static_cast<int>(values.size(1));
  Planes planes(static_cast<int>(values.size(0)), side, side);
  std::copy_n(values.data_ptr<float>(), values.numel(), planes.data().begin());
  if (planes.channels() == 2) return flow_colours(planes, largest, FlowGround::kBlack);
  for (float& v : planes.data()) v = std::clamp(0.5F + 0.5F * v / largest, 0.0F, 1.0F);
  return planes;
}

}  // namespace

void write_moving_filters(const Model& model, const std::string& output) {
  const VideoModel& video = as_video(model, "draw the moving filters of");
  torch::Tensor kernels;  // [C, 3 or 2, T, K, K]
  for (const bool of_flow : {false, true}) {
    const torch::Tensor found = video.first_kernels(of_flow);
    if (found.defined() && (!kernels.defined() || kernels.size(2) == 1)) kernels = found;
  }
  if (!kernels.defined() || kernels.size(2) == 1)
    throw Error("draw", "moving filters", "the first layer of this network sees one frame at a time");
  const float largest = kernels.abs().max().item<float>();
  const auto count = kernels.size(0);
  const int columns = static_cast<int>(std::ceil(std::sqrt(1.5 * static_cast<double>(count))));
  const int larger = std::max(1, kShownSide / static_cast<int>(kernels.size(3)));
  std::vector<Planes> frames;
  for (int64_t t = 0; t < kernels.size(2); ++t) {
    std::vector<Planes> pictures;
    for (int64_t c = 0; c < count; ++c) pictures.push_back(picture_of(kernels[c].select(1, t), largest));
    frames.push_back(grid(pictures, columns, larger, 4));
  }
  const auto even = [](int side) { return side + side % 2; };  // as codecs like it
  const int height = even(frames[0].height());
  const int width = even(frames[0].width());
  const std::unique_ptr<Sink> sink = open_sink(output, sink_options(width, height, kFps, "moving filters"));
  const int rounds = output.ends_with(".gif") ? 1 : kRounds;  // it repeats by itself
  for (int round = 0; round < rounds; ++round) {
    for (const Planes& frame : frames) {
      Planes sheet = blank_sheet(height, width);
      paste(frame, sheet, 0, 0);
      sink->write(sheet);
    }
  }
  sink->finish();
}

}  // namespace reverie
