#include "pipeline/flow_job.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>

#include "core/error.h"
#include "core/progress.h"
#include "core/stop.h"
#include "media/picture.h"
#include "media/sink.h"
#include "media/source.h"
#include "motion/arrows.h"
#include "motion/colours.h"
#include "motion/cut.h"
#include "motion/flo.h"
#include "motion/warp.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr float kUnknown = 1e10F;     // as Middlebury writes it
constexpr double kFullColour = 0.02;  // widths, of videos
constexpr float kHidden = 0.5F;       // trust below which something counts as hidden
constexpr int kArrows = 40;           // across a picture

bool is_flo(const std::string& output) {
  return fs::path(output).extension() == ".flo";
}

// Where flows go: .flo files, or pictures of them to a sink.
class FlowOutput {
 public:
  FlowOutput(const FlowRequest& request, int width, int height, double fps) : request_(request) {
    if (is_flo(request.output)) {
      pattern_ = request.output.find('%') != std::string::npos;
      if (const fs::path folder = fs::path(request.output).parent_path(); !folder.empty())
        fs::create_directories(folder);
    } else {
      sink_ = open_sink(request.output, sink_options(width, height, fps, "flow"));
    }
  }

  // Whether there is room for one flow only.
  bool takes_one() const { return sink_ ? sink_takes_one_picture(request_.output) : !pattern_; }

  void write(const Flow& flow, const Planes& trust, const Planes& from) {
    ++written_;
    if (sink_) return sink_->write(picture(flow, trust, from));
    std::string name = request_.output;
    if (pattern_) name = numbered_name();
    write_flo(name, flow);
  }

  std::string finish() {
    if (!sink_) return fmt::format("{}: {} .flo file{}", request_.output, written_, written_ == 1 ? "" : "s");
    sink_->finish();
    return sink_->description();
  }

 private:
  Planes picture(const Flow& flow, const Planes& trust, const Planes& from) const {
    if (request_.look == FlowLook::kOcclusion) {
      Planes out(3, trust.height(), trust.width());
      for (int c = 0; c < 3; ++c) std::copy_n(trust.plane(0), trust.plane_size(), out.plane(c));
      return out;
    }
    if (request_.look == FlowLook::kColours) {
      const bool pictures = !request_.second.empty();
      const double usual = pictures ? 0 : kFullColour * flow.width();
      return flow_colours(flow, static_cast<float>(request_.largest > 0 ? request_.largest : usual));
    }
    Planes out = from;
    for (float& v : out.data()) v *= 0.6F;  // so that arrows stand out
    draw_arrows(out, flow, std::max(8, std::max(flow.width(), flow.height()) / kArrows));
    return out;
  }

  // The pattern with its number in place: its %0Nd alone is taken as one.
  std::string numbered_name() const {
    const std::string& name = request_.output;
    const size_t at = name.find('%');
    const size_t end = name.find('d', at);
    const std::string digits = end == std::string::npos ? "" : name.substr(at + 1, end - at - 1);
    if (end == std::string::npos || digits.size() > 2 ||
        digits.find_first_not_of("0123456789") != std::string::npos)
      throw Error("write", name, "it does not say where the number goes", "use flow%05d.flo");
    const int width = digits.empty() ? 0 : digits.back() - '0';
    return fmt::format("{}{:0{}}{}", name.substr(0, at), written_, width, name.substr(end + 1));
  }

  const FlowRequest& request_;
  std::unique_ptr<Sink> sink_;
  bool pattern_ = false;
  int64_t written_ = 0;
};

class FlowJob {
 public:
  explicit FlowJob(const FlowRequest& request) : request_(request), threads_(request.threads) {
    if (!request.truth.empty()) truth_ = read_flo(request.truth);
  }

  FlowResult of_pictures() {
    const Planes from = read_picture(request_.input);
    const Planes to = read_picture(request_.second);
    FlowOutput output(request_, from.width(), from.height(), 1);
    one(from, to, false, output);
    finish(output);
    return result_;
  }

  FlowResult of_video() {
    SourceOptions options;
    options.start = request_.start;
    options.seconds = request_.seconds;
    options.width = request_.width;
    options.height = request_.height;
    if (!is_flo(request_.output)) options.even = sink_size_multiple(request_.output);
    const std::unique_ptr<Source> source = open_source(request_.input, options);
    const SourceInfo& info = source->info();
    if (info.endless)
      throw Error("find", fmt::format("the motion in {}", request_.input), "it does not move",
                  "give a video, or two pictures");
    Planes from;
    Planes to;
    const auto too_short = [&] {
      return Error("find", fmt::format("the motion in {}", request_.input), "there are no two frames",
                   "give a longer video, or two pictures");
    };
    if (!source->read(from) || !source->read(to)) throw too_short();
    FlowOutput output(request_, info.width, info.height, info.fps);
    Progress progress("flow", "frames", info.frames ? std::optional(*info.frames - 1) : std::nullopt,
                      request_.quiet);
    CutFinder cuts;
    cuts.next(from, threads_);
    try {
      do {
        one(from, to, cuts.next(to, threads_), output);
        progress.update(result_.flows);
        std::swap(from, to);
      } while (!output.takes_one() && !stop_requested() && source->read(to));
    } catch (const Stopped&) {
      if (result_.flows == 0) throw;
    }
    result_.stopped = stop_requested();
    finish(output);
    return result_;
  }

 private:
  void one(const Planes& from, const Planes& to, bool cut, FlowOutput& output) {
    const auto begin = std::chrono::steady_clock::now();
    FlowPair flows;
    Planes trust;
    const bool asks_trust = request_.only_trusted || request_.look == FlowLook::kOcclusion;
    if (cut) {
      flows.forward = Flow(2, from.height(), from.width(), kUnknown);
      trust = Planes(1, from.height(), from.width());
      ++result_.cuts;
    } else if (asks_trust) {
      flows = find_flows(from, to, request_.method, threads_);
      trust = consistency(flows.forward, flows.backward, threads_);
    } else {
      flows.forward = find_flow(from, to, request_.method);
    }
    result_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (result_.flows++ == 0 && !request_.truth.empty())
      result_.error = end_point_error(flows.forward, truth_);
    if (!cut) count(flows.forward, trust);
    if (request_.only_trusted) forget_hidden(flows.forward, trust);
    output.write(flows.forward, trust, from);
  }

  void count(const Flow& flow, const Planes& trust) {
    for (size_t i = 0; i < flow.plane_size(); ++i) {
      speeds_ += std::hypot(static_cast<double>(flow.plane(0)[i]), static_cast<double>(flow.plane(1)[i]));
      if (!trust.empty() && trust.data()[i] < kHidden) hidden_ += 1;
    }
    pixels_ += static_cast<double>(flow.plane_size());
  }

  static void forget_hidden(Flow& flow, const Planes& trust) {
    for (size_t i = 0; i < flow.plane_size(); ++i) {
      if (!(trust.data()[i] < kHidden)) continue;
      flow.plane(0)[i] = flow.plane(1)[i] = kUnknown;
    }
  }

  void finish(FlowOutput& output) {
    result_.output = output.finish();
    if (pixels_ == 0) return;
    result_.mean_speed = speeds_ / pixels_;
    result_.hidden = hidden_ / pixels_;
  }

  const FlowRequest& request_;
  Threads threads_;
  Flow truth_;
  FlowResult result_;
  double speeds_ = 0, hidden_ = 0, pixels_ = 0;
};

}  // namespace

FlowResult find_flow_of(const FlowRequest& request) {
  FlowJob job(request);
  return request.second.empty() ? job.of_video() : job.of_pictures();
}

}  // namespace reverie
