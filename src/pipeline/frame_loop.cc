#include "pipeline/frame_loop.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/stop.h"
#include "core/text.h"

namespace reverie {

FrameLoop::FrameLoop(FrameLoopSetup setup)
    : setup_(std::move(setup)), motion_(setup_.flow, setup_.flow_side) {
  if (setup_.check) {
    source_.check_results();
    output_.check_results();
  }
  for (const std::string& name : setup_.player->chain().part_names()) step(name);
  for (const std::string& name : setup_.without) switch_off(name);
}

Step& FrameLoop::step(const std::string& part) {
  const auto it = std::find_if(parts_.begin(), parts_.end(), [&](const Step& s) { return s.name() == part; });
  if (it != parts_.end()) return *it;
  parts_.emplace_back(part);
  if (setup_.check) parts_.back().check_results();
  return parts_.back();
}

void FrameLoop::switch_off(const std::string& name) {
  std::vector<std::string> names;
  const auto look_at = [&](Step& s) {
    if (s.name() == name) s.switch_off();
    names.push_back(s.name());
  };
  look_at(source_);
  if (setup_.player->needs_flow()) look_at(flow_step_);
  for (Step& s : parts_) look_at(s);
  look_at(output_);
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  throw Error(fmt::format("there is no step '{}'{} (available: {})", name, did_you_mean(name, names),
                          join(names, ", ")));
}

// Only where a part asks: nothing is kept or computed for chains that do not.
void FrameLoop::find_motion(Frame& frame) {
  if (!setup_.player->needs_flow()) return motion_.forget();
  flow_step_.run(frame_, [&] {
    motion_.next(frame.picture, setup_.player->threads());
    frame.flow = motion_.flow();
    frame.trust = motion_.trust();
  });
}

bool FrameLoop::next() {
  bool more = true;
  if (setup_.source) {
    source_.run(
        frame_, [&] { more = setup_.source->read(input_); }, &input_);
  }
  if (!more) return false;
  Frame frame;
  frame.picture = input_.empty() ? nullptr : &input_;  // none, or switched off
  if (setup_.input) source_.run(frame_, [&] { frame.picture = setup_.input(ticks_); });
  frame.time = {frame_, static_cast<double>(tick_) / setup_.fps};
  frame.heard = setup_.signals ? setup_.signals(frame.time) : silent_signals(frame.time.seconds);
  find_motion(frame);
  const auto around = [&](const std::string& part, const std::function<void()>& work, const Planes& result) {
    step(part).run(frame_, work, &result);
  };
  if (!setup_.player->process(frame, picture_, around) && !setup_.input)
    throw Error("make", "a frame", "there is neither an input nor a part that is switched on");

  output_.run(frame_, [&] {
    if (setup_.draw_over) setup_.draw_over(frame.time, picture_);
    for (const auto& sink : setup_.sinks) sink->write(picture_);
    for (const Watcher& watcher : setup_.watchers) watcher(frame_, picture_);
  });
  ++frame_;
  ++tick_;
  ticks_ = 1;
  return true;
}

void FrameLoop::save(State& to) {
  to.put_whole("frame", frame_);
  State motion;
  motion_.save(motion);
  to.put_part("motion", motion);
  State chain;
  setup_.player->save(chain);
  to.put_part("chain", chain);
}

bool FrameLoop::load(const State& from, const std::function<void(int64_t)>& skipped) {
  const int64_t frames = from.whole("frame");
  motion_.load(from.part("motion"));
  setup_.player->load(from.part("chain"));
  for (; setup_.source && source_.on() && frame_ < frames; ++frame_) {
    if (stop_requested() || !setup_.source->skip()) return false;
    skipped(frame_ + 1);
  }
  frame_ = tick_ = frames;
  return true;
}

void FrameLoop::skip_ticks(int64_t ticks) {
  tick_ += ticks;
  ticks_ += ticks;
  for (const auto& sink : setup_.sinks) sink->hold(ticks);
}

void FrameLoop::keep() {
  for (const auto& sink : setup_.sinks) sink->keep();
}

void FrameLoop::finish() {
  for (const auto& sink : setup_.sinks) sink->finish();
}

std::vector<StepReport> FrameLoop::reports() const {
  std::vector<StepReport> out;
  out.push_back(source_.report());
  if (const StepReport motion = flow_step_.report(); motion.runs > 0) out.push_back(motion);
  for (const Step& s : parts_) out.push_back(s.report());
  out.push_back(output_.report());
  return out;
}

}  // namespace reverie
