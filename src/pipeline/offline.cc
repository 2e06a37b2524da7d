#include "pipeline/offline.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "media/picture.h"
#include "pipeline/queued_sink.h"
#include "pipeline/sheet.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::duration<double> kOftenest(1);  // between two states that are kept
constexpr double kLeastWork = 50;                      // times as long as keeping one took

// Keeps the state of a run, now and then, for one that goes on.
class Keeper {
 public:
  // job null: does nothing.
  Keeper(Resumption* job, FrameLoop& loop, SheetMaker& sheet, CheckReport* checked)
      : job_(job), loop_(loop), sheet_(sheet), checked_(checked) {}

  // To where the last run stopped; false where that cannot be reached.
  bool go_on(std::optional<int64_t> frames, bool quiet) {
    if (!job_ || !job_->state()) return true;
    const State& state = *job_->state();
    const int64_t done = state.whole("loop/frame");
    note(frames ? fmt::format("goes on after frame {} of {}", done, *frames)
                : fmt::format("goes on after frame {}", done));
    sheet_.load(state.part("sheet"));
    if (checked_) {
      checked_->checks = state.whole("check/checks");
      checked_->largest = state.number("check/largest");
      checked_->frame = state.whole("check/frame");
    }
    Progress progress("find the place in the input", "frames", done, quiet);
    return loop_.load(state.part("loop"), [&](int64_t skipped) { progress.update(skipped); });
  }

  // After a frame.  The first is kept at once, so that what cannot be kept is known at once.
  void maybe() {
    if (job_ && Clock::now() >= next_) now();
  }
  void now() {
    if (!job_) return;
    const Clock::time_point begin = Clock::now();
    loop_.keep();
    State state;
    State part;
    loop_.save(part);
    state.put_part("loop", part);
    State pictures;
    sheet_.save(pictures);
    state.put_part("sheet", pictures);
    if (checked_) {
      state.put_whole("check/checks", checked_->checks);
      state.put_number("check/largest", checked_->largest);
      state.put_whole("check/frame", checked_->frame);
    }
    job_->keep(std::move(state));
    kept_ = loop_.frames();
    const std::chrono::duration<double> took = Clock::now() - begin;
    seconds_ += took.count();
    next_ =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::max(kOftenest, kLeastWork * took));
  }

  int64_t kept() const { return kept_; }
  double seconds() const { return seconds_; }

 private:
  Resumption* job_;
  FrameLoop& loop_;
  SheetMaker& sheet_;
  CheckReport* checked_;
  Clock::time_point next_{};
  int64_t kept_ = 0;
  double seconds_ = 0;
};

}  // namespace

void check_sheet(const std::string& sheet) {
  if (sheet.empty()) return;
  const std::string ending = std::filesystem::path(sheet).extension().string();
  if (ending != ".png" && ending != ".jpg" && ending != ".jpeg") {
    throw Error("write", sheet, "a sheet is a picture", "use the extension .png or .jpg");
  }
  const PartialFile place(sheet);
}

RenderResult play_offline(FrameLoopSetup setup, const OfflineOutput& output, std::optional<int64_t> frames,
                          const std::function<void(FrameLoop&)>& before) {
  RenderResult result;
  result.width = output.options.width;
  result.height = output.options.height;
  result.fps = output.options.fps;
  std::optional<Resumption> job;
  SinkOptions options = output.options;
  std::optional<Progress> finishing;
  if (output.job) {
    job.emplace(output.file, *output.job);
    if (const auto done = job->finished()) {
      result.frames = *done;
      result.was_finished = true;
      result.output = output.file;
      return result;
    }
    options.kept = job->state() ? job->state()->whole("loop/frame") : 0;
    options.finishing = [&](int64_t done) {
      if (stop_requested()) throw Stopped();
      if (!finishing) finishing.emplace("write " + output.file, "frames", result.frames, output.quiet);
      finishing->update(done);
    };
  }
  setup.sinks.push_back(std::make_unique<QueuedSink>(open_sink(output.file, options)));
  result.output = setup.sinks.front()->description();
  SheetMaker sheet(4, 3, 320);
  if (!output.sheet.empty())
    setup.watchers.emplace_back([&](int64_t frame, const Planes& p) { sheet.add(frame, p); });

  FrameLoop loop(std::move(setup));
  Keeper keeper(job ? &*job : nullptr, loop, sheet, output.checked.get());
  const bool there = keeper.go_on(frames ? frames : output.expected, output.quiet);
  if (!there && !stop_requested()) throw Error("go on with", output.file, "its input has become shorter");
  if (output.first_pass && !(job && job->state())) output.first_pass(loop.player());
  Progress progress("render", "frames", frames ? frames : output.expected, output.quiet);
  try {
    while (there && !stop_requested() && (!frames || loop.frames() < *frames)) {
      if (before) before(loop);
      if (!loop.next()) break;
      progress.update(loop.frames());
      keeper.maybe();
    }
    result.stopped = stop_requested();
    result.frames = loop.frames();
    result.seconds = progress.seconds();
    if (result.frames == 0) return result;
    if (there) keeper.now();
    if (job && result.stopped) {
      result.waits = true;
      return result;
    }
    loop.finish();
  } catch (const Stopped&) {
    if (!job) throw;
    result.stopped = result.waits = true;
    result.frames = keeper.kept();  // the frame that it was at is made again
    return result;
  } catch (const Error&) {
    if (keeper.kept() > 0)
      note(fmt::format("the first {} frames are kept: the same command goes on after them", keeper.kept()));
    throw;
  }
  if (output.checked) note(describe(*output.checked));
  if (!output.sheet.empty()) write_picture(output.sheet, sheet.sheet());
  if (job) job->finish(result.frames);
  result.seconds = progress.seconds();
  result.steps = loop.reports();
  return result;
}

}  // namespace reverie
