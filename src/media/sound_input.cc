#include "media/sound_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "media/even_rate.h"
#include "media/sources.h"

namespace reverie::ffmpeg {
namespace {

// Pictures, cameras, screens and test pictures have no sound.
bool may_have_sound(const std::string& spec) {
  std::error_code code;
  return !spec.starts_with("test:") && !is_device(spec) && !std::filesystem::is_directory(spec, code) &&
         (is_url(spec) || std::filesystem::exists(spec, code) || !is_picture_pattern(spec));
}

}  // namespace

Passes::Passes(Input from, int sound, const SinkOptions::Sound& options, double fps)
    : input(std::move(from)), stream(sound), start_(options.start), loop_(options.loop) {
  origin_ = input.origin();
  if (loop_ || start_ > 0) measure(fps);
  if (start_ > 0 && !input.seek(stream, start_) && !input.once()) input.reopen();
}

// A looping video is a whole number of frames long, and its sound must not drift away from it.
void Passes::measure(double fps) {
  const int video = input.best(AVMEDIA_TYPE_VIDEO);
  if (video < 0) return;
  std::optional<double> end;
  if (const std::optional<Timing> timing = input.timing(video, true)) {
    end = timing->end;
  } else {
    end = input.seconds(video);
  }
  if (!loop_ || !end) return;
  length_ = static_cast<double>(std::max<int64_t>(1, slot_of(*end, start_, fps))) / fps;
}

bool Passes::again() {
  if (!loop_ || !heard_ || input.once()) return false;
  offset_ += length_.value_or(reached_);
  heard_ = false;
  reached_ = 0;
  if (!input.seek(stream, start_)) input.reopen();
  return true;
}

std::optional<double> Passes::when(int64_t pts, double seconds) {
  const double time = pts == AV_NOPTS_VALUE ? reached_ : static_cast<double>(pts) * base() - origin_ - start_;
  reached_ = std::max(reached_, time + seconds);
  constexpr double kHair = 1e-9;
  if (time + seconds <= kHair || (length_ && time >= *length_ - kHair)) return std::nullopt;
  heard_ = true;
  return time + offset_;
}

std::optional<Passes> open_passes(const SinkOptions::Sound& options, double fps) {
  if (!options.from && !may_have_sound(options.spec)) return std::nullopt;
  Input input = options.from ? std::move(*options.from) : Input::open(options.spec);
  const int stream = input.is_picture() ? -1 : input.best(AVMEDIA_TYPE_AUDIO, input.best(AVMEDIA_TYPE_VIDEO));
  if (stream < 0) return std::nullopt;
  return Passes(std::move(input), stream, options, fps);
}

void DecodedSound::convert_to(const SoundForm& form) {
  const AVCodecContext& from = decoder_.context();
  std::array<char, 128> in{};
  av_channel_layout_describe(&from.ch_layout, in.data(), in.size());
  // atrim cuts off what comes before the start, aresample fills gaps with silence
  graph_ = make_graph(
      fmt::format(
          "abuffer@in=time_base=1/{0}:sample_rate={0}:sample_fmt={1}:channel_layout={2} [in]; "
          "[in] atrim=start=0, aresample={3}:async=1:first_pts=0:min_hard_comp=0.02{7}{8}, "
          "aformat=sample_fmts={4}:sample_rates={3}:channel_layouts={5}, asetnsamples=n={6}:p=0 [out]; "
          "[out] abuffersink@out",
          from.sample_rate, av_get_sample_fmt_name(from.sample_fmt), in.data(), form.rate,
          av_get_sample_fmt_name(form.format), form.layout, form.samples, form.mixing.empty() ? "" : ":",
          form.mixing),
      name());
}

FramePtr DecodedSound::next() {
  for (;;) {
    FramePtr frame = new_frame();
    const int code = av_buffersink_get_frame(graph_node(graph_, "abuffersink@out"), frame.get());
    if (code >= 0) return frame;
    if (code == AVERROR_EOF) return nullptr;
    if (code != AVERROR(EAGAIN)) check(code, "filter the sound of", name());
    feed();
  }
}

// Decodes one frame into the filters, or flushes them.
void DecodedSound::feed() {
  AVFilterContext* in = graph_node(graph_, "abuffer@in");
  FramePtr frame = new_frame();
  if (!decoder_.read(passes_.input, *frame)) {
    const bool more = passes_.again();
    if (more) decoder_.flush();
    if (!more) check(av_buffersrc_add_frame(in, nullptr), "filter the sound of", name());
    return;
  }
  const double rate = frame->sample_rate;
  std::optional<double> time = passes_.when(frame->pts, frame->nb_samples / rate);
  if (!time) return;
  if (*time < passes_.begin() && passes_.begin() > 0) return;  // the seam of a loop
  if (const std::optional<double> end = passes_.end()) {
    frame->nb_samples = std::min(frame->nb_samples, static_cast<int>(std::llround((*end - *time) * rate)));
  }
  if (frame->nb_samples <= 0) return;
  frame->pts = std::llround(*time * rate);
  check(av_buffersrc_add_frame(in, frame.get()), "filter the sound of", name());
}

}  // namespace reverie::ffmpeg
