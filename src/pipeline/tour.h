// A tour of presets: the first minute with the instrument, each preset with its name and keys to press.
#pragma once

#include <string>
#include <vector>

#include "core/planes.h"
#include "pipeline/offline.h"

namespace reverie {

// A key of the instrument, by its name in keys(), and in a few words what it does.
struct KeyHint {
  std::string key, does;
};

struct TourStop {
  std::string preset;
  std::vector<KeyHint> keys;
};

const std::vector<TourStop>& tour();

inline constexpr double kTourStop = 6, kTourFade = 2;  // seconds at each preset; of them, those of its coming

// What is written over a picture.
struct Caption {
  std::string name, about;
  std::vector<KeyHint> keys;
};
Caption caption_of(const TourStop& stop);  // Error where there is no such preset

// How bright the caption is so many seconds after its stop began, 0..1.
double caption_light(double seconds, double stop_seconds);

// The lines of a caption, x and y in heights of the picture, from its upper left corner.
struct CaptionLine {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  float width = 0;
  float light = 1;  // 0..1, for what is said more quietly
};
std::vector<CaptionLine> caption_lines(const Caption& caption, double aspect);

// Writes it on a picture, [3, H, W]; what is behind is darkened a little.
void draw_caption(Planes& picture, const Caption& caption, double light);

struct TourRequest {
  std::string output;                         // a sink as open_sink() takes it
  int width = 0, height = 0;                  // pixels
  double fps = 30, stop_seconds = kTourStop;  // at each preset
  uint64_t seed = 1;
  int threads = 0;  // 0: one per core
  bool quiet = false;
};

// The whole tour, to a file.  Errors as in play_offline().
RenderResult render_tour(const TourRequest& request);

}  // namespace reverie
