// Training networks that watch videos: cross-entropy of the clips' labels, of each stream its own.
#pragma once

#include "models/video/video.h"
#include "train/task.h"

namespace reverie {

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
