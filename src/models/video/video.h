// Networks that watch videos and say what happens in them.
//
// Single frame, early, late and slow fusion: Karpathy et al. 2014, "Large-scale Video Classification with
// Convolutional Neural Networks".  3D convolutions: Tran et al. 2015 (C3D).  Two streams: Simonyan and
// Zisserman 2014.  3D convolutions and LSTM: Baccouche et al. 2011; CNN and LSTM: Donahue et al. 2015 (LRCN).
// GRU-RCN: Ballas et al. 2016.
#pragma once

#include <cstdint>

#include "models/dropout.h"
#include "models/family.h"
#include "models/video/layers.h"

namespace reverie {

enum class VideoInput { kFrames, kFlow, kBoth };
const std::vector<std::string>& video_input_words();  // frames, flow, both

// How one answer is made of those of two streams: their mean, or by a linear support vector machine over
// both.
enum class VideoFusion { kAverage, kSvm };
const std::vector<std::string>& video_fusion_words();  // average, svm
inline constexpr const char* kFusion = "fusion";       // the machine's parameters

// What a recipe's table says.
struct VideoSettings {
  int frames = 9;  // that it sees at once
  // The frames, or how they move from one to the next; or both: two streams.
  VideoInput input = VideoInput::kFrames;
  std::vector<std::string> layers;
  std::vector<std::string> flow_layers;  // of the second stream; empty: the same
  VideoFusion fusion = VideoFusion::kAverage;
};

// What a network sees of clips.
struct VideoSight {
  torch::Tensor frames;  // [N, T, 3, H, W], as the transform gives them; undefined where it does not look
  torch::Tensor flow;    // [N, T - 1, 2, H, W] (flow_input.h); likewise
};

// What the machine over two streams makes of a clip.
struct FusedScores {
  torch::Tensor values;  // [N, L]; the largest is the answer
  // The same, times what makes their softmax the shares of labels (Platt 1999): gradients reach that factor
  // alone.
  torch::Tensor scaled;
};

// Its file holds the parameters and the statistics of batch normalisation by name, mean, and metadata family,
// frames, input, fusion (svm alone), layers and flow_layers (the lists, joined by ", "), labels (joined by
// line feeds), height, width (of the frames it was trained on), scale, mean.
class VideoModel : public Model {
 public:
  // Weights are zero until initialise().  Error for layers that do not fit the size.
  VideoModel(VideoSettings settings, std::vector<std::string> labels, int height, int width,
             InputTransform input, torch::Device device = torch::kCPU);

  const std::string& family() const override;
  Parameters& parameters() override { return parameters_; }
  const Parameters& parameters() const override { return parameters_; }
  // Of the first stream; what follows `flat` fits one size alone.
  std::vector<LayerInfo> layers(int64_t height, int64_t width) const override;
  // A picture is a clip that stands still; each layer's output is its mean over the frames.
  std::vector<torch::Tensor> forward(const torch::Tensor& x, const std::vector<std::string>& wanted,
                                     const PassOptions& options) const override;
  using Model::forward;
  TensorFile tensors() const override;

  // Normal, of deviation sqrt(2 / fan in) (He et al. 2015); the scores' and what is recurrent sqrt(1 / fan
  // in).
  void initialise(uint64_t seed);

  // pictures: [N, T, 3, H, W], 0..255, of the size it was trained on.
  VideoSight look(const torch::Tensor& pictures) const;
  // The labels' scores [N, L] of each stream, before the softmax; gradients reach the parameters.  In
  // learning the normalisation takes the batch's statistics and keeps a running mean of them.
  std::vector<torch::Tensor> learn(const VideoSight& sight, const DropoutPlace& dropout);
  // The same as the network is used.
  std::vector<torch::Tensor> scores(const VideoSight& sight) const;
  // Of the scores of two streams; gradients reach the machine's parameters.
  FusedScores learn_fusion(const std::vector<torch::Tensor>& scores);
  // [N, L], of each stream's scores: what a clip shows.
  torch::Tensor shares(const std::vector<torch::Tensor>& scores) const;

  const std::vector<std::string>& labels() const override { return labels_; }
  int64_t trained_side() const override { return std::min(height_, width_); }
  const VideoSettings& settings() const { return settings_; }
  int height() const { return height_; }
  int width() const { return width_; }
  // The first convolution's kernels, [C, 3 or 2, T, K, K]; undefined where its first weights are no
  // such kernels.
  torch::Tensor first_kernels(bool of_flow) const;

 private:
  class Pass;
  struct Stream {
    std::string prefix;  // of its parameters
    std::vector<VideoLayer> layers;
  };
  std::vector<torch::Tensor> run(const VideoSight& sight, Pass& pass) const;
  static std::vector<Stream> streams_of(const VideoSettings& settings, int height, int width);
  static Parameters parameters_of(const std::vector<Stream>& streams, const VideoSettings& settings,
                                  size_t labels, torch::Device device);

  VideoSettings settings_;
  std::vector<std::string> labels_;
  int height_, width_;
  std::vector<Stream> streams_;
  Parameters parameters_;
};

// The recipe's table.
VideoSettings video_settings(const NetworkSettings& settings);

// Error names the family of another model.
const VideoModel& as_video(const Model& model, std::string_view doing);

Family video_family();

}  // namespace reverie
