#include "pipeline/thumbnail.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/folders.h"
#include "media/picture.h"
#include "pipeline/frame_loop.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr int kFrames = 45;
constexpr double kFps = 30;
constexpr uint64_t kSeed = 1;
constexpr int kLook = 1;  // another number, where the same chain would look different in a later version
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
  for (int i = 0; i < kFrames; ++i) {
    if (go_on && !go_on()) return {};
    if (!loop.next()) break;
  }
  Planes picture;
  loop.take_picture(picture);
  return picture;
}

}  // namespace

fs::path thumbnail_file(const Chain& chain, InputNeed input) {
  const fs::path cache = cache_folder();
  if (cache.empty()) return {};
  const std::string what = fmt::format("{} {} {}", kLook, static_cast<int>(input), format_chain(chain));
  return cache / "thumbnails" / fmt::format("{:016x}.png", digest(what));
}

Planes thumbnail(const Chain& chain, InputNeed input, const std::function<bool()>& go_on) {
  const fs::path file = thumbnail_file(chain, input);
  std::error_code code;
  if (!file.empty() && fs::exists(file, code)) {
    try {
      Planes kept = read_picture(file);
      if (kept.width() == kThumbnailWidth && kept.height() == kThumbnailHeight) return kept;
    } catch (const Error&) {
      // damaged: it is made again
    }
  }
  Planes picture = make(chain, input, go_on);
  if (picture.empty() || file.empty()) return picture;
  try {
    fs::create_directories(file.parent_path(), code);
    write_picture(file, picture);
  } catch (const Error&) {
    // a full disk: it is made again another time
  }
  return picture;
}

}  // namespace reverie
