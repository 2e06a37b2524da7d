// Video files, streams and cameras: decoded frames with time stamps become frames at a constant rate.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"
#include "media/deinterlacer.h"
#include "media/even_rate.h"
#include "media/sources.h"

namespace reverie::ffmpeg {
namespace {

int video_stream(const Input& input) {
  const int stream = input.best(AVMEDIA_TYPE_VIDEO);
  if (stream >= 0) return stream;
  const bool sound = input.best(AVMEDIA_TYPE_AUDIO) >= 0;
  throw Error("read", input.name(), sound ? "it has sound but no pictures" : "it has no pictures");
}

// Output frame n shows the last decoded frame whose slot (even_rate.h) is n or less.
class VideoSource final : public Source {
 public:
  VideoSource(Input input, const SourceOptions& options)
      : input_(std::move(input)),
        options_(options),
        decoder_(input_, video_stream(input_)),
        whole_(options.deinterlace, input_.name()) {
    origin_ = input_.origin();
    offer_sound();
    set_rate();
    begin_pass(options_.start > 0);
    if (!shown_.frame) throw_nothing();
    if (alpha_comes_later()) {
      alpha_is_used_ = true;
      shown_.look.alpha_may_be_unused = next_.look.alpha_may_be_unused = false;
    }
    const Size stored = {shown_.frame->width, shown_.frame->height};
    check_size(stored, input_.name());
    const Size size = wanted_size(options_, shown_size(stored, shown_.look), input_.name());
    convert_.emplace(size, options_.fit, input_.name());
    if (options_.fill_transparent) convert_->fill_transparent();
    info_.width = size.width;
    info_.height = size.height;
    describe();
  }

  const SourceInfo& info() const override { return info_; }

  std::shared_ptr<Input> sound() const override {
    return sound_ ? std::make_shared<Input>(sound_->also(sound_stream())) : nullptr;
  }

  bool filled() const override { return convert_->filled(); }

  bool read(Planes& out) override {
    if (!skip()) return false;
    if (fresh_) {
      convert_->convert(*shown_.frame, shown_.look, picture_);
      fresh_ = false;
    }
    out = picture_;
    return true;
  }

  bool can_seek() const override { return options_.loop && !info_.live && !info_.once; }
  int64_t place() const override { return slot_ - 1; }

  bool seek(int64_t frame) override {
    if (!can_seek()) return false;
    frame = std::max<int64_t>(frame, 0);
    const auto near = static_cast<int64_t>(kNear * info_.fps);
    if (frame >= slot_ && frame - slot_ <= near) {
      slot_ = frame;  // the next advance() decodes up to it
    } else if (frame == 0 || !jump(frame)) {
      begin_pass(true);
      slot_ = frame;
    }
    return true;
  }

  bool skip() override {
    sound_.reset();  // from here on only those who asked for it get it
    if (limit_ && given_ >= *limit_) return false;
    if (info_.live ? !advance_live() : !advance()) return false;
    ++slot_;
    ++given_;
    return true;
  }

 private:
  struct Timed : Still {
    int64_t slot = 0;
    bool key = false;  // whole by itself, and with a time of its own
  };
  static constexpr double kNear = 1;  // seconds: as far decoding on is no slower than going there
  // Frames before one that the deinterlacer makes whole, without which it would look different
  static constexpr int kLead = 2;

  int sound_stream() const { return input_.best(AVMEDIA_TYPE_AUDIO, decoder_.stream()); }

  // What can be read only once has its sound kept until someone asks for it.
  void offer_sound() {
    if (input_.once() && sound_stream() >= 0) sound_.emplace(input_.also(sound_stream()));
  }

  void set_rate() {
    const double header = input_.rate(decoder_.stream());
    info_.live = input_.live();
    info_.once = input_.once();
    own_rate_ = header;
    // Where pictures come unevenly, the header's average would lose some; where the clock jumps, places
    // cannot be sought
    if (options_.fps == 0 || options_.start > 0 || options_.loop) {
      const std::optional<Timing> timing =
          input_.timing(decoder_.stream(), options_.start > 0 || options_.loop);
      if (timing && options_.fps == 0) choose_rate(*timing, header);
    }
    // Frames of a live source are returned as they come, whatever rate was requested
    info_.fps = options_.fps > 0 ? options_.fps : own_rate_;
    frame_seconds_ = 1 / header;
    limit_ = frame_limit(options_, info_.fps);
  }

  void choose_rate(const Timing& timing, double header) {
    const EvenRate even = even_rate(timing.times, options_.start, header);
    own_rate_ = even.rate;
    if (even.rate != header) {
      note(fmt::format("{}: its pictures come unevenly; {:.4g} fps shows {} (--fps {:.4g} would lose some)",
                       input_.name(), even.rate, even.lost == 0 ? "each of them" : "as many as possible",
                       header));
    }
    if (even.lost > 0) {
      warning(fmt::format("{}: {} of its {} pictures come too soon after another to be shown", input_.name(),
                          even.lost, timing.times.size()));
    }
  }

  void describe() {
    const AVStream& s = input_.stream(decoder_.stream());
    info_.description =
        fmt::format("{}: {} at {:.4g} fps in {}", input_.name(), stream_words(s), own_rate_, input_.format());
    info_.has_sound = sound_stream() >= 0;
    std::optional<int64_t> frames;
    if (const std::optional<double> seconds = input_.seconds(decoder_.stream())) {
      frames = std::max<int64_t>(std::llround((*seconds - options_.start) * info_.fps), 1);
    }
    set_length(info_, options_, frames, info_.live);
    if (!info_.live) info_.pass = frames;
  }

  [[noreturn]] void throw_nothing() const {
    if (decoded_any_) {
      throw Error("read", input_.name(),
                  fmt::format("it ends before {} s, where it should begin", options_.start));
    }
    if (decoder_.failure() == 0 && input_.once()) {  // MP4, whose index is often at its end
      throw Error("read", input_.name(), "none of its pictures can be read without going back",
                  "write it to a file first");
    }
    throw Error("read", input_.name(),
                decoder_.failure() != 0 ? "none of its pictures can be decoded: " + reason(decoder_.failure())
                                        : "it holds no pictures");
  }

  // Decodes one frame into next_; at the end next_ is empty and end_slot_ is known.
  void decode() {
    Timed t;
    t.frame = new_frame();
    if (!whole_.read(decoder_, input_, *t.frame)) {
      next_ = Timed();
      return;
    }
    decoded_any_ = true;
    const double base = av_q2d(input_.stream(decoder_.stream()).time_base);
    // One without a time of its own comes a frame after the last; packets of AVI last half as long as they
    // should
    const double time = t.frame->pts == AV_NOPTS_VALUE ? last_time_ + frame_seconds_
                                                       : static_cast<double>(t.frame->pts) * base - origin_;
    last_time_ = time;
    // with FFmpeg 7 a tick of their clock: a last picture must not be lost to that
    const double lasts = static_cast<double>(duration_of(*t.frame)) * base;
    end_time_ = time + (lasts >= 0.4 * frame_seconds_ ? lasts : frame_seconds_);
    t.slot = slot_of(time, options_.start, info_.fps);
#ifdef AV_FRAME_FLAG_KEY
    const bool key = (t.frame->flags & AV_FRAME_FLAG_KEY) != 0;
#else
    const bool key = t.frame->key_frame != 0;
#endif
    t.key = key && t.frame->pts != AV_NOPTS_VALUE;
    t.look = input_.look(decoder_.stream(), t.frame.get());
    if (alpha_is_used_) t.look.alpha_may_be_unused = false;
    next_ = std::move(t);
  }

  // Whether a film whose first picture seems to leave alpha empty is one that fades in.
  bool alpha_comes_later() const {
    const bool doubtful = shown_.look.alpha_may_be_unused && alpha_is_empty(*shown_.frame, input_.name());
    if (!doubtful || input_.live() || input_.once()) return false;
    constexpr int kAhead = 100;  // pictures
    Input ahead = Input::open(input_.name());
    Decoder decoder(ahead, decoder_.stream());
    decoder.keep_quiet();
    const FramePtr frame = new_frame();
    for (int n = 0; n < kAhead && decoder.read(ahead, *frame); ++n) {
      if (!alpha_is_empty(*frame, input_.name())) return true;
    }
    return false;
  }

  void begin_times() {
    end_time_ = 0;
    last_time_ = -frame_seconds_;
  }

  void flush() {
    decoder_.flush();
    whole_.reset();
  }

  // Shows next_ and decodes the one after it.
  void step() {
    std::swap(shown_, next_);
    fresh_ = true;
    decode();
  }

  // Finds the frame on screen at options.start.
  void begin_pass(bool again) {
    slot_ = 0;
    begin_times();
    if (again && !input_.seek(decoder_.stream(), options_.start) && !input_.once()) input_.reopen();
    if (again) flush();
    decode();
    const bool too_far = options_.start > 0 ? !next_.frame || next_.slot > 0 : last_time_ != first_time_;
    if (again && too_far && !input_.once()) {
      // The container's index led behind the place, or to where nothing can be decoded: from the beginning
      input_.reopen();
      flush();
      begin_times();
      decode();
    }
    if (!next_.frame) return;
    if (!again) first_time_ = last_time_;
    step();
    while (next_.frame && next_.slot <= 0 && !stop_requested()) step();
    if (!next_.frame && slot_of(end_time_, options_.start, info_.fps) <= 0 && options_.start > 0)
      shown_ = Timed();
  }

  // Whether decoding from here may lose the last pictures: what comes after a key frame and is shown before
  // it is passed over, and FFmpeg takes that for the end if it is near.
  bool near_the_end(int64_t slot) const {
    constexpr double kHeldBack = 16;  // pictures, at most
    const double seconds = std::max(1.0, kHeldBack / own_rate_);
    return info_.pass && static_cast<double>(*info_.pass - slot) < seconds * info_.fps;
  }

  // Finds the frame on screen at this slot from a key frame before it, as it looks when everything is decoded
  // from the beginning; false where that cannot be known.
  bool jump(int64_t slot) {
    const double time = options_.start + static_cast<double>(slot) / info_.fps;
    for (const double back : {0.0, 1.0, 4.0, 16.0}) {
      if (time - back <= 0 || !input_.seek(decoder_.stream(), time - back)) return false;
      flush();
      decoder_.wait_for_key();
      begin_times();
      decode();
      if (!next_.frame || !next_.key || next_.slot > slot || near_the_end(next_.slot)) continue;
      int decoded = 0;
      for (; next_.frame && next_.slot <= slot && !stop_requested(); ++decoded) step();
      if (whole_.looks_around() && decoded <= kLead) continue;
      slot_ = slot;
      return true;
    }
    return false;
  }

  bool advance_live() {
    if (given_ > 0) {
      if (!next_.frame) return false;
      step();
    }
    return true;
  }

  // Makes shown_ the frame for slot_.
  bool advance() {
    while (next_.frame && next_.slot <= slot_) step();
    if (next_.frame || slot_ < std::max<int64_t>(slot_of(end_time_, options_.start, info_.fps), 1))
      return true;
    if (!options_.loop || input_.once()) return false;
    begin_pass(true);
    return shown_.frame != nullptr;
  }

  Input input_;
  std::optional<Input> sound_;
  SourceOptions options_;
  Decoder decoder_;
  Deinterlacer whole_;
  SourceInfo info_;
  std::optional<FrameToPlanes> convert_;
  std::optional<int64_t> limit_;  // in frames, from options.seconds
  double origin_ = 0;             // container time of the first picture
  double own_rate_ = 0;           // at which each of its pictures is shown
  double frame_seconds_ = 0;      // how long a frame lasts if it does not say
  double last_time_ = 0;          // of the last picture that was decoded
  double first_time_ = 0;         // of the first picture of all
  double end_time_ = 0;           // of what has been decoded, after the origin
  int64_t slot_ = 0;              // the next to return, since the start of this pass
  int64_t given_ = 0;             // frames returned in all
  Timed shown_, next_;
  bool fresh_ = false;  // shown_ is not yet in picture_
  bool decoded_any_ = false;
  bool alpha_is_used_ = false;
  Planes picture_;
};

}  // namespace

std::unique_ptr<Source> open_video(Input input, const SourceOptions& options) {
  return std::make_unique<VideoSource>(std::move(input), options);
}

}  // namespace reverie::ffmpeg
