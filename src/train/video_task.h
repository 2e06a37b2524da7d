// Training networks that watch videos: cross-entropy of the clips' labels, of each stream its own.
#pragma once

#include "models/video/video.h"
#include "train/answers.h"
#include "train/task.h"

namespace reverie {

// A stage of such a training.
class VideoStage : public AnswerStage {
 public:
  std::string text() const override;

  bool fuse = false;  // the machine over both streams learns, and these stay as they are
};

// Of the values [N, L] of a machine for labels [N]: by how much the best wrong one comes within 1 of the
// right one (Crammer and Singer 2001), summed.  Those without a label, -1, cost nothing.
torch::Tensor hinge_loss(const torch::Tensor& values, const torch::Tensor& labels);

TaskKind video_task();

// What a network makes of videos: of each the mean of its clips' answers.
struct VideoAnswer {
  int64_t video = 0;
  int label = -1;        // its own, in the model's numbers
  torch::Tensor shares;  // [L]
};
// Of all clips of a split.  Error for pictures, and clips of fewer frames or another size than it looks at.
std::vector<VideoAnswer> video_answers(const VideoModel& model, const RecordSet& set, Split split);

}  // namespace reverie
