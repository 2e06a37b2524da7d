#include "pipeline/live_input.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"

namespace reverie {

LiveInput::LiveInput(InputFormat format, InputSide side) : format_(format), side_(side) {}

LiveInput::~LiveInput() {
  for (const auto& reader : {shown_, coming_}) {
    if (reader) reader->stop();
  }
  for (const auto& reader : {shown_, coming_}) {
    if (reader) reader->wait_for_end();
  }
}

void LiveInput::open(const std::string& spec) {
  if (coming_) coming_->stop();
  coming_ = std::make_shared<InputReader>(spec, format_);
  if (!spec.empty()) coming_->start();
}

void LiveInput::play(const PlayInput& how) {
  const bool comes = coming_ && (!shown_ || coming_->state().trouble.empty());
  if (InputReader* to = comes ? coming_.get() : shown_.get()) to->play(how);
}

const Planes* LiveInput::read(int64_t ticks, std::vector<Event>& events) {
  jumped_ = false;
  if (coming_ && (coming_->spec().empty() || coming_->has_frame())) {
    if (shown_) shown_->stop();
    shown_ = std::move(coming_);
    events.emplace_back(OpenInput{shown_->spec(), side_});
    index_ = -1;
    ticks = 1;
    if (shown_->spec().empty()) shown_.reset();
  }
  if (!shown_) return nullptr;
  const int64_t expected = index_ + ticks;
  if (const auto taken = shown_->take(ticks, picture_)) {
    index_ = taken->index;
    jumped_ = taken->jumped;
  }
  // an input that has ended stays on its last frame, here and in a replay
  if (index_ != expected && !shown_->ended()) events.emplace_back(ShowInput{index_, side_});
  return &picture_;
}

bool LiveInput::live() const {
  return shown_ && shown_->live();
}

LiveInput::State LiveInput::state() const {
  State state = shown_ ? shown_->state() : State();
  if (coming_) {
    const State coming = coming_->state();
    state.awaited = coming.spec;
    state.awaited_trouble = coming.trouble;
  }
  return state;
}

void ReplayedInput::apply(const Event& event) {
  if (const auto* e = std::get_if<OpenInput>(&event); e && e->side == side_) {
    source_ = e->spec.empty() ? nullptr : open_set_input(e->spec, format_);
    picture_ = Planes();
    index_ = -1;
    next_ = 0;
  }
  if (const auto* e = std::get_if<ShowInput>(&event); e && e->side == side_) told_ = e->index;
}

const Planes* ReplayedInput::read(int64_t ticks) {
  if (!source_) return picture_.empty() ? nullptr : &picture_;
  const int64_t wanted = told_ ? *told_ : index_ + (index_ < 0 ? 1 : ticks);
  told_.reset();
  try {
    go_to(wanted);
    if (next_ == wanted && source_->read(picture_)) ++next_;
  } catch (const Error& e) {
    warning(fmt::format("input: {}; keeping the last frame", e.what()));
    source_.reset();
  }
  index_ = wanted;
  return &picture_;
}

// A set counts on where its input starts over by itself only in sessions of version 0.1, so what lies ahead
// in the same pass may be sought.
void ReplayedInput::go_to(int64_t wanted) {
  constexpr double kFar = 2;  // seconds
  const SourceInfo& info = source_->info();
  const bool far = static_cast<double>(wanted - next_) > kFar * info.fps && wanted < info.pass.value_or(0);
  if ((wanted < next_ || far) && source_->seek(wanted)) next_ = wanted;
  for (; next_ < wanted && !stop_requested() && source_->skip(); ++next_) {
  }
}

}  // namespace reverie
