// The layers of networks that watch videos, as recipes list them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reverie {

inline constexpr int kMostSeenFrames = 256;  // at once

enum class VideoOp {
  kConvolution,
  kVolume,
  kMax,
  kMean,
  kFlat,
  kMiddle,
  kEnds,
  kFuse,
  kDropout,
  kDense,
  kLstm,
  kGru,
  kBothWays
};

// Of what passes between layers, for one clip: `frames` of [channels, height, width].
struct VideoShape {
  int64_t channels = 3, frames = 1, height = 1, width = 1;

  int64_t features() const { return channels * height * width; }
};

struct VideoLayer {
  VideoOp op = VideoOp::kConvolution;
  std::string name;    // "conv1": the word and its how manieth it is
  int channels = 0;    // that it makes; 0: as many as it gets
  int kernel = 3;      // across; of pooling side and step
  int frames = 1;      // that it looks at together; of pooling also the step
  int step = 1;        // frames from one to the next
  double share = 0;    // of dropout
  VideoShape in, out;  // once fit_layers() has seen the picture's size
};

// A list of
//   conv C [K [T [S]]]  convolution K x K (3) over T frames (1), every S-th (1), none beyond the clip's ends;
//                       batch normalisation, ReLU.  All frames at once fuse early, a few at a time slowly
//   conv3d C [K]        convolution K x K x K (3) that keeps the number of frames (Tran et al. 2015),
//   likewise max K [T]           pooling K x K, over T frames (1) mean                of each channel over
//   the picture flat                all numbers of a frame become features, whose place is known middle only
//   the middle frame goes on ends                only the first and the last go on (late fusion, Karpathy et
//   al. 2014) fuse                the frames become one, whose channels are those of all dropout P in
//   training, that share of the numbers is 0 dense N             all to all within each frame, ReLU lstm N
//   long short-term memory over the frames (Hochreiter and Schmidhuber 1997) gru C [K] convolutional gated
//   recurrent units over the frames (Ballas et al. 2016) bigru C [K]         the same, forwards and
//   backwards: 2 C channels
// Behind them stands one more dense layer, "scores", a number per label, averaged over the frames that are
// left. Error says which word is wrong.
std::vector<VideoLayer> parse_video(const std::vector<std::string>& words);

// Fills in the shapes.  Error names the layer that does not fit what it gets.
void fit_layers(std::vector<VideoLayer>& layers, VideoShape shape);

}  // namespace reverie
