#include "train/video_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/random.h"
#include "sheets/sheet.h"
#include "train/input.h"
#include "train/inspect.h"

namespace reverie {
namespace {

constexpr size_t kAtOnce = 32;  // clips
constexpr uint64_t kBeginnings = 0x626567696e;

const VideoStage& video_stage(const Stage& stage) {
  return dynamic_cast<const VideoStage&>(*stage.own);
}

std::vector<Stage> read_video_stage(const TomlReader& reader, const NetworkSettings& network,
                                    const InputSettings& input, const Stage& common) {
  Stage stage = read_answer_stage(reader, network, input, common).front();
  auto settings = std::make_shared<VideoStage>();
  settings->label_smoothing = label_smoothing(stage);
  settings->fuse = reader.flag("fuse", false);
  if (settings->fuse && video_settings(network).fusion != VideoFusion::kSvm)
    reader.fail(*reader.find("fuse"), "fuse needs [video] fusion = \"svm\"");
  stage.own = settings;
  return {stage};
}

// [N, 3, frames * H, W] -> [N, frames, 3, H, W]
torch::Tensor as_clips(const torch::Tensor& strips, int64_t frames) {
  return strips.unflatten(2, {frames, strips.size(2) / frames}).transpose(1, 2);
}

// The middle frames of clips, as many as the network sees.
torch::Tensor middle(const torch::Tensor& clips, int64_t frames) {
  return clips.narrow(1, (clips.size(1) - frames) / 2, frames);
}

class VideoTask : public Task {
 public:
  VideoTask(const Recipe& recipe, const BuildOptions& options)
      : options_(options),
        network_(recipe.networks.front().second),
        model_(dynamic_cast<VideoModel*>(network_->build(options).release())) {
    if (options.frames < model_->settings().frames)
      throw Error("train", "the network",
                  fmt::format("it looks at {} frames, and the clips of the set have {}",
                              model_->settings().frames, options.frames),
                  "reverie data import --clips FRAMES");
    const bool learns = std::any_of(recipe.stages.begin(), recipe.stages.end(),
                                    [](const Stage& stage) { return video_stage(stage).fuse; });
    if (fuses() && !learns)
      throw Error("train", "the recipe", "the machine that fuses its streams learns in no stage",
                  "a last [[stage]] with fuse = true");
  }

  std::vector<TaskNetwork> networks() override { return {{"", &model_->parameters()}}; }

  Losses losses(const Sight& sight, const Stage& stage, const Turn&) override {
    const torch::Tensor clips = as_clips(sight.pictures, options_.frames);
    const uint64_t place = Random(sight.seed).split(static_cast<uint64_t>(sight.iteration)).bits();
    const VideoSight seen =
        model_->look(sight.learning ? pieces(clips, sight, place) : middle(clips, model_->settings().frames));
    if (video_stage(stage).fuse) return fusion_losses(seen, sight);
    const std::vector<torch::Tensor> scores =
        sight.learning ? model_->learn(seen, {place, sight.first, sight.count}) : model_->scores(seen);
    const auto count = static_cast<double>(sight.count);
    const double smoothing = sight.learning ? label_smoothing(stage) : 0;
    Losses losses;
    for (const torch::Tensor& stream : scores) {
      const torch::Tensor loss = cross_entropy(stream, sight.labels, smoothing) / count;
      losses.total = losses.total.defined() ? losses.total + loss : loss;
    }
    std::vector<torch::Tensor> plain;
    for (const torch::Tensor& stream : scores) plain.push_back(stream.detach());
    losses.parts.push_back({"top1", found(model_->shares(plain), sight.labels, 1).sum() / count});
    return losses;
  }

  std::vector<std::string> frozen(const Stage& stage) const override {
    std::vector<std::string> names = stage.frozen;
    if (!fuses()) return names;
    for (const ParameterSlice& slice : model_->parameters().slices()) {
      if (is_within(kFusion, slice.name) != video_stage(stage).fuse) names.push_back(slice.name);
    }
    return names;
  }

  bool spreads_test() const override { return true; }

  std::unique_ptr<Model> model() const override { return copy_of(*model_, *network_, options_); }

 private:
  bool fuses() const { return model_->settings().fusion == VideoFusion::kSvm; }

  // Of the streams as they are used.
  Losses fusion_losses(const VideoSight& seen, const Sight& sight) {
    const auto count = static_cast<double>(sight.count);
    const FusedScores fused = model_->learn_fusion(model_->scores(seen));
    Losses losses;
    losses.total =
        (hinge_loss(fused.values, sight.labels) + cross_entropy(fused.scaled, sight.labels, 0)) / count;
    losses.parts.push_back({"top1", found(fused.values.detach(), sight.labels, 1).sum() / count});
    return losses;
  }

  // As many frames as the network sees, from a place in each clip that is drawn.
  torch::Tensor pieces(const torch::Tensor& clips, const Sight& sight, uint64_t place) const {
    const int64_t frames = model_->settings().frames;
    const int64_t spare = clips.size(1) - frames;
    if (spare == 0) return clips;
    std::vector<torch::Tensor> all;
    for (int64_t i = 0; i < clips.size(0); ++i) {
      Random random = Random(place).split(kBeginnings).split(static_cast<uint64_t>(sight.first + i));
      const auto begin = static_cast<int64_t>(random.bits() % static_cast<uint64_t>(spare + 1));
      all.push_back(clips[i].narrow(0, begin, frames));
    }
    return torch::stack(all);
  }

  BuildOptions options_;
  std::shared_ptr<const NetworkSettings> network_;
  std::unique_ptr<VideoModel> model_;
};

std::unique_ptr<Task> make(const Recipe& recipe, const BuildOptions& options) {
  return std::make_unique<VideoTask>(recipe, options);
}

// Clips of a set as the model sees them.
torch::Tensor read_clips(const VideoModel& model, const RecordSet& set, Split split, size_t first,
                         size_t count) {
  const int frames = set.common_frames();
  const auto [height, width] = set.common_size();
  if (frames < model.settings().frames || height / frames != model.height() || width != model.width())
    throw Error("use", set.name(),
                fmt::format("its clips have {} frames of {}x{}, and the model looks at {} of {}x{}", frames,
                            width, height / frames, model.settings().frames, model.width(), model.height()));
  return middle(as_clips(read_pictures(set, split, first, count), frames), model.settings().frames);
}

struct ClipAnswers {
  torch::Tensor labels, shares;  // [N] in the model's numbers, [N, L]
  std::vector<int64_t> videos;   // that they are from
};

// Of the first `clips` of a split.
ClipAnswers clip_answers(const VideoModel& model, const RecordSet& set, Split split, size_t clips) {
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> labels;
  std::vector<torch::Tensor> shares;
  ClipAnswers all;
  for (size_t first = 0; first < clips; first += kAtOnce) {
    const size_t count = std::min(kAtOnce, clips - first);
    labels.push_back(labels_for(model.labels(), set, split, first, count));
    shares.push_back(model.shares(model.scores(model.look(read_clips(model, set, split, first, count)))));
    for (size_t i = 0; i < count; ++i) all.videos.push_back(set.record(split, first + i).video);
  }
  if (labels.empty())
    throw Error("evaluate on", set.name(), fmt::format("it has no {} clips", split_name(split)));
  all.labels = torch::cat(labels);
  all.shares = torch::cat(shares);
  return all;
}

// Played forwards and backwards, one video has clips of two labels.
std::vector<VideoAnswer> by_video(const ClipAnswers& clips) {
  std::map<std::pair<int64_t, int64_t>, std::vector<torch::Tensor>> videos;
  for (int64_t i = 0; i < clips.labels.size(0); ++i)
    videos[{clips.videos[static_cast<size_t>(i)], clips.labels[i].item<int64_t>()}].push_back(
        clips.shares[i]);
  std::vector<VideoAnswer> answers;
  for (const auto& [key, shares] : videos)
    answers.push_back({key.first, static_cast<int>(key.second), torch::stack(shares).mean(0)});
  return answers;
}

std::vector<Figure> evaluate_video(const Model& any, const RecordSet& set, Split split, size_t limit) {
  const VideoModel& model = as_video(any, "evaluate");
  const size_t count = limit == 0 ? set.size(split) : std::min(limit, set.size(split));
  const ClipAnswers clips = clip_answers(model, set, split, count);
  const auto labelled = clips.labels.ge(0).sum().item<double>();
  if (labelled == 0)
    throw Error("evaluate on", set.name(), "no clip of that split has a label that the model knows");
  const auto loss = cross_entropy(clips.shares.clamp_min(1e-12).log(), clips.labels, 0).item<double>();
  const auto top1 = found(clips.shares, clips.labels, 1).sum().item<double>();
  double right = 0;
  const std::vector<VideoAnswer> videos = by_video(clips);
  for (const VideoAnswer& a : videos) right += a.shares.argmax().item<int64_t>() == a.label ? 1 : 0;
  return {{"clips", labelled, 15},
          {"cross_entropy", loss / labelled, 4},
          {"top1", top1 / labelled, 4},
          {"videos", static_cast<double>(videos.size()), 15},
          {"videos_top1", right / static_cast<double>(videos.size()), 4}};
}

// Clips from all over the split, five frames of each, with its label and what the model takes it for.
Planes sheet(const Model& any, const RecordSet& set, Split split, size_t limit) {
  constexpr int64_t kFrames = 5;
  constexpr int kShownSide = 96;
  torch::NoGradGuard no_grad;
  const VideoModel& model = as_video(any, "draw");
  std::vector<SheetRow> rows;
  const size_t count = std::min<size_t>(limit, set.size(split));
  for (size_t i = 0; i < count; ++i) {
    const size_t place = i * set.size(split) / count;
    const torch::Tensor clip = read_clips(model, set, split, place, 1);
    const auto best = model.shares(model.scores(model.look(clip)))[0].max(0);
    const int label = set.record(split, place).label;
    const std::string truth = label < 0 ? "no label" : set.labels()[static_cast<size_t>(label)];
    const std::string& answer = model.labels()[static_cast<size_t>(std::get<1>(best).item<int64_t>())];
    SheetRow row = {fmt::format("{}{} {:.2f}", truth == answer ? "" : truth + ", taken for ", answer,
                                std::get<0>(best).item<double>()),
                    {}};
    for (int64_t f = 0; f < std::min(kFrames, clip.size(1)); ++f)
      row.pictures.push_back(to_planes(clip[0][f * clip.size(1) / std::min(kFrames, clip.size(1))] / 255));
    rows.push_back(std::move(row));
  }
  return labelled_rows(rows, "What clips are taken for", std::max(1, kShownSide / model.height()));
}

}  // namespace

std::string VideoStage::text() const {
  return AnswerStage::text() + (fuse ? "fuse = true\n" : "");
}

torch::Tensor hinge_loss(const torch::Tensor& values, const torch::Tensor& labels) {
  const torch::Tensor places = labels.clamp_min(0).unsqueeze(1);
  const torch::Tensor margins = (1 + values - values.gather(1, places)).scatter(1, places, 0.0);
  return margins.amax(1).mul(labels.ge(0)).sum();
}

std::vector<VideoAnswer> video_answers(const VideoModel& model, const RecordSet& set, Split split) {
  return by_video(clip_answers(model, set, split, set.size(split)));
}

TaskKind video_task() {
  return {"video", {"label_smoothing", "fuse"}, read_video_stage, make, evaluate_video, "answers", sheet,
          true};
}

}  // namespace reverie
