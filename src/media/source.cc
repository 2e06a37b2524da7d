#include "media/source.h"

#include <cmath>
#include <filesystem>
#include <string_view>

#include "core/error.h"
#include "core/limits.h"
#include "media/camera.h"
#include "media/pipewire.h"
#include "media/sources.h"

namespace reverie {
namespace ffmpeg {

std::optional<int64_t> frame_limit(const SourceOptions& options, double fps) {
  if (!options.seconds) return std::nullopt;
  return std::llround(*options.seconds * fps);
}

void set_length(SourceInfo& info, const SourceOptions& options, std::optional<int64_t> own, bool endless) {
  const std::optional<int64_t> limit = frame_limit(options, info.fps);
  const bool goes_on = endless || options.loop;
  info.endless = goes_on && !limit;
  if (goes_on) {
    info.frames = limit;
  } else if (own) {
    info.frames = std::min(*own, limit.value_or(*own));
  }
  if (info.frames) info.seconds = static_cast<double>(*info.frames) / info.fps;
}

}  // namespace ffmpeg

namespace {

constexpr std::string_view kCamera = "camera:", kScreen = "screen:", kPipewire = "pipewire:";

void check_options(const std::string& spec, const SourceOptions& o) {
  const auto wrong = [&](const std::string& why) { throw Error("read", spec, why); };
  if (!std::isfinite(o.start) || o.start < 0) wrong("it cannot start before its beginning");
  if (o.seconds && (!std::isfinite(*o.seconds) || *o.seconds < 0))
    wrong("its length in seconds must be 0 or more");
  if (!std::isfinite(o.fps) || o.fps < 0 || o.fps > kHighestFps)
    wrong("frames per second must lie in 0 to 1000");
}

}  // namespace

std::unique_ptr<Source> open_source(const std::string& spec, const SourceOptions& options) {
  check_options(spec, options);
  constexpr std::string_view kTest = "test:";
  if (spec.starts_with(kTest)) return ffmpeg::open_test_picture(spec.substr(kTest.size()), options);
  if (spec.starts_with(kCamera)) {
    const ffmpeg::Size size = {options.width, options.height};
    return ffmpeg::open_video(ffmpeg::Input::open_camera(spec.substr(kCamera.size()), size, options.fps),
                              options);
  }
  if (spec.starts_with(kScreen) && ffmpeg::on_wayland()) {
    if (spec != kScreen)
      throw Error("open", spec, "a Wayland desktop shows a screen or a window, not a region", "use screen:");
    return ffmpeg::open_wayland_screen(options);
  }
  if (spec.starts_with(kScreen))
    return ffmpeg::open_video(ffmpeg::Input::open_screen(spec.substr(kScreen.size()), options.fps), options);
  if (spec.starts_with(kPipewire))
    return ffmpeg::open_pipewire_source(spec.substr(kPipewire.size()), options);
  std::error_code code;
  if (const std::optional<std::string> path = ffmpeg::path_of(spec)) {
    const bool folder = std::filesystem::is_directory(*path, code);
    if (folder || (!std::filesystem::exists(*path, code) && ffmpeg::is_picture_pattern(*path)))
      return ffmpeg::open_pictures(*path, options);
  }
  ffmpeg::Input input = ffmpeg::Input::open(spec);
  if (input.is_picture()) return ffmpeg::open_still(std::move(input), options);
  return ffmpeg::open_video(std::move(input), options);
}

bool is_device(const std::string& spec) {
  return spec.starts_with(kCamera) || spec.starts_with(kScreen) || spec.starts_with(kPipewire);
}

bool is_address(const std::string& spec) {
  return ffmpeg::is_url(spec);
}

std::string absolute_spec(const std::string& spec) {
  std::error_code code;
  if (spec == "-") return spec;
  if (spec.starts_with("file:")) return ffmpeg::path_of(spec).value_or(spec);
  const bool file =
      !spec.empty() && std::filesystem::exists(std::filesystem::path(spec).parent_path() / ".", code);
  return file && spec.find(':') == std::string::npos ? std::filesystem::absolute(spec).string() : spec;
}

}  // namespace reverie
