#include "pipeline/frame_loop.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"

namespace reverie {

FrameLoop::FrameLoop(FrameLoopSetup setup) : setup_(std::move(setup)) {
  steps_.emplace_back("source");
  for (const auto& player : setup_.players) steps_.emplace_back(player->preset().effect);
  steps_.emplace_back("output");
  if (setup_.check) {
    for (Step& s : steps_) s.check_results();
  }
  for (const std::string& name : setup_.without) step(name).switch_off();
}

bool FrameLoop::next() {
  bool more = true;
  if (setup_.source) {
    steps_.front().run(
        frame_, [&] { more = setup_.source->read(input_); }, &input_);
  }
  if (!more) return false;
  const Planes* current = input_.empty() ? nullptr : &input_;  // none, or switched off
  if (setup_.input) steps_.front().run(frame_, [&] { current = setup_.input(ticks_); });

  const FrameTime time = {frame_, static_cast<double>(tick_) / setup_.fps};
  const Signals signals = setup_.signals ? setup_.signals(time) : silent_signals(time.seconds);
  for (size_t i = 0; i < setup_.players.size(); ++i) {
    made_.clear();
    steps_[i + 1].run(
        frame_, [&] { setup_.players[i]->process(time, signals, current, made_); }, &made_);
    if (made_.empty()) continue;  // switched off: the picture passes through
    std::swap(picture_, made_);
    current = &picture_;
  }
  if (!current) throw Error("make", "a frame", "there is neither an input nor an effect that is switched on");

  steps_.back().run(frame_, [&] {
    for (const auto& sink : setup_.sinks) sink->write(*current);
    for (const Watcher& watcher : setup_.watchers) watcher(frame_, *current);
  });
  ++frame_;
  ++tick_;
  ticks_ = 1;
  return true;
}

void FrameLoop::skip_ticks(int64_t ticks) {
  tick_ += ticks;
  ticks_ += ticks;
  for (const auto& sink : setup_.sinks) sink->hold(ticks);
}

void FrameLoop::finish() {
  for (const auto& sink : setup_.sinks) sink->finish();
}

Step& FrameLoop::step(const std::string& name) {
  std::vector<std::string> names;
  for (Step& s : steps_) {
    if (s.name() == name) return s;
    names.push_back(s.name());
  }
  throw Error(fmt::format("there is no step '{}'{} (there are: {})", name, did_you_mean(name, names),
                          join(names, ", ")));
}

std::vector<StepReport> FrameLoop::reports() const {
  std::vector<StepReport> out;
  for (const Step& s : steps_) out.push_back(s.report());
  return out;
}

}  // namespace reverie
