#include "pipeline/thumbnail.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/folders.h"
#include "media/picture.h"
#include "pipeline/frame_loop.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr int kBefore = 45;  // frames
constexpr int kEvery = 3;
constexpr double kFps = 30;
constexpr uint64_t kSeed = 1;
constexpr int kLook = 2;  // another number, where the same chain would look different in a later version
constexpr const char* kInput = "palettes/great-wave.png";

// FNV-1a, 64 bits.
uint64_t digest(std::string_view text) {
  uint64_t h = 0xcbf29ce484222325U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return h;
}

std::unique_ptr<Source> painting(const Chain& chain) {
  SourceOptions options;
  options.width = kThumbnailWidth;
  options.height = kThumbnailHeight;
  options.fps = kFps;
  try {
    return open_source(find_asset(chain.parts.front().preset, kInput).string(), options);
  } catch (const Error&) {
    return open_source("test:testsrc2", options);
  }
}

Planes make(const Chain& wanted, InputNeed input, const std::function<bool()>& go_on) {
  Chain chain = wanted;
  draw_seeds(chain, kSeed);
  FrameLoopSetup setup;
  if (input != InputNeed::kNone) setup.source = painting(chain);
  setup.player = std::make_unique<ChainPlayer>(
      PlayerSetup{kThumbnailWidth, kThumbnailHeight, 1, "auto", read_picture}, chain);
  setup.fps = kFps;
  FrameLoop loop(std::move(setup));
  Planes film(3, kThumbnailFrames * kThumbnailHeight, kThumbnailWidth);
  Planes picture;
  for (int n = 0; n < kThumbnailFrames; ++n) {
    for (int i = 0; i < (n == 0 ? kBefore : kEvery); ++i) {
      if (go_on && !go_on()) return {};
      if (!loop.next()) break;
    }
    loop.take_picture(picture);
    for (int c = 0; c < 3; ++c) {
      std::copy_n(picture.plane(c), picture.plane_size(), film.row(c, n * kThumbnailHeight));
    }
  }
  return film;
}

double contrast(const Planes& p) {
  double sum = 0;
  double squares = 0;
  for (const float v : p.data()) {
    sum += v;
    squares += static_cast<double>(v) * v;
  }
  const auto n = static_cast<double>(p.data().size());
  return std::sqrt(std::max(0.0, squares / n - sum / n * sum / n));
}

// Of the first seconds; where none shows much, the one that shows most.
Planes first_good_frame(const fs::path& clip, const std::function<bool()>& go_on) {
  constexpr double kLooksEvery = 0.1;  // seconds
  constexpr int kLooks = 50;
  constexpr double kGood = 0.05;  // of contrast
  if (!fs::is_regular_file(clip)) throw Error("read", clip.string(), "it is no file");
  SourceOptions options;
  options.width = kThumbnailWidth;
  options.height = kThumbnailHeight;
  options.fps = 1 / kLooksEvery;
  const std::unique_ptr<Source> source = open_source(clip.string(), options);
  Planes best;
  Planes next;
  for (int i = 0; i < kLooks && (best.empty() || contrast(best) < kGood); ++i) {
    if (go_on && !go_on()) return {};
    if (!source->read(next)) break;
    if (best.empty() || contrast(next) > contrast(best)) best = next;
    if (source->info().still) break;
  }
  return best;
}

// By what it is of; empty if the system has no home folder.
fs::path cache_file(const std::string& what) {
  const fs::path cache = cache_folder();
  return cache.empty() ? fs::path() : cache / "thumbnails" / fmt::format("{:016x}.png", digest(what));
}

// From this file of the cache, or made and put there.
Planes cached(const fs::path& file, int height, const std::function<Planes()>& made) {
  std::error_code code;
  if (!file.empty() && fs::exists(file, code)) {
    try {
      Planes kept = read_picture(file);
      if (kept.width() == kThumbnailWidth && kept.height() == height) return kept;
    } catch (const Error&) {
      // damaged: it is made again
    }
  }
  Planes picture = made();
  if (picture.empty() || file.empty()) return picture;
  try {
    fs::create_directories(file.parent_path(), code);
    write_picture(file, picture);
  } catch (const Error&) {
    // a full disk: it is made again another time
  }
  return picture;
}

}  // namespace

fs::path thumbnail_file(const Chain& chain, InputNeed input) {
  return cache_file(fmt::format("{} {} {}", kLook, static_cast<int>(input), format_chain(chain)));
}

Planes thumbnail_film(const Chain& chain, InputNeed input, const std::function<bool()>& go_on) {
  return cached(thumbnail_file(chain, input), kThumbnailFrames * kThumbnailHeight,
                [&] { return make(chain, input, go_on); });
}

Planes first_picture(const Planes& film) {
  if (film.empty()) return {};
  Planes first(film.channels(), kThumbnailHeight, film.width());
  for (int c = 0; c < film.channels(); ++c) std::copy_n(film.plane(c), first.plane_size(), first.plane(c));
  return first;
}

Planes thumbnail(const Chain& chain, InputNeed input, const std::function<bool()>& go_on) {
  return first_picture(thumbnail_film(chain, input, go_on));
}

// A file that was written again has another one.
fs::path clip_thumbnail_file(const fs::path& clip) {
  std::error_code code;
  const fs::path whole = fs::absolute(clip, code);
  const auto written = fs::last_write_time(clip, code).time_since_epoch().count();
  const auto size = fs::file_size(clip, code);
  return cache_file(fmt::format("clip {} {} {}", whole.string(), static_cast<int64_t>(written), size));
}

Planes clip_thumbnail(const fs::path& clip, const std::function<bool()>& go_on) {
  return cached(clip_thumbnail_file(clip), kThumbnailHeight, [&] { return first_good_frame(clip, go_on); });
}

}  // namespace reverie
