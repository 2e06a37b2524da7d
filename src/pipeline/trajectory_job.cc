#include "pipeline/trajectory_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <filesystem>
#include <map>

#include "core/error.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "media/sink.h"
#include "media/source.h"
#include "motion/colours.h"
#include "sheets/line.h"
#include "weights/npy.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr int kNpyPlaces = 4;     // values before the descriptor
constexpr float kDimmed = 0.55F;  // the clip behind the tracks

Error too_short(const std::string& input, int64_t frames) {
  return {"follow", fmt::format("the points of {}", input),
          fmt::format("it has {} frame{}, and a trajectory takes {}", frames, frames == 1 ? "" : "s",
                      kTrackLength + 1),
          "give a longer clip"};
}

// How many times larger a clip is looked at.
double enlargement(const SourceInfo& info) {
  const int longer = std::max(info.width, info.height);
  if (longer > kLargestTrackedSide) return static_cast<double>(kLargestTrackedSide) / longer;
  const int shorter = std::min(info.width, info.height);
  return std::max(1, (kLeastSide + shorter - 1) / shorter);
}

// A clip's frames as the tracker sees them.
class ClipReader {
 public:
  ClipReader(const std::string& input, double start, std::optional<double> seconds) {
    SourceOptions options;
    options.start = start;
    options.seconds = seconds;
    source_ = open_source(input, options);
    if (source_->info().endless)
      throw Error("follow", fmt::format("the points of {}", input), "it does not move", "give a video");
    factor_ = enlargement(source_->info());
  }

  const SourceInfo& info() const { return source_->info(); }
  int height() const { return side(info().height); }
  int width() const { return side(info().width); }

  bool read(Planes& out) {
    if (!source_->read(out)) return false;
    if (factor_ != 1) out = resize(out, height(), width());
    return true;
  }

 private:
  int side(int n) const { return std::max(1, static_cast<int>(std::lround(factor_ * n))); }

  std::unique_ptr<Source> source_;
  double factor_ = 1;
};

Colour direction_colour(float dx, float dy) {
  const float size = std::hypot(dx, dy);
  if (!(size > 0)) return {1, 1, 1};
  Flow one(2, 1, 1);
  one.at(0, 0, 0) = dx / size;
  one.at(1, 0, 0) = dy / size;
  const Planes hue = flow_colours(one, 1);
  return {hue.at(0, 0, 0), hue.at(1, 0, 0), hue.at(2, 0, 0)};
}

// Draws what a track has gone through up to a frame, brighter towards it.
void draw_track(Planes& picture, const Track& track, int64_t frame) {
  const auto last = static_cast<size_t>(std::min<int64_t>(frame - track.first, kTrackLength));
  const auto& ends = track.points;
  const Colour colour = direction_colour(ends[last][0] - ends[0][0], ends[last][1] - ends[0][1]);
  const double radius = std::max(0.45, picture.height() / 700.0);
  for (size_t i = 0; i < last; ++i)
    draw_segment(picture, ends[i][0], ends[i][1], ends[i + 1][0], ends[i + 1][1], radius, colour,
                 0.25F + 0.75F * static_cast<float>(i + 1) / static_cast<float>(last));
  draw_segment(picture, ends[last][0], ends[last][1], ends[last][0], ends[last][1], 1.6 * radius, {1, 1, 1});
}

// Frames wait here until all tracks that pass through them are known.
class Drawing {
 public:
  Drawing(const std::string& output, int width, int height, double fps)
      : even_(sink_size_multiple(output)),
        sink_(open_sink(output,
                        sink_options(width / even_ * even_, height / even_ * even_, fps, "trajectories"))),
        width_(width / even_ * even_),
        height_(height / even_ * even_) {}

  void add(const Planes& picture, const std::vector<Track>& ended) {
    tracks_.insert(tracks_.end(), ended.begin(), ended.end());
    waiting_.push_back(picture);
    if (waiting_.size() > kTrackLength) write_one();
  }

  std::string finish() {
    while (!waiting_.empty()) write_one();
    sink_->finish();
    return sink_->description();
  }

 private:
  void write_one() {
    Planes& picture = waiting_.front();
    for (float& v : picture.data()) v *= kDimmed;
    for (const Track& t : tracks_) {
      if (t.first <= frame_ && frame_ <= t.first + kTrackLength) draw_track(picture, t, frame_);
    }
    Planes cropped(3, height_, width_);
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < height_; ++y) std::copy_n(picture.row(c, y), width_, cropped.row(c, y));
    }
    sink_->write(cropped);
    waiting_.pop_front();
    ++frame_;
    std::erase_if(tracks_, [&](const Track& t) { return t.first + kTrackLength < frame_; });
  }

  int even_;
  std::unique_ptr<Sink> sink_;
  int width_, height_;
  std::deque<Planes> waiting_;
  std::vector<Track> tracks_;
  int64_t frame_ = 0;  // of the first that waits
};

void add_features(const std::vector<Track>& tracks, Tensor& features) {
  for (const Track& t : tracks) {
    float x = 0;
    float y = 0;
    for (const auto& p : t.points) x += p[0] / (kTrackLength + 1), y += p[1] / (kTrackLength + 1);
    features.data.insert(features.data.end(), {static_cast<float>(t.first + kTrackLength), x, y,
                                               static_cast<float>(std::pow(2.0, t.scale / 2.0))});
    features.data.insert(features.data.end(), t.values.begin(), t.values.end());
  }
}

}  // namespace

TrajectoryResult find_trajectories(const TrajectoryRequest& request) {
  ClipReader clip(request.input, request.start, request.seconds);
  Threads threads(request.threads);
  Tracker tracker(request.tracker, threads);
  const bool npy = fs::path(request.output).extension() == ".npy";
  std::unique_ptr<Drawing> drawing;
  if (!npy) drawing = std::make_unique<Drawing>(request.output, clip.width(), clip.height(), clip.info().fps);
  Tensor features;
  TrajectoryResult result;
  result.fps = clip.info().fps;
  Progress progress("follow", "frames", clip.info().frames, request.quiet);
  Planes picture;
  while (!stop_requested() && clip.read(picture)) {
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<Track> ended = tracker.next(picture);
    result.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    result.tracks += static_cast<int64_t>(ended.size());
    if (npy) add_features(ended, features);
    if (drawing) drawing->add(picture, ended);
    progress.update(++result.frames);
  }
  result.stopped = stop_requested();
  if (result.frames <= kTrackLength) {
    if (result.stopped) throw Stopped();
    throw too_short(request.input, result.frames);
  }
  if (drawing) {
    result.output = drawing->finish();
  } else {
    features.shape = {result.tracks, kNpyPlaces + kTrackValues};
    write_npy(request.output, features);
    result.output = fmt::format("{}: features {}", request.output, shape_text(features.shape));
  }
  return result;
}

ActionSet read_actions(const std::string& folder, const TrackerSettings& settings, Threads& threads,
                       bool quiet) {
  std::error_code code;
  if (!fs::is_directory(folder, code))
    throw Error("read", folder, "it is not a folder", "give a folder of folders");
  std::map<std::string, std::vector<fs::path>> files;
  int64_t count = 0;
  for (const auto& label : fs::directory_iterator(folder)) {
    if (!label.is_directory() || label.path().filename().string().starts_with(".")) continue;
    for (const auto& file : fs::directory_iterator(label.path())) {
      if (!file.is_regular_file() || file.path().filename().string().starts_with(".")) continue;
      files[label.path().filename().string()].push_back(file.path());
      ++count;
    }
  }
  ActionSet set;
  std::map<std::string, int> groups;
  const auto begin = std::chrono::steady_clock::now();
  Progress progress("follow", "clips", count, quiet);
  for (auto& [label, clips] : files) {
    std::sort(clips.begin(), clips.end(),
              [](const fs::path& a, const fs::path& b) { return natural_less(a.string(), b.string()); });
    set.labels.push_back(label);
    for (const fs::path& path : clips) {
      const std::string stem = path.stem().string();
      const std::string group = stem.substr(0, stem.find('_'));
      LabelledClip clip = {path.string(),
                           static_cast<int>(set.labels.size()) - 1,
                           groups.emplace(group, static_cast<int>(groups.size())).first->second,
                           {}};
      ClipReader reader(path.string(), 0, std::nullopt);
      Tracker tracker(settings, threads);
      Planes picture;
      int64_t frames = 0;
      for (; reader.read(picture); ++frames) {
        if (stop_requested()) throw Stopped();
        for (const Track& t : tracker.next(picture)) clip.tracks.push_back(t.values);
      }
      if (frames <= kTrackLength) throw too_short(path.string(), frames);
      if (clip.tracks.empty())
        throw Error("follow", fmt::format("the points of {}", path.string()), "nothing moves in it",
                    "leave it out");
      set.frames += frames;
      set.clips.push_back(std::move(clip));
      progress.update(static_cast<int64_t>(set.clips.size()));
    }
  }
  set.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return set;
}

}  // namespace reverie
